"""Values and origins in her words: finished text, one way for each type of value. Nothing is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from helsekort.citizen.language import Language
from helsekort.citizen.language import marked as _
from helsekort.citizen.roles import with_role
from helsekort.citizen.sections import is_note
from helsekort.maternity.fields import Field
from helsekort.maternity.registering import Registered
from helsekort.maternity.values import CodedValue

UNITS = {
    "{count}": "",
    "{grade}": "",
    "%": "%",
    "/d": _("per dag"),
    "d": _("dager"),
    "wk": _("uker"),
    "mo": _("måneder"),
    "a": "",
    "kg/m2": "kg/m²",
    "ug/L": "µg/L",
    "mm[Hg]": "mmHg",
    "{beats}/min": _("slag/min"),
    "/min": _("per minutt"),
    "Cel": "°C",
    "h": _("timer"),
    "10*9/L": "10⁹/L",
    "10*12/L": "10¹²/L",
}
"""UCUM units as they are written to her; one that is not here is written as it is."""

HOW = {
    "measured": _("målt eller undersøkt der"),
    "transcribed": _("skrevet av fra papir eller en annen journal"),
    "self-reported": _("oppgitt av deg"),
    "laboratory": _("svar fra laboratorium"),
}
"""How a value came to be, by the codes of the record's origins; of what she has registered herself, it goes without saying."""

LONGEST_BESIDE = 48
"""Characters that a value may have beside its name."""

FOUND = frozenset({"clinicalTests"})
"""Sections where yes means that something was found, and no that it was looked for and not found."""


@dataclass(frozen=True, slots=True)
class Said:
    """A value as text; `measured` where it is a number that must never be turned around in another script.

    `note` where it is a remark in somebody's own words.
    """

    text: str
    measured: bool = False
    note: bool = False

    @property
    def long(self) -> bool:
        """True for running text: it stands below its name and has the whole width."""
        return self.note or len(self.text) > LONGEST_BESIDE or "\n" in self.text


def say(field: Field, value: Any, language: Language, *, with_unit: bool = True) -> Said:  # noqa: ANN401 - any normal form
    """The value of a field, with its unit unless that stands elsewhere."""
    if field.type in MEASURED:
        number, unit = MEASURED[field.type](value, language), unit_of(field, language)
        return Said(f"{number} {unit}" if unit and with_unit else number, measured=True)
    return Said(WORDED[field.type](field, value, language), note=is_note(field))


def _yes_or_no(field: Field, value: bool, language: Language) -> str:  # noqa: FBT001 - the value itself
    if field.section in FOUND:
        return language.text("Påvist") if value else language.text("Ikke påvist")
    return language.text("Ja") if value else language.text("Nei")


def unit_of(field: Field, language: Language) -> str:
    """The unit as it is written after the number, empty where there is none."""
    return language.text(UNITS.get(field.unit, field.unit))


def who(registered: Registered, language: Language) -> str:
    """Who registered something: "deg", or role, name and place."""
    if registered.by_herself:
        return language.text("deg")
    person = with_role(registered.role, registered.name, language) or language.text("ukjent")
    return f"{person}, {registered.organisation}" if registered.organisation else person


def origin(registered: Registered, language: Language) -> str:
    """Fra jordmor Kari Nordmann, Fjordby helsestasjon, registrert 16. januar 2026; and how the value came to be, where told."""
    day = language.day(language.day_of(datetime.fromisoformat(registered.at)))
    said = language.text("Fra {who}, registrert {day}").format(who=who(registered, language), day=day)
    how = "" if registered.by_herself else HOW.get(registered.origin, "")
    return f"{said}, {language.text(how)}" if how else said


def _choice(field: Field, value: str, language: Language) -> str:
    return next(choice.names[language.code] for choice in field.choices if choice.v1 == value)


def _code(field: Field, value: str, language: Language) -> str:
    assert isinstance(field.value, CodedValue)
    return field.value.system.name(value, language.code) or language.text("Kode {code}").format(code=value)


def _number(value: Decimal | int, language: Language) -> str:
    return language.number(value)


WORDED: dict[str, Callable[[Field, Any, Language], str]] = {
    "boolean": _yes_or_no,
    "choice": _choice,
    "code": _code,
    "date": lambda _field, value, language: language.day(date.fromisoformat(value)),
    "moment": lambda _field, value, language: language.moment(value),
    "text": lambda _field, value, _language: str(value),
}
MEASURED: dict[str, Callable[[Any, Language], str]] = {
    "blood-pressure": lambda value, _language: f"{value[0]}/{value[1]}",
    "decimal": _number,
    "fetus-number": _number,
    "integer": _number,
}
"""How each type of value in the catalogue is said; together they are all of them."""
