"""Databases with so many full cards, written straight to the ledger's tables by COPY, sealed as the ledger seals them.

Each woman has her own data key, each card is compressed and sealed by itself, every table and index of the real schema is
filled: commits, outbox and audit rows too. Several processes write; a database is kept and used again by later runs.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from bench.cards import VARIANTS, Template, Variant, variants
from bench.cluster import Cluster, folder_of, running, settle, stored_bytes
from bench.contents import Contents, contents
from bench.people import VISITS, created, drawn_id, number
from helsekort.access.act import Action
from helsekort.basics.ids import new_id, time_ordered_id
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.migrate import migrations
from helsekort.ledger.opening import prepare
from helsekort.ledger.packing import Packer
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.vault import Place, Vault
from helsekort.maternity.samples import sample_heads

GENERATOR = "6"
BLOCK = 500  # women in one transaction
WRITERS = 3  # on two cores: one packs while PostgreSQL works for another
STAMP = "stamp.json"
VERSIONS = "visits.versions"
CONSENTED, CREATED = Action.GIVE_CONSENT.value, Action.CREATE_RECORD.value

COLUMNS = {
    "identifier": ("nin_hash", "person", "nin_sealed"),
    "person": (
        "person",
        "consented",
        "deceased",
        "confidential",
        "active_record",
        "latest_record",
        "last_changed",
    ),
    "data_key": ("person", "wrapped"),
    "consent": ("person", "id", "at", "given", "text_version"),
    "record": ("person", "record", "t", "active", "created", "changed"),
    "card": ("person", "record", "sealed"),
    "part": ("person", "record", "part", "sealed"),
    "commit": ("person", "record", "t", "at", "active", "sealed"),
    "audit": ("person", "id", "at", "action", "permitted", "record", "detail"),
    "outbox": ("person", "record", "t", "at", "kind"),
}

Rows = dict[str, list[tuple[object, ...]]]
"""For each table the rows to add, with the columns above."""


@dataclass(frozen=True, slots=True)
class Stock:
    """A running database full of cards, with what the load generator must know of them; `made_bytes` is its size when made."""

    cluster: Cluster
    made_bytes: int
    held: Contents
    versions: Path


@contextmanager
def stocked(data: Path, records: int, say: Callable[[str], None]) -> Iterator[Stock]:
    """The database with so many full cards, made first where there is none of this schema and generator."""
    folder, made_of = folder_of(data, records), fingerprint()
    if read_stamp(folder).get("made_of") != made_of:
        say(f"{records} records: making the database in {folder}")
        make(folder, records, made_of)
    with running(folder, records) as cluster:
        held = contents(cluster, min(records, VARIANTS))
        yield Stock(cluster, int(str(read_stamp(folder)["bytes"])), held, folder / VERSIONS)


def make(folder: Path, records: int, made_of: str) -> None:
    """The database anew; its stamp is written last, so that half a database is never used."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with running(folder, records) as cluster:
        fill(cluster, variants(records))
        contents(cluster, min(records, VARIANTS))
        size = asyncio.run(stored_bytes(cluster))
    (folder / VERSIONS).write_bytes(b"\1" * (records * VISITS))
    (folder / STAMP).write_text(json.dumps({"made_of": made_of, "bytes": size}), encoding="utf-8")


def read_stamp(folder: Path) -> dict[str, object]:
    """What the complete database in the folder was made of; nothing where there is none."""
    path = folder / STAMP
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def fingerprint() -> str:
    """What a database was made by: the tables and this program. Its cards are those of the day it was made, as in operation."""
    digest = hashlib.sha256(GENERATOR.encode())
    for migration in migrations():
        digest.update(migration.sha256.encode())
    return digest.hexdigest()


async def first_start(cluster: Cluster) -> None:
    """Make the database ready as the service does when it first starts: later starts have nothing to bring up to date."""
    ledger = await Ledger.open(cluster.url, cluster.keyring(), new_id=new_id, samples=sample_heads)
    await ledger.close()


def fill(cluster: Cluster, made: Sequence[Variant]) -> None:
    """Make the tables, write every woman, and leave the database as the autovacuum would; with all processors."""
    os.sched_setaffinity(cluster.server.pid, range(os.cpu_count() or 1))
    asyncio.run(first_start(cluster))
    context = multiprocessing.get_context("spawn")
    blocks = range(0, cluster.records, BLOCK)
    jobs = [
        context.Process(
            target=write, args=(cluster.url, cluster.keys, made, blocks[turn::WRITERS], cluster.records)
        )
        for turn in range(min(WRITERS, len(blocks)))
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
        if job.exitcode != 0:
            raise RuntimeError(f"A writer ended with {job.exitcode}; see above.")
    asyncio.run(settle(cluster))


def write(url: str, keys: Path, made: Sequence[Variant], blocks: Iterable[int], records: int) -> None:
    """One writer's process: its blocks of women, one transaction each."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    asyncio.run(write_blocks(url, Keyring.load(keys), made, blocks, records))


async def write_blocks(
    url: str, keyring: Keyring, made: Sequence[Variant], blocks: Iterable[int], records: int
) -> None:
    """Pack, seal and copy block after block."""
    maker = Maker(keyring, (await prepare(url, keyring, None)).packer, made)
    connection = await asyncpg.connect(url)
    try:
        for start in blocks:
            rows = maker.rows(range(start, min(start + BLOCK, records)))
            async with connection.transaction():
                for table, columns in COLUMNS.items():
                    await connection.copy_records_to_table(table, records=rows[table], columns=columns)
    finally:
        await connection.close()


class Maker:
    """Makes the rows of each woman from the variant of the card that is hers: card, parts and commit have her own ids in them."""

    def __init__(self, keyring: Keyring, packer: Packer, made: Sequence[Variant]) -> None:
        self._keyring = keyring
        self._vault = Vault(keyring, packer)
        self._variants = made
        self._parts = [Template(one.person, one.record, one.parts) for one in made]
        self._cards = [Template(one.person, one.record, one.card) for one in made]

    def rows(self, indexes: Iterable[int]) -> Rows:
        """The rows of these women."""
        rows: Rows = {table: [] for table in COLUMNS}
        for index in indexes:
            self._woman(rows, index)
        return rows

    def _woman(self, rows: Rows, index: int) -> None:
        which = index % len(self._variants)
        variant = self._variants[which]
        person, record, nin = drawn_id(index, "person"), drawn_id(index, "record"), number(index)
        at, wrapped = created(index), self._keyring.new_data_key(person)
        key, place = self._keyring.unwrap(wrapped, person=person), Place(person, record, 1)
        sealed_number = self._keyring.seal_number(nin, person=person)
        card, parts = self._cards[which].of(person, record), self._parts[which].of(person, record)
        commit = self._vault.seal_commit(place, key, parts, card)
        rows["identifier"].append((self._keyring.hash_of(nin), person, sealed_number))
        rows["person"].append((person, True, False, False, record, record, at))
        rows["data_key"].append((person, wrapped))
        rows["consent"].append((person, drawn_id(index, "consent"), at, True, "2026-1"))
        rows["record"].append((person, record, 1, True, at, at))
        rows["card"].append((person, record, self._vault.seal_card(place, key, card)))
        rows["part"] += ((person, record, *row) for row in self._vault.seal_change(place, key, parts))
        rows["commit"].append((person, record, 1, at, True, commit))
        rows["outbox"].append((person, record, 1, at, CREATED))
        rows["audit"].append(audit_row(person, at, CONSENTED, None, variant.consent_detail))
        rows["audit"].append(audit_row(person, at, CREATED, record, variant.creation_detail))


def audit_row(
    person: UUID, at: datetime, action: str, record: UUID | None, detail: bytes
) -> tuple[object, ...]:
    """A permitted act in her access log."""
    milliseconds = int(at.timestamp() * 1000)
    return (person, time_ordered_id(milliseconds, os.urandom(10)), at, action, True, record, detail)
