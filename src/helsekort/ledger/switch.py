"""The switch as one service knows it: read at every notification and twice a second, acknowledged, and closed when in doubt.

A snapshot older than two seconds, a session that was lost, or a table that cannot be read: the state is unknown, which is off.
A snapshot that grew old because this process was busy with itself is read again before anybody is let in or refused.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

import asyncpg

from helsekort.access.switch import Off, Turn, turned_off
from helsekort.basics.startup import CannotStart
from helsekort.ledger.connection import DATABASE_ERRORS, open_session
from helsekort.ledger.lane import describe

LOG = logging.getLogger(__name__)
TURNED, SEEN = "helsekort_switch", "helsekort_switch_seen"
"""Channels: a turn was made (its number); a service knows it (its session and the number)."""

APPLICATION = "helsekort-switch"
"""How a service's session is found among the database's, to know whom to wait for."""

READ_SECONDS = 0.5
OLDEST_SECONDS = 2.0
LONGEST_READ_SECONDS = OLDEST_SECONDS - READ_SECONDS
LOOKS, LOOK_SECONDS = 30, 0.05
"""How long whoever comes waits for the next reading: in looks, since nothing is read in time that is lost to our own work."""

_TURNS = "SELECT n, at, scope, act, by_whom, reason FROM switch ORDER BY n"


async def read_turns(connection: asyncpg.Connection) -> list[Turn]:
    """Every turn there has been, the oldest first."""
    rows = await connection.fetch(_TURNS, timeout=LONGEST_READ_SECONDS)
    return [Turn(r["n"], r["at"], r["scope"], r["act"], r["by_whom"], r["reason"]) for r in rows]


class SwitchWatch:
    """Keeps what is off in memory. `off` is asked for every request; `watch` keeps it fresh until it is cancelled."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._off: Off | None = None
        self._read_at = 0.0
        self._number = -1
        self._first = asyncio.Event()

    def off(self) -> Off | None:
        """The scopes that are off; None where that is not known for certain."""
        if time.monotonic() - self._read_at > OLDEST_SECONDS:
            return None
        return self._off

    async def read_again(self) -> None:
        """Returns when what had grown old has been read again, or cannot be; at once where the session is lost."""
        for _ in range(LOOKS):
            if self._off is None or self.off() is not None:
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def known(self) -> None:
        """Returns when the switch has been read for the first time; raises CannotStart where that takes too long."""
        try:
            async with asyncio.timeout(10):
                await self._first.wait()
        except TimeoutError:
            raise CannotStart("The switch cannot be read from the database: see the log for why.") from None

    async def watch(self) -> None:
        """Reads for ever, over a session of its own that is opened again when it is lost."""
        while True:
            try:
                connection = await open_session(self._dsn)
                try:
                    await self._follow(connection)
                finally:
                    connection.terminate()
            except (*DATABASE_ERRORS, CannotStart) as error:
                LOG.warning("switch: %s; closed until it can be read", describe(error))
            self._forget()
            await asyncio.sleep(READ_SECONDS)

    async def _follow(self, connection: asyncpg.Connection) -> None:
        news = asyncio.Event()

        def lost(_: object) -> None:
            self._forget()
            news.set()

        connection.add_termination_listener(lost)
        await connection.execute(f"SET application_name = '{APPLICATION}'")
        await connection.add_listener(TURNED, lambda *_: news.set())
        while not connection.is_closed():
            news.clear()
            await self._read(connection)
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), READ_SECONDS)

    async def _read(self, connection: asyncpg.Connection) -> None:
        asked_at = time.monotonic()
        turns = await read_turns(connection)
        if connection.is_closed():
            return
        number = turns[-1].number if turns else 0
        self._off, self._read_at = frozenset(turned_off(turns)), asked_at
        self._first.set()
        if number != self._number:
            self._number = number
            await connection.execute(
                "SELECT pg_notify($1, $2)", SEEN, f"{connection.get_server_pid()} {number}"
            )

    def _forget(self) -> None:
        self._off, self._number = None, -1
