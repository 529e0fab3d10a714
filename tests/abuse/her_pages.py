"""Her pages over HTTP without a browser: a client that says what a browser would, and what an attacker's page would."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from helsekort.basics.nin import NationalIdentityNumber
from tests.browser.composition import World

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
"""What a browser sends with a form of a page that sends no referrer."""


@asynccontextmanager
async def browser_of(
    world: World, nin: NationalIdentityNumber | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client with cookies of its own, logged in where somebody is named."""
    async with httpx.AsyncClient(base_url=world.base, headers={"Sec-Fetch-Site": "none"}) as client:
        if nin is not None:
            await log_in(client, world, nin)
        yield client


async def log_in(client: httpx.AsyncClient, world: World, nin: NationalIdentityNumber) -> httpx.Response:
    """Goes through the login; returns the callback's answer."""
    world.idporten.next = nin
    started = await client.get("/logg-inn")
    return await client.get(started.headers["location"])


async def csrf_of(client: httpx.AsyncClient) -> str:
    """The value in this session's forms."""
    page = (await client.get("/logg")).text
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]
