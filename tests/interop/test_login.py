"""The pages' login against a certified provider: the whole flow, and a login that is not good enough."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from helsekort.basics.clock import system_clock
from helsekort.basics.refusal import Kind, Refused
from helsekort.outside.client_key import ClientKey
from helsekort.outside.helseid import Keys
from helsekort.outside.idporten import IdPorten
from helsekort.sandbox.address import loopback_client
from helsekort.sandbox.people import fictional_people
from tests.interop.node import HERE, NODE, needs_node

pytestmark = [pytest.mark.node, needs_node]

CLIENT, REDIRECT = "helsekort-innbygger", "http://127.0.0.1:8460/innlogget"
ANNE = fictional_people().women[0]


@asynccontextmanager
async def provider(key: ClientKey, *, acr: str) -> AsyncIterator[str]:
    """The issuer of an oidc-provider that logs Anne in at that level."""
    given = {"clientId": CLIENT, "redirectUri": REDIRECT, "jwks": key.public_jwks(), "acr": acr}
    given |= {"person": {"id": ANNE.key, "pid": ANNE.nin}}
    assert NODE is not None
    process = await asyncio.create_subprocess_exec(
        NODE,
        "login.mjs",
        json.dumps(given),
        cwd=HERE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(await asyncio.wait_for(process.stdout.readline(), timeout=60))["issuer"]
    finally:
        process.stdin.close()
        await process.wait()


def pages_login(http: httpx.AsyncClient, issuer: str, key: ClientKey) -> IdPorten:
    keys = Keys(http, issuers=(issuer,), clock=system_clock)
    return IdPorten(
        http,
        issuer=issuer,
        client_id=CLIENT,
        redirect_uri=REDIRECT,
        key=key,
        keys=keys,
        clock=system_clock,
        allow_synthetic=True,
    )


async def browse(address: str) -> dict[str, str]:
    """What a browser comes back to the pages with."""
    async with loopback_client() as browser:
        answer = await browser.get(address)
        for _ in range(10):
            to = answer.headers["location"]
            if to.startswith(REDIRECT):
                return {name: values[0] for name, values in parse_qs(urlsplit(to).query).items()}
            answer = await browser.get(httpx.URL(answer.url).join(to))
    raise AssertionError("the browser was never sent back")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> ClientKey:
    return ClientKey.in_folder(tmp_path_factory.mktemp("keys"), client_id=CLIENT)


async def log_in(key: ClientKey, *, acr: str, **changes: str) -> str:
    async with provider(key, acr=acr) as issuer, loopback_client() as http:
        login = pages_login(http, issuer, key)
        started = await login.start()
        back = await browse(started.address)
        return (await login.finish(query={**back, **changes}, kept=started.kept)).reveal()


async def test_she_is_who_the_provider_says(key: ClientKey) -> None:
    assert await log_in(key, acr="idporten-loa-high") == ANNE.nin


@pytest.mark.parametrize(
    ("acr", "changes"),
    [
        ("idporten-loa-substantial", {}),
        ("idporten-loa-high", {"state": "another"}),
        ("idporten-loa-high", {"iss": "https://another.example"}),
        ("idporten-loa-high", {"code": "another"}),
    ],
    ids=["a lower level", "another state", "another issuer", "another code"],
)
async def test_a_login_that_is_not_good_enough(key: ClientKey, acr: str, changes: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        await log_in(key, acr=acr, **changes)
    assert refused.value.kind is Kind.UNAUTHENTICATED
