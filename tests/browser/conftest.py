"""The browser of the browser tests: the machine's Chromium, asked for over playwright's asynchronous interface."""

import shutil
from typing import Any

import pytest

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
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    return {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-gpu", "--disable-quic", *quiet]}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """A phone's page in bokmål, as most women will see it."""
    return {"locale": "nb-NO", "timezone_id": "Europe/Oslo", "viewport": {"width": 390, "height": 844}}
