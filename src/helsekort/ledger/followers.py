"""How far each of those who follow something has come, and which woman was last told of a look-up."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.outbox import START, Position
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.statements import KEEP_PLACE, NOTE_NOTIFIED, NUMBERS_TO_NOTIFY, PLACE


async def place(connection: asyncpg.Connection, follower: str) -> Position:
    """The position kept for a follower; START where it has kept none."""
    row = await connection.fetchrow(PLACE, follower)
    return START if row is None else Position(row["tx"], row["n"])


async def keep_place(connection: asyncpg.Connection, follower: str, position: Position) -> None:
    """Keeps a follower's position."""
    await connection.execute(KEEP_PLACE, follower, position.tx, position.n)


async def number_to_notify(
    connection: asyncpg.Connection, keyring: Keyring, person: UUID, since: datetime
) -> NationalIdentityNumber | None:
    """Her number where she may be told now: she consents, lives, and was not told since. A fødselsnummer before a D-number."""
    rows = await connection.fetch(NUMBERS_TO_NOTIFY, person, since)
    numbers = [keyring.open_number(row["nin_sealed"], person=person) for row in rows]
    return min(numbers, key=lambda number: number.d_number, default=None)


async def note_notified(connection: asyncpg.Connection, person: UUID, at: datetime) -> None:
    """Notes that she was told."""
    await connection.execute(NOTE_NOTIFIED, person, at)
