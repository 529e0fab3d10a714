"""Every shortcut at the two providers is refused in OAuth's words."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from helsekort.sandbox.process import sandbox_app
from helsekort.sandbox.profile import API_SCOPE
from helsekort.sandbox.signing import new_key, public_jwk, sign
from helsekort.sandbox.token_client import organisation_details, sign_proof
from tests.flow.provider_caller import (
    BASE,
    CLAIM,
    HELSEID,
    IDPORTEN,
    PEOPLE,
    SERVICE,
    SOLVIK,
    Caller,
    error_of,
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


@pytest.fixture
async def portal(http: httpx.AsyncClient) -> Caller:
    return await Caller(http, "helsenorge").register()


WRONG_REQUESTS: list[tuple[str, dict[str, str], str]] = [
    ("no response type", {"response_type": ""}, "invalid_request"),
    ("the implicit flow", {"response_type": "token"}, "unsupported_response_type"),
    ("no challenge", {"code_challenge": ""}, "invalid_request"),
    ("a plain challenge", {"code_challenge_method": "plain"}, "invalid_request"),
    ("no challenge method", {"code_challenge_method": ""}, "invalid_request"),
    ("a redirect elsewhere", {"redirect_uri": "https://evil.example/callback"}, "invalid_request"),
    ("a redirect to another page", {"redirect_uri": "http://127.0.0.1/other"}, "invalid_request"),
    ("a redirect that is no address", {"redirect_uri": "http://[::1/callback"}, "invalid_request"),
    (
        "a redirect to a port that is none",
        {"redirect_uri": "http://127.0.0.1:99999/callback"},
        "invalid_request",
    ),
    ("no scope", {"scope": ""}, "invalid_request"),
    ("an unknown scope", {"scope": "openid nhn:kjernejournal/api"}, "invalid_scope"),
    ("details twice", {"authorization_details": "[]"}, "access_denied"),
]


@pytest.mark.parametrize(("name", "change", "error"), WRONG_REQUESTS)
async def test_a_wrong_request_is_refused(gp: Caller, name: str, change: dict[str, str], error: str) -> None:
    assert error_of(await gp.post("par", gp.request(**change))) == error


async def test_the_citizens_login_gives_no_api_token(http: httpx.AsyncClient, portal: Caller) -> None:
    service = PEOPLE.client("helsekort")
    assert API_SCOPE not in (await http.get(f"{IDPORTEN}/.well-known/openid-configuration")).json()
    assert not service.citizen_api
    assert (
        error_of(await portal.post("par", portal.request(scope="openid offline_access"))) == "invalid_scope"
    )


WRONG_ASSERTIONS: list[tuple[str, Callable[[Caller], str]]] = [
    ("nobody's", lambda c: c.assertion(sub="nobody", iss="nobody")),
    ("by another key", lambda c: c.assertion(key=new_key("ES256"))),
    ("by a key of another kind", lambda c: c.assertion({"alg": "RS256"}, key=new_key("RS256"))),
    ("another typ", lambda c: c.assertion({"typ": "at+jwt"})),
    ("another issuer", lambda c: c.assertion(iss="nobody")),
    ("for the token endpoint", lambda c: c.assertion(aud=f"{c.issuer}/connect/token")),
    ("for two", lambda c: c.assertion(aud=[c.issuer, "https://another.example"])),
    ("for the other provider", lambda c: c.assertion(aud=IDPORTEN)),
    ("valid too long", lambda c: c.assertion(exp=int(time.time()) + 600)),
    ("expired", lambda c: c.assertion(iat=int(time.time()) - 120, exp=int(time.time()) - 90)),
    ("of the future", lambda c: c.assertion(iat=int(time.time()) + 100, exp=int(time.time()) + 130)),
    ("not valid yet", lambda c: c.assertion(nbf=int(time.time()) + 30)),
    ("without exp", lambda c: c.assertion(exp=None)),
    ("with exp as text", lambda c: c.assertion(exp="soon")),
    ("without iat", lambda c: c.assertion(iat=None)),
    ("without jti", lambda c: c.assertion(jti=None)),
    ("not a JWS", lambda _: "abc"),
    ("not JSON", lambda _: "e30.e.e30"),
    ("odd sub", lambda c: c.assertion(sub=["a"])),
]


@pytest.mark.parametrize(("name", "made"), WRONG_ASSERTIONS)
async def test_a_wrong_assertion_is_refused(gp: Caller, name: str, made: Callable[[Caller], str]) -> None:
    refused = await gp.post("par", {**gp.request(), "client_assertion": made(gp)})
    assert refused.status_code == 401
    assert error_of(refused) == "invalid_client"


async def test_an_assertion_works_once(gp: Caller) -> None:
    form = {**gp.request(), "client_assertion": gp.assertion({"typ": "JWT"})}
    assert (await gp.post("par", form)).status_code == 201
    assert error_of(await gp.post("par", form)) == "invalid_client"


async def test_a_secret_is_no_key(gp: Caller) -> None:
    form = {**gp.request(), "client_id": gp.client.id, "client_secret": "x"}
    refused = await gp.http.post(f"{HELSEID}/connect/par", data=form)
    assert (refused.status_code, error_of(refused)) == (401, "invalid_client")


async def test_only_public_keys_are_registered(gp: Caller) -> None:
    url = f"{HELSEID}/clients/{gp.client.id}/keys"
    symmetric, private = {"kty": "oct", "k": "c2VjcmV0"}, gp.key.as_dict(private=True)
    no_keys: list[object] = [symmetric, private, {"kty": []}, [], {"kty": "EC"}]
    for jwk in no_keys:
        assert (await gp.http.post(url, json=jwk)).status_code == 400
    assert (await gp.http.post(url, content=b"{")).status_code == 400
    for client in ("nobody", "helsekort-innbygger"):
        url = f"{IDPORTEN}/clients/{client}/keys"
        assert (await gp.http.post(url, json=public_jwk(gp.key))).status_code == 404


WRONG_EXCHANGES: list[tuple[str, dict[str, str], str]] = [
    ("another verifier", {"code_verifier": "w" * 50}, "invalid_grant"),
    ("another redirect", {"redirect_uri": "http://localhost/callback"}, "invalid_grant"),
    ("another code", {"code": "nobody's"}, "invalid_grant"),
    ("another grant", {"grant_type": "password"}, "unsupported_grant_type"),
    ("another client's name", {"client_id": "fjordby-sykehus-epj"}, "invalid_client"),
]


@pytest.mark.parametrize(("name", "change", "error"), WRONG_EXCHANGES)
async def test_a_wrong_exchange_is_refused(gp: Caller, name: str, change: dict[str, str], error: str) -> None:
    assert error_of(await gp.exchange(await gp.log_in(), **change)) == error


async def test_a_code_works_once_and_for_its_client(gp: Caller) -> None:
    hospital = await Caller(gp.http, "hospital").register()
    assert error_of(await hospital.exchange(await gp.log_in())) == "invalid_grant"
    code = await gp.log_in()
    assert (await gp.exchange(code)).status_code == 200
    assert error_of(await gp.exchange(code)) == "invalid_grant"


async def test_a_code_is_bound_to_the_key_of_its_request(gp: Caller) -> None:
    bound = gp.proof_key.thumbprint()
    gp.proof_key = new_key("ES256")
    assert error_of(await gp.exchange(await gp.log_in(dpop_jkt=bound))) == "invalid_dpop_proof"


async def test_a_machine_has_no_identity(gp: Caller) -> None:
    form = {"grant_type": "client_credentials", "scope": f"openid {API_SCOPE}"}
    assert error_of(await gp.token(form)) == "invalid_scope"


def _old_proof(caller: Caller) -> str:
    url = f"{caller.issuer}/connect/token"
    return sign_proof(caller.proof_key, method="POST", url=url, now=time.time() - 300, nonce=caller.nonce)


WRONG_PROOFS: list[tuple[str, Callable[[Caller], str], str]] = [
    ("none", lambda _: "", "invalid_dpop_proof"),
    ("without a nonce", lambda c: c.proof(nonce=""), "use_dpop_nonce"),
    ("with a made-up nonce", lambda c: c.proof(nonce="abc"), "use_dpop_nonce"),
    ("for another address", lambda c: c.proof(url=f"{HELSEID}/connect/par"), "invalid_dpop_proof"),
    ("for no address", lambda c: c.proof(url="http://["), "invalid_dpop_proof"),
    ("by another alg", lambda c: c.proof(key=new_key("RS256"), alg="RS256"), ""),
    ("of last year", _old_proof, "invalid_dpop_proof"),
    ("another typ", lambda c: sign({}, c.proof_key, alg="ES256", typ="JWT"), "invalid_dpop_proof"),
    ("not a JWS", lambda _: "abc", "invalid_dpop_proof"),
]


@pytest.mark.parametrize(("name", "made", "error"), WRONG_PROOFS)
async def test_a_proof_is_checked(gp: Caller, name: str, made: Callable[[Caller], str], error: str) -> None:
    form = {"grant_type": "client_credentials", "scope": API_SCOPE}
    assert (await gp.token(form)).status_code == 200
    proof = made(gp)
    answer = await gp.post("token", form, **({"DPoP": proof} if proof else {}))
    assert (error_of(answer) if error else answer.status_code) == (error or 200)


async def test_a_proof_works_once(gp: Caller) -> None:
    form = {"grant_type": "client_credentials", "scope": API_SCOPE}
    await gp.token(form)
    proof = gp.proof()
    assert (await gp.post("token", form, DPoP=proof)).status_code == 200
    assert error_of(await gp.post("token", form, DPoP=proof)) == "invalid_dpop_proof"


def detail(parent: str, child: str) -> list[dict[str, Any]]:
    details = organisation_details(SOLVIK)
    identifier = details[0]["practitioner_role"]["organization"]["identifier"]
    identifier["value"] = f"NO:ORGNR:{parent}:{child}"
    return details


async def test_a_client_acts_only_for_its_organisations(gp: Caller) -> None:
    hospital = PEOPLE.organisation("fjordby-sykehus")
    wrong: list[object] = [
        detail(hospital.parent_number, hospital.number),
        detail(SOLVIK.parent_number, hospital.number),
        detail("1", "2"),
        [],
        "x",
        [{"type": "other"}],
    ]
    for details in wrong:
        form = {**gp.request(), "client_assertion": gp.assertion(authorization_details=details)}
        assert error_of(await gp.post("par", form)) == "invalid_request", details
    form = {**gp.request(), "client_assertion": gp.assertion(authorization_details=None)}
    assert error_of(await gp.post("par", form)) == "invalid_request"


async def test_an_organisation_without_its_point_of_care(gp: Caller) -> None:
    """HelseID lets a client leave the child out; the API must then refuse the token (T9)."""
    assertion = gp.assertion(authorization_details=detail(SOLVIK.parent_number, ""))
    await gp.token({"grant_type": "client_credentials", "scope": API_SCOPE})
    form = {"grant_type": "client_credentials", "scope": API_SCOPE, "client_assertion": assertion}
    claims = await verified(gp.http, HELSEID, (await gp.token(form)).json()["access_token"])
    assert claims[f"{CLAIM}client/claims/orgnr_parent"] == SOLVIK.parent_number
    assert f"{CLAIM}client/claims/orgnr_child" not in claims


async def test_a_parameter_twice_or_a_huge_body_is_refused(gp: Caller) -> None:
    form = "application/x-www-form-urlencoded"
    for content in (b"scope=a&scope=b", b"x=" + b"y" * 70_000):
        answer = await gp.http.post(f"{HELSEID}/connect/par", content=content, headers={"Content-Type": form})
        assert error_of(answer) == "invalid_request"
    answer = await gp.http.post(f"{HELSEID}/connect/token", json={})
    assert error_of(answer) == "invalid_request"


async def test_the_service_without_keys_is_told_so(http: httpx.AsyncClient) -> None:
    """Nothing listens at the service's address here, so its citizen client cannot be authenticated."""
    service = Caller(http, "helsekort")
    service.issuer = IDPORTEN
    refused = await service.post("par", service.request(redirect_uri=f"{SERVICE}/innlogget", scope="openid"))
    assert error_of(refused) == "invalid_client"
    assert "jwks.json" in refused.json()["error_description"]
