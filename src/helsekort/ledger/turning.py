"""Turning the switch, as the database's owner: one row each, and waiting until every service knows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from helsekort.access.switch import LIFT, OFF, TurnedOff, scope_of, turned_off
from helsekort.basics.number_in_text import holds_national_identity_number
from helsekort.ledger.connection import open_owner_session
from helsekort.ledger.switch import APPLICATION, OLDEST_SECONDS, SEEN, read_turns

LONGEST_NAME, LONGEST_REASON = 100, 500
_ONE_AT_A_TIME = 4_825_110_005
"""Number of the lock that makes the order of turns the order in which they are seen."""

_TURN = "INSERT INTO switch (scope, act, by_whom, reason) VALUES ($1, $2, $3, $4) RETURNING n"
_SERVICES = "SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()"


class CannotTurn(ValueError):
    """The switch was not turned; the message says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a turn: the scope as it stands now (None where it is on), and which services know.

    `silent` services had not acknowledged after two seconds: by then each of them has read the turn or has closed itself.
    """

    scope: TurnedOff | None
    services: int
    silent: int


@asynccontextmanager
async def owner(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A session as the database's owner; the services' own role cannot turn the switch."""
    connection = await open_owner_session(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def turn_off(connection: asyncpg.Connection, *, scope: str, by: str, reason: str) -> Told:
    """Turns a scope off; returns when every service knows it, or after the two seconds in which each closes by itself."""
    return await _turn(
        connection,
        scope=scope_of(scope),
        act=OFF,
        by=_words(by, LONGEST_NAME, "name"),
        reason=_words(reason, LONGEST_REASON, "reason"),
    )


async def lift(connection: asyncpg.Connection, *, scope: str, by: str) -> Told:
    """One person's word that a scope may be on again; the second person's turns it on."""
    return await _turn(
        connection, scope=scope_of(scope), act=LIFT, by=_words(by, LONGEST_NAME, "name"), reason=""
    )


async def state(connection: asyncpg.Connection) -> list[TurnedOff]:
    """What is off, by scope."""
    return [off for _, off in sorted(turned_off(await read_turns(connection)).items())]


async def _turn(connection: asyncpg.Connection, *, scope: str, act: str, by: str, reason: str) -> Told:
    knowing: asyncio.Queue[tuple[int, int]] = asyncio.Queue()

    def seen(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        pid, number = str(payload).split()
        knowing.put_nowait((int(pid), int(number)))

    await connection.add_listener(SEEN, seen)
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _ONE_AT_A_TIME)
        if act == LIFT and scope not in turned_off(await read_turns(connection)):
            raise CannotTurn(f"{scope} is not off.")
        number = await connection.fetchval(_TURN, scope, act, by, reason)
    services = {row["pid"] for row in await connection.fetch(_SERVICES, APPLICATION)}
    silent = await _wait(services, number, knowing)
    return Told(turned_off(await read_turns(connection)).get(scope), len(services), silent)


async def _wait(services: set[int], number: int, knowing: asyncio.Queue[tuple[int, int]]) -> int:
    """How many services were silent to the end."""
    waiting = set(services)
    try:
        async with asyncio.timeout(OLDEST_SECONDS):
            while waiting:
                pid, known = await knowing.get()
                if known >= number:
                    waiting.discard(pid)
    except TimeoutError:
        return len(waiting)
    return 0


def _words(text: str, longest: int, what: str) -> str:
    words = " ".join(text.split())
    if not 0 < len(words) <= longest or not words.isprintable():
        raise CannotTurn(f"The {what} has 1 to {longest} printable characters.")
    if holds_national_identity_number(words):
        raise CannotTurn(f"A national identity number does not belong in the {what}.")
    return words
