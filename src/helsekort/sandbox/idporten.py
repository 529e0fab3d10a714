"""ID-porten's part: the women log in, at the high level of assurance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helsekort.sandbox.people import Client, People, Woman
from helsekort.sandbox.profile import API_SCOPE, Choice, Grant, Profile

ACR = "idporten-loa-high"
SCOPES = frozenset({"openid", "profile", API_SCOPE})


def idporten_profile(people: People, *, alive: Callable[[Woman], bool]) -> Profile:
    """The ID-porten-like provider; a woman who is registered as deceased has no electronic identity any more."""
    by_key = {woman.key: woman for woman in people.women}

    def claims(grant: Grant) -> dict[str, Any]:
        woman = by_key[grant.person]
        return {"pid": woman.nin, "acr": ACR, "amr": ["BankID"], "locale": "nb", "auth_time": grant.auth_time}

    return Profile(
        key="idporten",
        title="Liksom-ID-porten",
        question="Hvem vil du logge inn som?",
        scopes=SCOPES,
        grant_types=("authorization_code",),
        choices=lambda: tuple(Choice(w.key, w.name, w.story.nb) for w in people.women if alive(w)),
        tenant=lambda _client, _details: None,
        access_claims=claims,
        id_claims=claims,
        scopes_of=_scopes_of,
    )


def _scopes_of(client: Client) -> frozenset[str]:
    """Only the citizen portal's client may ask for API tokens; the service's own pages only log in."""
    return SCOPES if client.citizen_api else SCOPES - {API_SCOPE}
