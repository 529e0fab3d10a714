"""Whatever is sent as an assertion, a proof or a key, the providers answer with a refusal and never fall over."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request

from helsekort.sandbox.clients import ASSERTION_TYPE
from helsekort.sandbox.oauth import OAuthError
from helsekort.sandbox.process import sandbox_app
from helsekort.sandbox.proofs import Nonces, ProofCheck
from helsekort.sandbox.signing import BadSignature, encode64, new_key, public_jwk, public_key, sign
from tests.flow.provider_caller import BASE, HELSEID, SERVICE

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    [
        "alg",
        "typ",
        "kid",
        "jwk",
        "kty",
        "crv",
        "x",
        "y",
        "n",
        "e",
        "iss",
        "sub",
        "aud",
        "jti",
        "iat",
        "htu",
        "htm",
    ]
)
members = st.dictionaries(names | st.text(max_size=5), values, max_size=8)
texts = st.text(max_size=60) | st.builds(
    lambda header, claims, signature: ".".join(
        [encode64(json.dumps(header).encode()), encode64(json.dumps(claims).encode()), encode64(signature)]
    ),
    members,
    members,
    st.binary(max_size=40),
)


@given(jwk=values | members)
def test_an_odd_jwk_is_no_key(jwk: object) -> None:
    with pytest.raises(BadSignature):
        public_key(jwk)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Starlette:
    return sandbox_app(base=BASE, service=SERVICE, data=tmp_path_factory.mktemp("sandbox"))


@settings(deadline=None)
@given(assertion=texts)
async def test_an_odd_assertion_is_refused(app: Starlette, assertion: str) -> None:
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        assert (await http.post(f"{HELSEID}/connect/par", data=form)).status_code == 401


KEY = new_key("ES256")
CHECK = ProofCheck(nonces=Nonces(secret=b"s", now=lambda: 1000.0), now=lambda: 1000.0)
URL = f"{HELSEID}/connect/token"


def proof_of(text: str) -> str | None:
    raw = [(b"dpop", text.encode("utf-8", "surrogatepass"))]
    request = Request({"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": raw})
    return CHECK.thumbprint(request, url=URL)


@given(text=texts)
def test_an_odd_proof_is_refused(text: str) -> None:
    with pytest.raises(OAuthError, match="invalid_dpop_proof"):
        proof_of(text)


@given(claims=st.dictionaries(names, values))
def test_an_odd_proof_is_refused_even_when_it_is_signed(claims: dict[str, Any]) -> None:
    signed = sign(claims, KEY, alg="ES256", typ="dpop+jwt", jwk=public_jwk(KEY))
    with pytest.raises(OAuthError):
        proof_of(signed)
