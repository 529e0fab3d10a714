"""What an OpenID provider says of itself (OpenID Connect Discovery 1.0), believed only where it is the issuer's own word."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from helsekort.outside.wire import Service, source_down


class Metadata(msgspec.Struct, frozen=True):
    """The members of a discovery document that are used here."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str
    token_endpoint: str
    pushed_authorization_request_endpoint: str = ""


class KeySet(msgspec.Struct, frozen=True):
    """A JWK set (RFC 7517 section 5); each key is checked when it is read."""

    keys: list[dict[str, Any]]


async def discover(client: httpx.AsyncClient, issuer: str) -> Metadata:
    """The issuer's discovery document; raises Refused SOURCE_DOWN where it is not there or is not the issuer's."""
    service = Service(client, name=issuer, base=issuer)
    found = await service.get("/.well-known/openid-configuration", Metadata)
    if found is None or found.issuer != issuer:
        raise source_down(issuer, "has no discovery document of its own")
    return found


async def fetch_keys(client: httpx.AsyncClient, issuer: str) -> KeySet:
    """The issuer's key set, from the address its discovery document names, which must be the issuer's own."""
    found = await discover(client, issuer)
    keys = await Service(client, name=issuer, base=issuer).get_at(found.jwks_uri, KeySet)
    if keys is None:
        raise source_down(issuer, "has no keys where it says they are")
    return keys
