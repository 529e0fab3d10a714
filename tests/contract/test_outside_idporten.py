"""The woman's login: the whole way through the sandbox's ID-porten, and every answer that must not log anybody in."""

from __future__ import annotations

import base64
import hashlib
import stat
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import jwt
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from helsekort.basics.clock import system_clock
from helsekort.basics.refusal import Kind, Refused
from helsekort.basics.startup import CannotStart
from helsekort.outside.client_key import ClientKey
from helsekort.outside.helseid import Keys
from helsekort.outside.idporten import IdPorten, LoginStart
from helsekort.sandbox.html_forms import form_with
from helsekort.sandbox.people import fictional_people
from tests.abuse.minting import Json, key, public_jwk, sign, without
from tests.contract.services import MISBEHAVING, Issuer, SetClock, client, issuer, sandbox
from tests.flow.serving import served

CLIENT, ANNE = "helsekort-innbygger", fictional_people().women[0]
Changed = Callable[[dict[str, str]], dict[str, str]]


@pytest.fixture(scope="module")
def client_key(tmp_path_factory: pytest.TempPathFactory) -> ClientKey:
    return ClientKey.in_folder(tmp_path_factory.mktemp("keys"), client_id=CLIENT)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client() as made:
        yield made


@dataclass(frozen=True)
class Login:
    """The pages' login at a provider that misbehaves on request."""

    idporten: IdPorten
    at: Issuer
    clock: SetClock

    async def started(self) -> tuple[LoginStart, dict[str, str]]:
        """A login that was started, and the answer that should come back."""
        start = await self.idporten.start()
        return start, {"code": "c", "state": self.at.forms[-1]["state"], "iss": self.at.base}

    def id_token(self, *, header: Json | None = None, private: Any = None, **changes: object) -> str:  # noqa: ANN401
        """An ID token for the login that was started last."""
        now = int(self.clock.now.timestamp())
        claims = {
            "iss": self.at.base,
            "aud": CLIENT,
            "sub": "a-woman",
            "iat": now,
            "exp": now + 120,
            "nonce": next(form["nonce"] for form in reversed(self.at.forms) if "nonce" in form),
            "acr": "idporten-loa-high",
            "pid": ANNE.nin,
            **changes,
        }
        head = {"alg": "ES256", "kid": "one", "typ": "JWT", **(header or {})}
        return sign(without(head), without(claims), private or key("ES256"), "ES256")


@pytest.fixture
async def login(http: httpx.AsyncClient, client_key: ClientKey) -> AsyncIterator[Login]:
    clock = SetClock()
    async with issuer() as at:
        at.keys = [{**public_jwk(key("ES256")), "kid": "one"}]
        yield Login(idporten_at(at.base, http, client_key, clock), at, clock)


def idporten_at(base: str, http: httpx.AsyncClient, client_key: ClientKey, clock: Any) -> IdPorten:  # noqa: ANN401
    return IdPorten(
        http,
        issuer=base,
        client_id=CLIENT,
        redirect_uri="http://127.0.0.1:8460/innlogget",
        key=client_key,
        keys=Keys(http, issuers=[base], clock=clock),
        clock=clock,
        allow_synthetic=True,
    )


async def test_anne_logs_in_at_the_sandbox(
    tmp_path: Path, http: httpx.AsyncClient, client_key: ClientKey
) -> None:
    jwks = JSONResponse(client_key.public_jwks())
    pages = Starlette(routes=[Route("/.well-known/jwks.json", jwks)])
    async with served(pages) as service, sandbox(tmp_path, service=service) as base:
        idporten = IdPorten(
            http,
            issuer=f"{base}/idporten",
            client_id=CLIENT,
            redirect_uri=f"{service}/innlogget",
            key=client_key,
            keys=Keys(http, issuers=[f"{base}/idporten"], clock=system_clock),
            clock=system_clock,
            allow_synthetic=True,
        )
        started = await idporten.start()
        query = await _chooses(ANNE.key, started.address, http)
        assert (await idporten.finish(query=query, kept=started.kept)).reveal() == ANNE.nin
        with pytest.raises(Refused) as refusal:
            await idporten.finish(query=query, kept=started.kept)
        assert refusal.value.kind is Kind.UNAUTHENTICATED


async def _chooses(person: str, address: str, http: httpx.AsyncClient) -> dict[str, str]:
    """Her part in the browser: what comes back with her."""
    form = form_with((await http.get(address)).text, "person")
    assert form is not None
    answer = await http.post(form.action, data={**form.fields, "person": person})
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


async def test_what_is_pushed_and_what_the_browser_carries(login: Login) -> None:
    start = await login.idporten.start()
    pushed = login.at.forms[-1]
    assert (pushed["response_type"], pushed["code_challenge_method"]) == ("code", "S256")
    assert pushed["prompt"] == "login"
    assert (pushed["acr_values"], pushed["scope"]) == ("idporten-loa-high", "openid profile")
    assert parse_qs(urlsplit(start.address).query) == {
        "client_id": [CLIENT],
        "request_uri": ["urn:request:1"],
    }
    for secret in (pushed["state"], pushed["nonce"]):
        assert len(secret) >= 43
        assert secret not in start.address
    assert login.at.forms[-1]["state"] != (await login.started())[1]["state"]


async def test_the_verifier_fits_the_challenge_and_every_assertion_is_new(
    login: Login, client_key: ClientKey
) -> None:
    start, query = await login.started()
    login.at.id_token = login.id_token()
    await login.idporten.finish(query=query, kept=start.kept)
    pushed, exchanged = login.at.forms[-2:]
    hashed = hashlib.sha256(exchanged["code_verifier"].encode()).digest()
    assert pushed["code_challenge"] == base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
    public = jwt.PyJWK(client_key.public_jwks()["keys"][0])
    read = [
        jwt.decode(
            form["client_assertion"],
            public,
            algorithms=["RS256"],
            audience=login.at.base,
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
        for form in (pushed, exchanged)
    ]
    assert {(claims["iss"], claims["sub"]) for claims in read} == {(CLIENT, CLIENT)}
    assert len({claims["jti"] for claims in read}) == 2
    assert all(0 < claims["exp"] - claims["iat"] <= 60 for claims in read)


ANSWERS: dict[str, Changed] = {
    "state of another login": lambda query: {**query, "state": "x" * 43},
    "no state": lambda query: {name: value for name, value in query.items() if name != "state"},
    "another provider": lambda query: {**query, "iss": "https://evil.example"},
    "no provider": lambda query: {name: value for name, value in query.items() if name != "iss"},
    "no code": lambda query: {name: value for name, value in query.items() if name != "code"},
    "an empty code": lambda query: {**query, "code": ""},
    "cancelled": lambda query: {**query, "error": "access_denied"},
    "half a character": lambda query: {**query, "state": "\udc80"},
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_to_something_else_logs_nobody_in(login: Login, name: str) -> None:
    start, query = await login.started()
    login.at.id_token = login.id_token()
    await _refused(login, start, ANSWERS[name](query))
    assert "/token" not in login.at.asked
    await login.idporten.finish(query=query, kept=start.kept)


ID_TOKENS: dict[str, dict[str, object]] = {
    "another issuer": {"iss": "https://evil.example"},
    "another service": {"aud": "another"},
    "two services": {"aud": [CLIENT, "another"]},
    "no audience": {"aud": None},
    "another login": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "nonce as a number": {"nonce": 1},
    "expired": {"exp": 1},
    "no exp": {"exp": None},
    "exp as text": {"exp": "9999999999"},
    "exp as true": {"exp": True},
    "from the future": {"iat": 9_999_999_999},
    "no iat": {"iat": None},
    "a lower level": {"acr": "idporten-loa-substantial"},
    "no level": {"acr": None},
    "no number": {"pid": None},
    "a number that is nobody's": {"pid": ANNE.nin[:-1] + str((int(ANNE.nin[-1]) + 1) % 10)},
    "alg none": {"header": {"alg": "none"}},
    "alg of a secret": {"header": {"alg": "HS256"}},
    "a key nobody knows": {"header": {"kid": "two"}},
    "no key": {"header": {"kid": None}},
    "signed by another": {"private": key("ES256", 2)},
}


@pytest.mark.parametrize("name", ID_TOKENS)
async def test_an_id_token_that_is_wrong_logs_nobody_in(login: Login, name: str) -> None:
    start, query = await login.started()
    login.at.id_token = login.id_token(**ID_TOKENS[name])  # type: ignore[arg-type]
    await _refused(login, start, query)
    login.at.id_token = login.id_token()
    found = await login.idporten.finish(query=query, kept=start.kept)
    assert found.reveal() == ANNE.nin


async def test_an_access_token_is_no_id_token(login: Login) -> None:
    start, query = await login.started()
    login.at.id_token = login.id_token(aud="nhn:maternity-record", nonce=None)
    await _refused(login, start, query)


async def test_a_code_that_is_declined_logs_nobody_in(login: Login) -> None:
    start, query = await login.started()
    login.at.answers["/token"] = JSONResponse({"error": "invalid_grant"}, 400)
    await _refused(login, start, query)


async def _refused(login: Login, start: LoginStart, query: dict[str, str]) -> None:
    with pytest.raises(Refused) as refusal:
        await login.idporten.finish(query=query, kept=start.kept)
    assert refusal.value.kind is Kind.UNAUTHENTICATED
    assert ANNE.nin not in str(refusal.value)


@pytest.mark.parametrize("how", MISBEHAVING)
@pytest.mark.parametrize("where", ["/.well-known/openid-configuration", "/par", "/token"])
async def test_a_provider_that_misbehaves_is_down(login: Login, where: str, how: str) -> None:
    if where == "/token":
        start, query = await login.started()
        login.at.answers[where] = MISBEHAVING[how]()
        with pytest.raises(Refused) as refusal:
            await login.idporten.finish(query=query, kept=start.kept)
    else:
        login.at.answers[where] = MISBEHAVING[how]()
        with pytest.raises(Refused) as refusal:
            await login.idporten.start()
    assert refusal.value.kind is Kind.SOURCE_DOWN


async def test_a_login_that_this_services_provider_declines_is_a_fault_of_ours(login: Login) -> None:
    login.at.answers["/par"] = JSONResponse({"error": "invalid_client"}, 400)
    with pytest.raises(Refused) as refusal:
        await login.idporten.start()
    assert refusal.value.kind is Kind.SOURCE_DOWN


@pytest.mark.parametrize(
    "member", ["pushed_authorization_request_endpoint", "token_endpoint", "authorization_endpoint"]
)
async def test_secrets_are_sent_to_the_provider_alone(login: Login, member: str) -> None:
    async with issuer() as canary:
        login.at.metadata = {member: f"{canary.base}/token"}
        with pytest.raises(Refused) as refusal:
            await _start_and_finish(login)
        assert refusal.value.kind is Kind.SOURCE_DOWN
        assert canary.asked == []


async def _start_and_finish(login: Login) -> None:
    start, query = await login.started()
    await login.idporten.finish(query=query, kept=start.kept)


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = ClientKey.in_folder(folder, client_id=CLIENT).public_jwks()
    assert ClientKey.in_folder(folder, client_id=CLIENT).public_jwks() == first
    path = folder / f"{CLIENT}.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in folder.iterdir()] == [path.name]
    (jwk,) = first["keys"]
    assert set(jwk) == {"kty", "n", "e", "kid", "use", "alg"}


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n", b"\x00"]
)
def test_a_key_file_that_is_none_stops_the_start(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"{CLIENT}.pem").write_bytes(content)
    (tmp_path / f"{CLIENT}.pem").chmod(0o600)
    with pytest.raises(CannotStart):
        ClientKey.in_folder(tmp_path, client_id=CLIENT)


def test_a_key_that_everybody_can_read_stops_the_start(tmp_path: Path) -> None:
    ClientKey.in_folder(tmp_path, client_id=CLIENT)
    (tmp_path / f"{CLIENT}.pem").chmod(0o644)
    with pytest.raises(CannotStart, match="chmod 600"):
        ClientKey.in_folder(tmp_path, client_id=CLIENT)


def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(CannotStart):
        ClientKey.in_folder(tmp_path / "keys", client_id=CLIENT)
