"""HelseID's part: practitioners log in, tokens say who they are and which organisation the client acts for.

Claim names and the organisation structure are those of HelseID's public documentation and samples.
"""

from __future__ import annotations

import re
from typing import Any

from helsekort.sandbox.attestation import Attested, emitted
from helsekort.sandbox.oauth import OAuthError
from helsekort.sandbox.people import Client, Organisation, People
from helsekort.sandbox.profile import API_SCOPE, Choice, Grant, Profile, Tenant

CLAIM = "helseid://claims/"
SCOPES = frozenset(
    {
        "openid",
        "profile",
        "offline_access",
        "helseid://scopes/identity/pid",
        "helseid://scopes/identity/security_level",
        "helseid://scopes/hpr/hpr_number",
        "helseid://scopes/client/info",
        API_SCOPE,
    }
)
ORGANISATION_SYSTEMS = (
    "urn:oid:1.0.6523",
    "urn:oid:2.16.578.1.12.4.1.2.101",
    "urn:oid:2.16.578.1.12.4.1.4.101",
)
_ORGANISATION = re.compile(r"NO:ORGNR:(\d{9}):(\d{9})?")


def helseid_profile(people: People) -> Profile:
    """The HelseID-like provider."""
    return Profile(
        key="helseid",
        title="Liksom-HelseID",
        question="Hvem logger inn i journalsystemet?",
        scopes=SCOPES,
        grant_types=("authorization_code", "client_credentials", "refresh_token"),
        choices=lambda: tuple(Choice(p.key, p.name, p.title) for p in people.practitioners),
        tenant=lambda client, details: tenant_of(client, details, people),
        access_claims=lambda grant: {
            **client_claims(grant),
            **person_claims(grant, people),
            **attestation_claims(grant, people),
        },
        id_claims=lambda grant: person_claims(grant, people),
        scopes_of=lambda _client: SCOPES,
    )


def tenant_of(client: Client, details: object, people: People) -> Tenant:
    """The organisation of `authorization_details` type helseid_authorization; a single-tenant client has it registered."""
    supplier = people.organisation(client.supplier).number if client.supplier else ""
    allowed = [people.organisation(key) for key in client.organisations]
    if details is None:
        if client.multi_tenant:
            raise OAuthError(
                "invalid_request", "a multi-tenant client names its organisation in authorization_details"
            )
        return Tenant(allowed[0].parent_number, allowed[0].number, supplier)
    parent, child = _numbers(details)
    if not any(_covers(organisation, parent, child) for organisation in allowed):
        raise OAuthError("invalid_request", "the client is not registered for that organisation")
    return Tenant(parent, child, supplier)


def practitioner_grant(
    people: People, client: str, practitioner: str, *, attested: Attested | None = None
) -> Grant:
    """What a practitioner's token is made from, without logging in: for tokens that tests mint."""
    registered = people.client(client)
    organisation = people.organisation(registered.organisations[0])
    supplier = people.organisation(registered.supplier).number if registered.supplier else ""
    tenant = Tenant(organisation.parent_number, organisation.number, supplier)
    return Grant(registered, ("openid", "profile", API_SCOPE), tenant, practitioner, attested=attested)


def client_claims(grant: Grant) -> dict[str, Any]:
    """What a token says of the client: its name and the organisation it acts for."""
    tenant = grant.tenant
    assert tenant is not None  # every HelseID client acts for an organisation
    claims = {
        f"{CLAIM}client/client_name": grant.client.name,
        f"{CLAIM}client/claims/orgnr_parent": tenant.parent,
    }
    if tenant.child:
        claims[f"{CLAIM}client/claims/orgnr_child"] = tenant.child
    if tenant.supplier:
        claims[f"{CLAIM}client/claims/orgnr_supplier"] = tenant.supplier
    return claims


def person_claims(grant: Grant, people: People) -> dict[str, Any]:
    """What a token says of the practitioner; nothing for a machine."""
    if not grant.person:
        return {}
    practitioner = people.practitioner(grant.person)
    return {
        "name": practitioner.name,
        "idp": "liksom-idporten",
        f"{CLAIM}identity/pid": practitioner.nin,
        f"{CLAIM}identity/security_level": "4",
        f"{CLAIM}identity/assurance_level": "high",
        f"{CLAIM}hpr/hpr_number": practitioner.hpr_number,
    }


def attestation_claims(grant: Grant, people: People) -> dict[str, Any]:
    """The attestation with the practitioner's numbers filled in from the login; nothing where none was sent."""
    if grant.attested is None:
        return {}
    practitioner = people.practitioner(grant.person) if grant.person else None
    return {"authorization_details": emitted(grant.attested, practitioner)}


def _covers(organisation: Organisation, parent: str, child: str) -> bool:
    return organisation.parent_number == parent and child in {organisation.number, ""}


def _numbers(details: object) -> tuple[str, str]:
    entry = details[0] if isinstance(details, list) and len(details) == 1 else details
    try:
        assert isinstance(entry, dict)
        identifier = entry["practitioner_role"]["organization"]["identifier"]
        found = _ORGANISATION.fullmatch(identifier["value"])
        right = entry["type"] == "helseid_authorization" and identifier["system"] in ORGANISATION_SYSTEMS
    except (AssertionError, KeyError, TypeError, IndexError):
        right, found = False, None
    if not right or found is None:
        raise OAuthError(
            "invalid_request",
            "authorization_details: one helseid_authorization with practitioner_role.organization.identifier "
            "{system urn:oid:1.0.6523, type ENH, value NO:ORGNR:<parent>:<child>}",
        )
    return found[1], found[2] or ""
