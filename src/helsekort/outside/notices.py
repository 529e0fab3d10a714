"""Tells a woman through Helsenorge that somebody has opened her card, where she has asked for it.

The text says neither who nor what: a message shows on a locked phone, and whoever holds the phone can read it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import httpx
import msgspec

from helsekort.basics.clock import Clock
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.outbox import Happened, Position
from helsekort.ledger.trail import LOOKED_UP
from helsekort.outside.repeating import repeat
from helsekort.outside.wire import Service

FOLLOWER = "notices"
TEXT = "Du har fått en ny melding. Logg inn for å lese den."
AT_MOST_EVERY, TOO_OLD = timedelta(hours=1), timedelta(days=1)
"""A woman gets one message an hour; what is older than a day is no news, and is in her log."""
MOST = 200


class LookUps(Protocol):
    """What has happened, how far it has been told, and to whom."""

    async def outbox(self, *, after: Position, most: int) -> list[Happened]: ...

    async def place(self, follower: str) -> Position: ...

    async def keep_place(self, follower: str, position: Position) -> None: ...

    async def number_to_notify(self, person: UUID, *, since: datetime) -> NationalIdentityNumber | None: ...

    async def note_notified(self, person: UUID, *, at: datetime) -> None: ...


class _Taken(msgspec.Struct, frozen=True):
    mottatt: str


class Notices:
    """Helsenorge's messages. The number goes in a body, never in an address."""

    def __init__(self, client: httpx.AsyncClient, *, base: str) -> None:
        self._service = Service(client, name="Helsenorges varsel", base=base)

    async def send(self, to: NationalIdentityNumber, text: str) -> bool:
        """Sends a message; False where she has no inbox there. Raises Refused SOURCE_DOWN."""
        return await self._service.post("/meldinger", {"to": to.reveal(), "text": text}, _Taken) is not None


async def tell(look_ups: LookUps, notices: Notices, *, clock: Clock, every: float) -> None:
    """Sends what is to be sent every so many seconds, for as long as the task runs; what fails is tried again."""
    await repeat("notices", lambda: tell_once(look_ups, notices, clock=clock), every=every)


async def tell_once(look_ups: LookUps, notices: Notices, *, clock: Clock) -> None:
    """Sends what is to be sent for all that has happened since the place kept."""
    after = await look_ups.place(FOLLOWER)
    while happened := await look_ups.outbox(after=after, most=MOST):
        for each in happened:
            if each.kind == LOOKED_UP and clock() - each.at < TOO_OLD:
                await _tell_her(look_ups, notices, each.person, clock())
        after = happened[-1].position
        await look_ups.keep_place(FOLLOWER, after)


async def _tell_her(look_ups: LookUps, notices: Notices, person: UUID, now: datetime) -> None:
    """Noted after it is sent: a stop in between may tell her twice, never not at all."""
    number = await look_ups.number_to_notify(person, since=now - AT_MOST_EVERY)
    if number is not None and await notices.send(number, TEXT):
        await look_ups.note_notified(person, at=now)
