"""What every kind of test may ask for: a real PostgreSQL, and an empty database in it."""

import itertools
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from helsekort.ledger.embedded import EmbeddedServer, embedded_postgres

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One embedded PostgreSQL for the whole run."""
    with embedded_postgres(tmp_path_factory.mktemp("database")) as server:
        yield server


@pytest.fixture
async def database_url(postgres: EmbeddedServer) -> AsyncIterator[str]:
    """The URL of an empty database of the test's own."""
    name = f"test_{next(NUMBERS)}"
    connection = await asyncpg.connect(postgres.url)
    await connection.execute(f"CREATE DATABASE {name}")
    yield postgres.url.replace("/postgres?", f"/{name}?")
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()
