"""Her pages over a real ledger and real sessions; only ID-porten and the person register are stood in for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from starlette.types import Receive, Scope, Send

from helsekort.access.act import Act, Action
from helsekort.access.act import Representation as Ground
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.access.limits import Allowances
from helsekort.access.switch import Off
from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber, check_digits
from helsekort.basics.refusal import Kind, Refused
from helsekort.citizen.pages import build
from helsekort.citizen.settings import PageSettings
from helsekort.fhir.shapes import Json
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.sessions import Sessions
from helsekort.maternity.card import (
    Stamp,
    author_of,
    create_record,
    enter_in_error,
    post_section,
    update_status,
)
from helsekort.maternity.redaction import for_proposal, redact_in_turns
from helsekort.outside.representation import Representation
from helsekort.records.door import Door
from helsekort.records.register import RegisteredPerson
from tests.admitting import PATIENT_TESTS, admitting
from tests.flow.serving import served

NOW = datetime(2026, 1, 21, 9, 30, tzinfo=UTC)
CLIENT = "helsekort-innbygger"
KARI = Actor(
    ActorKind.PRACTITIONER,
    "Kari Nordmann",
    "fjord-epj",
    hpr_number="9144889",
    role="JO",
    organisation=Organisation("964338531", "974767880", "Fjordby helsestasjon"),
)
LARS = Actor(
    ActorKind.PRACTITIONER,
    "Lars Holm",
    "storgata-epj",
    hpr_number="9144897",
    role="LE",
    organisation=Organisation("987654325", "912345672", "Storgata legekontor"),
)


def number(first_six: str) -> NationalIdentityNumber:
    """A synthetic number of a date of birth (with month + 80): the first individual number that has check digits."""
    for individual in range(100, 999):
        digits = check_digits(f"{first_six}{individual}")
        if digits is not None:
            return NationalIdentityNumber.parse(f"{first_six}{individual}{digits}", allow_synthetic=True)
    raise AssertionError


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


class World:
    """One small world: a clock that is set, a door, women, the midwife Kari and the doctor Lars, and the pages."""

    def __init__(
        self, *, ledger: Ledger, sessions: Sessions, base: str, allowances: Allowances = PATIENT_TESTS
    ) -> None:
        self.now, self.base, self.ledger, self.sessions = NOW, base, ledger, sessions
        self.people: dict[NationalIdentityNumber, RegisteredPerson] = {}
        self.idporten = StraightBack()
        self.off: Off | None = frozenset()  # the switch
        self.powers: dict[NationalIdentityNumber, list[Representation]] = {}
        self._broken_powers: Refused | None = None
        self._broken: Callable[[NationalIdentityNumber], Awaitable[None]] | None = None
        self.door = Door(
            ledger=ledger,
            find_person=self.find,
            new_id=new_id,
            redact=redact_in_turns,
            for_proposal=for_proposal,
        )
        self.pages = build(
            door=self.door,
            admission=admitting(ledger, off=lambda: self.off, allowances=allowances),
            sessions=sessions,
            idporten=self.idporten,
            find_person=self.find,
            find_represented=self.find_represented,
            clock=lambda: self.now,
            new_id=new_id,
            settings=PageSettings((base,), CLIENT, "2026-1"),
        )

    async def find(self, nin: NationalIdentityNumber) -> RegisteredPerson | None:
        """What the person register knows."""
        if self._broken is not None:
            await self._broken(nin)
        return self.people.get(nin)

    async def find_represented(self, nin: NationalIdentityNumber) -> list[Representation]:
        """What the representation register knows."""
        if self._broken_powers is not None:
            raise self._broken_powers
        return self.powers.get(nin, [])

    def gives_power(
        self,
        woman: NationalIdentityNumber,
        to: NationalIdentityNumber,
        ground: Ground = Ground.HEALTH_INFORMATION,
    ) -> None:
        """She gives somebody a power of attorney, or a register says somebody is her parent."""
        self.powers.setdefault(to, []).append(Representation(woman, self.people[woman].name, ground))

    def break_powers(self) -> None:
        """From now on, the representation register does not answer."""
        self._broken_powers = Refused(Kind.SOURCE_DOWN)

    def break_register(self, fault: Callable[[NationalIdentityNumber], Awaitable[None]]) -> None:
        """From now on, asking the person register does this first."""
        self._broken = fault

    def woman(self, name: str, first_six: str, *, confidential: bool = False) -> NationalIdentityNumber:
        """A woman the person register knows; she is the next to log in."""
        nin = number(first_six)
        self.people[nin] = RegisteredPerson(name, deceased=False, confidential_address=confidential)
        self.idporten.next = nin
        return nin

    async def consents(self, nin: NationalIdentityNumber, *, days_ago: int = 90) -> None:
        """She gives consent."""
        await self.door.give_consent(
            self.act_of_her(nin, Action.GIVE_CONSENT, days_ago), text_version="2026-1"
        )

    async def withdraws(self, nin: NationalIdentityNumber, *, days_ago: int = 1) -> None:
        """She withdraws it."""
        await self.door.withdraw_consent(self.act_of_her(nin, Action.WITHDRAW_CONSENT, days_ago))

    async def has_record(
        self, nin: NationalIdentityNumber, body: Json, *, by: Actor = KARI, days_ago: int = 60
    ) -> UUID:
        """A practitioner creates her record."""
        act = self.act_of(by, Action.CREATE_RECORD, nin, days_ago)
        record, _ = await self.door.create(act, create_record(body, self.stamp(act)))
        return record

    async def gets(
        self,
        nin: NationalIdentityNumber,
        record: UUID,
        section: str,
        body: Json,
        *,
        by: Actor = KARI,
        days_ago: int = 5,
    ) -> UUID:
        """A practitioner registers a section, visit or measurement; returns its id."""
        act = replace(self.act_of(by, Action.WRITE_SECTION, nin, days_ago), record=record, section=section)
        commit = await self.door.write(act, post_section(section, body, self.stamp(act)))
        key = next(key for key in commit.parts if key.startswith(section))
        return UUID(key.rpartition("/")[2]) if "/" in key else record

    async def marks_in_error(
        self, nin: NationalIdentityNumber, record: UUID, section: str, item: UUID
    ) -> None:
        """The midwife marks a visit or measurement as entered in error."""
        act = replace(self.act_of(KARI, Action.ENTER_IN_ERROR, nin, 4), record=record, section=section)
        await self.door.write(act, enter_in_error(section, item, self.stamp(act)))

    async def ends(self, nin: NationalIdentityNumber, record: UUID, body: Json) -> None:
        """The midwife ends the record."""
        act = replace(self.act_of(KARI, Action.UPDATE_STATUS, nin, 2), record=record)
        await self.door.write(act, update_status(body, self.stamp(act)))

    def act_of(self, actor: Actor, action: Action, nin: NationalIdentityNumber, days_ago: int = 3) -> Act:
        """An act of a practitioner."""
        at = self.now - timedelta(days=days_ago)
        return Act(actor, action, nin, at, str(new_id()), source_system="Fjord EPJ")

    def act_of_her(self, nin: NationalIdentityNumber, action: Action, days_ago: int = 0) -> Act:
        """An act of hers outside the browser."""
        actor = Actor(ActorKind.CITIZEN, self.people[nin].name, CLIENT, nin)
        return Act(actor, action, nin, self.now - timedelta(days=days_ago), str(new_id()))

    def stamp(self, act: Act) -> Stamp:
        """When and by whom an act writes."""
        return Stamp(act.at, author_of(act), new_id)


@asynccontextmanager
async def a_world(
    database_url: str, keyring: Keyring, *, allowances: Allowances = PATIENT_TESTS
) -> AsyncIterator[World]:
    """A world on a database of its own, served over HTTP."""
    ledger = await Ledger.open(database_url, keyring, new_id=new_id)
    sessions = await Sessions.connect(database_url, hash_of=keyring.hash_of)
    made: list[World] = []

    async def pages(scope: Scope, receive: Receive, send: Send) -> None:
        await made[0].pages(scope, receive, send)

    async with served(pages) as base:
        made.append(World(ledger=ledger, sessions=sessions, base=base, allowances=allowances))
        yield made[0]
    await sessions.close()
    await ledger.close()
