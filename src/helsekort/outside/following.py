"""Follows Folkeregisteret's feed of changes, so that a death or a protected address is known here before anyone asks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Protocol

from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Refused
from helsekort.outside.person_register import PersonRegister

log = logging.getLogger(__name__)


class UpdatePerson(Protocol):
    """Stores what the register says of a person; false where nobody here has met her."""

    def __call__(
        self, patient: NationalIdentityNumber, *, deceased: bool, confidential: bool
    ) -> Awaitable[bool]: ...


async def follow(register: PersonRegister, update: UpdatePerson, *, every: float) -> None:
    """Asks for changes every so many seconds, for as long as the task runs.

    The place in the feed is in memory: after a start it is read from its beginning, which changes nothing twice. Where the
    register or the database does not answer, the same changes are asked for again.
    """
    after = 0
    while True:
        try:
            after = await catch_up(register, update, after=after)
        except Refused as refused:
            log.warning("the person register's changes are not followed: %s", refused)
        await asyncio.sleep(every)


async def catch_up(register: PersonRegister, update: UpdatePerson, *, after: int) -> int:
    """Stores every change since a sequence number; returns the one to go on from."""
    changes = await register.changes(after=after)
    for patient in changes.persons:
        person = await register.find(patient)
        if person is not None:
            await update(patient, deceased=person.deceased, confidential=person.confidential_address)
    return changes.latest
