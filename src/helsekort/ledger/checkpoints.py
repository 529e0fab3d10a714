"""Signs for the audit rows as they come: one worker at a time, in the order (tx, id), never past an open transaction.

A head is committed in the database first and written to the folder then. What a crash leaves in between the next run puts
right: heads the folder lacks are written to it. Heads that the database lacks are never made again: that is a log cut short.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from helsekort.audit.head import Head, NotAHead, head_of, is_signed_by, line_of, sign
from helsekort.audit.leaf import PLACE, leaf_hash, place_of
from helsekort.audit.tree import Tree
from helsekort.basics.clock import Clock
from helsekort.basics.ids import NewId
from helsekort.basics.startup import CannotStart
from helsekort.ledger.audit_rows import START, read_rows, settled
from helsekort.ledger.checkpoint_folder import append, last_written
from helsekort.ledger.connection import DATABASE_ERRORS, open_session

log = logging.getLogger(__name__)

MOST_ROWS = 50_000
"""Of one head: a long backlog becomes several."""
ADVISORY_LOCK = 4_825_110_002
"""Any fixed number, another than migrate.py's: one worker signs at a time, across all processes."""

_HEADS = "SELECT line FROM audit_head WHERE size > $1 ORDER BY size"
_LAST = "SELECT line FROM audit_head ORDER BY size DESC LIMIT 1"
_ADD = "INSERT INTO audit_head (size, line) VALUES ($1, $2)"


class Tampered(Exception):
    """The heads in the database and in the folder are not those of one log: nothing more is signed until somebody has looked."""


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """What signing needs."""

    folder: Path
    key: Ed25519PrivateKey
    clock: Clock
    new_id: NewId

    async def run(self, connection: asyncpg.Connection) -> int | None:
        """Signs for every row there is; how many heads it added, or None where another worker is at it. Raises Tampered."""
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", ADVISORY_LOCK):
            return None
        try:
            before, added = await settled(connection), 0
            last = await self._agreed(connection, before)
            while (head := await self._next(connection, last, before)) is not None:
                await connection.execute(_ADD, head.size, line_of(head))
                append(self.folder, head)
                last, added = head, added + 1
            return added
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", ADVISORY_LOCK)

    async def _agreed(self, connection: asyncpg.Connection, before: int) -> Head | None:
        """The last head, in the database and in the folder; heads that only the database has are written to the folder."""
        line = await connection.fetchval(_LAST)
        stored = None if line is None else head_of(line)
        outside = last_written(self.folder)
        if stored is not None and not is_signed_by(stored, self.key.public_key()):
            raise Tampered("the last head in the database is not signed with this key")
        if stored is not None and place_of(stored.last)[0] >= before:
            raise Tampered(
                f"this server counts transactions from {before}, the log has come to {place_of(stored.last)[0]}: "
                "after a restore into a new server, raise its counter with pg_resetwal"
            )
        if outside is None:
            await self._write_missing(connection, 0)
        elif stored is None or stored.size < outside.size:
            raise Tampered(f"the folder has a head of {outside.size} rows, which the database lacks")
        elif await connection.fetchval(
            "SELECT line FROM audit_head WHERE size = $1", outside.size
        ) != line_of(outside):
            raise Tampered(f"the heads of {outside.size} rows in the folder and in the database differ")
        else:
            await self._write_missing(connection, outside.size)
        return stored

    async def _write_missing(self, connection: asyncpg.Connection, size: int) -> None:
        for row in await connection.fetch(_HEADS, size):
            append(self.folder, head_of(row["line"]))

    async def _next(self, connection: asyncpg.Connection, last: Head | None, before: int) -> Head | None:
        """The head after the rows that came since the last one; None where none came."""
        tree, place = (Tree(), START) if last is None else (last.tree(), last.last)
        size = tree.size
        while tree.size < size + MOST_ROWS and (
            rows := await read_rows(connection, after=place, before=before)
        ):
            tree.add([leaf_hash(row) for row in rows])
            place = rows[-1][PLACE]
            await asyncio.sleep(0)  # others may work
        if tree.size == size:
            return None
        origin, at = f"helsekort/{self.new_id()}", self.clock()
        if last is not None:
            origin, at = last.origin, max(at, last.at)
        return sign(Head(origin, tree.size, tree.root(), at, place, tuple(tree.peaks)), self.key)


async def keep(dsn: str, checkpoints: Checkpoints, *, every: float) -> None:
    """Signs every so many seconds for as long as the task runs; what keeps it from that is told once in the service's log."""
    told = ""
    while True:
        try:
            connection = await open_session(dsn)
            try:
                while True:
                    await checkpoints.run(connection)
                    told = ""
                    await asyncio.sleep(every)
            finally:
                connection.terminate()
        except (Tampered, NotAHead, CannotStart, *DATABASE_ERRORS) as error:
            if told != str(error):
                told = str(error)
                log.error("the audit log is not signed: %s", told)  # noqa: TRY400 - a sentence, not a fault of ours
        await asyncio.sleep(every)
