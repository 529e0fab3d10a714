"""One service for all FHIR clients: they read one woman's card, and write what no other test counts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from helsekort.ledger.embedded import EmbeddedServer
from tests.conftest import new_database
from tests.interop.clinic import Clinic, clinic


@pytest.fixture(scope="session")
async def here(
    postgres: EmbeddedServer, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Clinic]:
    """A clinic where Frida, who expects twins, is cared for."""
    async with (
        new_database(postgres, migrated) as url,
        clinic(url, tmp_path_factory.mktemp("clinic"), woman="frida") as found,
    ):
        yield found
