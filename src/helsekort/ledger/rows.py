"""Between rows and values: what the statements return and take, by their columns' order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import msgspec

from helsekort.audit.entry import AuditEntry, Detail
from helsekort.ledger.statements import AUDIT, HEADS
from helsekort.ledger.vault import Place
from helsekort.ledger.view import PersonState, Query, RecordState, Wants

NOBODY = UUID(int=0)
"""The person that audit rows name when the number belongs to nobody."""

# As numbers, since enum.Flag's operators cost more than the rest of a status read's bookkeeping.
CARD, PARTS = Wants.CARD.value, Wants.PARTS.value
CONTENT = (Wants.CARD | Wants.PARTS | Wants.RECORDS | Wants.COMMITS).value
LISTS = (Wants.RECORDS | Wants.COMMITS | Wants.LOG).value

_encode_detail = msgspec.msgpack.Encoder().encode
_decode_detail = msgspec.msgpack.Decoder(Detail).decode


@dataclass(frozen=True, slots=True)
class Head:
    """A person's row, the row of the record named, and the sealed values that were asked for."""

    person: PersonState
    record: RecordState | None
    wrapped_key: bytes | None
    card: bytes | None
    facts: bytes | None

    def place(self) -> Place:
        """What the heads' sealed bytes are bound to."""
        assert self.record is not None
        return Place(self.person.person, self.record.record, self.record.t)


async def fetch_heads(
    connection: asyncpg.Connection, asked: Sequence[tuple[bytes, Query]], *, keys: bool = False
) -> list[Head | None]:
    """The head for each keyed hash and query, None where nobody has that hash; every data key too where `keys`."""
    hashes, records, cards, facts, wanted = [], [], [], [], []
    for nin_hash, query in asked:
        wants = query.wants.value
        hashes.append(nin_hash)
        records.append(query.record)
        cards.append(query.record if wants & CARD else None)
        facts.append(query.record if wants & PARTS else None)
        wanted.append(keys or wants & CONTENT != 0)
    heads: list[Head | None] = [None] * len(hashes)
    for row in await connection.fetch(HEADS, hashes, records, cards, facts, wanted):
        heads[row[0] - 1] = _head(row)
    return heads


def _head(row: asyncpg.Record) -> Head:
    _n, person, consented, deceased, confidential, active, latest, last_changed, *rest = row
    record, t, record_active, created, changed, wrapped_key, card, facts = rest
    state = PersonState(person, consented, deceased, confidential, active, latest, last_changed)
    found = None if record is None else RecordState(record, t, record_active, created, changed)
    return Head(state, found, wrapped_key, card, facts)


AuditRow = tuple[UUID, AuditEntry]
"""Whose log, and the entry."""


async def insert_audit(connection: asyncpg.Connection, rows: Sequence[AuditRow]) -> None:
    """Stores the audit rows in one statement; committed when it returns unless a transaction is open."""
    if rows:
        await connection.execute(AUDIT, *audit_columns(rows))


def audit_columns(rows: Sequence[AuditRow]) -> list[list[object]]:
    """The rows as the statements take them: one array for each column."""
    columns: list[list[object]] = [[], [], [], [], [], [], []]
    person, ids, at, action, permitted, record, detail = columns
    for whose, entry in rows:
        person.append(whose)
        ids.append(entry.id)
        at.append(entry.at)
        action.append(entry.action)
        permitted.append(entry.permitted)
        record.append(entry.record)
        detail.append(_encode_detail(entry.detail))
    return columns


def entry_of(row: asyncpg.Record) -> AuditEntry:
    """A row of the access log."""
    detail = _decode_detail(row["detail"])
    return AuditEntry(row["id"], row["at"], row["action"], row["permitted"], row["record"], detail)


def record_of(row: asyncpg.Record) -> RecordState:
    """A row of the records."""
    return RecordState(row["record"], row["t"], row["active"], row["created"], row["changed"])
