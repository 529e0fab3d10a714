"""Abuse 21: the switch misused or failing. Whatever happens to it, what is not known to be on is off; she keeps what is hers."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from helsekort.ledger.migrate import APP_ROLE
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.switch import OLDEST_SECONDS
from helsekort.ledger.turning import CannotTurn, lift, state, turn_off
from helsekort.sandbox.wrong import present
from tests.abuse.switching import READ, Two, by_news_alone, load, nothing_grows_old, two_services
from tests.abuse.world import WOMAN, gp


@pytest.fixture
async def two(database_url: str, keyring: Keyring) -> AsyncIterator[Two]:
    async with two_services(database_url, keyring) as made:
        yield made


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def statuses(two: Two) -> set[int]:
    """What both services answer now."""
    answers = [await at.send("GET", READ, presented=present(gp("GET", READ))) for at in two.worlds]
    return {answer.status_code for answer in answers}


async def becomes(two: Two, status: int) -> None:
    """Waits until both services answer so; asks three thousand times at most."""
    for _ in range(3000):
        if await statuses(two) == {status}:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"never {status}")


async def test_a_table_that_cannot_be_read_closes(
    two: Two, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_grows_old(monkeypatch)
    assert await statuses(two) == {200}
    await owner.execute("ALTER TABLE switch RENAME TO elsewhere")
    await becomes(two, 503)
    await owner.execute("ALTER TABLE elsewhere RENAME TO switch")
    await becomes(two, 200)


@pytest.mark.parametrize("other", ["OLDEST_SECONDS", "LONGEST_READ_SECONDS"])
async def test_a_database_that_hangs_closes_after_two_seconds(
    two: Two, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    """What was read grows old, and a reading that takes too long is given up: each closes without the other."""
    monkeypatch.setattr(f"helsekort.ledger.switch.{other}", 3600)
    async with owner.transaction():
        await owner.execute("LOCK TABLE switch IN ACCESS EXCLUSIVE MODE")
        await becomes(two, 503)
    await becomes(two, 200)


async def test_what_was_read_two_seconds_ago_lets_nobody_in(two: Two, owner: asyncpg.Connection) -> None:
    async with owner.transaction():
        await owner.execute("LOCK TABLE switch IN ACCESS EXCLUSIVE MODE")
        await asyncio.sleep(OLDEST_SECONDS)
        assert await statuses(two) == {503}


async def test_a_lost_session_closes_at_once(
    two: Two, owner: asyncpg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database's switch session ends and the server takes no new one; nobody waits for what was read to grow old."""
    nothing_grows_old(monkeypatch)
    name = await owner.fetchval("SELECT current_database()")
    elsewhere = await asyncpg.connect(database_url, database="postgres")
    await elsewhere.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'helsekort-switch'"
    )
    await becomes(two, 503)
    await elsewhere.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    await elsewhere.close()
    await becomes(two, 200)


@pytest.mark.parametrize(("scope", "act"), [("everything", "off"), ("contract:v9", "lift")])
async def test_a_turn_that_is_not_understood_closes(
    two: Two, owner: asyncpg.Connection, scope: str, act: str
) -> None:
    insert = "INSERT INTO switch (scope, act, by_whom, reason) VALUES ($1, $2, 'Kari', 'x')"
    await owner.execute(insert, scope, act)
    await becomes(two, 503)


async def test_the_services_own_role_cannot_turn_it(two: Two, owner: asyncpg.Connection) -> None:
    await turn_off(owner, scope="all", by="Kari", reason="Øvelse")
    await owner.execute(f"SET ROLE {APP_ROLE}")
    for statement in (
        "INSERT INTO switch (scope, act, by_whom, reason) VALUES ('all', 'lift', 'Ola', '')",
        "DELETE FROM switch",
        "UPDATE switch SET act = 'lift'",
        "TRUNCATE switch",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.execute(statement)
    assert await statuses(two) == {503}


@pytest.mark.parametrize(
    "statement", ["DELETE FROM switch", "UPDATE switch SET scope = 'writing'", "TRUNCATE switch"]
)
async def test_nobody_takes_a_turn_back_quietly(two: Two, owner: asyncpg.Connection, statement: str) -> None:
    await turn_off(owner, scope="all", by="Kari", reason="Øvelse")
    with pytest.raises(asyncpg.RaiseError):
        await owner.execute(statement)
    assert await statuses(two) == {503}


# what is turned, who, why -> is not turned
@pytest.mark.parametrize(
    ("by", "reason"),
    [
        ("", "x"),
        ("  ", "x"),
        ("Kari", ""),
        ("Kari", " "),
        ("Kari", "x" * 501),
        ("K" * 101, "x"),
        ("Kari", f"gjelder {WOMAN.nin}"),
        (WOMAN.nin, "x"),
    ],
)
async def test_a_name_and_a_reason_are_needed(owner: asyncpg.Connection, by: str, reason: str) -> None:
    with pytest.raises(CannotTurn):
        await turn_off(owner, scope="all", by=by, reason=reason)
    assert await state(owner) == []


async def test_what_is_not_off_is_not_lifted(owner: asyncpg.Connection) -> None:
    with pytest.raises(CannotTurn):
        await lift(owner, scope="all", by="Ola")
    assert await owner.fetchval("SELECT count(*) FROM switch") == 0


async def test_a_race_of_setting_and_lifting_ends_in_one_state(
    two: Two, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_news_alone(monkeypatch)

    async def turn(act: Callable[[asyncpg.Connection], object]) -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await act(connection)  # type: ignore[misc]
        except CannotTurn:
            pass  # lifted before it was off
        finally:
            await connection.close()

    def off(connection: asyncpg.Connection) -> object:
        return turn_off(connection, scope="all", by="Kari", reason="Øvelse")

    def lifting(name: str) -> Callable[[asyncpg.Connection], object]:
        return lambda connection: lift(connection, scope="all", by=name)

    async with load(two, by=gp, callers=1) as asked:
        await asyncio.gather(
            *(turn(act) for n in range(6) for act in (off, lifting(f"Ola {n}"), lifting(f"Eva {n}")))
        )
        settled = time.monotonic()
        await asked.more()
    connection = await asyncpg.connect(database_url)
    expected = frozenset(each.scope for each in await state(connection))
    await connection.close()
    assert two.agree()
    assert two.switches[0].off() == expected
    assert {each.status for each in asked.since(settled)} == {503 if expected else 200}


async def test_the_commands_turn_lift_and_show(two: Two, database_url: str) -> None:
    assert (await command(database_url, "show")) == (0, "Nothing is off.\n")
    code, said = await command(database_url, "off", "all", "--by", "Kari", "--reason", "Øvelse")
    assert (code, said) == (0, "all is off. Every service knows (2).\n")
    assert await statuses(two) == {503}
    code, said = await command(database_url, "lift", "all", "--by", "Ola")
    assert (code, "still off: lifted by Ola" in said) == (0, True)
    _, said = await command(database_url, "show")
    assert re.fullmatch(r"all is off since .* UTC, by Kari: Øvelse; lifted so far by Ola\n", said)
    code, said = await command(database_url, "lift", "all", "--by", "Eva")
    assert (code, said) == (0, "all is on again. Every service knows (2).\n")
    assert await statuses(two) == {200}


async def test_a_command_that_cannot_be_done_says_why_in_one_line(database_url: str) -> None:
    for asked in (
        ("off", "everything", "--by", "Kari", "--reason", "x"),
        ("off", "all", "--by", " ", "--reason", "x"),
        ("lift", "all", "--by", "Kari"),
    ):
        code, said = await command(database_url, *asked)
        assert code == 2
        assert len(said.splitlines()) == 1
    code, said = await command("postgresql://127.0.0.1:1/none", "show")
    assert (code, len(said.splitlines())) == (2, 1)


async def command(database_url: str, *asked: str) -> tuple[int, str]:
    """`helsekort switch ...`: its exit code and what it said."""
    line = [sys.executable, "-m", "helsekort.cli", "switch", *asked, "--database", database_url]
    done = await asyncio.to_thread(subprocess.run, line, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr
