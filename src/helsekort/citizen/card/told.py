"""What other systems have sent, in her language: known codes by name, numbers, days and times as on the rest of her card."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import takewhile

from helsekort.citizen.card.said import UNITS, Said
from helsekort.citizen.language import Language
from helsekort.citizen.language import marked as _
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.told import Measured, Moment, Named, Told, Value
from helsekort.terminology.code_systems import LOINC, SNOMED_CT

_ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
KNOWN: Mapping[tuple[str, str], str] = {
    (_ROLE_CODE, "MTH"): _("Mor"),
    (_ROLE_CODE, "FTH"): _("Far"),
    (_ROLE_CODE, "SIS"): _("Søster"),
    (_ROLE_CODE, "BRO"): _("Bror"),
    (_ROLE_CODE, "CHILD"): _("Barn"),
    (_ROLE_CODE, "DAU"): _("Datter"),
    (_ROLE_CODE, "SON"): _("Sønn"),
    (_ROLE_CODE, "GRMTH"): _("Bestemor"),
    (_ROLE_CODE, "GRFTH"): _("Bestefar"),
    (_ROLE_CODE, "AUNT"): _("Tante"),
    (_ROLE_CODE, "UNCLE"): _("Onkel"),
    (_ROLE_CODE, "COUSN"): _("Søskenbarn"),
    (LOINC, "11778-8"): _("Termin"),
    (LOINC, "8310-5"): _("Kroppstemperatur"),
    (LOINC, "8867-4"): _("Puls"),
    (LOINC, "9279-1"): _("Pustefrekvens"),
    (LOINC, "2708-6"): _("Oksygenmetning"),
    (SNOMED_CT, "268445003"): _("Ultralydundersøkelse"),
    (SNOMED_CT, "446522006"): _("Ultralydundersøkelse i første trimester"),
    (SNOMED_CT, "169670003"): _("Ultralydundersøkelse i andre trimester"),
    (SNOMED_CT, "446353007"): _("Ultralydundersøkelse i tredje trimester"),
}
"""What the codes are called that other systems send without words, and that no field of the card has."""

_CHOICES = {
    (choice.code[0], choice.code[1]): choice.names
    for field in CATALOGUE.fields.values()
    for choice in field.choices
    if choice.code[1]
}
_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")


def name_of(concept: Named, language: Language, *, fields: Iterable[Field] = ()) -> str:
    """What a concept is called: as on the card, else in the words it was sent with; a code alone is said to be one."""
    return (
        _common(tuple(field.labels[language.code] for field in fields))
        or concept.text
        or _known(concept.codes, language)
        or concept.display
        or next((language.text("Kode {code}").format(code=code) for _system, code in concept.codes), "")
    )


def _known(codes: Iterable[tuple[str, str]], language: Language) -> str:
    for code in codes:
        if code in KNOWN:
            return language.text(KNOWN[code])
        if code in _CHOICES:
            return _CHOICES[code][language.code]
    return ""


def _common(labels: tuple[str, ...]) -> str:
    """What the labels of several fields begin with alike, whole words: a code may not tell in which trimester it was.

    >>> _common(("Hemoglobin i første trimester", "Hemoglobin ved kontrollen"))
    'Hemoglobin'
    """
    words = zip(*(label.split() for label in labels), strict=False)
    return " ".join(row[0] for row in takewhile(lambda row: len(set(row)) == 1, words))


def say_all(told: tuple[Told, ...], language: Language) -> Said:
    """Everything a resource says, a line each; one number by itself is never turned around."""
    lines = [_line(one, language) for one in told]
    return Said("\n".join(lines), measured=len(told) == 1 and isinstance(told[0].value, Measured))


def _line(one: Told, language: Language) -> str:
    name, value = name_of(one.of, language, fields=one.fields), _value(one.value, language)
    if not name:
        return value
    return f"{name} {value}" if name.endswith((":", "?")) else f"{name}: {value}"


def _value(value: Value, language: Language) -> str:
    match value:
        case bool():
            return language.text("Ja") if value else language.text("Nei")
        case Named():
            return name_of(value, language)
        case Measured():
            return _measured(value, language)
        case Moment():
            return language.moment(value.text)
        case _:
            return value


def _measured(value: Measured, language: Language) -> str:
    plain = _NUMBER.fullmatch(value.number)
    number = language.number(Decimal(value.number)) if plain else value.number
    unit = language.text(UNITS[value.code]) if value.code in UNITS else value.unit or value.code
    return f"{value.comparator}{number} {unit}".strip()
