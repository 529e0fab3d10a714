"""Every defect of a token or a proof on every route of the contract: refused, nothing shown, nothing changed, one audit row."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx
import pytest

from helsekort.api.v1.routes import ROUTES
from helsekort.api.v1.work import PREFIX, Body, Route
from helsekort.ledger.rows import NOBODY
from helsekort.sandbox.attestation_defects import ATTESTATION_DEFECTS, ATTESTED_ACCEPTED
from helsekort.sandbox.defects import ACCEPTED, CITIZEN_DEFECTS, PROOF_DEFECTS, TOKEN_DEFECTS, Defect
from helsekort.sandbox.wrong import Ingredients, present
from tests.abuse.attesting import attesting
from tests.abuse.world import SECRET, WOMAN, World, card, citizen, gp, machine

AT_ONCE = 16
KNOWN = frozenset({"T8", "T9"})
"""Checks of who it is, on a token that is genuine: she sees those refusals in her own log."""

Correct = Callable[[str, str], Ingredients]
MATRIX: dict[str, tuple[Correct, Sequence[Defect]]] = {
    "practitioner's token": (gp, TOKEN_DEFECTS),
    "practitioner's proof": (gp, PROOF_DEFECTS),
    "practitioner's attestation": (attesting, ATTESTATION_DEFECTS),
    "citizen's token": (citizen, [*(d for d in TOKEN_DEFECTS if d.check not in KNOWN), *CITIZEN_DEFECTS]),
    "citizen's proof": (citizen, PROOF_DEFECTS),
    "machine's token": (machine, [d for d in TOKEN_DEFECTS if d.check != "T8"]),
    "machine's proof": (machine, PROOF_DEFECTS),
}


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
    before = await made.commits()
    cells = [
        Attempt(route, defect, path_of(route, ids), f"cell-{number}")
        for number, (route, defect) in enumerate(itertools.product(ROUTES, defects))
    ]
    waiting = asyncio.Semaphore(AT_ONCE)

    async def attempt(cell: Attempt) -> httpx.Response:
        async with waiting:
            return await _attempt(made, cell, correct)

    answers = await asyncio.gather(*map(attempt, cells))
    wrong = [
        f"{cell}: {why}" for cell, answer in zip(cells, answers, strict=True) if (why := _shown(cell, answer))
    ]
    assert wrong == []
    assert await made.commits() == before
    await _each_has_one_row(made, cells)


async def _attempt(made: World, cell: Attempt, correct: Correct) -> httpx.Response:
    of = correct(cell.route.method, cell.path)
    presented = cell.defect.present(of)
    if cell.defect.twice:  # the first time is right, and its body is not, so that it changes nothing
        first = await made.send(cell.route.method, cell.path, presented=presented, event="first", body=[])
        assert first.status_code != 401, f"{cell}: {first.text}"
    return await made.send(
        cell.route.method, cell.path, presented=presented, event=cell.event, body=cell.body
    )


def _shown(cell: Attempt, answer: httpx.Response) -> str:
    """What is wrong with the answer; the empty text where nothing is."""
    if answer.status_code != cell.defect.status:
        return f"status {answer.status_code}"
    if set(answer.json()) != {"errorCode", "errorMessage", "eventId"}:
        return "a body that is not an error's"
    if SECRET in answer.text or WOMAN.nin in answer.text:
        return "shows what it must not"
    if (answer.status_code == 401) != ("www-authenticate" in answer.headers):
        return "challenge"
    return ""


async def _each_has_one_row(made: World, cells: Sequence[Attempt]) -> None:
    rows = {cell.event: list[str]() for cell in cells}
    expected = {cell.event: cell for cell in cells}
    for row in await made.rows():
        cell = expected.get(row.detail.event_id)
        if cell is None:
            continue
        nobody = cell.defect.status == 401 or cell.defect.check == "T6"
        right = (row.permitted, row.action, row.person == NOBODY) == (False, cell.route.action.value, nobody)
        rows[cell.event].append(
            "right" if right and row.detail.refusal and row.detail.reason else f"wrong: {row}"
        )
    assert {str(expected[event]): found for event, found in rows.items() if found != ["right"]} == {}


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
