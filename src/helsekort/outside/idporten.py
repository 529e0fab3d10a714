"""ID-porten: the woman logs in to the pages at the high level (OpenID Connect with PAR, PKCE and private_key_jwt).

RFC 9126 (pushed request), RFC 7636 (PKCE), RFC 9207 (`iss` in the answer), OpenID Connect Core section 3.1.3.7 (ID token).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from helsekort.access.jose import (
    NotAccepted,
    PublicKey,
    algorithm_of,
    check_signature,
    encode,
    json_object,
    take_apart,
)
from helsekort.access.token import UnknownKey
from helsekort.basics.clock import Clock
from helsekort.basics.nin import InvalidNationalIdentityNumber, NationalIdentityNumber
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.outside.client_key import ClientKey
from helsekort.outside.discovery import Metadata, discover
from helsekort.outside.helseid import Keys
from helsekort.outside.remembered import Remembered
from helsekort.outside.wire import Service, origin, source_down

LEVEL = "idporten-loa-high"
LEEWAY = 5
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_TOKEN = 16 * 1024
T = TypeVar("T")


class _Pushed(msgspec.Struct, frozen=True):
    request_uri: str


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class _Started(msgspec.Struct, frozen=True):
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class LoginStart:
    """The address to send the browser to, and what to keep until it comes back: secret, bound to that browser, used once."""

    address: str
    kept: bytes


class IdPorten:
    """The pages' login. One object serves the process."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        issuer: str,
        client_id: str,
        redirect_uri: str,
        key: ClientKey,
        keys: Keys,
        clock: Clock,
        allow_synthetic: bool,
    ) -> None:
        self._remembered: Remembered[Metadata] = Remembered(
            lambda address: discover(client, address), clock=clock
        )
        self._service = Service(client, name="ID-porten", base=issuer)
        self._issuer = issuer
        self._client_id = client_id
        self._redirect_uri = redirect_uri
        self._key = key
        self._keys = keys
        self._clock = clock
        self._allow_synthetic = allow_synthetic

    async def start(self) -> LoginStart:
        """Announces a login; raises Refused SOURCE_DOWN."""
        started = _Started(*(secrets.token_urlsafe(32) for _ in range(3)))
        metadata = await self._metadata()
        _check_front_door(metadata, self._issuer)
        pushed = await self._post(
            metadata.pushed_authorization_request_endpoint, self._request(started), _Pushed
        )
        if pushed is None:
            raise source_down("ID-porten", "did not take the login of this service")
        query = urlencode({"client_id": self._client_id, "request_uri": pushed.request_uri})
        return LoginStart(f"{metadata.authorization_endpoint}?{query}", msgspec.json.encode(started))

    async def finish(self, *, query: Mapping[str, str], kept: bytes) -> NationalIdentityNumber:
        """Who came back. Raises Refused: UNAUTHENTICATED where the login is not hers or not good enough, SOURCE_DOWN."""
        started = msgspec.json.decode(kept, type=_Started)
        try:
            code = _code(query, started, self._issuer)
            return self._person(await self._claims(await self._id_token(code, started)), started)
        except NotAccepted as why:
            raise Refused(
                Kind.UNAUTHENTICATED, [Issue(f"The login was not accepted. {why}", "ID-porten")]
            ) from why

    async def _metadata(self) -> Metadata:
        found = await self._remembered.find(self._issuer)
        assert found is not None  # discover raises where there is none
        return found

    async def _id_token(self, code: str, started: _Started) -> str:
        metadata = await self._metadata()
        tokens = await self._post(metadata.token_endpoint, self._exchange(code, started), _Tokens)
        if tokens is None:
            raise NotAccepted("The code is used or too old.")
        return tokens.id_token

    def _request(self, started: _Started) -> dict[str, str]:
        return {
            "response_type": "code",
            "scope": "openid profile",
            "redirect_uri": self._redirect_uri,
            "state": started.state,
            "nonce": started.nonce,
            "code_challenge": encode(sha256(started.verifier.encode("ascii")).digest()),
            "code_challenge_method": "S256",
            "acr_values": LEVEL,
            "ui_locales": "nb",
            "prompt": "login",  # on a shared phone an earlier login lets nobody in
        }

    def _exchange(self, code: str, started: _Started) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": started.verifier,
        }

    async def _post(self, address: str, form: Mapping[str, str], shape: type[T]) -> T | None:
        now = self._clock().timestamp()
        assertion = self._key.assertion(client_id=self._client_id, audience=self._issuer, now=now)
        client = {
            "client_id": self._client_id,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        return await self._service.post_form(address, {**form, **client}, shape)

    async def _claims(self, id_token: str) -> dict[str, Any]:
        """The claims of an ID token that the issuer signed; its keys are fetched again where the key is new."""
        if len(id_token) > LONGEST_TOKEN:
            raise NotAccepted("The ID token is too long.")
        signed = take_apart(id_token)
        header = json_object(signed.header, "header")
        check_signature(signed, algorithm_of(header), await self._issuers_key(str(header.get("kid"))))
        return json_object(signed.payload, "payload")

    async def _issuers_key(self, kid: str) -> PublicKey:
        try:
            return self._keys.key_for(self._issuer, kid)
        except UnknownKey:
            await self._keys.refresh(self._issuer)
        try:
            return self._keys.key_for(self._issuer, kid)
        except UnknownKey as unknown:
            raise NotAccepted("The ID token's key is not the issuer's.") from unknown

    def _person(self, claims: Mapping[str, Any], started: _Started) -> NationalIdentityNumber:
        now = self._clock().timestamp()
        if claims.get("iss") != self._issuer or claims.get("aud") not in (self._client_id, [self._client_id]):
            raise NotAccepted("The ID token is not ID-porten's for this service.")
        if not _same(claims.get("nonce"), started.nonce):
            raise NotAccepted("The ID token is of another login.")
        expires, issued = claims.get("exp"), claims.get("iat")
        if (
            type(expires) is not int
            or type(issued) is not int
            or not issued - LEEWAY <= now < expires + LEEWAY
        ):
            raise NotAccepted("The ID token has expired, or is not valid yet.")
        if claims.get("acr") != LEVEL:
            raise NotAccepted("The login is not at the high level.")
        try:
            return NationalIdentityNumber.parse(str(claims.get("pid")), allow_synthetic=self._allow_synthetic)
        except InvalidNationalIdentityNumber as error:
            raise NotAccepted("The ID token has no valid identity number.") from error


def _check_front_door(metadata: Metadata, issuer: str) -> None:
    """The log-in page may be on another host of the provider, as ID-porten's is, but not without encryption."""
    address = metadata.authorization_endpoint
    if not address.startswith("https://") and origin(address) != origin(issuer):
        raise source_down("ID-porten", "named a log-in page that is not safe")


def _code(query: Mapping[str, str], started: _Started, issuer: str) -> str:
    """The code of the answer, where the answer is to this login and from this provider (RFC 9207)."""
    if not _same(query.get("state"), started.state):
        raise NotAccepted("The answer is to another login.")
    if query.get("iss") != issuer:
        raise NotAccepted("The answer is not from ID-porten.")
    if "error" in query or not query.get("code"):
        raise NotAccepted("The login was not completed.")
    return query["code"]


def _same(given: object, kept: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), kept.encode())
