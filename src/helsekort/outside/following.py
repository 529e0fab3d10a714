"""Follows Folkeregisteret's feed of changes: deaths, protected addresses, new numbers, and two who turn out to be one."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from helsekort.basics.clock import Clock
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.outbox import Position
from helsekort.ledger.persons import NumberTaken
from helsekort.outside.person_register import NumberChange, PersonRegister
from helsekort.outside.repeating import repeat

FOLLOWER = "person register"


class Persons(Protocol):
    """What is kept here of the persons, and how far the feed has been read."""

    async def update_person(
        self, patient: NationalIdentityNumber, *, deceased: bool, confidential: bool
    ) -> bool: ...

    async def add_number(self, old: NationalIdentityNumber, new: NationalIdentityNumber) -> bool: ...

    async def merge(
        self, gone: NationalIdentityNumber, stays: NationalIdentityNumber, *, at: datetime
    ) -> bool: ...

    async def place(self, follower: str) -> Position: ...

    async def keep_place(self, follower: str, position: Position) -> None: ...


async def follow(register: PersonRegister, persons: Persons, *, clock: Clock, every: float) -> None:
    """Asks for changes every so many seconds, for as long as the task runs.

    The place in the feed is kept once its changes are, so a restart goes on from there. Where the register or the database does
    not answer, the same changes are asked for again, which changes nothing twice.
    """
    await repeat(
        "the person register's changes", lambda: catch_up(register, persons, clock=clock), every=every
    )


async def catch_up(register: PersonRegister, persons: Persons, *, clock: Clock) -> None:
    """Stores every change since the place kept."""
    after = (await persons.place(FOLLOWER)).n
    changes = await register.changes(after=after)
    if changes.latest < after:  # another feed than the one that was read: it is read from its beginning
        changes = await register.changes(after=0)
    for number in changes.numbers:
        await _renumber(persons, number, clock())
    for patient in changes.persons:
        person = await register.find(patient)
        if person is not None:
            await persons.update_person(
                patient, deceased=person.deceased, confidential=person.confidential_address
            )
    if changes.latest != after:
        await persons.keep_place(FOLLOWER, Position(0, changes.latest))


async def _renumber(persons: Persons, change: NumberChange, at: datetime) -> None:
    """A new number, or two persons made one. Where somebody has used the new number before this was read, the one who was met
    under it is the one who is merged away: what has been written stands under the old number."""
    if change.merged:
        await persons.merge(change.earlier, change.now, at=at)
        return
    try:
        await persons.add_number(change.earlier, change.now)
    except NumberTaken:
        await persons.merge(change.now, change.earlier, at=at)
