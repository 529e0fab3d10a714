"""Abuse 20: a service that is busy with itself. It refuses nobody for that, and what was turned off meanwhile is off."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from helsekort.ledger.sealing import Keyring
from helsekort.ledger.switch import LOOK_SECONDS, LOOKS, OLDEST_SECONDS
from helsekort.sandbox.wrong import present
from tests.abuse.switching import READ, service
from tests.abuse.world import World, gp

TOO_LONG = OLDEST_SECONDS + 0.5


@pytest.fixture
async def made(database_url: str, keyring: Keyring) -> AsyncIterator[World]:
    async with service(database_url, keyring) as (world, _):
        yield world


def busy(seconds: float) -> None:
    """The one event loop does nothing else for so long, as a request would that never gives way."""
    time.sleep(seconds)


async def ask(made: World) -> tuple[int, str]:
    """Status and code of a small request."""
    answer = await made.send("GET", READ, presented=present(gp("GET", READ)))
    return answer.status_code, answer.headers.get("nhn-error-code", "")


async def test_after_long_work_nobody_is_refused(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helsekort.ledger.switch.LOOKS", 60 * LOOKS)  # for a database that has to wait too
    for _ in range(2):
        asked = [asyncio.create_task(ask(made)) for _ in range(50)]
        busy(TOO_LONG)
        assert {await one for one in asked} == {(200, "")}


async def test_what_was_turned_off_meanwhile_is_off_for_every_request_after_it(
    made: World, database_url: str
) -> None:
    assert "all is off" in turned_off_while_busy(database_url)
    asked = [asyncio.create_task(ask(made)) for _ in range(50)]
    assert {await one for one in asked} == {(503, "OFF-0001")}


def turned_off_while_busy(database_url: str) -> str:
    """What the command says; the event loop waits for it and does nothing else."""
    line = [sys.executable, "-m", "helsekort.cli", "switch", "off", "all", "--by", "Kari", "--reason", "Tyv"]
    done = subprocess.run([*line, "--database", database_url], capture_output=True, text=True, check=True)
    busy(0.1)
    return done.stdout


async def test_what_cannot_be_read_again_is_refused_after_a_while_and_not_let_in(
    made: World, database_url: str
) -> None:
    owner = await asyncpg.connect(database_url)
    async with owner.transaction():
        await owner.execute("LOCK TABLE switch IN ACCESS EXCLUSIVE MODE")
        busy(TOO_LONG)
        assert await ask(made) == (503, "DHG-0006")
        assert LOOKS * LOOK_SECONDS < OLDEST_SECONDS  # a caller is not kept waiting for longer
    await owner.close()
