"""Every defect of a token or a proof on every route of the contract: refused, nothing shown, nothing changed, one audit row."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import httpx
import pytest

from helsekort.api.v1.routes import ROUTES
from helsekort.api.v1.work import PREFIX, Body, Route
from helsekort.ledger.rows import NOBODY
from helsekort.sandbox.attestation_defects import ATTESTED_ACCEPTED
from helsekort.sandbox.defects import ACCEPTED, Defect
from helsekort.sandbox.wrong import present
from tests.abuse.attesting import attesting
from tests.abuse.denying import MATRIX, Correct, check_denied
from tests.abuse.world import SECRET, World, card, citizen, gp, machine


@dataclass(frozen=True, slots=True)
class Attempt:
    """One cell of the matrix."""

    route: Route
    defect: Defect
    path: str
    event: str

    @property
    def body(self) -> dict[str, str] | None:
        """An empty object where the route takes a body."""
        return None if self.route.body is Body.NONE else {}

    def __str__(self) -> str:
        return f"{self.defect.check} {self.defect.name} on {self.route.method} {self.route.template}"


def path_of(route: Route, ids: dict[str, str]) -> str:
    """The route's address for ids that exist."""
    path = route.template.replace("{recordId}", ids["record"])
    return PREFIX + path.replace("{itemId}", ids.get(route.section, ""))


def test_the_matrix_has_every_route_and_every_check() -> None:
    assert len(ROUTES) >= 30
    checks = {defect.check for _, defects in MATRIX.values() for defect in defects}
    rules = {f"ATT-{number}" for number in (1, 4, 6, 10, 11, 15, 18, 32, 38, 43, 46, 47, 58)}
    steps = {f"T{number}" for number in range(1, 10)} | {f"D{number}" for number in range(1, 12)}
    assert checks == steps | rules


@pytest.mark.parametrize("who", MATRIX)
async def test_every_defect_on_every_route(made: World, who: str) -> None:
    correct, defects = MATRIX[who]
    ids = await card(made)
    cells = [
        Attempt(route, defect, path_of(route, ids), f"cell-{number}")
        for number, (route, defect) in enumerate(itertools.product(ROUTES, defects))
    ]

    async def attempt(cell: Attempt) -> httpx.Response:
        return await _attempt(made, cell, correct)

    await check_denied(made, cells, attempt, _is_error)


async def _attempt(made: World, cell: Attempt, correct: Correct) -> httpx.Response:
    of = correct(cell.route.method, cell.path)
    presented = cell.defect.present(of)
    if cell.defect.twice:  # the first time is right, and its body is not, so that it changes nothing
        first = await made.send(cell.route.method, cell.path, presented=presented, event="first", body=[])
        assert first.status_code != 401, f"{cell}: {first.text}"
    return await made.send(
        cell.route.method, cell.path, presented=presented, event=cell.event, body=cell.body
    )


def _is_error(answer: httpx.Response) -> bool:
    return set(answer.json()) == {"errorCode", "errorMessage", "eventId"}


@pytest.mark.parametrize(
    "correct", [gp, attesting, citizen], ids=["practitioner", "attesting practitioner", "citizen"]
)
async def test_a_right_request_passes_the_gate_on_every_route(made: World, correct: Correct) -> None:
    """The control: what is refused above is refused for its defect alone."""
    ids = await card(made)
    for number, route in enumerate(ROUTES):
        path, event = path_of(route, ids), f"control-{number}"
        accepted = ATTESTED_ACCEPTED if correct is attesting else ACCEPTED
        shape = accepted[number % len(accepted)][1]
        presented = shape(correct(route.method, path))
        answer = await made.send(route.method, path, presented=presented, event=event, body={})
        assert answer.status_code != 401, answer.text
        (row,) = await made.rows(event)
        assert row.person != NOBODY
        if correct is not citizen:
            assert answer.status_code != 403, answer.text
            assert row.detail.hpr_number


async def test_a_machine_passes_to_the_status_alone(made: World) -> None:
    ids = await card(made)
    before = await made.commits()
    for number, route in enumerate(ROUTES):
        path, event = path_of(route, ids), f"machine-{number}"
        of = machine(route.method, path)
        answer = await made.send(route.method, path, presented=present(of), event=event, body={})
        expected = 200 if route.template == "/status" else 403
        assert answer.status_code == expected, (route.template, answer.text)
        assert SECRET not in answer.text
        (row,) = await made.rows(event)
        assert (row.permitted, row.person == NOBODY, row.detail.actor_kind) == (
            expected == 200,
            False,
            "machine",
        )
    assert await made.commits() == before
