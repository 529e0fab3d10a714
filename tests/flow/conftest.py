"""A ledger that a whole module of tests shares, for those that change nothing or do not mind each other."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from helsekort.basics.ids import new_id
from helsekort.ledger.embedded import EmbeddedServer
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import KEY_BYTES, Keyring


@pytest.fixture(scope="module")
async def module_ledger(postgres: EmbeddedServer, migrated: str) -> AsyncIterator[Ledger]:
    """An open ledger on a database of the module's own."""
    name = f"shared_{new_id().hex}"
    connection = await asyncpg.connect(postgres.url)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {migrated}")
    keyring = Keyring(nin_key=b"n" * KEY_BYTES, key_encryption_keys={1: b"k" * KEY_BYTES})
    ledger = await Ledger.open(postgres.url.replace("/postgres?", f"/{name}?"), keyring, new_id=new_id)
    yield ledger
    await ledger.close()
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()
