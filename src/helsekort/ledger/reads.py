"""Reads in groups: state and sealed data in one statement, each judged, every audit row durable, and only then the answers.

Data and state come from one snapshot, so consent withdrawn before the read began is always seen. The audit rows are one
statement and one commit of their own: nothing is opened, still less returned, before that commit is acknowledged.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from helsekort.audit.entry import AuditEntry
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.lane import Waiting, describe, is_clean
from helsekort.ledger.packing import Frames
from helsekort.ledger.rows import (
    CONTENT,
    LISTS,
    NOBODY,
    AuditRow,
    Head,
    entry_of,
    fetch_heads,
    insert_audit,
    record_of,
)
from helsekort.ledger.sealing import Key, Unreadable
from helsekort.ledger.statements import COMMITS, LOG, RECORDS
from helsekort.ledger.vault import NO_FACTS, Place, Vault
from helsekort.ledger.view import (
    Judge,
    Query,
    RecordSummary,
    StoredCommit,
    UnknownPerson,
    View,
    Wants,
)

LOG_LINES = logging.getLogger(__name__)
METADATA = "record"
"""The key of the segment with the contract's `metadata` of a record."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One read: whose, what, and who decides."""

    nin_hash: bytes
    query: Query
    judge: Judge


@dataclass(frozen=True, slots=True)
class Note:
    """An audit row of an act that had no number anybody has."""

    entry: AuditEntry


@dataclass(slots=True)
class Found:
    """What the statements found for one ask, still sealed."""

    waiting: Waiting[Ask]
    head: Head
    records: list[asyncpg.Record]
    commits: list[asyncpg.Record]
    log: list[asyncpg.Record]

    @property
    def ask(self) -> Ask:
        """The read it belongs to."""
        return self.waiting.work


class Reads:
    """Serves groups of reads and notes."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def serve(self, connection: asyncpg.Connection, group: list[Waiting[Any]]) -> None:
        """Answers each of the group; where the database refuses the group, each alone, so that one cannot harm the others."""
        try:
            await self._serve(connection, group)
        except asyncpg.PostgresError as error:
            if len(group) == 1 or not await is_clean(connection):
                raise
            LOG_LINES.warning("database: a group of reads is done one by one, %s", describe(error))
            for waiting in group:
                if not waiting.answer.done():
                    await self._serve_alone(connection, waiting)

    async def _serve_alone(self, connection: asyncpg.Connection, waiting: Waiting[Any]) -> None:
        try:
            await self._serve(connection, [waiting])
        except asyncpg.PostgresError:
            if not await is_clean(connection):
                raise
            waiting.fail(Refused(Kind.DATABASE))

    async def _serve(self, connection: asyncpg.Connection, group: list[Waiting[Any]]) -> None:
        """In two round trips; in one repeatable-read transaction where lists are asked for."""
        asks = [waiting for waiting in group if isinstance(waiting.work, Ask)]
        lists = any(waiting.work.query.wants.value & LISTS for waiting in asks)
        if lists:
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        found = await find(connection, asks) if asks else []
        if lists:
            await find_lists(connection, found)
        permitted, rows = judge_all(found)
        rows += [(NOBODY, waiting.work.entry) for waiting in group if isinstance(waiting.work, Note)]
        await insert_audit(connection, rows)
        if lists:
            await connection.execute("COMMIT")
        self._answer(group, permitted)

    def _answer(self, group: list[Waiting[Any]], permitted: list[tuple[Found, Refused | None]]) -> None:
        for waiting in group:
            if isinstance(waiting.work, Note):
                waiting.settle(None)
        for found, refused in permitted:
            if refused is not None:
                found.waiting.fail(refused)
                continue
            try:
                found.waiting.settle(self._open(found))
            except Unreadable:
                found.waiting.fail(Refused(Kind.TECHNICAL, "What is stored of this record cannot be opened."))

    def _open(self, found: Found) -> View:
        head, wants = found.head, found.ask.query.wants.value
        if wants == 0:
            return View(head.person, head.record)
        log = tuple(entry_of(row) for row in found.log)
        if head.wrapped_key is None or not wants & CONTENT:
            return View(head.person, head.record, log=log)
        key = self._vault.keyring.unwrap(head.wrapped_key, person=head.person.person)
        return View(
            head.person,
            head.record,
            card=open_card(self._vault, head, key),
            parts=open_facts(self._vault, head, key).unpacked(),
            records=tuple(self._summary(found, key, row) for row in found.records),
            commits=tuple(self._commit(found, key, row) for row in found.commits),
            log=log,
        )

    def _summary(self, found: Found, key: Key, row: asyncpg.Record) -> RecordSummary:
        state = record_of(row)
        place = Place(found.head.person.person, state.record, state.t)
        return RecordSummary(state, self._vault.open_card(place, key, row["card"])[METADATA])

    def _commit(self, found: Found, key: Key, row: asyncpg.Record) -> StoredCommit:
        assert found.head.record is not None
        place = Place(found.head.person.person, found.head.record.record, row["t"])
        parts, segments = self._vault.open_commit(place, key, row["sealed"])
        return StoredCommit(row["t"], row["at"], parts, segments)


def open_card(vault: Vault, head: Head, key: Key) -> dict[str, bytes]:
    """The card of a head; empty where it was not asked for or there is no record."""
    return {} if head.card is None else vault.open_card(head.place(), key, head.card)


def open_facts(vault: Vault, head: Head, key: Key) -> Frames:
    """The facts of a head; empty where they were not asked for or there is no record."""
    return NO_FACTS if head.facts is None else vault.open_facts(head.place(), key, head.facts)


async def find(connection: asyncpg.Connection, asks: Sequence[Waiting[Ask]]) -> list[Found]:
    """What is found for each ask; those whose person is unknown are told so and left out."""
    heads = await fetch_heads(connection, [(waiting.work.nin_hash, waiting.work.query) for waiting in asks])
    found = []
    for waiting, head in zip(asks, heads, strict=True):
        if head is None:
            waiting.fail(UnknownPerson())
        else:
            found.append(Found(waiting, head, [], [], []))
    return found


async def find_lists(connection: asyncpg.Connection, found: Sequence[Found]) -> None:
    """Adds the records, commits and log rows that are asked for, from the same snapshot."""
    for each in await wanted(found, Wants.RECORDS, connection, RECORDS):
        each[0].records.append(each[1])
    for each in await wanted(found, Wants.LOG, connection, LOG):
        each[0].log.append(each[1])
    of_record = [each for each in found if Wants.COMMITS in each.ask.query.wants and each.head.record]
    persons = [each.head.person.person for each in of_record]
    records = [each.ask.query.record for each in of_record]
    for row in await connection.fetch(COMMITS, persons, records) if of_record else ():
        of_record[row["n"] - 1].commits.append(row)


async def wanted(
    found: Sequence[Found], wants: Wants, connection: asyncpg.Connection, statement: str
) -> list[tuple[Found, asyncpg.Record]]:
    """The rows of a statement over the persons of those that want it."""
    those = [each for each in found if wants in each.ask.query.wants]
    if not those:
        return []
    rows = await connection.fetch(statement, [each.head.person.person for each in those])
    return [(those[row["n"] - 1], row) for row in rows]


def judge_all(found: Sequence[Found]) -> tuple[list[tuple[Found, Refused | None]], list[AuditRow]]:
    """The decision on each and the audit rows; an ask whose judge fails gets that error, and nothing else."""
    judged, rows = [], []
    for each in found:
        try:
            judgement = each.ask.judge(View(each.head.person, each.head.record))
        except Exception as error:  # noqa: BLE001 - the caller's own error goes back to the caller
            each.waiting.fail(error)
            continue
        judged.append((each, judgement.refused))
        rows.append((each.head.person.person, judgement.entry))
    return judged, rows
