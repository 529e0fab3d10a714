"""The two providers as a client meets them: every flow works and says what it should."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from helsekort.sandbox.process import sandbox_app
from helsekort.sandbox.profile import API_SCOPE
from helsekort.sandbox.token_client import TokenClient, TokenRefused
from tests.flow.provider_caller import (
    BASE,
    CLAIM,
    HELSEID,
    IDPORTEN,
    PEOPLE,
    SERVICE,
    SOLVIK,
    Caller,
    answered,
    verified,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="module")
async def http(data: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = sandbox_app(base=BASE, service=SERVICE, data=data)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield client


@pytest.fixture
async def gp(http: httpx.AsyncClient) -> Caller:
    return await Caller(http, "gp").register()


async def test_discovery_names_what_is_there(http: httpx.AsyncClient) -> None:
    for issuer in (HELSEID, IDPORTEN):
        found = (await http.get(f"{issuer}/.well-known/openid-configuration")).json()
        assert found["issuer"] == issuer
        assert found["require_pushed_authorization_requests"] is True
        assert found["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
        assert (await http.get(found["jwks_uri"])).json()["keys"]
        assert (await http.get(found["authorization_endpoint"])).status_code == 400  # never 404
        assert (await http.post(found["token_endpoint"])).json()["error"] == "invalid_request"


@pytest.mark.parametrize(("key", "alg"), [("gp", "RS256"), ("midwife", "PS256"), ("hospital", "ES256")])
async def test_a_practitioners_token_says_who_and_where(http: httpx.AsyncClient, key: str, alg: str) -> None:
    client, person = PEOPLE.client(key), PEOPLE.practitioner(key)
    unit = PEOPLE.organisation(person.organisation)
    tokens = TokenClient(http=http, sandbox=BASE, client=client, organisation=unit)
    token = await tokens.by_login(key)
    claims = await verified(http, HELSEID, token.access_token)
    assert client.token_alg == alg
    assert (claims["iss"], claims["aud"], claims["client_id"]) == (HELSEID, "nhn:maternity-record", client.id)
    assert claims["exp"] - claims["iat"] == token.expires_in == 600
    assert API_SCOPE in claims["scope"].split()
    assert claims["cnf"] == {"jkt": token.key.thumbprint()}
    assert claims["name"] == person.name
    assert claims[f"{CLAIM}identity/pid"] == person.nin
    assert claims[f"{CLAIM}identity/security_level"] == "4"
    assert claims[f"{CLAIM}hpr/hpr_number"] == person.hpr_number
    assert claims[f"{CLAIM}client/claims/orgnr_parent"] == unit.parent_number
    assert claims[f"{CLAIM}client/claims/orgnr_child"] == unit.number
    assert (f"{CLAIM}client/claims/orgnr_supplier" in claims) is bool(client.supplier)


async def test_a_machines_token_has_nobody_in_it(http: httpx.AsyncClient) -> None:
    tokens = TokenClient(http=http, sandbox=BASE, client=PEOPLE.client("gp"), organisation=SOLVIK)
    claims = await verified(http, HELSEID, (await tokens.by_client()).access_token)
    assert claims["sub"] == claims["client_id"] == "liksom-journal-lege"
    assert (
        not {name for name in claims if "identity" in name or "hpr" in name} | {"name", "idp"} & claims.keys()
    )


async def test_a_womans_token_is_hers(http: httpx.AsyncClient) -> None:
    tokens = TokenClient(http=http, sandbox=BASE, client=PEOPLE.client("helsenorge"), organisation=None)
    token = await tokens.by_login("anne")
    claims = await verified(http, IDPORTEN, token.access_token)
    anne = PEOPLE.woman("Anne Eksempel")
    assert anne is not None
    assert (claims["pid"], claims["acr"], claims["aud"]) == (
        anne.nin,
        "idporten-loa-high",
        "nhn:maternity-record",
    )
    identity = await verified(http, IDPORTEN, token.id_token)
    assert (identity["pid"], identity["aud"]) == (anne.nin, "helsenorge-simulator")
    assert abs(identity["auth_time"] - time.time()) < 30


async def test_a_refresh_token_works_once(http: httpx.AsyncClient) -> None:
    tokens = TokenClient(http=http, sandbox=BASE, client=PEOPLE.client("gp"), organisation=SOLVIK)
    first = await tokens.by_login("gp")
    second = await tokens.by_refresh(first.refresh_token)
    claims = [await verified(http, HELSEID, t.access_token) for t in (first, second)]
    assert claims[0]["sub"] == claims[1]["sub"]
    assert claims[0]["jti"] != claims[1]["jti"]
    with pytest.raises(TokenRefused, match="invalid_grant"):
        await tokens.by_refresh(first.refresh_token)


async def test_the_answer_names_its_issuer_and_state(gp: Caller) -> None:
    pushed = (await gp.post("par", gp.request())).json()
    back = answered(await gp.choose(pushed["request_uri"], person="gp"))
    assert (back["iss"], back["state"]) == (HELSEID, "the-state")
    assert 0 < pushed["expires_in"] < 600


async def test_giving_up_goes_back(gp: Caller) -> None:
    pushed = (await gp.post("par", gp.request())).json()
    back = answered(await gp.choose(pushed["request_uri"], cancel="1"))
    assert (back["error"], back["iss"], back["state"]) == ("access_denied", HELSEID, "the-state")


async def test_a_silent_login_is_not_possible(gp: Caller) -> None:
    pushed = (await gp.post("par", gp.request(prompt="none"))).json()
    parameters = {"client_id": gp.client.id, "request_uri": pushed["request_uri"]}
    shown = await gp.http.get(f"{HELSEID}/connect/authorize", params=parameters)
    assert answered(shown)["error"] == "login_required"


async def test_a_request_is_used_up(gp: Caller) -> None:
    pushed = (await gp.post("par", gp.request())).json()
    parameters = {"client_id": gp.client.id, "request_uri": pushed["request_uri"]}
    await gp.choose(pushed["request_uri"], person="gp")
    again = await gp.http.get(f"{HELSEID}/connect/authorize", params=parameters)
    assert again.status_code == 400
    assert "invalid_request_uri" in again.text


async def test_a_request_is_another_clients(gp: Caller) -> None:
    pushed = (await gp.post("par", gp.request())).json()
    parameters = {"client_id": "fjordby-sykehus-epj", "request_uri": pushed["request_uri"]}
    assert (await gp.http.get(f"{HELSEID}/connect/authorize", params=parameters)).status_code == 400


async def test_nobody_elsewhere_can_log_in(gp: Caller) -> None:
    pushed = (await gp.post("par", gp.request())).json()
    chosen = await gp.choose(pushed["request_uri"], person="anne")
    assert chosen.status_code == 400


async def test_an_unpushed_request_is_refused(gp: Caller) -> None:
    shown = await gp.http.get(
        f"{HELSEID}/connect/authorize", params={"client_id": gp.client.id, **gp.request()}
    )
    assert shown.status_code == 400


def modes(folder: Path) -> list[int]:
    return [path.stat().st_mode & 0o777 for path in folder.glob("*-keys.json")]


async def test_keys_are_kept_and_private(data: Path, http: httpx.AsyncClient) -> None:
    before = (await http.get(f"{HELSEID}/jwks")).json()
    app = sandbox_app(base=BASE, service=SERVICE, data=data)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as again:
        assert (await again.get(f"{HELSEID}/jwks")).json() == before
        assert (await again.get(f"{IDPORTEN}/jwks")).json() != before
    assert modes(data) == [0o600, 0o600]
