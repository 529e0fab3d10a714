"""Abuse 21, her side: everything is off, or nobody knows, and she still logs in, reads her log and withdraws her consent."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from helsekort.access.act import Action
from helsekort.access.limits import Allowances
from helsekort.access.switch import Off
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.view import Wants
from tests.abuse.her_pages import SAME_ORIGIN, browser_of, csrf_of
from tests.browser.composition import World, a_world

SECRET = "Hemmelig Opplysning"
OFF: dict[str, Off | None] = {
    "all": frozenset({"all"}),
    "her pages": frozenset({"citizen"}),
    "writing": frozenset({"writing"}),
    "not known": None,
}


@dataclass
class Her:
    """A woman with a card, and her browser."""

    world: World
    http: httpx.AsyncClient


@pytest.fixture
async def her(database_url: str, keyring: Keyring) -> AsyncIterator[Her]:
    async with a_world(database_url, keyring) as world:
        nin = world.woman("Anne Antonsen", "018190")
        await world.consents(nin)
        await world.has_record(nin, {"mother": {"name": SECRET}})
        async with httpx.AsyncClient(base_url=world.base, follow_redirects=True) as http:
            yield Her(world, http)


@pytest.mark.parametrize("off", OFF)
async def test_she_logs_in_reads_her_log_and_withdraws(her: Her, off: str) -> None:
    her.world.off = OFF[off]
    came_to = await her.http.get("/logg-inn")
    assert came_to.url.path == "/helsekort"
    assert (came_to.status_code, SECRET in came_to.text) == (
        (200, True) if off == "writing" else (503, False)
    )
    log = await her.http.get("/logg")
    assert log.status_code == 200
    assert "Kari Nordmann" in log.text
    asked = await her.http.get("/trekk-samtykke")
    form = re.search(r'action="/trekk-samtykke".*?name="csrf" value="([^"]+)"', asked.text, re.DOTALL)
    assert form is not None
    sent = {"csrf": form[1], "bekreft": "ja"}
    done = await her.http.post("/trekk-samtykke", data=sent, headers={"sec-fetch-site": "same-origin"})
    assert done.status_code == 200, done.text
    assert her.world.idporten.next is not None
    act = her.world.act_of_her(her.world.idporten.next, Action.READ_STATUS, 0)
    assert not (await her.world.door.read(act, Wants.STATUS)).person.consented


@pytest.mark.parametrize("off", ["all", "her pages"])
async def test_the_page_is_calm_and_says_what_she_can_do(her: Her, off: str) -> None:
    await her.http.get("/logg-inn")
    her.world.off = OFF[off]
    answer = await her.http.get("/helsekort")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "Helsekortet er slått av akkurat nå" in answer.text
    assert "Papirhelsekortet gjelder hele tiden" in answer.text
    assert 'href="/logg"' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "Content-Security-Policy" in answer.headers


async def test_what_is_off_takes_no_new_consent(her: Her) -> None:
    await her.http.get("/logg-inn")
    for state in OFF.values():
        her.world.off = state
        sent = await her.http.post("/samtykke", data={"csrf": "x"}, headers={"sec-fetch-site": "same-origin"})
        assert sent.status_code == 503


async def test_too_many_requests_close_her_pages_but_never_the_way_out(
    database_url: str, keyring: Keyring
) -> None:
    """Her pages count too, and Skjul works however many requests there were."""
    async with a_world(database_url, keyring, allowances=Allowances()) as world:
        nin = world.woman("Anne Antonsen", "018190")
        async with browser_of(world, nin) as http:
            csrf = await csrf_of(http)
            statuses = [(await http.get("/logg")).status_code for _ in range(3 * Allowances().citizen.burst)]
            assert statuses[0] == 200
            assert 429 in statuses  # and now and then a page, as the allowance fills again
            hidden = await http.post("/skjul", data={"csrf": csrf}, headers=SAME_ORIGIN)
            assert hidden.status_code == 303
