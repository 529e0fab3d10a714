"""The database goes away, or a session does: callers are refused, nothing is half done, and it comes back by itself."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path

import asyncpg
import pytest

from helsekort.basics.ids import new_id
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.connection import OutcomeUnknown, commit, open_session
from helsekort.ledger.embedded import EmbeddedServer, start
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.view import Query, View, Wants
from tests.contract.ledger_acts import create, log, meet, permit, put, read, status, write


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A session that may end others."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'helsekort'"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'helsekort'
"""


def freeze(pids: list[int], how: signal.Signals) -> None:
    """Stops the processes, or lets them go on."""
    for pid in pids:
        os.kill(pid, how)


ATTEMPTS = 3000
"""However slow the machine is, what has not come after so many looks does not come."""


async def soon(attempt: Callable[[], Awaitable[View]]) -> View:
    """What the attempt gives once the ledger has the database again."""
    for _ in range(ATTEMPTS):
        try:
            return await attempt()
        except Refused as refused:
            if refused.kind is not Kind.DATABASE:
                raise
        await asyncio.sleep(0.02)
    raise AssertionError("The ledger never had the database again.")


async def becomes(owner: asyncpg.Connection, query: str, wanted: int) -> None:
    """Waits until the query gives that number."""
    for _ in range(ATTEMPTS):
        if await owner.fetchval(query) == wanted:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"never {wanted}: {query}")


async def test_ended_sessions_are_opened_again(ledger: Ledger, owner: asyncpg.Connection) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    for _ in range(3):
        assert await owner.fetch(END_SESSIONS)
        assert (await soon(lambda: read(ledger, woman, record))).parts == {"mother": b"m"}
        t = (await soon(lambda: status(ledger, woman))).person.last_changed
        assert t is not None
    await becomes(owner, SESSIONS, 4)


async def test_a_write_whose_session_ends_before_it_commits_is_not_stored(
    ledger: Ledger, owner: asyncpg.Connection
) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    await owner.execute("BEGIN; LOCK TABLE audit IN SHARE MODE")
    writing = asyncio.create_task(write(ledger, woman, record, {"mother": b"m2"}))
    await becomes(owner, WAITING, 1)
    await owner.execute(END_SESSIONS)
    with pytest.raises(Refused) as refused:
        await writing
    assert refused.value.kind is Kind.DATABASE
    assert "not known" not in refused.value.sentence
    await owner.execute("COMMIT")
    assert (await soon(lambda: read(ledger, woman, record))).parts == {"mother": b"m"}


async def test_a_session_lost_while_it_commits_leaves_the_outcome_unknown(
    database_url: str, owner: asyncpg.Connection
) -> None:
    session = await open_session(database_url)
    await session.execute("BEGIN")
    await owner.execute(END_SESSIONS)
    with pytest.raises(OutcomeUnknown):
        await commit(session)


async def test_who_writes_when_the_outcome_is_unknown_is_told_so(
    ledger: Ledger, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})

    async def end_then_commit(connection: asyncpg.Connection) -> None:
        await owner.execute(END_SESSIONS)
        await commit(connection)

    with monkeypatch.context() as patch:
        patch.setattr("helsekort.ledger.writes.commit", end_then_commit)
        with pytest.raises(Refused) as refused:
            await write(ledger, woman, record, {"mother": b"m2"})
    assert refused.value.kind is Kind.DATABASE
    assert "It is not known whether this was stored." in refused.value.sentence
    assert "Nothing was stored" not in refused.value.sentence
    assert (await soon(lambda: read(ledger, woman, record))).parts["mother"] in {b"m", b"m2"}


async def test_a_stuck_writer_does_not_stop_readers(ledger: Ledger, owner: asyncpg.Connection) -> None:
    woman, other = await meet(ledger), await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    await owner.execute("BEGIN")
    await owner.execute("SELECT * FROM person FOR UPDATE")
    stuck = asyncio.create_task(write(ledger, woman, record, {"mother": b"m2"}))
    await becomes(owner, WAITING, 1)
    assert (await read(ledger, woman, record)).parts == {"mother": b"m"}
    assert (await status(ledger, other)).person.consented
    assert not stuck.done()
    await owner.execute("COMMIT")
    assert (await stuck).t == 2


@pytest.fixture
async def own_server(tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    """A server of the test's own, to be killed."""
    server = start(tmp_path)
    yield server
    server.stop()


async def test_while_the_database_is_away_callers_are_refused_at_once(
    own_server: EmbeddedServer, tmp_path: Path, keyring: Keyring
) -> None:
    ledger = await Ledger.open(own_server.url, keyring, new_id=new_id)
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    own_server.kill()
    for _ in range(100):
        if await refused_without_waiting(read(ledger, woman, record)):
            break
        await asyncio.sleep(0.02)
    for _ in range(10):
        assert await refused_without_waiting(read(ledger, woman, record))
    again = start(tmp_path)
    try:
        assert (await soon(lambda: read(ledger, woman, record))).parts == {"mother": b"m"}
        assert len(await log(ledger, woman)) == 3
    finally:
        await ledger.close()
        again.stop()


async def refused_without_waiting(act: Coroutine[object, object, View]) -> bool:
    """Whether the act is refused, as it must be, in its first turn of the event loop: before anything is waited for."""
    acting = asyncio.create_task(act)
    await asyncio.sleep(0)
    at_once = acting.done()
    with pytest.raises(Refused) as refused:
        await acting
    assert refused.value.kind is Kind.DATABASE
    return at_once


async def test_a_frozen_database_refuses_in_time_and_thaws(
    own_server: EmbeddedServer, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "helsekort.ledger.connection.STATEMENT_SECONDS", -4
    )  # the client's patience: one second
    ledger = await Ledger.open(own_server.url, keyring, new_id=new_id)
    woman = await meet(ledger)
    connection = await asyncpg.connect(own_server.url)
    servers = "SELECT pid FROM pg_stat_activity WHERE application_name = 'helsekort'"
    frozen = [own_server.pid, *(row["pid"] for row in await connection.fetch(servers))]
    freeze(frozen, signal.SIGSTOP)
    try:
        with pytest.raises(Refused) as refused:
            await asyncio.wait_for(status(ledger, woman), 60)
        assert refused.value.kind is Kind.DATABASE
    finally:
        freeze(frozen, signal.SIGCONT)
    assert (await soon(lambda: status(ledger, woman))).person.consented
    await connection.close()
    await ledger.close()


async def test_closing_ends_what_is_under_way_and_refuses_what_comes_later(
    database_url: str, keyring: Keyring
) -> None:
    ledger = await Ledger.open(database_url, keyring, new_id=new_id)
    woman = await meet(ledger)
    record = new_id()
    creating = asyncio.create_task(
        ledger.create(Query(woman, record, Wants.STATUS), permit("create-record"), put({}))
    )
    await asyncio.sleep(0.001)
    await ledger.close()
    assert (await creating).t == 1
    with pytest.raises(Refused):
        await status(ledger, woman)
    await ledger.close()


def test_a_loop_that_ends_before_the_ledger_is_closed_ends_quietly(
    database_url: str, keyring: Keyring
) -> None:
    problems: list[object] = []

    async def open_and_leave() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, problem: problems.append(problem))
        ledger = await Ledger.open(database_url, keyring, new_id=new_id)
        await meet(ledger)

    with asyncio.Runner() as runner:
        runner.run(open_and_leave())
    assert problems == []
