"""Commits in groups: one transaction locks each person, reads, judges, proposes and appends; then everybody is answered.

A group never holds two acts of one person. A group that the database refuses is done again one by one, so that only the
one at fault is refused.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
from msgspec import structs

from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.connection import DATABASE_ERRORS, OutcomeUnknown, commit
from helsekort.ledger.lane import Waiting, describe, is_clean
from helsekort.ledger.outbox import QUIET
from helsekort.ledger.reads import UNREADABLE, open_card, open_parts, opened_commit
from helsekort.ledger.rows import Head, fetch_heads, locked_heads
from helsekort.ledger.sealing import NotFetched, Unreadable
from helsekort.ledger.statements import APPEND, COMMITS
from helsekort.ledger.trail import AuditRow, audit_columns, insert_audit, insert_followers
from helsekort.ledger.vault import Place, Vault
from helsekort.ledger.view import Judge, Judgement, Propose, Query, StoredCommit, UnknownPerson, View

LOG = logging.getLogger(__name__)
MOST_IN_GROUP = 32
ONE_ACTIVE_RECORD = "one_active_record"
"""The index that keeps a woman at one active record, whatever the judge says."""


@dataclass(frozen=True, slots=True)
class Append:
    """One commit to be added to a record; the first one where `new`."""

    nin_hash: bytes
    query: Query
    judge: Judge
    propose: Propose
    new: bool


@dataclass(frozen=True, slots=True)
class Errand:
    """Something rare that is done alone on a session, in its turn among the same person's writes."""

    nin_hash: bytes | None
    run: Callable[[asyncpg.Connection], Awaitable[object]]


Commits = Sequence[asyncpg.Record] | None
"""The rows of a record's commits; None where they were not read."""


class NeedsCommits(Exception):
    """The change cannot be made without the commits of the record, whose next place this is."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be stored for one append, and what its caller is told afterwards."""

    waiting: Waiting[Append]
    judgement: Judgement
    audit: AuditRow
    row: tuple[object, ...] | None
    parts: Sequence[tuple[object, ...]]
    commit: StoredCommit | None


class Writes:
    """Serves groups of appends, and errands one at a time."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._busy: set[bytes] = set()

    def take(self, waiting: deque[Waiting[Any]]) -> list[Waiting[Any]]:
        """The next group: the oldest appends of different persons whom no session is busy with; or one errand."""
        group: list[Waiting[Any]] = []
        passed: list[Waiting[Any]] = []
        held = set(self._busy)
        while waiting and len(group) < MOST_IN_GROUP:
            request = waiting.popleft()
            if request.answer.done():
                continue  # its caller has gone
            work = request.work
            if work.nin_hash in held or (group and isinstance(work, Errand)):
                passed.append(request)
            else:
                group.append(request)
            held.add(work.nin_hash)  # so that nobody's later act overtakes an earlier one
            if group and isinstance(group[0].work, Errand):
                break
        waiting.extendleft(reversed(passed))
        return group

    async def serve(self, connection: asyncpg.Connection, group: list[Waiting[Any]]) -> None:
        """Serves a group that `take` gave."""
        persons = {waiting.work.nin_hash for waiting in group if waiting.work.nin_hash is not None}
        self._busy |= persons
        try:
            if isinstance(group[0].work, Errand):
                await run_errand(connection, group[0])
            else:
                await self._append_all(connection, group)
        finally:
            self._busy -= persons

    async def _append_all(self, connection: asyncpg.Connection, group: list[Waiting[Append]]) -> None:
        if len(group) == 1:
            await self._append_alone(connection, group[0])
            return
        try:
            await self._append(connection, group)
        except (asyncpg.PostgresError, Unreadable):
            if not await is_clean(connection):
                raise
            for waiting in group:
                if not waiting.answer.done():
                    await self._append_alone(connection, waiting)

    async def _append_alone(self, connection: asyncpg.Connection, waiting: Waiting[Append]) -> None:
        try:
            await self._append(connection, [waiting])
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != ONE_ACTIVE_RECORD or not await is_clean(connection):
                raise
            waiting.fail(Refused(Kind.ALREADY_EXISTS))
        except asyncpg.PostgresError as error:
            if not await is_clean(connection):
                raise
            LOG.warning("database: %s", describe(error))
            waiting.fail(Refused(Kind.DATABASE))
        except Unreadable:
            await is_clean(connection)
            waiting.fail(Refused(Kind.TECHNICAL, UNREADABLE))

    async def _append(self, connection: asyncpg.Connection, group: Sequence[Waiting[Append]]) -> None:
        """One transaction for the group."""
        await connection.execute("BEGIN")
        heads = await self._heads(connection, group)
        plans = []
        for waiting, head in zip(group, heads, strict=True):
            plan = await self._planned(connection, waiting, head)
            if plan is not None:
                plans.append(plan)
        await store(connection, plans)
        await commit(connection)
        for plan in plans:
            answer(plan)

    async def _planned(
        self, connection: asyncpg.Connection, waiting: Waiting[Append], head: Head | None
    ) -> Plan | None:
        """What to store for one append, with what more of the record it turns out to need, each fetched at most once."""
        commits: Commits = None
        while True:
            try:
                return self._plan(waiting, head, commits)
            except NeedsCommits as needs:
                commits = await connection.fetch(COMMITS, [needs.place.person], [needs.place.record])
            except NotFetched:
                assert head is not None
                assert head.record is not None  # else it has no parts
                whole = structs.replace(waiting.work.query, parts=None, record=head.record.record)
                waiting.work = replace(waiting.work, query=whole)
                asked = [(waiting.work.nin_hash, whole)]
                [head] = await fetch_heads(connection, self._vault.keyring, asked, keys=True)

    async def _heads(
        self, connection: asyncpg.Connection, group: Sequence[Waiting[Append]]
    ) -> list[Head | None]:
        """The locked heads; of a change that names no record, with the record that is active now."""
        keyring = self._vault.keyring
        queries = [(waiting.work.nin_hash, waiting.work.query) for waiting in group]
        heads = await locked_heads(connection, keyring, queries, keys=True)
        active = [
            (n, head.person.active_record)
            for n, head in enumerate(heads)
            if head is not None and queries[n][1].record is None and head.person.active_record is not None
        ]
        if active:
            asked = [(queries[n][0], structs.replace(queries[n][1], record=record)) for n, record in active]
            found = await fetch_heads(connection, keyring, asked, keys=True)
            for (n, _), head in zip(active, found, strict=True):
                heads[n] = head
        return heads

    def _plan(self, waiting: Waiting[Append], head: Head | None, commits: Commits = None) -> Plan | None:
        """What to store for one append; None where its caller has been told that nothing is.

        Raises NeedsCommits, and NotFetched where it needs other parts than those that were asked for.
        """
        if head is None:
            waiting.fail(UnknownPerson())
            return None
        try:
            return self._judged(waiting, head, commits)
        except NeedsCommits:
            raise
        except Unreadable as error:
            if isinstance(error, NotFetched) and waiting.work.query.parts is not None:
                raise
            waiting.fail(Refused(Kind.TECHNICAL, UNREADABLE))
        except Exception as error:  # noqa: BLE001 - the caller's own error goes back to the caller
            waiting.fail(error)
        return None

    def _judged(self, waiting: Waiting[Append], head: Head, commits: Commits) -> Plan:
        append, person = waiting.work, head.person.person
        judgement = append.judge(View(head.person, head.record))
        audit = AuditRow.of(person, judgement)
        if judgement.refused is not None:
            return Plan(waiting, judgement, audit, None, (), None)
        if append.new is not (head.record is None):
            raise Refused(Kind.ALREADY_EXISTS if append.new else Kind.UNKNOWN_RECORD)
        if head.wrapped_key is None:
            raise Refused(Kind.NO_CONSENT)
        return self._sealed(waiting, head, judgement, audit, commits)

    def _sealed(
        self,
        waiting: Waiting[Append],
        head: Head,
        judgement: Judgement,
        audit: AuditRow,
        commits: Commits,
    ) -> Plan:
        append, entry, vault = waiting.work, judgement.entry, self._vault
        record = head.record.record if head.record else append.query.record
        assert record is not None
        assert head.wrapped_key is not None
        key = vault.keyring.unwrap(head.wrapped_key, person=head.person.person)
        card = open_card(vault, head, key)
        parts = open_parts(vault, head, key)
        place = Place(head.person.person, record, head.record.t + 1 if head.record else 1)
        view = View(head.person, head.record, card, parts)
        if commits is not None:
            view = replace(view, commits=tuple(opened_commit(vault, place, key, row) for row in commits))
        elif append.query.further is not None and head.record is not None and append.query.further(view):
            raise NeedsCommits(place)
        change = append.propose(view, place.record, place.t)
        if change.changes_nothing and head.record is not None:
            return Plan(waiting, judgement, audit, None, (), StoredCommit(head.record.t, entry.at, {}, {}))
        row = (
            place.person,
            place.record,
            place.t,
            entry.at,
            change.active,
            vault.seal_commit(place, key, change.parts, change.segments),
            vault.seal_card(place, key, {**card, **change.segments}),
            QUIET if change.quiet else entry.action,
        )
        sealed = vault.seal_change(place, key, change.parts, parts)
        stored = StoredCommit(place.t, entry.at, change.parts, change.segments)
        return Plan(
            waiting, judgement, audit, row, [(place.person, place.record, *one) for one in sealed], stored
        )


async def store(connection: asyncpg.Connection, plans: Sequence[Plan]) -> None:
    """Stores the commits and every audit row, those of refusals too."""
    audit = [plan.audit for plan in plans]
    rows = [plan.row for plan in plans if plan.row is not None]
    if rows:
        parts = [row for plan in plans for row in plan.parts]
        await connection.execute(APPEND, *_columns(rows), *_columns(parts), *audit_columns(audit))
        await insert_followers(connection, audit)
    else:
        await insert_audit(connection, audit)


def _columns(rows: Sequence[tuple[object, ...]]) -> Iterator[list[object]]:
    """A list for each column of rows of one length, of which there is one at least."""
    return map(list, zip(*rows, strict=True))


def answer(plan: Plan) -> None:
    """Tells the caller, now that it is stored."""
    if plan.judgement.refused is not None:
        plan.waiting.fail(plan.judgement.refused)
    else:
        plan.waiting.settle(plan.commit)


async def run_errand(connection: asyncpg.Connection, waiting: Waiting[Errand]) -> None:
    """Does the errand and settles it; what the caller's own functions raise goes back to the caller."""
    try:
        waiting.settle(await waiting.work.run(connection))
    except (*DATABASE_ERRORS, OutcomeUnknown):
        raise
    except Unreadable:
        waiting.fail(Refused(Kind.TECHNICAL, UNREADABLE))
        await is_clean(connection)
    except Exception as error:  # noqa: BLE001 - the caller's own error goes back to the caller
        waiting.fail(error)
        await is_clean(connection)
