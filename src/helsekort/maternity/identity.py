"""The ids of a record's FHIR resources: each tells which record it is of and where in it, so that no index is needed.

FHIR R4 `id`: at most 64 letters, digits, hyphens and full stops. A UUID in an id is its 16 bytes in base32 (RFC 4648 section 6),
in lower case and without padding: 26 characters. What these ids tell is no more than the ids of the JSON contract tell.
"""

from __future__ import annotations

import re
from functools import lru_cache
from uuid import UUID

from helsekort.basics.ids import uuid_of
from helsekort.maternity.catalogue import CATALOGUE

RESOURCES = "resources"
"""The section of parts that hold one resource the JSON contract has no place for: their keys are `resources/<uuid>`."""

VISITS = "antenatalAppointments"
"""The section whose items are visits: each has an Encounter."""

RANDOM_BYTES = 5
_CODES = {section.code: section.name for section in CATALOGUE.sections.values()}
_LISTS = tuple(section.name for section in CATALOGUE.sections.values() if section.list)
_RECORD = "record"
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHORT = "[a-z2-7]{25}[aeimquy4]"  # 130 bits, the last two of them 0
_NUMBER = re.compile("[0-9]{1,15}")
_MADE = "fetus[1-9][0-9]{0,2}|hpr[0-9]{1,15}|org[0-9]{1,15}|hpr[0-9]{1,15}-org[0-9]{1,15}"
_ID = re.compile(
    f"(?P<record>{_SHORT})[.]"
    f"(?:(?P<item>{_SHORT})(?P<value>[.][a-z2-7]{{8}})?|(?P<section>{'|'.join(_CODES)})[.][a-z2-7]{{8}}|(?:{_MADE}))"
)
_is_short = re.compile(_SHORT).fullmatch
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)
"""Ten bits as two characters."""
_DIGITS = str.maketrans(_LETTERS, "0123456789abcdefghijklmnopqrstuv")  # of RFC 4648, of int()


@lru_cache(maxsize=1024)  # one request asks many times for its record's
def short(value: UUID) -> str:
    """A UUID in 26 characters.

    >>> short(UUID("017f22e2-79b0-7000-8000-000000000001"))
    'af7sfytzwbyabaaaaaaaaaaaae'
    """
    bits = value.int << 2
    return "".join([_PAIRS[bits >> at & 1023] for at in range(120, -1, -10)])


def unshort(text: str) -> UUID | None:
    """The UUID that 26 characters say, or None where they say none."""
    return _uuid(text) if _is_short(text) else None


def _uuid(text: str) -> UUID:
    return uuid_of(int(text.translate(_DIGITS), 32) >> 2)


def random_text(randomness: bytes) -> str:
    """Five random bytes as the eight characters that end the id of a value."""
    bits = int.from_bytes(randomness[-RANDOM_BYTES:], "big")
    return "".join([_PAIRS[bits >> at & 1023] for at in range(30, -1, -10)])


@lru_cache(maxsize=256)  # every value of a part asks for the same
def place(record: UUID, section: str, item: str) -> str:
    """What the ids of a part's values begin with; `item` is the id of the visit or measurement, where it is one."""
    own = CATALOGUE.sections[section]
    return f"{short(record)}.{short(UUID(item)) if own.list else own.code}."


def episode_id(record: UUID) -> str:
    """The EpisodeOfCare's id: the record's, as the JSON contract's `recordId`."""
    return str(record)


def visit_id(record: UUID, visit: UUID) -> str:
    """The id of a visit's Encounter."""
    return f"{short(record)}.{short(visit)}"


def value_id(record: UUID, section: str, item: str, randomness: bytes) -> str:
    """The id of a value in a part; `item` is the id of the visit or measurement, where it is one."""
    return place(record, section, item) + random_text(randomness)


def free_id(record: UUID, resource: UUID) -> str:
    """The id of a resource that the JSON contract has no place for; its part is `free_key(resource)`."""
    return f"{short(record)}.{short(resource)}"


def free_key(resource: UUID) -> str:
    """The key of the part with a resource that the JSON contract has no place for."""
    return f"{RESOURCES}/{resource}"


def fetus_id(record: UUID, number: int | str) -> str:
    """The id of a fetus's RelatedPerson, by its number in this pregnancy."""
    return f"{short(record)}.fetus{number}"


def practitioner_id(record: UUID, hpr_number: str) -> str:
    """The id of a Practitioner as this record knows them."""
    return f"{short(record)}.hpr{hpr_number}"


def organization_id(record: UUID, number: str) -> str:
    """The id of an Organization as this record knows it."""
    return f"{short(record)}.org{number}"


def role_id(record: UUID, hpr_number: str, number: str) -> str:
    """The id of a PractitionerRole: that practitioner in that organisation."""
    return f"{short(record)}.hpr{hpr_number}-org{number}"


def is_number(text: str) -> bool:
    """True for what can stand for a person or an organisation in an id: a number in a register."""
    return _NUMBER.fullmatch(text) is not None


@lru_cache(maxsize=4096)  # one request names her many times
def person_of(kind: str, id_: str) -> UUID | None:
    """The woman a Patient's id names; None where it is another kind, or no such id."""
    return UUID(id_) if kind == "Patient" and _UUID.fullmatch(id_) else None


def subscription_id(person: UUID, subscription: UUID) -> str:
    """The id of a Subscription: it is to whatever records a woman has."""
    return f"{short(person)}.{short(subscription)}"


def log_line_id(person: UUID, line: UUID) -> str:
    """The id of an AuditEvent: a line of a woman's log."""
    return f"{short(person)}.{short(line)}"


def of_person(id_: str) -> tuple[UUID, UUID] | None:
    """The woman that the id of a Subscription or an AuditEvent names, and which of hers it is."""
    head, _, tail = id_.partition(".")
    person, subscription = unshort(head), unshort(tail)
    return (person, subscription) if person and subscription else None


@lru_cache(maxsize=4096)
def record_of(kind: str, id_: str) -> UUID | None:
    """The record an id names; None for a Patient, who is not of one record, and for what is not an id of ours."""
    if kind == "Patient":
        return None
    if found := _ID.fullmatch(id_):
        return _uuid(found["record"])
    return UUID(id_) if kind in {"EpisodeOfCare", "Provenance"} and _UUID.fullmatch(id_) else None


@lru_cache(maxsize=4096)  # one request asks several times for the same
def parts_of(kind: str, id_: str) -> tuple[str, ...]:
    """The keys of the parts one of which holds the resource of that id, where it is stored at all.

    Empty for what is made from the whole record and never stored (Patient, RelatedPerson, Practitioner, Organization), and for
    what is not an id of ours. A Provenance has the id of its target and is made from the target's part.
    """
    found = _ID.fullmatch(id_)
    if kind == "Patient" or found is None:
        return (_RECORD,) if record_of(kind, id_) else ()
    _, item, value, section = found.groups()
    if section:
        return (_CODES[section],)
    if not item:
        return ()
    uuid = str(_uuid(item))
    if value:
        return tuple(f"{section}/{uuid}" for section in _LISTS)
    free = f"{RESOURCES}/{uuid}"
    return (f"{VISITS}/{uuid}", free) if kind in {"Encounter", "Provenance"} else (free,)
