"""A new key-encryption key takes over: data keys and stored numbers are sealed again under it, then the old one can go."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from helsekort.ledger.sealing import Keyring

PAGE = 500
_KEYS = "SELECT person, wrapped FROM data_key WHERE person > $1 ORDER BY person LIMIT $2"
_REWRAP = "UPDATE data_key SET wrapped = $3 WHERE person = $1 AND wrapped = $2"
_NUMBERS = (
    "SELECT nin_hash, person, nin_sealed FROM identifier WHERE nin_hash > $1 ORDER BY nin_hash LIMIT $2"
)
_RESEAL = "UPDATE identifier SET nin_sealed = $2 WHERE nin_hash = $1"
_FORGET = "DELETE FROM service_key WHERE name LIKE 'kek-%' AND name <> $1"


async def rotate(connection: asyncpg.Connection, keyring: Keyring) -> int:
    """Seals everything under the newest key-encryption key, as the database's owner; returns how many values it sealed.

    May run beside a service that has both keys, and again after it was interrupted. Afterwards the older key files are needed
    only to read backups.
    """
    count = await _rewrap_keys(connection, keyring) + await _reseal_numbers(connection, keyring)
    await connection.execute(_FORGET, keyring.newest_name)
    return count


async def _rewrap_keys(connection: asyncpg.Connection, keyring: Keyring) -> int:
    count, after = 0, UUID(int=0)
    while rows := await connection.fetch(_KEYS, after, PAGE):
        for row in rows:
            wrapped = keyring.rewrap(row["wrapped"], person=row["person"])
            if wrapped is not None:
                await connection.execute(_REWRAP, row["person"], row["wrapped"], wrapped)
                count += 1
        after = rows[-1]["person"]
    return count


async def _reseal_numbers(connection: asyncpg.Connection, keyring: Keyring) -> int:
    count, after = 0, b""
    while rows := await connection.fetch(_NUMBERS, after, PAGE):
        for row in rows:
            sealed = keyring.reseal_number(row["nin_sealed"], person=row["person"])
            if sealed is not None:
                await connection.execute(_RESEAL, row["nin_hash"], sealed)
                count += 1
        after = rows[-1]["nin_hash"]
    return count
