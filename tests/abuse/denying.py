"""What every defect of a token or a proof has to come to, whichever contract it is tried on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import httpx

from helsekort.access.act import Action
from helsekort.ledger.rows import NOBODY
from helsekort.sandbox.attestation_defects import ATTESTATION_DEFECTS
from helsekort.sandbox.defects import CITIZEN_DEFECTS, PROOF_DEFECTS, TOKEN_DEFECTS, Defect
from helsekort.sandbox.wrong import Ingredients
from tests.abuse.attesting import attesting
from tests.abuse.world import SECRET, WOMAN, Row, World, citizen, gp, machine

AT_ONCE = 16
KNOWN = frozenset({"T8", "T9"})
"""Checks of who it is, on a token that is genuine: she sees those refusals in her own log."""

Correct = Callable[[str, str], Ingredients]
MATRIX: Mapping[str, tuple[Correct, Sequence[Defect]]] = {
    "practitioner's token": (gp, TOKEN_DEFECTS),
    "practitioner's proof": (gp, PROOF_DEFECTS),
    "practitioner's attestation": (attesting, ATTESTATION_DEFECTS),
    "citizen's token": (citizen, [*(d for d in TOKEN_DEFECTS if d.check not in KNOWN), *CITIZEN_DEFECTS]),
    "citizen's proof": (citizen, PROOF_DEFECTS),
    "machine's token": (machine, [d for d in TOKEN_DEFECTS if d.check != "T8"]),
    "machine's proof": (machine, PROOF_DEFECTS),
}


class Routed(Protocol):
    """A row of a contract's routes."""

    @property
    def method(self) -> str: ...

    @property
    def action(self) -> Action: ...


class Cell(Protocol):
    """One attempt of a matrix: a defect on a route, under an event id of its own."""

    @property
    def route(self) -> Routed: ...

    @property
    def defect(self) -> Defect: ...

    @property
    def event(self) -> str: ...


C = TypeVar("C", bound=Cell)
IsError = Callable[[httpx.Response], bool]


async def check_denied(
    made: World, cells: Sequence[C], attempt: Callable[[C], Awaitable[httpx.Response]], is_error: IsError
) -> None:
    """Each is refused with its status, nothing is shown or changed, and each has one row."""
    before = await made.commits()
    waiting = asyncio.Semaphore(AT_ONCE)

    async def in_turn(cell: C) -> httpx.Response:
        async with waiting:
            return await attempt(cell)

    answers = await asyncio.gather(*map(in_turn, cells))
    pairs = zip(cells, answers, strict=True)
    assert [f"{cell}: {why}" for cell, answer in pairs if (why := _wrong(cell, answer, is_error))] == []
    assert await made.commits() == before
    await _check_rows(made, cells)


def _wrong(cell: Cell, answer: httpx.Response, is_error: IsError) -> str:
    """What is wrong with the answer; the empty text where nothing is."""
    if answer.status_code != cell.defect.status:
        return f"status {answer.status_code} {answer.text[:300]}"
    if cell.route.method != "HEAD" and not is_error(answer):
        return "a body that is not an error's"
    if SECRET in answer.text or WOMAN.nin in answer.text:
        return "shows what it must not"
    if (answer.status_code == 401) != ("www-authenticate" in answer.headers):
        return "challenge"
    return ""


async def _check_rows(made: World, cells: Sequence[Cell]) -> None:
    expected = {cell.event: cell for cell in cells}
    found = {cell.event: list[str]() for cell in cells}
    for row in await made.rows():
        if (cell := expected.get(row.detail.event_id)) is not None:
            found[cell.event].append("right" if _is_right(cell, row) else f"wrong: {row}")
    assert {str(expected[event]): rows for event, rows in found.items() if rows != ["right"]} == {}


def _is_right(cell: Cell, row: Row) -> bool:
    """A refusal of that act with its reason, in nobody's log where it is not known who calls."""
    nobody = cell.defect.status == 401 or cell.defect.check == "T6"
    stated = (row.permitted, row.action, row.person == NOBODY)
    told = row.detail.refusal and row.detail.reason
    return stated == (False, cell.route.action.value, nobody) and bool(told)
