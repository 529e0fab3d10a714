"""What a read finds beside a person's state: her records, the commits of one, her log. All from one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from uuid import UUID

import asyncpg

from helsekort.audit.entry import AuditEntry
from helsekort.ledger.rows import COMMITS_WANTED, LOG_WANTED, RECORDS_WANTED, Head
from helsekort.ledger.statements import COMMITS, LOG, LOG_ROWS, OTHERS, RECORDS
from helsekort.ledger.trail import entry_of


@dataclass(slots=True)
class Lists:
    """Rows as they were found, the content still sealed; `commits_of` is the record the commits belong to."""

    records: list[asyncpg.Record] = field(default_factory=list)
    commits: list[asyncpg.Record] = field(default_factory=list)
    commits_of: UUID | None = None
    log: list[asyncpg.Record] = field(default_factory=list)

    def entries(self) -> tuple[AuditEntry, ...]:
        """The newest lines of her log, newest first; those of the other numbers she had among them."""
        if not self.log:
            return ()
        entries = sorted(map(entry_of, self.log), key=lambda entry: entry.id, reverse=True)
        return tuple(entries[:LOG_ROWS])


NO_LISTS = Lists()
"""Of a read that wants none; nothing is ever added to it."""


class Finding(Protocol):
    """A read that has been decided on, as far as its lists go."""

    @property
    def head(self) -> Head: ...

    @property
    def lists(self) -> Lists: ...

    @property
    def wants(self) -> int: ...

    @property
    def named(self) -> UUID | None: ...


F = TypeVar("F", bound=Finding)


async def find_lists(connection: asyncpg.Connection, found: Sequence[F]) -> None:
    """Adds the records, commits and log rows that are wanted."""
    persons = [(each, each.head.person.person) for each in found if each.wants & RECORDS_WANTED]
    for each, row in await _rows_of(connection, RECORDS, persons):
        each.lists.records.append(row)
    await _find_logs(connection, [each for each in found if each.wants & LOG_WANTED])
    await _find_commits(connection, [each for each in found if each.wants & COMMITS_WANTED])


async def _find_logs(connection: asyncpg.Connection, found: Sequence[F]) -> None:
    persons = [(each, each.head.person.person) for each in found]
    others = [(each, row["other"]) for each, row in await _rows_of(connection, OTHERS, persons)]
    for each, row in await _rows_of(connection, LOG, [*persons, *others]):
        each.lists.log.append(row)


async def _rows_of(
    connection: asyncpg.Connection, statement: str, persons: Sequence[tuple[F, UUID]]
) -> list[tuple[F, asyncpg.Record]]:
    """The rows of a statement over persons, each with the read that wants it."""
    if not persons:
        return []
    rows = await connection.fetch(statement, [person for _, person in persons])
    return [(persons[row["n"] - 1][0], row) for row in rows]


async def _find_commits(connection: asyncpg.Connection, found: Sequence[F]) -> None:
    """Of the record named; where none is named, of her latest."""
    of_record = []
    for each in found:
        each.lists.commits_of = each.named or each.head.person.latest_record
        if each.lists.commits_of is not None:
            of_record.append(each)
    if of_record:
        persons = [each.head.person.person for each in of_record]
        records = [each.lists.commits_of for each in of_record]
        for row in await connection.fetch(COMMITS, persons, records):
            of_record[row["n"] - 1].lists.commits.append(row)
