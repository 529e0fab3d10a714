"""Her pages over a real ledger and real sessions; only ID-porten and the person register are stood in for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.types import ASGIApp

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber, check_digits
from helsekort.basics.refusal import Kind, Refused
from helsekort.citizen.pages import build
from helsekort.citizen.settings import PageSettings
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sessions import Sessions
from helsekort.records.door import Door
from helsekort.records.register import RegisteredPerson

NOW = datetime(2026, 1, 21, 9, 30, tzinfo=UTC)


def number(first_nine: str) -> NationalIdentityNumber:
    """A synthetic number from its first nine digits."""
    digits = check_digits(first_nine)
    assert digits is not None
    return NationalIdentityNumber.parse(first_nine + digits, allow_synthetic=True)


@dataclass(frozen=True)
class Started:
    """A login that comes straight back."""

    address: str
    kept: bytes


class StraightBack:
    """ID-porten's part of the interface: whoever is next in line comes back at once, with the state that was sent."""

    def __init__(self) -> None:
        self.next: NationalIdentityNumber | None = None

    async def start(self) -> Started:
        return Started("/innlogget?state=sent", b"sent")

    async def finish(self, *, query: Mapping[str, str], kept: bytes) -> NationalIdentityNumber:
        if query.get("state", "").encode() != kept or self.next is None:
            raise Refused(Kind.UNAUTHENTICATED)
        return self.next


class Register:
    """The people the person register knows, by number."""

    def __init__(self) -> None:
        self.people: dict[NationalIdentityNumber, RegisteredPerson] = {}

    async def find(self, nin: NationalIdentityNumber) -> RegisteredPerson | None:
        return self.people.get(nin)


class World:
    """One small world: a clock that is set, the door, and the pages."""

    def __init__(self, *, ledger: Ledger, sessions: Sessions, base: str) -> None:
        self.now = NOW
        self.register, self.idporten = Register(), StraightBack()
        self.door = Door(ledger=ledger, find_person=self.register.find, new_id=new_id)
        self.pages: ASGIApp = build(
            door=self.door,
            sessions=sessions,
            idporten=self.idporten,
            find_person=self.register.find,
            clock=lambda: self.now,
            new_id=new_id,
            settings=PageSettings(
                public_bases=(base,), client_id="helsekort-innbygger", consent_text_version="2026-1"
            ),
        )

    def woman(
        self, name: str, first_nine: str, *, confidential: bool = False, deceased: bool = False
    ) -> NationalIdentityNumber:
        """A woman the person register knows; she is the next to log in."""
        nin = number(first_nine)
        self.register.people[nin] = RegisteredPerson(name, deceased, confidential)
        self.idporten.next = nin
        return nin

    def own_act(self, nin: NationalIdentityNumber, action: Action) -> Act:
        """An act of hers outside the browser."""
        actor = Actor(ActorKind.CITIZEN, self.register.people[nin].name, "helsekort-innbygger", nin)
        return Act(actor, action, nin, self.now, str(new_id()))

    def midwifes_act(self, nin: NationalIdentityNumber, action: Action, **more: object) -> Act:
        """An act of the midwife at Fjordby helsestasjon."""
        return Act(KARI, action, nin, self.now, str(new_id()), source_system="Fjord EPJ", **more)  # type: ignore[arg-type]


KARI = Actor(
    ActorKind.PRACTITIONER,
    "Kari Nordmann",
    "fjord-epj",
    hpr_number="9144889",
    role="JO",
    organisation=Organisation("964338531", "974767880", "Fjordby helsestasjon"),
)
