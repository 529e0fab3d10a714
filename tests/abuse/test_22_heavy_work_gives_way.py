"""Abuse 22: a request that is heavy for a good reason. It takes its time, and nobody beside it waits long or is refused."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator

import pytest

from helsekort.access.wishes import WishKind
from helsekort.ledger.ledger import Ledger
from tests.contract.door_acts import wish
from tests.flow.fhir_bodies import bundle, condition, entry, ferritin
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import fhir_on
from tests.timing import at_most

MOST = 20  # references of processor time; without giving way it is many times that
"""The event loop is never away for longer: a switch is read twice a second."""


@pytest.fixture(scope="module")
async def her(module_ledger: Ledger) -> Her:
    """A record with a part of a thousand results that was written eighty times, and a thousand resources of their own."""
    her = await her_on(fhir_on(module_ledger))
    for n in range(20):
        results = [ferritin(her.person, note=[{"text": f"{n} {m} " + "x" * 300}]) for m in range(46)]
        await her.gp.ok("POST", "", bundle(*(entry("POST", "Observation", one) for one in results)))
    for n in range(60):
        await her.made(ferritin(her.person, note=[{"text": f"{n} " + "x" * 300}]))
    for n in range(4):
        free = [condition(her.person, f"{n} {m} " + "x" * 300) for m in range(250)]
        await her.gp.ok("POST", "", bundle(*(entry("POST", "Condition", one) for one in free)))
    return her


@pytest.fixture(autouse=True)
def apart() -> Iterator[None]:
    """As the service does when it has started: what was there before is not looked through for garbage."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


async def longest_away(ended: asyncio.Event) -> float:
    """The longest that the event loop did not come round, in processor seconds: those of others on the machine are not ours."""
    longest = 0.0
    while not ended.is_set():
        before = time.process_time()
        await asyncio.sleep(0)
        longest = max(longest, time.process_time() - before)
    return longest


@pytest.mark.parametrize(
    "path",
    [
        "/EpisodeOfCare/{record}/$history",
        "/EpisodeOfCare/{record}/$everything",
        "/Patient/{person}/$everything",
        "/Patient/{person}/$everything?start=2026&end=2026&_since=2020-01-01T00:00:00Z",
        "/Patient/{person}/$everything?_count=1000",
        "/Observation/$lastn?patient={person}&max=100",
        "/EpisodeOfCare/{record}/_history",
        "/EpisodeOfCare/{record}?at=2100-01-01T00:00:00Z",
        "/Observation?patient={person}&_count=1000&at=2100-01-01T00:00:00Z",
    ],
)
async def test_beside_it_fifty_small_requests_are_answered(her: Her, path: str) -> None:
    await beside(her, path, small=50)


async def test_what_she_has_blocked_is_taken_out_in_turns_too(her: Her) -> None:
    await wish(her.fhir.v1, WishKind.BLOCK_SECTION, "antenatalAppointments")
    try:
        await beside(her, "/EpisodeOfCare/{record}/$history", small=0)
    finally:
        await wish(her.fhir.v1, WishKind.BLOCK_SECTION, "antenatalAppointments", on=False)


async def beside(her: Her, path: str, *, small: int) -> None:
    """A heavy read, and so many small ones beside it: none is refused, and the event loop is never away for long."""
    await at_most(MOST, lambda: _away_beside(her, path, small))


async def _away_beside(her: Her, path: str, small: int) -> float:
    ended = asyncio.Event()
    watching = asyncio.create_task(longest_away(ended))
    heavy = asyncio.create_task(her.gp.send("GET", path.format(record=her.record, person=her.person)))
    others = [asyncio.create_task(her.gp.send("GET", f"/EpisodeOfCare/{her.record}")) for _ in range(small)]
    assert {(await one).status_code for one in others} <= {200}
    assert (await heavy).status_code == 200
    ended.set()
    return await watching
