"""Who is who: first contact, what the person register tells, changed numbers, and two who turn out to be one.

A national identity number is somebody's for ever: another number may come to be hers as well, none is given to anybody else.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from uuid import UUID

import asyncpg

from helsekort.access.wishes import NO_WISHES, Wishes
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.connection import commit
from helsekort.ledger.rows import locked_heads
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.statements import (
    ADD_NUMBER,
    MERGE,
    NUMBERS_OF,
    PERSONS_OF,
    PROTECT,
    TELL_MERGED,
)
from helsekort.ledger.view import PersonState, Query, Wants
from helsekort.ledger.wishes import put_wishes


class NumberTaken(Exception):
    """The number is another person's already: only the register's merge can make the two one."""


async def add_number(
    connection: asyncpg.Connection, keyring: Keyring, old: NationalIdentityNumber, new: NationalIdentityNumber
) -> bool:
    """Lets a new number mean the person the old one means; False where nobody here has met her. Raises NumberTaken."""
    hashes = [keyring.hash_of(old), keyring.hash_of(new)]
    persons = {row["n"]: row["person"] for row in await connection.fetch(PERSONS_OF, hashes)}
    person = persons.get(1)
    if person is None:
        return False
    sealed = keyring.seal_number(new, person=person)
    added = await connection.fetch(ADD_NUMBER, hashes[1], person, sealed)
    now_of = {row["person"] for row in await connection.fetch(PERSONS_OF, hashes)}
    if not added and len(now_of) > 1:
        raise NumberTaken
    return True


async def merge(
    connection: asyncpg.Connection,
    keyring: Keyring,
    gone: NationalIdentityNumber,
    stays: NationalIdentityNumber,
    at: datetime,
) -> bool:
    """Makes every number of the one mean the other; False where nobody here has met either.

    Her blocks under either number hold, and so does a protected address. The log shows both chains. Records are not united:
    those of the one who is gone are read by nobody until somebody has looked at both, and are deleted when she withdraws.
    """
    await connection.execute("BEGIN")
    asked = [(keyring.hash_of(number), Query(number, None, Wants.STATUS)) for number in (gone, stays)]
    one, other = await locked_heads(connection, keyring, asked)
    if one is not None and other is not None:
        await _merge(connection, keyring, one.person, other.person, at)
    await commit(connection)
    if one is None and other is not None:
        return await add_number(connection, keyring, stays, gone)
    if one is not None and other is None:
        return await add_number(connection, keyring, gone, stays)
    return one is not None


async def _merge(
    connection: asyncpg.Connection, keyring: Keyring, gone: PersonState, stays: PersonState, at: datetime
) -> None:
    if gone.person == stays.person:
        return
    hashes, numbers = await _moved(connection, keyring, gone.person, stays.person)
    await connection.execute(MERGE, gone.person, stays.person, hashes, numbers, at)
    wishes = both(gone.wishes, stays.wishes)
    if wishes != NO_WISHES:
        await put_wishes(connection, keyring, stays, wishes)
    if gone.confidential_address:
        await connection.execute(PROTECT, stays.person)
    await connection.execute(TELL_MERGED, gone.person, at)


async def _moved(
    connection: asyncpg.Connection, keyring: Keyring, gone: UUID, stays: UUID
) -> tuple[list[bytes], list[bytes]]:
    rows = await connection.fetch(NUMBERS_OF, gone)
    hashes = [row["nin_hash"] for row in rows]
    return hashes, [keyring.move_number(row["nin_sealed"], person=gone, to=stays) for row in rows]


def both(one: Wishes, other: Wishes) -> Wishes:
    """What she has decided under either number: every block, and every choice made."""
    return Wishes(
        **{each.name: getattr(one, each.name) | getattr(other, each.name) for each in fields(Wishes)}
    )
