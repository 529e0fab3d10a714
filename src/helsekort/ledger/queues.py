"""What an organisation has to look at: acts of its own people outside ordinary treatment, and what women have reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from helsekort.audit.entry import AuditEntry, organisation_of
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.statements import (
    ADD_REPORT,
    ANSWER_REPORT,
    LOG_ROW,
    OTHERS,
    REPORTS,
    REVIEWS,
)
from helsekort.ledger.trail import entry_of
from helsekort.ledger.view import Judgement, PersonState

MOST = 500


class UnknownLine(LookupError):
    """There is no such line in her access log."""


@dataclass(frozen=True, slots=True)
class Review:
    """An emergency or a lifted block, with the line of the log that tells of it."""

    kind: str  # "emergency" or "lifted-block"
    entry: AuditEntry


@dataclass(frozen=True, slots=True)
class Report:
    """A woman's words about a line of her log; the organisation's answer, empty until there is one."""

    id: UUID
    at: datetime
    state: str  # "new" or "answered"
    text: str
    entry: AuditEntry
    answered: datetime | None
    answer: str


async def report(
    connection: asyncpg.Connection,
    keyring: Keyring,
    state: PersonState,
    judgement: Judgement,
    *,
    line: UUID,
    text: str,
) -> None:
    """Puts a line of her own log, with her words, in the queue of the organisation behind it; UnknownLine if it is not hers."""
    others = [row["other"] for row in await connection.fetch(OTHERS, [state.person])]
    found = await connection.fetchrow(LOG_ROW, [state.person, *others], line)
    if found is None:
        raise UnknownLine
    organisation, entry = organisation_of(entry_of(found).detail), judgement.entry
    sealed = keyring.seal(text.encode(), place=words_place(entry.id))
    await connection.execute(ADD_REPORT, organisation, entry.id, found["person"], entry.at, line, sealed)


async def answer_report(
    connection: asyncpg.Connection,
    *,
    keyring: Keyring,
    organisation: str,
    report: UUID,
    at: datetime,
    text: str,
) -> bool:
    """The organisation's answer; False where it has no such report, or has answered it."""
    sealed = keyring.seal(text.encode(), place=answer_place(report))
    return bool(await connection.fetch(ANSWER_REPORT, organisation, report, at, sealed))


async def reports(connection: asyncpg.Connection, keyring: Keyring, organisation: str) -> list[Report]:
    """What has been reported to an organisation, newest first."""
    rows = await connection.fetch(REPORTS, organisation, MOST)
    return [_report(keyring, row) for row in rows]


async def reviews(connection: asyncpg.Connection, organisation: str) -> list[Review]:
    """An organisation's emergencies and lifted blocks, newest first."""
    return [Review(row["kind"], entry_of(row)) for row in await connection.fetch(REVIEWS, organisation, MOST)]


def _report(keyring: Keyring, row: asyncpg.Record) -> Report:
    id_ = row["report"]
    text = keyring.open(row["sealed"], place=words_place(id_)).decode()
    answer = keyring.open(row["answer"], place=answer_place(id_)).decode() if row["answer"] else ""
    return Report(id_, row["reported"], row["state"], text, entry_of(row), row["answered"], answer)


def words_place(report: UUID) -> bytes:
    """What her words are bound to."""
    return b"report" + report.bytes


def answer_place(report: UUID) -> bytes:
    """What the organisation's answer is bound to."""
    return b"answer" + report.bytes
