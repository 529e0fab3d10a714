"""ID-porten's part: the women and those who act for them log in, at the high level of assurance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helsekort.sandbox.people import Client, People, Woman
from helsekort.sandbox.profile import API_SCOPE, Choice, Grant, Profile

ACR = "idporten-loa-high"
SCOPES = frozenset({"openid", "profile", API_SCOPE})


def idporten_profile(
    people: People, *, alive: Callable[[Woman], bool], number_of: Callable[[str], str] = lambda nin: nin
) -> Profile:
    """The ID-porten-like provider; a woman who is registered as deceased has no electronic identity any more.

    `number_of` says which number whoever had a number has now.
    """
    persons = {person.key: person for person in people.citizens}

    def choices() -> tuple[Choice, ...]:
        able = (p for p in people.citizens if not isinstance(p, Woman) or alive(p))
        return tuple(Choice(person.key, person.name, person.story.nb) for person in able)

    def claims(grant: Grant) -> dict[str, Any]:
        return {
            "pid": number_of(persons[grant.person].nin),
            "acr": ACR,
            "amr": ["BankID"],
            "locale": "nb",
            "auth_time": grant.auth_time,
        }

    return Profile(
        key="idporten",
        title="Liksom-ID-porten",
        question="Hvem vil du logge inn som?",
        scopes=SCOPES,
        grant_types=("authorization_code",),
        choices=choices,
        tenant=lambda _client, _details: None,
        access_claims=claims,
        id_claims=claims,
        scopes_of=_scopes_of,
    )


def _scopes_of(client: Client) -> frozenset[str]:
    """Only the citizen portal's client may ask for API tokens; the service's own pages only log in."""
    return SCOPES if client.citizen_api else SCOPES - {API_SCOPE}
