"""The browser of the browser tests: the machine's Chromium, asked for over playwright's asynchronous interface."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.embedded import EmbeddedServer
from helsekort.ledger.sealing import Keyring
from tests.browser.composition import World, a_world
from tests.browser.stories import fill
from tests.conftest import new_database

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MISSING = "NO BROWSER: the pages were not tested. On Debian: apt-get install chromium, then ./dev test again."


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests, and skip them loudly where there is no browser."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """How Chromium is started: quietly, without a sandbox of its own so that it also runs as root."""
    quiet = [
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    looks = ["--font-render-hinting=none", "--force-color-profile=srgb"]
    return {
        "executable_path": CHROMIUM,
        "args": ["--no-sandbox", "--disable-gpu", "--disable-quic", *quiet, *looks],
    }


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """A phone's page in bokmål, as most women will see it."""
    return {
        "locale": "nb-NO",
        "timezone_id": "Europe/Oslo",
        "viewport": {"width": 390, "height": 844},
        "reduced_motion": "reduce",
    }


@pytest.fixture
async def world(database_url: str, keyring: Keyring) -> AsyncIterator[World]:
    """A world of the test's own, with nobody in it."""
    async with a_world(database_url, keyring) as made:
        yield made


@dataclass(frozen=True)
class Town:
    """A world that tests only read, with a woman in every state."""

    world: World
    women: dict[str, NationalIdentityNumber]
    browser: Browser
    context_args: dict[str, Any]

    async def visitor(self, story: str, *, width: int = 390, script: bool = True) -> BrowserContext:
        """A browser of hers; logged in, unless the story is "nobody"."""
        args = self.context_args | {"viewport": {"width": width, "height": 844}, "base_url": self.world.base}
        context = await self.browser.new_context(**args, java_script_enabled=script)
        if story != "nobody":
            page = await context.new_page()
            await log_in(page, self.world, self.women[story])
            await page.close()
        return context


@pytest.fixture(scope="session")
async def town(
    postgres: EmbeddedServer, migrated: str, browser: Browser, browser_context_args: dict[str, Any]
) -> AsyncIterator[Town]:
    """One town for all the tests of how pages look."""
    keyring = Keyring(nin_key=b"t" * 32, key_encryption_keys={1: b"t" * 32})
    async with new_database(postgres, migrated) as url, a_world(url, keyring) as made:
        yield Town(made, await fill(made), browser, browser_context_args)


async def log_in(page: Page, world: World, nin: NationalIdentityNumber) -> None:
    """She logs in."""
    world.idporten.next = nin
    await page.goto(f"{world.base}/logg-inn")
