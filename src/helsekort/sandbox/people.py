"""The fictional people of the sandbox: women with stories, practitioners, organisations and EHR clients.

Their data file is checked as it is read: only synthetic identity numbers, valid organisation numbers, references that exist.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from helsekort.basics.nin import NationalIdentityNumber

Plan = Literal["nothing", "record", "terminated", "delivered", "withdrawn", "deceased"]
Ground = Literal["innsyn", "digitale-helsetjenester", "foreldre"]
AddressProtection = Literal["ugradert", "klientadresse", "fortrolig", "strengtFortrolig"]
_ORGANISATION_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)


class PeopleError(ValueError):
    """The data file has somebody who cannot be; the message says who and what."""


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence about a woman: English for scripts, bokmål for the pages."""

    en: str
    nb: str


class Woman(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fictional woman: what the person register says of her, and what the loader makes of her record.

    `week` and `days` are her gestation today, or when the pregnancy ended `ended_days_ago` days ago. `next_nin` is the number
    she can be given instead of her D-number, `other_nin` one under which she stands in the register as somebody else.
    """

    key: str
    name: str
    nin: str
    consents: bool
    plan: Plan
    story: Story
    week: int | None = None
    days: int = 0
    fetuses: int = 1
    ended_days_ago: int = 0
    address_protection: AddressProtection = "ugradert"
    next_nin: str = ""
    other_nin: str = ""

    @property
    def has_active_record(self) -> bool:
        """Whether she has an active record once the sandbox is loaded."""
        return self.plan in {"record", "deceased"}

    @property
    def keeps_consent(self) -> bool:
        """Whether she has a valid consent once the sandbox is loaded."""
        return self.consents and self.plan != "withdrawn"


class Relative(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody whom the representation register lets act for a woman, and on what ground."""

    key: str
    name: str
    nin: str
    acts_for: str
    ground: Ground
    story: Story


class Organisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A legal entity (hovedenhet) and a point of care below it (underenhet)."""

    key: str
    parent_number: str
    parent_name: str
    number: str
    name: str


class Practitioner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fictional practitioner; `authorisations` are the codes of Volven 9060 that HPR has."""

    key: str
    name: str
    nin: str
    hpr_number: str
    authorisations: list[str]
    organisation: str
    title: str


class Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A registered client of one of the two providers.

    `service`: the service's own citizen pages, whose keys are read from its JWKS. `citizen_api`: gets DPoP-bound citizen
    tokens for the API, as Helsenorge would. Keys of the others are registered when their simulator starts.
    """

    id: str
    key: str
    provider: Literal["helseid", "idporten"]
    name: str
    token_alg: Literal["RS256", "PS256", "ES256"]
    organisations: list[str] = []
    supplier: str = ""
    multi_tenant: bool = False
    citizen_api: bool = False
    service: bool = False


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    organisation: list[Organisation]
    practitioner: list[Practitioner]
    client: list[Client]
    woman: list[Woman]
    relative: list[Relative]


class People:
    """Everybody, found by key, number or name."""

    def __init__(self, content: _File) -> None:
        self.women = tuple(content.woman)
        self.relatives = tuple(content.relative)
        self.citizens: tuple[Woman | Relative, ...] = (*self.women, *self.relatives)
        self.practitioners = tuple(content.practitioner)
        self.organisations = tuple(content.organisation)
        self.clients = tuple(content.client)
        self._organisations = {o.key: o for o in self.organisations}
        _check(self)

    def organisation(self, key: str) -> Organisation:
        """The organisation with that key."""
        return self._organisations[key]

    def practitioner(self, key: str) -> Practitioner:
        """The practitioner with that key."""
        return next(p for p in self.practitioners if p.key == key)

    def client(self, key: str) -> Client:
        """The client with that key."""
        return next(c for c in self.clients if c.key == key)

    def woman(self, name: str) -> Woman | None:
        """The woman with that key, full name or first name, in any case; None where there is none."""
        wanted = name.casefold()
        return next((w for w in self.women if wanted in {w.key, w.name.casefold()}), None)


@cache
def fictional_people() -> People:
    """The sandbox's people, read and checked once."""
    raw = (files("helsekort.sandbox") / "people.toml").read_bytes()
    return People(msgspec.toml.decode(raw, type=_File))


def organisation_number_valid(number: str) -> bool:
    """True for nine digits with the modulus-11 check digit of Enhetsregisteret."""
    if len(number) != 9 or not (number.isascii() and number.isdigit()):
        return False
    remainder = -sum(int(d) * w for d, w in zip(number, _ORGANISATION_WEIGHTS, strict=False)) % 11
    return remainder == int(number[8])


def _check(people: People) -> None:
    numbers = [p.nin for p in people.citizens] + [p.nin for p in people.practitioners]
    numbers += [number for w in people.women for number in (w.next_nin, w.other_nin) if number]
    if not all(NationalIdentityNumber.parse(number, allow_synthetic=True).synthetic for number in numbers):
        raise PeopleError("Only synthetic identity numbers belong in the sandbox.")
    for organisation in people.organisations:
        if not all(map(organisation_number_valid, (organisation.parent_number, organisation.number))):
            raise PeopleError(f"{organisation.key}: an organisation number has a wrong check digit.")
    _check_unique("identity number", numbers)
    _check_unique("key", [p.key for p in people.citizens])
    _check_unique("client id", [c.id for c in people.clients])
    _check_references(people)


def _check_unique(what: str, values: list[str]) -> None:
    if len(set(values)) != len(values):
        raise PeopleError(f"Two people have the same {what}.")


def _check_references(people: People) -> None:
    known = {o.key for o in people.organisations}
    named = {p.organisation for p in people.practitioners}
    named |= {key for c in people.clients for key in [*c.organisations, *filter(None, [c.supplier])]}
    if named - known:
        raise PeopleError(
            f"Organisations that are named and not described: {', '.join(sorted(named - known))}."
        )
    if {relative.acts_for for relative in people.relatives} - {woman.key for woman in people.women}:
        raise PeopleError("A relative acts for somebody who is not described.")
