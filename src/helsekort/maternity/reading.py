"""The card as it is read: every registered value with its field, and who registered it and when. Nothing is judged.

What is not registered has no entry: it is shown as "Ikke registrert", never as "nei". What was entered in error is left out of
the values and listed by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from helsekort.access.wishes import SENSITIVE
from helsekort.maternity.catalogue import CATALOGUE, HELSENORGE_SECTIONS
from helsekort.maternity.due_dates import Told, due_dates
from helsekort.maternity.fields import Field
from helsekort.maternity.identity import RESOURCES, VISITS
from helsekort.maternity.moments import day_of
from helsekort.maternity.others import Other, read_others
from helsekort.maternity.part import Part, decode, decode_json
from helsekort.maternity.registering import Registered, registered
from helsekort.maternity.resources import slot_of, value_of
from helsekort.maternity.sensitive_text import is_sensitive_text
from helsekort.maternity.values import Normal, TextValue

HEIGHTS = "symphysisFundalHeights"


@dataclass(frozen=True, slots=True)
class Entry:
    """One registered value.

    `field` has its labels, unit and visibility class; `value` is in its normal form; `item` tells which fetus ("1") or which
    item of an array it belongs to; `part` is the key of the section, visit or measurement.
    """

    field: Field
    value: Normal
    registered: Registered
    item: str = ""
    part: str = ""

    @property
    def sensitive(self) -> bool:
        """True for what stays closed until she opens it: a sensitive field, or a text with sensitive words in any field."""
        return self.field.visibility in SENSITIVE or (
            isinstance(self.field.value, TextValue) and is_sensitive_text(self.value)
        )

    @property
    def fetus(self) -> int | None:
        """The fetus's number, where the value is a fetus's."""
        return int(self.item) if self.field.scope == "fetus" and self.item.isdigit() else None


@dataclass(frozen=True, slots=True)
class CardSection:
    """One of Helsenorge's ten sections: what is registered, in the catalogue's order, and the fields that are not."""

    title: str
    entries: tuple[Entry, ...]
    missing: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A visit or a measurement: its values by field name, and those of each fetus. `by` is who last changed it, and when."""

    id: str
    entries: tuple[Entry, ...]
    by: Registered
    version: int

    def entry(self, name: str) -> Entry | None:
        """The entry of a field by its name in the section, such as "bloodPressure"; the first where fetuses have one each."""
        return next((one for one in self.entries if one.field.name.rpartition(".")[2] == name), None)

    def of_fetus(self, item: str) -> tuple[Entry, ...]:
        """The entries of one fetus."""
        return tuple(one for one in self.entries if one.item == item)

    @property
    def fetuses(self) -> tuple[str, ...]:
        """Which fetuses it tells of, in order."""
        return tuple(dict.fromkeys(one.item for one in self.entries if one.item))


@dataclass(frozen=True, slots=True)
class InError:
    """A visit or measurement that was entered in error: what it was, when, and who marked it."""

    section: str
    id: str
    day: str
    by: Registered


@dataclass(frozen=True, slots=True)
class Card:
    """One record for reading. `due_dates` are all there are, in the order they are shown, each with who registered it.

    `others` is what stands in no field that the card shows: home measurements, and what other systems have sent beside it.
    """

    status: Entry | None
    sections: tuple[CardSection, ...]
    visits: tuple[Row, ...]
    heights: tuple[Row, ...]
    due_dates: tuple[Told, ...]
    in_error: tuple[InError, ...]
    entries: tuple[Entry, ...]
    others: tuple[Other, ...] = ()

    def entry(self, key: str, item: str = "") -> Entry | None:
        """The entry of a field by its key, such as "clinicalTests.hemoglobin"; None where nothing is registered."""
        return next((one for one in self.entries if one.field.key == key and one.item == item), None)


def read_card(parts: Mapping[str, bytes]) -> Card:
    """The card of a record's stored parts; what the JSON contract has no place for stands by itself, among `others`."""
    everything = {key: decode(stored) for key, stored in sorted(parts.items())}
    decoded = {key: part for key, part in everything.items() if part.section != RESOURCES}
    valid = {key: part for key, part in decoded.items() if not part.error}
    entries = tuple(entry for key, part in valid.items() for entry in _entries(key, part))
    others = read_others(part for part in everything.values() if not part.error)
    return Card(
        status=next((one for one in entries if one.field.key == "record.status"), None),
        sections=tuple(_section(title, entries) for title in HELSENORGE_SECTIONS),
        visits=_rows(valid, VISITS, "appointmentDate"),
        heights=_rows(valid, HEIGHTS, "measurementDate"),
        due_dates=due_dates(
            {one.field.key: (one.value, one.registered) for one in reversed(entries) if not one.item},
            (part for part in everything.values() if not part.error),
        ),
        in_error=tuple(_in_error(part) for part in decoded.values() if part.error),
        entries=entries,
        others=others,
    )


_ORDER = {key: place for place, key in enumerate(CATALOGUE.fields)}


def _entries(key: str, part: Part) -> list[Entry]:
    found = []
    for resource in part.resources:
        slot = slot_of(resource)
        field = CATALOGUE.fields.get(slot.key)
        value = None if field is None else value_of(field, resource)
        if field is not None and value is not None:
            found.append(Entry(field, value, registered(resource), slot.item, key))
    return sorted(found, key=lambda one: (one.item, _ORDER[one.field.key]))


def _section(title: str, entries: Iterable[Entry]) -> CardSection:
    own = tuple(one for one in entries if one.field.helsenorge == title)
    known = {one.field.key for one in own}
    asked = (one for one in CATALOGUE.fields.values() if one.helsenorge == title and one.in_contract)
    return CardSection(
        title, own, tuple(one for one in asked if one.key not in known and one.type != "fetus-number")
    )


def _rows(parts: Mapping[str, Part], section: str, dated_by: str) -> tuple[Row, ...]:
    """Visits or measurements in the order of their dates; those without a date last, in the order they were registered."""
    rows = [
        Row(part.id, tuple(_entries(key, part)), _by(part), part.version)
        for key, part in parts.items()
        if part.section == section
    ]
    return tuple(sorted(rows, key=lambda row: _day(row.entry(dated_by))))


def _day(entry: Entry | None) -> str:
    return str(entry.value) if entry else "9999"


def _by(part: Part) -> Registered:
    """Who last changed the part as a whole, from its lastUpdatedBy."""
    return Registered(
        name=part.by.get("name") or "",
        role=part.by.get("hprRole") or "",
        organisation=part.by.get("orgName") or "",
        at=part.at,
        by_herself=part.by.get("userType") == "CITIZEN",
    )


def _in_error(part: Part) -> InError:
    shown = decode_json(bytes(part.v1))  # its resources may have been deleted by FHIR
    dates = (day_of(shown.get(name)) for name in ("appointmentDate", "measurementDate"))
    return InError(part.section, part.id, next((day for day in dates if day), ""), _by(part))
