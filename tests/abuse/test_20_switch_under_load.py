"""Abuse 20: a stolen EHR key. One client, organisation or supplier is turned off on every service while it never stops asking."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from helsekort.api.v1.work import PREFIX
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.turning import Told, lift, turn_off
from helsekort.sandbox.wrong import Ingredients, present
from tests.abuse.switching import READ, Two, by_news_alone, hospital, load, two_services
from tests.abuse.world import PEOPLE, card, citizen, gp

CLIENT = PEOPLE.client("gp")
UNIT = PEOPLE.organisation(CLIENT.organisations[0])


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every service is told; none has to wait until it looks by itself."""
    by_news_alone(monkeypatch)


@pytest.fixture
async def two(database_url: str, keyring: Keyring) -> AsyncIterator[Two]:
    async with two_services(database_url, keyring) as made:
        yield made


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


# the scope, the code its refusals have, who is not touched by it
SCOPES: list[tuple[str, str, Callable[[str, str], Ingredients] | None]] = [
    ("all", "OFF-0001", None),
    ("contract:v1", "OFF-0004", None),
    (f"client:{CLIENT.id}", "OFF-0005", hospital),
    (f"organisation:{UNIT.number}", "OFF-0005", hospital),
    (f"organisation:{UNIT.parent_number}", "OFF-0005", hospital),
]


@pytest.mark.parametrize(("scope", "code", "untouched"), SCOPES)
async def test_it_is_off_everywhere_once_the_answer_says_so_and_for_good(
    two: Two,
    owner: asyncpg.Connection,
    scope: str,
    code: str,
    untouched: Callable[[str, str], Ingredients] | None,
) -> None:
    path = f"{PREFIX}/record/{(await card(two.worlds[0]))['record']}"
    async with load(two, path, by=gp) as asked:
        told = await turn_off(owner, scope=scope, by="Kari", reason="Nøkkelen er stjålet")
        answered = time.monotonic()
        assert (told.services, told.silent) == (2, 0)
        await asked.more()
        for world in two.worlds:
            if untouched is not None:
                answer = await world.send("GET", READ, presented=present(untouched("GET", READ)))
                assert answer.status_code == 200, answer.text
    assert any(each.status == 200 and each.told for each in asked.answers)
    after = {(each.status, each.code, each.told) for each in asked.since(answered)}
    assert after == {(503, code, False)}


async def test_the_answer_says_when_to_ask_again(two: Two, owner: asyncpg.Connection) -> None:
    await turn_off(owner, scope="all", by="Kari", reason="Øvelse")
    answer = await two.worlds[0].send("GET", READ, presented=present(gp("GET", READ)))
    assert answer.headers["retry-after"] == "60"
    assert answer.json()["errorCode"] == answer.headers["nhn-error-code"] == "OFF-0001"


async def test_while_writing_is_off_reading_goes_on(two: Two, owner: asyncpg.Connection) -> None:
    record = (await card(two.worlds[0]))["record"]
    commits = await two.worlds[0].commits()
    await turn_off(owner, scope="writing", by="Kari", reason="Øvelse")
    for world in two.worlds:
        path = f"{PREFIX}/record/{record}"
        assert (await world.send("GET", path, presented=present(gp("GET", path)))).status_code == 200
        path += "/antenatalAppointments"
        refused = await world.send("POST", path, presented=present(gp("POST", path)), body={"note": "x"})
        assert (refused.status_code, refused.headers["nhn-error-code"]) == (503, "OFF-0002")
    assert await two.worlds[0].commits() == commits


async def test_while_the_womens_pages_are_off_her_own_token_reads_nothing_either(
    two: Two, owner: asyncpg.Connection
) -> None:
    await turn_off(owner, scope="citizen", by="Kari", reason="Øvelse")
    answer = await two.worlds[1].send("GET", READ, presented=present(citizen("GET", READ)))
    assert (answer.status_code, answer.headers["nhn-error-code"]) == (503, "OFF-0003")
    assert (await two.worlds[1].send("GET", READ, presented=present(gp("GET", READ)))).status_code == 200


async def test_a_caller_that_is_off_is_written_down(two: Two, owner: asyncpg.Connection) -> None:
    await turn_off(owner, scope=f"client:{CLIENT.id}", by="Kari", reason="Øvelse")
    await two.worlds[0].send("GET", READ, presented=present(gp("GET", READ)), event="tyv")
    [row] = await two.worlds[0].rows("tyv")
    assert row.person.int == 0
    assert (row.permitted, row.detail.refusal, row.detail.client_id) == (False, "caller-off", CLIENT.id)


async def test_two_different_persons_turn_it_on_again_everywhere(two: Two, owner: asyncpg.Connection) -> None:
    await turn_off(owner, scope="all", by="Kari", reason="Øvelse")
    async with load(two, by=gp) as asked:
        assert still_off(await lift(owner, scope="all", by="Ola"))
        assert still_off(await lift(owner, scope="all", by=" OLA "))
        await asked.more()
        last = time.monotonic()
        assert not still_off(await lift(owner, scope="all", by="Eva"))
        lifted = time.monotonic()
        await asked.more()
    assert {each.status for each in asked.until(last)} == {503}
    assert {each.status for each in asked.since(lifted)} == {200}


def still_off(told: Told) -> bool:
    """Whether the scope is off."""
    assert told.silent == 0
    return told.scope is not None
