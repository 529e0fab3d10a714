"""What differs between the two providers: who can log in, which scopes there are, and what their tokens say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from helsekort.sandbox.attestation import Attested
from helsekort.sandbox.people import Client

AUDIENCE = "nhn:maternity-record"
API_SCOPE = "nhn:maternity-record/api"


@dataclass(frozen=True, slots=True)
class Tenant:
    """The organisation a client acts for: numbers of the legal entity and the point of care (may be missing), its supplier."""

    parent: str
    child: str
    supplier: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One person on the log-in page."""

    key: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is made from: client, scopes, and for a user the person who logged in. `person` is empty for a machine."""

    client: Client
    scopes: tuple[str, ...]
    tenant: Tenant | None
    person: str = ""
    nonce: str = ""
    auth_time: int = 0
    dpop_jkt: str = ""
    attested: Attested | None = None

    @property
    def for_api(self) -> bool:
        """Whether the access token is for the maternity record's API."""
        return API_SCOPE in self.scopes


@dataclass(frozen=True, slots=True)
class Profile:
    """One provider's rules. `tenant` reads the organisation out of `authorization_details`."""

    key: str
    title: str
    question: str
    scopes: frozenset[str]
    grant_types: tuple[str, ...]
    choices: Callable[[], tuple[Choice, ...]]
    tenant: Callable[[Client, object], Tenant | None]
    access_claims: Callable[[Grant], dict[str, Any]]
    id_claims: Callable[[Grant], dict[str, Any]]
    scopes_of: Callable[[Client], frozenset[str]]
