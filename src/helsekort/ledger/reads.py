"""Reads in groups: state and sealed data in one statement, each judged, every audit row durable, and only then the answers.

Data and state come from one snapshot, so consent withdrawn before the read began is always seen. The audit rows are one
statement and one commit of their own: nothing is opened, still less returned, before that commit is acknowledged.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import structs

from helsekort.audit.entry import AuditEntry
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.basics.turns import in_turns
from helsekort.ledger.lane import Waiting, describe, is_clean
from helsekort.ledger.lists import NO_LISTS, Lists, find_lists
from helsekort.ledger.parts import NO_PARTS, Parts
from helsekort.ledger.rows import COMMITS_WANTED, CONTENT, LISTS, NOBODY, Head, fetch_heads, record_of
from helsekort.ledger.sealing import Key, Unreadable
from helsekort.ledger.statements import PATIENTS
from helsekort.ledger.trail import AuditRow, insert_audit
from helsekort.ledger.vault import Place, Vault
from helsekort.ledger.view import (
    NEWEST,
    Judge,
    Judgement,
    Query,
    RecordSummary,
    StoredCommit,
    UnknownPerson,
    View,
    Wants,
)

LOG_LINES = logging.getLogger(__name__)
UNREADABLE = "What is stored of this person cannot be opened."
METADATA = "record"
"""The key of the segment with the contract's `metadata` of a record."""


class Ask(msgspec.Struct, frozen=True):
    """One read: whose, what, and who decides."""

    nin_hash: bytes
    query: Query
    judge: Judge


class Note(msgspec.Struct, frozen=True):
    """An audit row of an act that had no number anybody has."""

    entry: AuditEntry


class Whose(msgspec.Struct, frozen=True):
    """Which woman a record or a person's id names: one of the two."""

    record: UUID | None
    person: UUID | None


@dataclass(frozen=True, slots=True)
class Opening:
    """A view whose commits are opened by whoever waits for it: there may be many, and the rest of a group does not wait."""

    view: View
    commits: Iterator[StoredCommit]

    async def opened(self) -> View:
        """The whole view; raises Refused where what is stored cannot be read."""
        try:
            return replace(self.view, commits=tuple(await in_turns(self.commits)))
        except Unreadable:
            raise Refused(Kind.TECHNICAL, UNREADABLE) from None


class Found(msgspec.Struct):
    """What the statements found for one ask, still sealed."""

    waiting: Waiting[Ask]
    head: Head
    judgement: Judgement
    wants: int  # what was asked for, and what the decision needs beside it
    lists: Lists

    @property
    def named(self) -> UUID | None:
        """The record that was named, or her newest where that was."""
        named = self.waiting.work.query.record
        return self.head.person.latest_record if named == NEWEST else named

    def needs_more(self, view: View) -> bool:
        """Whether the commits turn out to be needed, and were not read."""
        further = self.waiting.work.query.further
        return further is not None and not self.wants & COMMITS_WANTED and further(view)


class Reads:
    """Serves groups of reads and notes."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def serve(self, connection: asyncpg.Connection, group: list[Waiting[Any]]) -> None:
        """Answers each of the group; where the database refuses the group, each alone, so that one cannot harm the others."""
        try:
            await self._serve(connection, group)
        except Unreadable:
            if not await is_clean(connection):
                raise
            for waiting in group:
                if not waiting.answer.done():
                    await self._serve_alone(connection, waiting)
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
        except Unreadable:
            await is_clean(connection)
            waiting.fail(Refused(Kind.TECHNICAL, UNREADABLE))

    async def _serve(self, connection: asyncpg.Connection, group: list[Waiting[Any]]) -> None:
        """In two round trips; in one repeatable-read transaction where lists are read, each list from its snapshot."""
        await self._name(connection, [waiting for waiting in group if isinstance(waiting.work, Whose)])
        asks = [waiting for waiting in group if isinstance(waiting.work, Ask)]
        lists = any(waiting.work.query.wants._value_ & LISTS for waiting in asks)
        found = await self._judged(connection, asks, lists=lists)
        if not lists and any(each.wants & LISTS for each in found):
            found = await self._judged(connection, asks, lists=True)
            lists = True
        if lists:
            await find_lists(connection, found)
        rows = [AuditRow.of(each.head.person.person, each.judgement) for each in found]
        rows += [AuditRow(NOBODY, waiting.work.entry) for waiting in group if isinstance(waiting.work, Note)]
        await insert_audit(connection, rows)
        if lists:
            await connection.execute("COMMIT")
        if further := self._answer(group, found):
            await self._read_on(connection, further)

    async def _read_on(self, connection: asyncpg.Connection, reads: Sequence[Waiting[Ask]]) -> None:
        """Reads once more, the commits too, for acts whose rows are stored. Who is let in no longer has a row of that as well."""
        for waiting in reads:
            query = waiting.work.query
            query = structs.replace(query, wants=query.wants | Wants.COMMITS, further=None)
            waiting.work = structs.replace(waiting.work, query=query)
        found = await self._judged(connection, reads, lists=True)
        await find_lists(connection, found)
        refused = [each for each in found if each.judgement.refused is not None]
        await insert_audit(
            connection, [AuditRow.of(one.head.person.person, one.judgement) for one in refused]
        )
        await connection.execute("COMMIT")
        self._answer(reads, found)

    async def _name(self, connection: asyncpg.Connection, asked: Sequence[Waiting[Whose]]) -> None:
        """Tells the number of each woman asked for, None where there is none; a fødselsnummer before a D-number."""
        if not asked:
            return
        records = [waiting.work.record for waiting in asked]
        persons = [waiting.work.person for waiting in asked]
        numbers: list[list[NationalIdentityNumber]] = [[] for _ in asked]
        for n, person, sealed in await connection.fetch(PATIENTS, records, persons):
            numbers[n - 1].append(self._vault.keyring.open_number(sealed, person=person))
        for waiting, hers in zip(asked, numbers, strict=True):
            waiting.settle(min(hers, key=lambda number: number.d_number, default=None))

    async def _judged(
        self, connection: asyncpg.Connection, asks: Sequence[Waiting[Ask]], *, lists: bool
    ) -> list[Found]:
        """What is found for each ask and the decision on it; who is unknown, or whose judge fails, is told so and left out."""
        if lists:
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        open_asks = [waiting for waiting in asks if not waiting.answer.done()]
        asked = [(waiting.work.nin_hash, waiting.work.query) for waiting in open_asks]
        heads = await fetch_heads(connection, self._vault.keyring, asked, keys=lists) if asked else []
        judged = [judge(waiting, head) for waiting, head in zip(open_asks, heads, strict=True)]
        return [each for each in judged if each is not None]

    def _answer(self, group: Sequence[Waiting[Any]], judged: list[Found]) -> list[Waiting[Ask]]:
        """Opens what is to be shown and answers; returns those that need more than they asked for."""
        for waiting in group:
            if isinstance(waiting.work, Note):
                waiting.settle(None)
        further: list[Waiting[Ask]] = []
        for found in judged:
            if found.judgement.refused is not None:
                found.waiting.fail(found.judgement.refused)
                continue
            try:
                view = self._open(found)
                if found.needs_more(view):
                    further.append(found.waiting)
                else:
                    found.waiting.settle(Opening(view, self._commits(found)) if found.lists.commits else view)
            except Unreadable:
                found.waiting.fail(Refused(Kind.TECHNICAL, UNREADABLE))
            except Exception as error:  # noqa: BLE001 - the caller's own error goes back to the caller
                found.waiting.fail(error)
        return further

    def _open(self, found: Found) -> View:
        head, wants = found.head, found.wants
        if wants == 0:
            return View(head.person, head.record)
        log = found.lists.entries()
        if head.wrapped_key is None or not wants & CONTENT:
            return View(head.person, head.record, log=log)
        key = self._vault.keyring.unwrap(head.wrapped_key, person=head.person.person)
        return View(
            head.person,
            head.record,
            card=open_card(self._vault, head, key),
            parts=open_parts(self._vault, head, key).only(found.waiting.work.query.parts),
            records=tuple(self._summary(found, key, row) for row in found.lists.records),
            log=log,
        )

    def _summary(self, found: Found, key: Key, row: asyncpg.Record) -> RecordSummary:
        state = record_of(row)
        place = Place(found.head.person.person, state.record, state.t)
        return RecordSummary(state, self._vault.open_card(place, key, row["card"])[METADATA])

    def _commits(self, found: Found) -> Iterator[StoredCommit]:
        head, of = found.head, found.lists.commits_of
        if head.wrapped_key is None or of is None:
            return
        key = self._vault.keyring.unwrap(head.wrapped_key, person=head.person.person)
        for row in found.lists.commits:
            yield opened_commit(self._vault, Place(head.person.person, of, row["t"]), key, row)


def open_card(vault: Vault, head: Head, key: Key) -> dict[str, bytes]:
    """The card of a head; empty where it was not asked for or there is no record."""
    return {} if head.card is None else vault.open_card(head.place(), key, head.card)


def opened_commit(vault: Vault, place: Place, key: Key, row: asyncpg.Record) -> StoredCommit:
    """The commit that a row holds, of the person and the record of a place."""
    own = Place(place.person, place.record, row["t"])
    parts, segments = vault.open_commit(own, key, row["sealed"])
    return StoredCommit(row["t"], row["at"], parts, segments)


def open_parts(vault: Vault, head: Head, key: Key) -> Parts:
    """The parts of a head; none where they were not asked for or there is no record."""
    return (
        NO_PARTS
        if head.parts is None or head.record is None
        else vault.open_parts(head.place(), key, head.parts)
    )


def judge(waiting: Waiting[Ask], head: Head | None) -> Found | None:
    """The decision on one ask; None where its caller has been told that there is none."""
    if head is None:
        waiting.fail(UnknownPerson())
        return None
    try:
        judgement = waiting.work.judge(View(head.person, head.record))
    except Exception as error:  # noqa: BLE001 - the caller's own error goes back to the caller
        waiting.fail(error)
        return None
    wants = waiting.work.query.wants._value_ | judgement.also._value_
    return Found(waiting, head, judgement, wants, Lists() if wants & LISTS else NO_LISTS)
