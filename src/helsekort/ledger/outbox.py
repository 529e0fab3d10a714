"""What has happened, in order, for those who tell others of it: notifications, projections, checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from helsekort.ledger.statements import OUTBOX

QUIET = "quiet"
"""Kind of a commit that nobody who follows the record is told of, in the place of what was done."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """How far a reader has come; `START` is before everything."""

    tx: int
    n: int


START = Position(0, 0)


@dataclass(frozen=True, slots=True)
class Happened:
    """One commit; or, without `t`, an erasure (without `record` for the person's data as a whole), a look-up she is told of, or
    a merge (then `person` is the one who was merged away).
    """

    position: Position
    person: UUID
    record: UUID | None
    t: int | None
    at: datetime
    kind: str


async def read_outbox(connection: asyncpg.Connection, after: Position, most: int) -> list[Happened]:
    """What has happened after a position, oldest first; never past a transaction still open, so nothing is skipped."""
    rows = await connection.fetch(OUTBOX, after.tx, after.n, most)
    return [
        Happened(
            Position(row["tx"], row["n"]), row["person"], row["record"], row["t"], row["at"], row["kind"]
        )
        for row in rows
    ]
