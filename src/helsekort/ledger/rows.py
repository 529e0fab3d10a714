"""Between rows and values: what the statements return and take, by their columns' order."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
import msgspec

from helsekort.access.wishes import NO_WISHES, Wishes
from helsekort.ledger.parts import DIRECTORY, NUMBER_BYTES, is_section
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.statements import HEADS, LOCK
from helsekort.ledger.vault import Place
from helsekort.ledger.view import NEWEST, PersonState, Query, RecordState, Wants

NOBODY = UUID(int=0)
"""The person that audit rows name when the number belongs to nobody."""

EVERY_ROW = "{}"
"""In the place of the numbers of parts: no number is every row to the statement."""

# As numbers, since enum.Flag's operators cost more than the rest of a status read's bookkeeping.
CARD, PARTS = Wants.CARD.value, Wants.PARTS.value
CONTENT = (Wants.CARD | Wants.PARTS | Wants.RECORDS | Wants.COMMITS).value
RECORDS_WANTED, COMMITS_WANTED, LOG_WANTED = Wants.RECORDS.value, Wants.COMMITS.value, Wants.LOG.value
LISTS = (Wants.RECORDS | Wants.COMMITS | Wants.LOG).value

_number = struct.Struct(">Q").unpack_from
_encode_wishes = msgspec.msgpack.Encoder().encode
_decode_wishes = msgspec.msgpack.Decoder(Wishes).decode


class Head(msgspec.Struct, frozen=True):
    """A person's row, the row of the record named, and the sealed values that were asked for."""

    person: PersonState
    record: RecordState | None
    wrapped_key: bytes | None
    card: bytes | None
    parts: Mapping[int, bytes] | None

    def place(self) -> Place:
        """What the heads' sealed bytes are bound to."""
        assert self.record is not None
        return Place(self.person.person, self.record.record, self.record.t)


Asked = Sequence[tuple[bytes, Query]]
"""Whose heads: the keyed hash of a number, and what is wanted."""


async def fetch_heads(
    connection: asyncpg.Connection, keyring: Keyring, asked: Asked, *, keys: bool = False
) -> list[Head | None]:
    """The head for each keyed hash and query, None where nobody has that hash; every data key too where `keys`.

    Raises Unreadable where what a woman has decided cannot be opened: then nobody can say what may be shown.
    """
    rows = [_asked(keyring, nin_hash, query, key=keys) for nin_hash, query in asked]
    heads: list[Head | None] = [None] * len(rows)
    for row in await connection.fetch(HEADS, *map(list, zip(*rows, strict=True))):
        heads[row[0] - 1] = _head(keyring, row)
    return heads


def _asked(keyring: Keyring, nin_hash: bytes, query: Query, *, key: bool) -> tuple[object, ...]:
    """What the statement is given for one query: whose, which record, and of that what."""
    wants, record = query.wants._value_, query.record
    card_of = record if wants & CARD else None
    numbers = _numbers(keyring, query) if wants & PARTS else None
    return nin_hash, record, card_of, numbers, key or wants & CONTENT != 0


def _numbers(keyring: Keyring, query: Query) -> str:
    """The rows of the parts that are needed, as PostgreSQL writes an array; every row where it is not told which, or whose."""
    record, parts = query.record, query.parts
    if parts is None or record is None or record == NEWEST or any(map(is_section, parts)):
        return EVERY_ROW
    numbers = (DIRECTORY, *(keyring.parts.of(record, name) for name in parts))
    return f"{{{','.join(map(str, numbers))}}}"


async def locked_heads(
    connection: asyncpg.Connection, keyring: Keyring, asked: Asked, *, keys: bool = False
) -> list[Head | None]:
    """As `fetch_heads`, each person's row locked until the transaction ends; also where a merge came in between."""
    hashes = [nin_hash for nin_hash, _ in asked]
    while True:
        locked = {row[0] for row in await connection.fetch(LOCK, hashes)}
        heads = await fetch_heads(connection, keyring, asked, keys=keys)
        if all(head is None or head.person.person in locked for head in heads):
            return heads


def _head(keyring: Keyring, row: asyncpg.Record) -> Head:
    _n, person, consented, deceased, confidential, active, latest, last_changed, wishes, *rest = row
    record, t, record_active, created, changed, wrapped_key, card, parts, records = rest
    hers = NO_WISHES if wishes is None else opened_wishes(keyring, person, wishes)
    all_hers = tuple(records or ())
    state = PersonState(
        person, consented, deceased, confidential, active, latest, last_changed, hers, all_hers
    )
    found = None if record is None else RecordState(record, t, record_active, created, changed)
    return Head(state, found, wrapped_key, card, _rows(parts))


def _rows(parts: Sequence[bytes] | None) -> Mapping[int, bytes] | None:
    """What is sealed in each part's row, by the row's number, which stands before it."""
    return None if parts is None else {_number(row)[0]: row[NUMBER_BYTES:] for row in parts}


def wishes_place(person: UUID) -> bytes:
    """What her decisions as they stand are bound to."""
    return b"wishes" + person.bytes


def sealed_wishes(keyring: Keyring, person: UUID, wishes: Wishes) -> bytes:
    """What she has decided as it is stored: for her alone, and longer than her data key."""
    return keyring.seal(_encode_wishes(wishes), place=wishes_place(person))


def opened_wishes(keyring: Keyring, person: UUID, sealed: bytes) -> Wishes:
    """What she has decided; raises Unreadable."""
    return _decode_wishes(keyring.open(sealed, place=wishes_place(person)))


def record_of(row: asyncpg.Record) -> RecordState:
    """A row of the records."""
    return RecordState(row["record"], row["t"], row["active"], row["created"], row["changed"])
