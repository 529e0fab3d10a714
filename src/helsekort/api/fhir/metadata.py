"""What the API says of itself to anybody: the CapabilityStatement, where tokens come from, and the methods of an address."""

from __future__ import annotations

from functools import lru_cache

from helsekort.api.fhir.call import Api, Call
from helsekort.api.fhir.media import PLAIN_JSON
from helsekort.api.fhir.work import Open
from helsekort.api.http.answer import Answer
from helsekort.basics import strict_json
from helsekort.basics.refusal import Kind, Refused
from helsekort.fhir.capability import About, Endpoints, statement
from helsekort.maternity.uris import BASE

_DATE = "2026-11-21"
"""When what is offered last changed."""
_SECURITY = (
    "HelseID access tokens bound to a key (DPoP, RFC 9449) with the scope {scope}; ID-porten's for the woman herself. "
    "Every request needs a fresh proof. The headers nhn-source-system and nhn-user-role are those of the JSON contract; "
    "nhn-patient-nin may be left out where an id tells whose record it is. A national identity number never stands in an address."
)


async def capabilities(call: Call) -> Answer:
    """The CapabilityStatement of this service."""
    endpoints = await call.api.endpoints()
    return Answer(200, _statement(call.api, call.base, endpoints), (), call.content_type)


@lru_cache(maxsize=16)
def _statement(api: Api, base: str, endpoints: Endpoints | None) -> bytes:
    about = About(
        url=f"{base}/metadata",
        base=base,
        name="Helsekort",
        version=api.version,
        date=_DATE,
        guide=f"{BASE}/ImplementationGuide/helsekort",
        security=_SECURITY.format(scope=api.scope),
    )
    return strict_json.dump(statement(api.offering, api.searchable, about, endpoints))


async def smart_configuration(call: Call) -> Answer:
    """Where a client gets its tokens, as SMART App Launch 2.0 has it; raises SOURCE_DOWN where the provider does not say."""
    found = await call.api.endpoints()
    if found is None:
        raise Refused(Kind.SOURCE_DOWN)
    told = {
        "issuer": found.issuer,
        "jwks_uri": found.jwks,
        "authorization_endpoint": found.authorize,
        "token_endpoint": found.token,
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "scopes_supported": ["openid", call.api.scope],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["client-confidential-asymmetric", "permission-user"],
    }
    return Answer(200, strict_json.dump(told), (), PLAIN_JSON)


async def options(call: Call) -> Answer:
    """The methods of an address, which say nothing of anybody; its row tells them."""
    return Answer(204, b"", ((b"allow", call.route.interaction.encode("ascii")),))


ROUTES = (
    Open("GET", "/metadata", capabilities),
    Open("HEAD", "/metadata", capabilities),
    Open("GET", "/.well-known/smart-configuration", smart_configuration, "smart-configuration"),
    Open("HEAD", "/.well-known/smart-configuration", smart_configuration, "smart-configuration"),
)
