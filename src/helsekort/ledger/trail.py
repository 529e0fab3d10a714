"""Audit rows as they are stored, with what follows from them in the same transaction: review queues and notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from helsekort.audit.entry import AuditEntry, Detail, organisation_of, review_kind
from helsekort.ledger.statements import AUDIT, REVIEW, TELL_HER
from helsekort.ledger.view import Judgement

LOOKED_UP = "look-up"
"""Kind of the outbox row that tells her of an act of somebody else's."""

_encode_detail = msgspec.msgpack.Encoder().encode
_decode_detail = msgspec.msgpack.Decoder(Detail).decode


class AuditRow(NamedTuple):
    """Whose log, the entry, and whether she is told of it."""

    person: UUID
    entry: AuditEntry
    notice: bool = False

    @classmethod
    def of(cls, person: UUID, judgement: Judgement) -> AuditRow:
        """The row of a decision."""
        return cls(person, judgement.entry, judgement.notice)


async def insert_audit(connection: asyncpg.Connection, rows: Sequence[AuditRow]) -> None:
    """Stores the audit rows and what follows from them; committed when it returns unless a transaction is open."""
    if not rows:
        return
    alone = not connection.is_in_transaction() and bool(_with_followers(rows))
    if alone:
        await connection.execute("BEGIN")
    await connection.execute(AUDIT, *audit_columns(rows))
    await insert_followers(connection, rows)
    if alone:
        await connection.execute("COMMIT")


async def insert_followers(connection: asyncpg.Connection, rows: Sequence[AuditRow]) -> None:
    """The organisations' queues of emergencies and lifted blocks, and the notices to women who want them."""
    rows = _with_followers(rows)
    queued = [
        (organisation_of(row.entry.detail), row.entry.id, row.person, row.entry.at, kind)
        for row in rows
        if (kind := review_kind(row.entry))
    ]
    if queued:
        await connection.execute(REVIEW, *map(list, zip(*queued, strict=True)))
    told = [(row.person, row.entry.record, row.entry.at, LOOKED_UP) for row in rows if row.notice]
    if told:
        await connection.execute(TELL_HER, *map(list, zip(*told, strict=True)))


def _with_followers(rows: Sequence[AuditRow]) -> list[AuditRow]:
    """Those that something may follow from: as a rule none."""
    return [row for row in rows if row[2] or row[1].detail.basis]


def audit_columns(rows: Sequence[AuditRow]) -> list[list[object]]:
    """The rows as the statements take them: one array for each column."""
    columns: list[list[object]] = [[], [], [], [], [], [], []]
    person, ids, at, action, permitted, record, detail = columns
    for whose, entry, _ in rows:
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
