"""What the abuse cases may ask for besides what every test may."""

from collections.abc import AsyncIterator

import pytest

from helsekort.ledger.sealing import Keyring
from tests.abuse.world import World, world


@pytest.fixture
async def made(database_url: str, keyring: Keyring) -> AsyncIterator[World]:
    """The JSON contract with a real gate, on a database of the test's own."""
    async with world(database_url, keyring) as opened:
        yield opened
