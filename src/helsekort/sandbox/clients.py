"""Who may ask a provider for tokens, and with which keys: private_key_jwt (RFC 7523) as HelseID and ID-porten ask for it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc.jwk import Key

from helsekort.sandbox.oauth import OAuthError, Once, Seconds
from helsekort.sandbox.people import Client
from helsekort.sandbox.signing import ALGORITHMS, BadSignature, Signed, public_key, unverified, verify

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_TYPS = ("client-authentication+jwt", "JWT")
MAX_LIFETIME, LEEWAY = 60, 5
KEYS_KEPT = 20

FetchKeys = Callable[[], Awaitable[list[dict[str, Any]]]]
"""Reads the service's own JWKS for its citizen client."""


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A client that has shown its key, and the claims it signed."""

    client: Client
    claims: dict[str, Any]


class Clients:
    """The clients of one provider and the public keys registered for each."""

    def __init__(
        self, clients: tuple[Client, ...], *, fetch_service_keys: FetchKeys, service_base: str
    ) -> None:
        self._clients = {client.id: client for client in clients}
        self._keys: defaultdict[str, deque[Key]] = defaultdict(lambda: deque(maxlen=KEYS_KEPT))
        self._fetch_service_keys = fetch_service_keys
        self.service_base = service_base

    def find(self, client_id: str) -> Client | None:
        """The client registered under that id."""
        return self._clients.get(client_id)

    def register_key(self, client_id: str, jwk: object) -> str:
        """Registers a public key for a client, as a vendor does in self-service; returns its thumbprint."""
        key = public_key(jwk)
        self._keys[client_id].append(key)
        return key.thumbprint()

    async def keys(self, client: Client) -> list[Key]:
        """The client's public keys, newest first."""
        if client.service:
            return [public_key(jwk) for jwk in await self._fetch_service_keys()]
        return list(reversed(self._keys[client.id]))

    def redirect_allowed(self, client: Client, uri: str) -> bool:
        """The service's own page /innlogget for its client; for the others /callback on any loopback port (RFC 8252 7.3)."""
        try:
            where, port = urlsplit(uri), urlsplit(uri).port
        except ValueError:
            return False
        if (
            where.scheme != "http"
            or where.hostname not in {"127.0.0.1", "localhost"}
            or where.query
            or where.fragment
        ):
            return False
        if client.service:
            return port == urlsplit(self.service_base).port and where.path == "/innlogget"
        return where.path == "/callback"


class ClientAuthentication:
    """Checks a client assertion: who, for whom, how long, and only once."""

    def __init__(self, *, issuer: str, clients: Clients, now: Seconds) -> None:
        self._issuer = issuer
        self._clients = clients
        self._now = now
        self._once = Once(now=now)

    async def authenticate(self, form: dict[str, str]) -> Authenticated:
        """The client behind a request; raises `invalid_client` with what is wrong."""
        if form.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in form:
            raise _refused(
                "authenticate with private_key_jwt: client_assertion and its client_assertion_type"
            )
        try:
            client, signed = await self._signed(form["client_assertion"])
        except BadSignature as error:
            raise _refused(f"client_assertion: {error}") from error
        if form.get("client_id", client.id) != client.id:
            raise _refused("client_id is not the client that signed the assertion")
        self._check(client, signed)
        return Authenticated(client, signed.claims)

    async def _signed(self, assertion: str) -> tuple[Client, Signed]:
        seen = unverified(assertion)
        if seen.header.get("alg") not in ALGORITHMS or seen.header.get("typ") not in ASSERTION_TYPS:
            raise BadSignature("typ is client-authentication+jwt (or JWT), alg one of RS, PS, ES 256-512")
        client = self._clients.find(str(seen.claims.get("sub")))
        if client is None:
            raise BadSignature("no such client")
        for key in await self._clients.keys(client):
            try:
                return client, verify(assertion, key)
            except BadSignature:
                continue  # the next registered key may be the one
        raise BadSignature("it is not signed by a key registered for the client")

    def _check(self, client: Client, signed: Signed) -> None:
        claims, now = signed.claims, self._now()
        if claims.get("iss") != client.id:
            raise _refused("iss and sub are both the client id")
        if claims.get("aud") not in (self._issuer, [self._issuer]):
            raise _refused(f"aud is the issuer and nothing else: {self._issuer}")
        issued, expires = (_moment(claims, name) for name in ("iat", "exp"))
        if not issued - LEEWAY <= now <= expires + LEEWAY or expires - issued > MAX_LIFETIME:
            raise _refused(f"iat and exp lie around now, at most {MAX_LIFETIME} seconds apart")
        if "nbf" in claims and _moment(claims, "nbf") > now + LEEWAY:
            raise _refused("nbf is in the future")
        jti = claims.get("jti")
        if (
            not isinstance(jti, str)
            or not jti
            or not self._once.first_use(client.id, jti, until=expires + LEEWAY)
        ):
            raise _refused("jti is a text used once")


def _moment(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(f"{name} is a number of seconds")
    return float(value)


def _refused(description: str) -> OAuthError:
    return OAuthError("invalid_client", description, status=401)
