"""The database of one size: its folder, its server on the service's processor, and how it is made cold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.processor import CLIENT_CORE, SERVER_CORE, pin
from helsekort.ledger.embedded import EmbeddedServer, start
from helsekort.ledger.sealing import Keyring

APPENDED = ("commit", "audit", "outbox")
# What every request touches: in the server's memory in a warm measurement, as in a service that has run a while.
# The largest first: where the memory is too small for it, what every request needs stays.
HOT_TABLES = ("part", "card", "record", "data_key", "person", "identifier")
# What an operator gives a server of its own beyond the demo's small memory; everything that makes it durable is as shipped.
AS_IN_OPERATION = {"shared_buffers": "6GB", "max_wal_size": "4GB"}


@dataclass(slots=True)
class Cluster:
    """One embedded PostgreSQL with so many records in it. `keys` are its own, made with it."""

    folder: Path
    records: int
    server: EmbeddedServer

    @property
    def url(self) -> str:
        """Where its owner connects."""
        return self.server.url

    @property
    def keys(self) -> Path:
        """The folder of the keys that its rows are sealed with."""
        return self.folder / "keys"

    def keyring(self) -> Keyring:
        """Its keys, made the first time."""
        return Keyring.load_or_make(self.keys)

    def restart_cold(self) -> None:
        """Stop the server, drop its files from the page cache, start it again: as after a power cut."""
        self.server.stop()
        forget(self.server.data)
        self.server = start_pinned(self.folder)


def folder_of(data: Path, records: int) -> Path:
    """Where the database with so many records lies."""
    return data / str(records)


@contextmanager
def running(folder: Path, records: int) -> Iterator[Cluster]:
    """The server of that folder for as long as the block runs."""
    cluster = Cluster(folder, records, start_pinned(folder))
    try:
        yield cluster
    finally:
        cluster.server.stop()


def start_pinned(folder: Path) -> EmbeddedServer:
    """Start the server on the service's processor, and go back to our own."""
    pin(SERVER_CORE)
    try:
        return start(folder, settings=AS_IN_OPERATION)
    finally:
        pin(CLIENT_CORE)


def forget(data: Path) -> None:
    """Drop every file below the folder from the page cache (posix_fadvise DONTNEED, which drops only what is on disk)."""
    for path in files_below(data):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def files_below(data: Path) -> Iterator[Path]:
    """Each file in the folder and the folders in it."""
    return (path for path in data.rglob("*") if path.is_file())


async def settle(cluster: Cluster) -> None:
    """VACUUM and CHECKPOINT, as time would do it."""
    connection = await asyncpg.connect(cluster.url)
    try:
        await connection.execute("VACUUM (ANALYZE)", timeout=3600)
        await connection.execute("CHECKPOINT", timeout=3600)
    finally:
        await connection.close()


async def warm(cluster: Cluster) -> None:
    """Bring what requests touch, indexes included, into the server's memory."""
    connection = await asyncpg.connect(cluster.url)
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        await connection.execute(
            "SELECT pg_prewarm(c.oid) FROM pg_class t LEFT JOIN pg_index i ON i.indrelid = t.oid"
            " JOIN pg_class c ON c.oid = i.indexrelid OR c.oid = t.oid AND t.relname = ANY($1)"
            " WHERE t.relnamespace = 'public'::regnamespace"
            " ORDER BY array_position($1, t.relname::text) NULLS FIRST",
            list(HOT_TABLES),
            timeout=3600,
        )
    finally:
        await connection.close()


async def ask(cluster: Cluster, question: str) -> int:
    """One number from the database."""
    connection = await asyncpg.connect(cluster.url)
    try:
        return int(await connection.fetchval(question))
    finally:
        await connection.close()


async def wal_position(cluster: Cluster) -> int:
    """Bytes written to the write-ahead log since the database was made."""
    return await ask(cluster, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")


async def stored_bytes(cluster: Cluster) -> int:
    """Bytes of all tables and indexes."""
    return await ask(cluster, "SELECT pg_database_size(current_database())")


async def appended_bytes(cluster: Cluster) -> int:
    """Bytes of the tables that only grow, indexes included; the heads are rewritten in place and their old space used again."""
    tables = ", ".join(f"'{name}'" for name in APPENDED)
    return await ask(
        cluster,
        f"SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(ARRAY[{tables}]) AS name",  # noqa: S608
    )
