"""What every kind of test may ask for: a real PostgreSQL, a database of its own in it, and an open ledger."""

import itertools
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from hypothesis import settings

from helsekort.basics.ids import new_id
from helsekort.ledger.embedded import EmbeddedServer, embedded_postgres
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.migrate import migrate, migrations
from helsekort.ledger.opening import dictionaries
from helsekort.ledger.sealing import KEY_BYTES, Keyring

NUMBERS = itertools.count(1)

# How long an example takes tells of the machine, not of the code; what a caller has set otherwise stays as it is.
settings.register_profile(
    "unhurried", parent=settings.get_profile(settings.get_current_profile_name()), deadline=None
)
settings.load_profile("unhurried")


def url_of(server: EmbeddedServer, name: str) -> str:
    """The URL of one of the server's databases."""
    return server.url.replace("/postgres?", f"/{name}?")


MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
ROOM = 2 * 2**30


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One embedded PostgreSQL for the whole run, in memory where there is room: its many databases need no disk.

    Tests of durability start a server of their own on disk.
    """
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    folder = (
        Path(tempfile.mkdtemp(prefix="helsekort-", dir=MEMORY))
        if roomy
        else tmp_path_factory.mktemp("database")
    )
    try:
        with embedded_postgres(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@asynccontextmanager
async def new_database(server: EmbeddedServer, template: str) -> AsyncIterator[str]:
    """The URL of a copy of a database, which is removed afterwards."""
    name = f"test_{next(NUMBERS)}"
    connection = await asyncpg.connect(server.url)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield url_of(server, name)
    finally:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()


@pytest.fixture(scope="session")
async def migrated(postgres: EmbeddedServer) -> str:
    """The name of a database with the ledger's tables and a compression dictionary, to copy from."""
    connection = await asyncpg.connect(postgres.url)
    await connection.execute("CREATE DATABASE migrated")
    await connection.close()
    connection = await asyncpg.connect(url_of(postgres, "migrated"))
    await migrate(connection, migrations())
    await dictionaries(connection, sample_heads)
    await connection.close()
    return "migrated"


def sample_heads() -> list[dict[str, bytes]]:
    """Heads of made-up parts, enough to train a dictionary on."""
    dice = random.Random(1)  # noqa: S311 - the same each time
    texts = [f'{{"section":"{n}","value":{n % 7},"unit":"mmHg","note":null}}' for n in range(200)]
    return [{f"part/{n}": "".join(dice.sample(texts, 9)).encode() for n in range(8)} for _ in range(60)]


@pytest.fixture
async def database_url(postgres: EmbeddedServer, migrated: str) -> AsyncIterator[str]:
    """The URL of a database of the test's own with the ledger's tables, nobody in it and no keys used yet."""
    async with new_database(postgres, migrated) as url:
        yield url


@pytest.fixture
async def empty_database_url(postgres: EmbeddedServer) -> AsyncIterator[str]:
    """The URL of a database of the test's own with nothing in it at all."""
    async with new_database(postgres, "template1") as url:
        yield url


@pytest.fixture
def keyring() -> Keyring:
    """Keys for a ledger under test."""
    return Keyring(nin_key=b"n" * KEY_BYTES, key_encryption_keys={1: b"k" * KEY_BYTES})


@pytest.fixture
async def ledger(database_url: str, keyring: Keyring) -> AsyncIterator[Ledger]:
    """An open ledger on the test's own database."""
    opened = await Ledger.open(database_url, keyring, new_id=new_id)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
async def module_ledger(postgres: EmbeddedServer, migrated: str) -> AsyncIterator[Ledger]:
    """An open ledger that a whole module of tests shares, for those that change nothing or do not mind each other."""
    keys = Keyring(nin_key=b"n" * KEY_BYTES, key_encryption_keys={1: b"k" * KEY_BYTES})
    async with new_database(postgres, migrated) as url:
        opened = await Ledger.open(url, keys, new_id=new_id)
        yield opened
        await opened.close()
