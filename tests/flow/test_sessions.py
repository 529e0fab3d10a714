"""Her sessions: what is stored of them, when they end, and that a login comes back once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.connection import open_owner_session
from helsekort.ledger.migrate import migrate, migrations
from helsekort.ledger.sessions import ABSOLUTE, IDLE, LOGIN_TAKES, Sessions

NOW = datetime(2026, 1, 16, 12, 0, tzinfo=UTC)
ANNE = NationalIdentityNumber.parse("01819012365", allow_synthetic=True)
KARI = NationalIdentityNumber.parse("02819012485", allow_synthetic=True)


@pytest.fixture
async def sessions(database_url: str) -> AsyncIterator[Sessions]:
    owner = await open_owner_session(database_url)
    await migrate(owner, migrations())
    await owner.close()
    sessions = await Sessions.connect(database_url, hash_of=lambda nin: nin.reveal()[::-1].encode())
    yield sessions
    await sessions.close()


async def test_a_session_is_found_by_its_token_alone(sessions: Sessions) -> None:
    opened = await sessions.open(nin=ANNE, name="Anne Nordlie", now=NOW)
    found = await sessions.find(opened.token, now=NOW)
    assert found == opened
    assert found.nin == ANNE
    assert await sessions.find("0" * 64, now=NOW) is None


async def test_every_login_gets_a_new_token(sessions: Sessions) -> None:
    tokens = {(await sessions.open(nin=ANNE, name="Anne", now=NOW)).token for _ in range(5)}
    assert len(tokens) == 5
    assert all(len(token) == 64 for token in tokens)


async def test_an_idle_session_ends_and_a_used_one_goes_on(sessions: Sessions) -> None:
    token = (await sessions.open(nin=ANNE, name="Anne", now=NOW)).token
    almost = NOW + IDLE - timedelta(seconds=1)
    assert await sessions.find(token, now=almost)
    assert await sessions.find(token, now=almost + IDLE - timedelta(seconds=1))
    assert await sessions.find(token, now=almost + 2 * IDLE) is None


async def test_a_session_in_constant_use_ends_after_an_hour(sessions: Sessions) -> None:
    token = (await sessions.open(nin=ANNE, name="Anne", now=NOW)).token
    for minute in range(10, 60, 10):
        assert await sessions.find(token, now=NOW + timedelta(minutes=minute))
    assert await sessions.find(token, now=NOW + ABSOLUTE) is None


async def test_ending_all_of_one_woman_leaves_others(sessions: Sessions) -> None:
    phone = await sessions.open(nin=ANNE, name="Anne", now=NOW)
    laptop = await sessions.open(nin=ANNE, name="Anne", now=NOW)
    other = await sessions.open(nin=KARI, name="Kari", now=NOW)
    await sessions.end_all_of(ANNE)
    assert await sessions.find(phone.token, now=NOW) is None
    assert await sessions.find(laptop.token, now=NOW) is None
    assert await sessions.find(other.token, now=NOW)


async def test_ending_one_session_leaves_the_other(sessions: Sessions) -> None:
    phone = await sessions.open(nin=ANNE, name="Anne", now=NOW)
    laptop = await sessions.open(nin=ANNE, name="Anne", now=NOW)
    await sessions.end(phone.token)
    assert await sessions.find(phone.token, now=NOW) is None
    assert await sessions.find(laptop.token, now=NOW)


async def test_a_login_comes_back_once_and_in_time(sessions: Sessions) -> None:
    token = await sessions.begin_login(b"state", now=NOW)
    assert await sessions.take_login(token, now=NOW) == b"state"
    assert await sessions.take_login(token, now=NOW) is None
    late = await sessions.begin_login(b"state", now=NOW)
    assert await sessions.take_login(late, now=NOW + LOGIN_TAKES) is None


async def test_nothing_stored_tells_who_or_opens_the_session(sessions: Sessions, database_url: str) -> None:
    opened = await sessions.open(nin=ANNE, name="Anne Nordlie", now=NOW)
    await sessions.begin_login(b"the-state-that-was-kept", now=NOW)
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("SELECT * FROM session") + await connection.fetch(
        "SELECT * FROM login_attempt"
    )
    await connection.close()
    stored = b"".join(value for row in rows for value in row.values() if isinstance(value, bytes))
    for secret in (ANNE.reveal(), "Nordlie", opened.token, opened.csrf, "the-state-that-was-kept"):
        assert secret.encode() not in stored
    assert bytes.fromhex(opened.token) not in stored


async def test_forms_of_two_sessions_have_different_values(sessions: Sessions) -> None:
    one = await sessions.open(nin=ANNE, name="Anne", now=NOW)
    two = await sessions.open(nin=ANNE, name="Anne", now=NOW)
    assert one.csrf != two.csrf
    assert one.csrf not in one.token
