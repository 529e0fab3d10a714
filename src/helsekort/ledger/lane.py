"""Requests that wait for the database, and the few sessions that serve them in groups.

While a session is busy, requests gather; when it is free it takes as many as it may and serves them as one. So the busier it is,
the less each costs. Another session is woken where enough have gathered, or none has come free for a while. A request whose
caller has gone is dropped before it is sent and never harms the others of its group.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import asyncpg

from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.basics.startup import CannotStart
from helsekort.ledger.connection import DATABASE_ERRORS, STATEMENT_SECONDS, OutcomeUnknown, open_session

LOG = logging.getLogger(__name__)
FIRST_WAIT, LONGEST_WAIT = 0.05, 0.5
"""Seconds between attempts to reach the database again."""
MOST_WAITING = 5_000
ENOUGH = 24
"""So many that wait are a group worth a session of its own while another is busy; fewer are served when that one is free."""
PATIENCE = 0.002
"""Seconds that fewer wait for a session that is busy, before another is woken for them."""
UNKNOWN_OUTCOME = Issue("It is not known whether this was stored.", hint="Read it before you send it again.")

Work = TypeVar("Work")


class Waiting(Generic[Work]):
    """One request in the lane with the answer its caller waits for."""

    __slots__ = ("answer", "work")

    def __init__(self, work: Work, answer: asyncio.Future[Any]) -> None:
        self.work = work
        self.answer = answer

    def settle(self, value: object) -> None:
        """Gives the caller the answer, if it still waits."""
        if not self.answer.done():
            self.answer.set_result(value)

    def fail(self, error: BaseException) -> None:
        """Gives the caller the error, if it still waits."""
        if not self.answer.done():
            self.answer.set_exception(error)


Take = Callable[[deque[Waiting[Work]]], list[Waiting[Work]]]
"""Takes the next group off the queue; may leave requests that cannot be served now."""

Serve = Callable[[asyncpg.Connection, list[Waiting[Work]]], Awaitable[None]]
"""Serves a group and settles each of it; what it raises is given to those not settled."""


def take_oldest(most: int) -> Take[Any]:
    """Takes up to so many requests, the oldest first."""

    def take(waiting: deque[Waiting[Any]]) -> list[Waiting[Any]]:
        group: list[Waiting[Any]] = []
        while waiting and len(group) < most:
            request = waiting.popleft()
            if not request.answer.done():  # else its caller has gone
                group.append(request)
        return group

    return take


class Lane(Generic[Work]):
    """A queue and its fixed sessions, each opened again when it is lost."""

    def __init__(self, dsn: str, *, sessions: int, take: Take[Work], serve: Serve[Work]) -> None:
        self._dsn = dsn
        self._sessions = sessions
        self._take = take
        self._serve = serve
        self._waiting: deque[Waiting[Work]] = deque()
        self._idle: list[asyncio.Future[None]] = []
        self._late: asyncio.TimerHandle | None = None
        self._busy = 0
        self._open = 0
        self._away = False
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Opens every session; raises what the first one that cannot be opened raises."""
        loop = asyncio.get_running_loop()
        for _ in range(self._sessions):
            connection = await open_session(self._dsn)
            self._tasks.append(loop.create_task(self._run(connection)))

    async def stop(self) -> None:
        """Lets the groups under way end, then closes the sessions; who still waits is refused."""
        self._stopping = True
        self._wake(len(self._idle))
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STATEMENT_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._refuse_waiting()

    async def do(self, work: Work) -> object:
        """Waits for the work to be served; Refused(DATABASE) where the database is away or far too busy."""
        if self._away or self._stopping or len(self._waiting) >= MOST_WAITING:
            raise Refused(Kind.DATABASE)
        waiting = Waiting(work, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if not self._busy or len(self._waiting) >= ENOUGH:
            self._wake(1)
        elif self._idle and self._late is None:
            self._late = asyncio.get_running_loop().call_later(PATIENCE, self._come_for_the_late)
        return await waiting.answer

    async def _run(self, connection: asyncpg.Connection | None) -> None:
        while connection is not None:
            self._open += 1
            self._away = False
            connection.add_termination_listener(lambda _: self._wake(len(self._idle)))
            try:
                await self._serve_until_lost(connection)
            finally:
                self._open -= 1
                connection.terminate()
            connection = await self._open_again()

    async def _serve_until_lost(self, connection: asyncpg.Connection) -> None:
        while not self._stopping and not connection.is_closed():
            group = self._take(self._waiting)
            if not group:
                await self._nap()
            elif not await self._served(connection, group):
                return

    async def _served(self, connection: asyncpg.Connection, group: list[Waiting[Work]]) -> bool:
        """Serves a group; False where the session cannot be used any more."""
        self._busy += 1
        try:
            await self._serve(connection, group)
        except OutcomeUnknown as error:
            LOG.warning("database: lost during commit, %s", describe(error.__cause__ or error))
            for request in group:
                request.fail(Refused(Kind.DATABASE, [UNKNOWN_OUTCOME]))
            return False
        except DATABASE_ERRORS as error:
            LOG.warning("database: %s", describe(error))
            return isinstance(error, asyncpg.PostgresError) and await is_clean(connection)
        except Exception as error:
            LOG.exception("a group of the ledger failed")
            for request in group:
                request.fail(error)
            return await is_clean(connection)
        finally:
            self._busy -= 1
            for request in group:
                if not request.answer.done():
                    request.fail(Refused(Kind.DATABASE))
        return True

    async def _open_again(self) -> asyncpg.Connection | None:
        wait = FIRST_WAIT
        while not self._stopping:
            try:
                return await open_session(self._dsn)
            except (*DATABASE_ERRORS, CannotStart) as error:
                LOG.warning("database: %s", describe(error))
            if self._open == 0:
                self._away = True
                self._refuse_waiting()
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)
        return None

    async def _nap(self) -> None:
        sleeper = asyncio.get_running_loop().create_future()
        self._idle.append(sleeper)
        await sleeper

    def _come_for_the_late(self) -> None:
        self._late = None
        if self._waiting:
            self._wake(1)

    def _wake(self, sleepers: int) -> None:
        for _ in range(min(sleepers, len(self._idle))):
            sleeper = self._idle.pop()
            if not sleeper.done():  # else its task was cancelled while it slept
                sleeper.set_result(None)

    def _refuse_waiting(self) -> None:
        while self._waiting:
            self._waiting.popleft().fail(Refused(Kind.DATABASE))


async def is_clean(connection: asyncpg.Connection) -> bool:
    """Whether the session can go on, its open transaction rolled back."""
    try:
        if not connection.is_closed() and connection.is_in_transaction():
            await connection.execute("ROLLBACK")
    except DATABASE_ERRORS:
        return False
    return not connection.is_closed()


def describe(error: BaseException) -> str:
    """The error's kind for the log, never its text: that may hold values."""
    return f"{type(error).__name__} {getattr(error, 'sqlstate', None) or ''}".strip()
