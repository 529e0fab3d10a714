"""What is done once before the ledger opens: tables brought up to date, keys matched, the dictionary trained."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from helsekort.basics.startup import CannotStart
from helsekort.ledger.connection import open_owner_session, require_durable
from helsekort.ledger.migrate import migrate, migrations
from helsekort.ledger.packing import Packer, train
from helsekort.ledger.sealing import Keyring

Samples = Callable[[], Sequence[Mapping[str, bytes]]]
"""Makes sample cards and parts (key to bytes) to train the compression dictionary on; called once in a database's life."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A database that is ready; where it is `older`, the heads of its records are still to be made from the commits."""

    packer: Packer
    older: bool


async def prepare(dsn: str, keyring: Keyring, samples: Samples | None) -> Ready:
    """Makes the database ready; raises CannotStart in one line where it cannot be used."""
    connection = await open_owner_session(dsn)
    try:
        await require_durable(connection)
        await migrate(connection, migrations())
        await match_keys(connection, keyring)
        older = await connection.fetchval("SELECT to_regclass('facts') IS NOT NULL")
        return Ready(Packer(await dictionaries(connection, samples)), older)
    except asyncpg.PostgresError as error:
        raise CannotStart(f"The database could not be made ready: {error}") from error
    finally:
        await connection.close()


async def drop_older(dsn: str) -> None:
    """Forgets how parts were stored before each had a row; only when every head has been made from the commits."""
    connection = await open_owner_session(dsn)
    try:
        await connection.execute("DROP TABLE IF EXISTS facts")
    finally:
        await connection.close()


async def match_keys(connection: asyncpg.Connection, keyring: Keyring) -> None:
    """Refuses keys that are not those the database was written with; notes new ones.

    Two programs that start at once may both note them: the first one's notes stand, and both read them again.
    """
    proofs = keyring.proofs()
    refuse_other_keys(await noted_keys(connection), proofs)
    await connection.executemany(
        "INSERT INTO service_key (name, proof) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", proofs.items()
    )
    refuse_other_keys(await noted_keys(connection), proofs)


async def noted_keys(connection: asyncpg.Connection) -> dict[str, bytes]:
    """The proof of each key the database was written with, by the key's name."""
    return {
        row["name"]: row["proof"] for row in await connection.fetch("SELECT name, proof FROM service_key")
    }


def refuse_other_keys(noted: Mapping[str, bytes], proofs: Mapping[str, bytes]) -> None:
    """Raises CannotStart where a noted key is another one here, or missing."""
    for name, proof in sorted(noted.items()):
        if name not in proofs:
            raise CannotStart(f"The key {name}.key of this database is missing. Put it back.")
        if not hmac.compare_digest(proof, proofs[name]):
            raise CannotStart(
                f"The key {name}.key is not the one this database was written with. Put back its keys."
            )


async def dictionaries(connection: asyncpg.Connection, samples: Samples | None) -> dict[int, bytes]:
    """Every dictionary stored, the first one trained where there is none yet and samples are given."""
    stored = {row["id"]: row["bytes"] for row in await connection.fetch("SELECT id, bytes FROM dictionary")}
    if stored or samples is None:
        return stored
    await connection.execute(
        "INSERT INTO dictionary (id, bytes) VALUES (1, $1) ON CONFLICT DO NOTHING", train(1, samples())
    )
    return {row["id"]: row["bytes"] for row in await connection.fetch("SELECT id, bytes FROM dictionary")}
