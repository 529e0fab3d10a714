"""The audit rows in the order of the log, as the bytes that are signed for (audit/leaf.py)."""

from __future__ import annotations

import asyncpg

from helsekort.audit.leaf import place_of, row_bytes

START = bytes(24)
"""The place before every row."""
PAGE = 500
"""Rows read at once by default: a few milliseconds, so that others may work in between."""

# Every column, from a place on. `tx` begins the order and is indexed; its rows are few, and sorted as they are read.
ROWS = """
SELECT tx::text::bigint AS tx, id, person, at, permitted, record, action, detail FROM audit
WHERE (tx, id) > ($1::bigint::text::xid8, $2::uuid) AND tx < $3::bigint::text::xid8
ORDER BY audit.tx, audit.id LIMIT $4
"""
SETTLED = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


async def settled(connection: asyncpg.Connection) -> int:
    """The first transaction that may still be open: no row can come any more before it."""
    before: int = await connection.fetchval(SETTLED)
    return before


async def read_rows(
    connection: asyncpg.Connection, *, after: bytes, before: int, most: int = PAGE
) -> list[bytes]:
    """The next rows after a place, of transactions before one that is `settled`."""
    tx, last = place_of(after)
    return [
        row_bytes(
            tx=row[0],
            id=row[1],
            person=row[2],
            at=row[3],
            permitted=row[4],
            record=row[5],
            action=row[6],
            detail=row[7],
        )
        for row in await connection.fetch(ROWS, tx, last, before, most)
    ]
