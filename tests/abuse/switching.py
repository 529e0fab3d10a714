"""Two services on one database, each with its own watch on the switch, and callers that never stop asking."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from helsekort.api.v1.work import PREFIX
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.switch import SwitchWatch
from helsekort.sandbox.helseid import practitioner_grant
from helsekort.sandbox.wrong import Ingredients, present
from tests.abuse.world import HELSEID, PEOPLE, SECRET, World, request, world
from tests.admitting import admitting

READ = f"{PREFIX}/status"


def by_news_alone(patch: pytest.MonkeyPatch) -> None:
    """The switch is read when there is news and else not within the hour, nor does anything grow old.

    So what a test sees has been told, however slow the machine is; who is not told is silent after a minute.
    """
    nothing_grows_old(patch)
    patch.setattr("helsekort.ledger.switch.READ_SECONDS", 3600)
    patch.setattr("helsekort.ledger.turning.OLDEST_SECONDS", 60)


def nothing_grows_old(patch: pytest.MonkeyPatch) -> None:
    """What was read of the switch holds until it is read again or the session is lost."""
    patch.setattr("helsekort.ledger.switch.OLDEST_SECONDS", 3600)


@asynccontextmanager
async def service(database_url: str, keyring: Keyring) -> AsyncIterator[tuple[World, SwitchWatch]]:
    """One service that watches the switch."""
    switch = SwitchWatch(database_url)
    watching = asyncio.create_task(switch.watch())
    await switch.known()
    try:
        async with world(
            database_url,
            keyring,
            admission=lambda ledger: admitting(ledger, off=switch.off, read_again=switch.read_again),
        ) as made:
            yield made, switch
    finally:
        watching.cancel()


@dataclass
class Two:
    """Two services and their watches."""

    worlds: list[World]
    switches: list[SwitchWatch]

    def agree(self) -> bool:
        """Whether both know the same."""
        return self.switches[0].off() == self.switches[1].off()


@asynccontextmanager
async def two_services(database_url: str, keyring: Keyring) -> AsyncIterator[Two]:
    """Two services on one database."""
    async with service(database_url, keyring) as one, service(database_url, keyring) as other:
        yield Two([one[0], other[0]], [one[1], other[1]])


@dataclass(frozen=True)
class Answered:
    """One answer: when its request started and it came, what came, and whether it held what must not be seen."""

    started: float
    came: float
    status: int
    code: str
    told: bool


@dataclass
class Load:
    """Callers that ask both services for the same address for as long as the block runs."""

    answers: list[Answered] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, answer: Answered) -> None:
        """Notes an answer that has come."""
        self.answers.append(answer)
        self.news.set()

    def since(self, moment: float) -> list[Answered]:
        """Answers to requests that started after a moment."""
        return [each for each in self.answers if each.started >= moment]

    def until(self, moment: float) -> list[Answered]:
        """Answers that had come by then."""
        return [each for each in self.answers if each.came <= moment]

    async def more(self, answers: int = 12) -> None:
        """Returns when so many requests that start from now on are answered."""
        now = time.monotonic()
        while len(self.since(now)) < answers:
            self.news.clear()
            await self.news.wait()


@asynccontextmanager
async def load(
    two: Two, path: str = READ, *, by: Callable[[str, str], Ingredients], callers: int = 3
) -> AsyncIterator[Load]:
    """Asks without pause; ends what is under way at the end of the block."""
    made, ended = Load(), asyncio.Event()

    async def ask(at: World) -> None:
        while not ended.is_set():
            started = time.monotonic()
            answer = await at.send("GET", path, presented=present(by("GET", path)))
            made.add(answered(started, answer))
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for at in two.worlds * callers:
            group.create_task(ask(at))
        await made.more()
        yield made
        ended.set()


def answered(started: float, answer: httpx.Response) -> Answered:
    """What is kept of an answer."""
    told = SECRET in answer.text or "hasGivenConsent" in answer.text
    return Answered(
        started, time.monotonic(), answer.status_code, answer.headers.get("nhn-error-code", ""), told
    )


def hospital(method: str, path: str) -> Ingredients:
    """A correct request of the hospital's midwife, through another EHR and another supplier."""
    return request(practitioner_grant(PEOPLE, "hospital", "hospital"), method, path, provider=HELSEID)
