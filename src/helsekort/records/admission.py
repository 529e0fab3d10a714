"""Before the door: is the service open to this request, and has its caller asked for too much. Nothing of a patient is read."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from helsekort.access.actor import Actor
from helsekort.access.bounded import Bounded
from helsekort.access.emergencies import Emergencies
from helsekort.access.limits import Exceeded, Limits
from helsekort.access.switch import Entrance, Off, closed, closed_to
from helsekort.audit.entry import AuditEntry, describe_attempt
from helsekort.basics.clock import Clock
from helsekort.basics.ids import NewId
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Issue, Kind, Refused

LOG = logging.getLogger(__name__)
ALARM = "alarm"
"""The action of an audit row that tells of a caller who met the budget of persons."""

ALARM_SECONDS = 60.0
"""A caller who goes on asking is told of once a minute."""

Note = Callable[[AuditEntry], Awaitable[None]]
"""Stores an audit row that belongs to nobody."""


class Admission:
    """Lets requests on: `enter` first of all, `admit` as soon as the caller is known."""

    def __init__(
        self,
        *,
        off: Callable[[], Off | None],
        read_again: Callable[[], Awaitable[None]],
        limits: Limits,
        note: Note,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        """`off` tells which scopes are switched off, None where that is not known; `read_again` waits for it to be known."""
        self._off = off
        self._read_again = read_again
        self._limits = limits
        self._note = note
        self._clock = clock
        self._new_id = new_id
        self._alarmed: Bounded[tuple[str, str, str], float] = Bounded(1_000)
        self._emergencies = Emergencies()

    async def enter(self, entrance: Entrance, *, source: str) -> None:
        """The switch, then the cap of the address it comes from; raises Refused. Costs next to nothing."""
        if not entrance.own_affair:
            off = self._off()
            if refused := closed(await self._known() if off is None else off, entrance):
                raise refused
        try:
            self._limits.count_source(source, now=self._clock().timestamp())
        except Exceeded as exceeded:
            raise _too_many(exceeded) from None

    async def admit(self, actor: Actor, patient: NationalIdentityNumber | None, *, event_id: str) -> None:
        """The switch for this caller, then what it may use; raises Refused, an alarm row stored where persons were guessed."""
        off = self._off()
        if refused := closed_to(await self._known() if off is None else off, actor):
            raise refused
        await self.count(actor, patient, event_id=event_id)

    async def _known(self) -> Off | None:
        """What is off, where it was not known because this process was busy with itself: it is read before anybody is refused."""
        await self._read_again()
        return self._off()

    async def count(self, actor: Actor, patient: NationalIdentityNumber | None, *, event_id: str) -> None:
        """What this caller may use, whatever is switched off."""
        now = self._clock().timestamp()
        try:
            self._limits.count(actor, patient, now=now)
        except Exceeded as exceeded:
            if exceeded.persons:
                await self._alarm(actor, exceeded, event_id, now)
            raise _too_many(exceeded) from None

    async def emergency(self, actor: Actor, *, event_id: str) -> None:
        """Counts an emergency that is declared; one more than a day's raises an alarm, and stops nobody from helping."""
        now = self._clock().timestamp()
        if self._emergencies.too_many(actor.hpr_number, now=now):
            LOG.warning("alarm: a practitioner declares more emergencies than a day has")
            await self._tell(actor, "Varsel: oppga nødrett oftere enn grensen på ett døgn.", "", event_id)

    async def _alarm(self, actor: Actor, exceeded: Exceeded, event_id: str, now: float) -> None:
        unit = actor.organisation.number if actor.organisation else ""
        key = (actor.client_id, unit, actor.hpr_number)
        if now - (self._alarmed.get(key) or 0.0) < ALARM_SECONDS:
            return
        self._alarmed.put(key, now)
        LOG.warning("alarm: a %s asks for more persons than its budget", exceeded.kind)
        reason = "Varsel: slo opp flere personer på en time enn grensen tillater."
        await self._tell(actor, reason, Kind.TOO_MANY.value, event_id)

    async def _tell(self, actor: Actor, reason: str, refusal: str, event_id: str) -> None:
        detail = describe_attempt(actor, event_id=event_id, reason=reason, refusal=refusal)
        await self._note(
            AuditEntry(self._new_id(), self._clock(), ALARM, permitted=False, record=None, detail=detail)
        )


def _too_many(exceeded: Exceeded) -> Refused:
    what = "different persons" if exceeded.persons else "requests"
    return Refused(
        Kind.TOO_MANY, [Issue(f"Too many {what} of this {exceeded.kind}.")], retry_after=exceeded.wait
    )
