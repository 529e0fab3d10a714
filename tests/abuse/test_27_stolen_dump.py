"""Abuse 27: somebody copies the database. What was written about her, and her number, are nowhere in it in clear."""

from __future__ import annotations

import io

import asyncpg

from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from tests.flow.v1_service import ANNE, service_on

PLAIN = {
    "mother": {"name": "Hemmelig Navnesen"},
    "medication": {"note": "Merkeligmedisin"},
    "clinicalTests": {"hiv": True},
}


async def test_a_dump_of_every_table_holds_neither_content_nor_number_nor_key(
    ledger: Ledger, keyring: Keyring, database_url: str
) -> None:
    service = service_on(ledger)
    await service.consent()
    record = await service.client().record(PLAIN)
    await service.client().ok("GET", f"/record/{record}")
    dump = await _dump(database_url)
    assert record.replace("-", "").encode() in dump.replace(b"-", b"")  # the dump has her rows
    for secret in (b"Navnesen", b"Merkeligmedisin", b'"hiv"', ANNE.reveal().encode(), b'clinicalTests":'):
        assert secret not in dump
        assert secret.hex().encode() not in dump
    assert (b"k" * 32).hex().encode() not in dump  # the key-encryption key


async def _dump(database_url: str) -> bytes:
    """All rows of all tables as text."""
    connection = await asyncpg.connect(database_url)
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    out = io.BytesIO()
    for (table,) in tables:
        await connection.copy_from_query(f'SELECT * FROM "{table}"', output=out)  # noqa: S608 - from the catalogue
    await connection.close()
    return out.getvalue()
