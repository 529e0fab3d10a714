"""The issuers' keys: fetched once, kept for a day at most, fetched again for a new key but not for a stranger's whim."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from helsekort.access.token import UnknownKey
from helsekort.basics.refusal import Kind, Refused
from helsekort.outside.helseid import Keys
from tests.abuse.minting import key, public_jwk
from tests.contract.services import MISBEHAVING, Issuer, SetClock, client, issuer, sandbox

DISCOVERY, JWKS = "/.well-known/openid-configuration", "/jwks"


def published(kid: str, number: int = 0, **members: object) -> dict[str, Any]:
    """A key as an issuer publishes it."""
    return {**public_jwk(key("ES256", number)), "kid": kid, **members}


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client() as made:
        yield made


@pytest.fixture
async def helseid() -> AsyncIterator[Issuer]:
    async with issuer() as made:
        made.keys = [published("one")]
        yield made


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def keys(http: httpx.AsyncClient, helseid: Issuer, clock: SetClock) -> Keys:
    return Keys(http, issuers=[helseid.base], clock=clock)


def fetches(of: Issuer) -> int:
    """How often its keys were fetched."""
    return of.asked.count(JWKS)


async def find(keys: Keys, of: Issuer, kid: str) -> str:
    """A key's thumbprint as the gate finds it: known, or fetched once."""
    try:
        return keys.key_for(of.base, kid).thumbprint
    except UnknownKey:
        await keys.refresh(of.base)
    return keys.key_for(of.base, kid).thumbprint


async def test_the_sandboxs_keys_are_read(http: httpx.AsyncClient, tmp_path: Path, clock: SetClock) -> None:
    async with sandbox(tmp_path) as base:
        for provider in ("helseid", "idporten"):
            of = f"{base}/{provider}"
            keys = Keys(http, issuers=[of], clock=clock)
            await keys.refresh(of)
            for jwk in (await http.get(f"{of}/jwks")).json()["keys"]:
                assert keys.key_for(of, jwk["kid"]).algorithms == {jwk["alg"]}


async def test_keys_are_fetched_once_and_again_for_a_new_one(
    keys: Keys, helseid: Issuer, clock: SetClock
) -> None:
    first = await find(keys, helseid, "one")
    for _ in range(5):
        assert await find(keys, helseid, "one") == first
    assert fetches(helseid) == 1
    helseid.keys = [published("one"), published("two", 2)]
    clock.move(seconds=61)
    assert await find(keys, helseid, "two") != first
    assert fetches(helseid) == 2


async def test_invented_key_ids_cost_the_issuer_one_fetch_a_minute(
    keys: Keys, helseid: Issuer, clock: SetClock
) -> None:
    await find(keys, helseid, "one")
    for minute in range(1, 4):
        clock.move(seconds=61)
        for number in range(50):
            with pytest.raises(UnknownKey):
                await find(keys, helseid, f"invented-{number}")
        assert fetches(helseid) == 1 + minute


async def test_many_who_need_keys_at_once_wait_for_one_fetch(keys: Keys, helseid: Issuer) -> None:
    found = await asyncio.gather(*(find(keys, helseid, "one") for _ in range(50)))
    assert len(set(found)) == 1
    assert fetches(helseid) == 1


async def test_an_issuer_that_is_down_does_not_matter_for_a_day(
    keys: Keys, helseid: Issuer, clock: SetClock
) -> None:
    await find(keys, helseid, "one")
    helseid.answers[JWKS] = Response(status_code=503)
    for _ in range(23):
        clock.move(hours=1)
        assert await find(keys, helseid, "one")
        await asyncio.sleep(0.01)
        with pytest.raises(UnknownKey):
            await find(keys, helseid, "two")
    clock.move(hours=1, seconds=1)
    with pytest.raises(Refused) as refusal:
        await find(keys, helseid, "one")
    assert refusal.value.kind is Kind.SOURCE_DOWN


async def test_a_key_that_is_withdrawn_is_gone_within_the_hour(
    keys: Keys, helseid: Issuer, clock: SetClock
) -> None:
    await find(keys, helseid, "one")
    helseid.keys = [published("two", 2)]
    clock.move(hours=1, seconds=1)
    keys.key_for(helseid.base, "one")  # starts the fetch behind this request
    await keys.refresh(helseid.base)
    with pytest.raises(UnknownKey):
        keys.key_for(helseid.base, "one")


async def test_an_issuer_that_comes_up_later_is_asked_again_soon(
    keys: Keys, helseid: Issuer, clock: SetClock
) -> None:
    helseid.answers[JWKS] = Response(status_code=503)
    with pytest.raises(Refused):
        await find(keys, helseid, "one")
    del helseid.answers[JWKS]
    clock.move(seconds=2)
    assert await find(keys, helseid, "one")


@pytest.mark.parametrize("how", MISBEHAVING)
@pytest.mark.parametrize("where", [DISCOVERY, JWKS])
async def test_an_issuer_that_misbehaves_has_no_keys(
    keys: Keys, helseid: Issuer, where: str, how: str
) -> None:
    helseid.answers[where] = MISBEHAVING[how]()
    with pytest.raises(Refused) as refusal:
        await find(keys, helseid, "one")
    assert refusal.value.kind is Kind.SOURCE_DOWN


async def test_keys_are_only_taken_from_the_issuers_own_address(keys: Keys, helseid: Issuer) -> None:
    """A discovery document cannot send us elsewhere (server-side request forgery)."""
    async with issuer() as canary:
        canary.keys = [published("one", 3)]
        port = canary.base.rpartition(":")[2]
        for address in (
            f"{canary.base}/jwks",
            f"{helseid.base}@127.0.0.1:{port}/jwks",
            f"{helseid.base}.example/jwks",
            f"http://localhost:{port}/jwks",
            "file:///etc/passwd",
            "/jwks",
        ):
            helseid.metadata = {"jwks_uri": address}
            with pytest.raises(Refused):
                await keys.refresh(helseid.base)
        helseid.metadata = {"issuer": canary.base}
        with pytest.raises(Refused):
            await keys.refresh(helseid.base)
        assert canary.asked == []


async def test_keys_that_are_not_for_signatures_are_passed_over(keys: Keys, helseid: Issuer) -> None:
    private = {**published("private", 4), "d": "AAAA"}
    odd: list[dict[str, Any]] = [{}, {"kid": 1}, {"kty": "oct", "k": "AAAA", "kid": "secret"}, private]
    helseid.keys = [*odd, published("enc", 2, use="enc"), published("one"), published("one", 3)]
    assert await find(keys, helseid, "one")
    for kid in ("secret", "private", "enc"):
        with pytest.raises(UnknownKey):
            keys.key_for(helseid.base, kid)


async def test_an_issuer_without_usable_keys_keeps_the_known_ones(
    keys: Keys, helseid: Issuer, clock: SetClock
) -> None:
    await find(keys, helseid, "one")
    helseid.answers[JWKS] = JSONResponse({"keys": []})
    clock.move(seconds=61)
    with pytest.raises(UnknownKey):
        await find(keys, helseid, "two")
    assert await find(keys, helseid, "one")


async def test_nobody_else_is_an_issuer(keys: Keys, helseid: Issuer) -> None:
    await keys.refresh("https://other.example")
    with pytest.raises(UnknownKey):
        keys.key_for("https://other.example", "one")
    assert helseid.asked == []
