"""Defects of tokens and proofs on the routes of the FHIR API: refused, nothing shown, nothing changed, one audit row.

Every route meets a defect of every kind of caller, and every defect a route of every interaction.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import pytest

from helsekort.access.actor import ActorKind
from helsekort.api.fhir.media import FORM
from helsekort.api.fhir.routes import rows
from helsekort.api.fhir.work import PREFIX, Open, Route
from helsekort.api.v1.callers import callers_of
from helsekort.ledger.rows import NOBODY
from helsekort.maternity.identity import free_id, log_line_id, subscription_id
from helsekort.maternity.offering import OFFERING
from helsekort.sandbox.attestation_defects import ATTESTED_ACCEPTED
from helsekort.sandbox.defects import ACCEPTED, Defect
from helsekort.sandbox.wrong import present
from tests.abuse.attesting import attesting
from tests.abuse.denying import MATRIX, Correct, check_denied
from tests.abuse.world import SECRET, World, card, citizen, gp, machine
from tests.flow.fhir_service import DEFINITIONS

ROWS = rows(OFFERING, DEFINITIONS)
ROUTES = [row for row in ROWS if isinstance(row, Route)]
OPEN = [row for row in ROWS if isinstance(row, Open)]
OF_EACH_KIND = list({(row.method, row.interaction, row.handle): row for row in ROUTES}.values())
"""One route for each way a request is carried out."""


@dataclass(frozen=True, slots=True)
class Woman:
    """Her ids."""

    record: UUID
    person: UUID

    def path(self, template: str, kind: str) -> str:
        """An address for ids that exist, as far as there are such."""
        ids = {
            "Patient": str(self.person),
            "EpisodeOfCare": str(self.record),
            "Subscription": subscription_id(self.person, uuid4()),
            "AuditEvent": log_line_id(self.person, uuid4()),
        }
        other = free_id(self.record, uuid4())
        of = "Patient" if template.startswith("/Patient/{id}/") else kind
        return PREFIX + template.replace("{id}", ids.get(of, other)).replace("{version}", "1")


@dataclass(frozen=True, slots=True)
class Cell:
    """One attempt."""

    route: Route
    defect: Defect
    path: str
    event: str

    def __str__(self) -> str:
        return f"{self.defect.check} {self.defect.name} on {self.route.method} {self.route.template}"


async def her(made: World) -> Woman:
    """A woman with a card that holds the secret."""
    record = (await card(made))["record"]
    path = f"{PREFIX}/EpisodeOfCare/{record}"
    episode = (await made.send("GET", path, presented=present(gp("GET", path)))).json()
    return Woman(UUID(record), UUID(episode["patient"]["reference"].removeprefix("Patient/")))


def body_of(route: Route) -> tuple[object, Mapping[str, str]]:
    """The least body that a route takes, and its content type; none where it takes none."""
    if not route.takes:
        return None, {}
    kind = sorted(route.takes)[0]
    resource = "Parameters" if route.in_parameters else route.kind or "Bundle"
    empty: object = [] if "patch" in kind else {"resourceType": resource}
    return (None, {}) if kind == FORM else (empty, {"content-type": kind})


def test_it_has_every_route_and_every_interaction_that_is_stated() -> None:
    stated = {(one.kind, interaction.value) for one in OFFERING.types for interaction in one.interactions}
    assert {(row.kind, row.interaction) for row in ROUTES} >= stated
    named = {(kind, one.name) for one in OFFERING.operations for kind in one.kinds}
    there = {(row.kind, row.template.rpartition("$")[2]) for row in ROUTES if row.interaction == "operation"}
    assert there == named
    assert len({(row.method, row.template) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("who", MATRIX)
async def test_every_route_with_some_defect_and_every_defect_on_some_route(made: World, who: str) -> None:
    correct, defects = MATRIX[who]
    woman = await her(made)
    cells = list(_cells(woman, defects))
    assert {cell.route for cell in cells} == set(ROUTES)

    async def attempt(cell: Cell) -> httpx.Response:
        return await _attempt(made, cell, correct)

    await check_denied(made, cells, attempt, _is_error)


def _cells(woman: Woman, defects: Sequence[Defect]) -> Iterator[Cell]:
    once = zip(ROUTES, itertools.cycle(defects), strict=False)
    everywhere = itertools.product(OF_EACH_KIND, defects)
    for number, (route, defect) in enumerate([*once, *everywhere]):
        yield Cell(route, defect, woman.path(route.template, route.kind), f"cell-{number}")


async def _attempt(made: World, cell: Cell, correct: Correct) -> httpx.Response:
    presented = cell.defect.present(correct(cell.route.method, cell.path))
    body, headers = body_of(cell.route)
    if (
        cell.defect.twice
    ):  # the first time is right, and its address has what is not known, so that it changes nothing
        first = await made.send(
            cell.route.method,
            f"{cell.path}?wrong=1",
            presented=presented,
            event="first",
            body=body,
            **headers,
        )
        assert first.status_code != 401, f"{cell}: {first.text}"
    return await made.send(
        cell.route.method, cell.path, presented=presented, event=cell.event, body=body, **headers
    )


def _is_error(answer: httpx.Response) -> bool:
    return bool(answer.json()["resourceType"] == "OperationOutcome")


@pytest.mark.parametrize(
    "correct", [gp, attesting, citizen], ids=["practitioner", "attesting practitioner", "citizen"]
)
async def test_a_right_request_passes_the_gate_on_every_route(made: World, correct: Correct) -> None:
    """The control: what is refused above is refused for its defect alone."""
    woman = await her(made)
    for number, route in enumerate(ROUTES):
        path, event = woman.path(route.template, route.kind), f"control-{number}"
        accepted = ATTESTED_ACCEPTED if correct is attesting else ACCEPTED
        presented = accepted[number % len(accepted)][1](correct(route.method, path))
        body, headers = body_of(route)
        answer = await made.send(route.method, path, presented=presented, event=event, body=body, **headers)
        assert answer.status_code not in {401, 415, 500}, answer.text
        rows_ = await made.rows(event)
        about = 0 if route.names is None else 1
        assert [row.person == NOBODY for row in rows_] == [False] * about, (route.template, answer.text)
        may = ActorKind.CITIZEN if correct is citizen else ActorKind.PRACTITIONER
        open_to = callers_of(route.action)
        assert answer.status_code != 403 or may not in open_to, (route.template, answer.text)
        assert not answer.is_success or may in open_to or not rows_, (route.template, answer.text)


async def test_a_machine_passes_to_nothing_of_hers(made: World) -> None:
    woman = await her(made)
    before = await made.commits()
    for route in ROUTES:
        path = woman.path(route.template, route.kind)
        body, headers = body_of(route)
        answer = await made.send(
            route.method, path, presented=present(machine(route.method, path)), body=body, **headers
        )
        about_nobody = route.names is None
        assert answer.status_code == 403 or about_nobody or answer.status_code in {400, 404, 412, 422}, (
            route.method,
            route.template,
            answer.text,
        )
        assert SECRET not in answer.text
        assert about_nobody or not answer.is_success
    assert await made.commits() == before


async def test_what_is_open_says_nothing_of_anybody(made: World) -> None:
    woman = await her(made)
    for row in OPEN:
        answer = await made.http.request(row.method, woman.path(row.template, row.kind))
        assert answer.is_success, (row.method, row.template, answer.text)
        assert str(woman.record) not in answer.text
        assert SECRET not in answer.text
