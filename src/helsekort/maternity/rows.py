"""Rows of the catalogue file made into fields; one that cannot be right is refused with its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from helsekort.fhir.shapes import coding, concept
from helsekort.maternity.fields import CodeReference, Field, NeverOnCard
from helsekort.maternity.uris import CARD_FIELD, CARD_VALUE
from helsekort.maternity.values import (
    FIRST_DATE,
    LAST_DATE,
    BloodPressureValue,
    BooleanValue,
    Choice,
    ChoiceValue,
    CodedValue,
    DateValue,
    MomentValue,
    NumberValue,
    TextValue,
    ValueType,
)
from helsekort.terminology import check_digits
from helsekort.terminology.code_systems import CODE_SYSTEMS, ICD_10, ICPC_2, LANGUAGES, LOINC, NLK, SNOMED_CT

Row = Mapping[str, Any]

HELSENORGE_SECTIONS = (
    "Om deg",
    "Oppfølging",
    "Helseutfordringer",
    "Ditt svangerskap",
    "Levevaner",
    "Legemidler",
    "Tidligere svangerskap",
    "Svangerskapskontroller",
    "Andre prøvesvar",
    "Mål av magen",
)
"""The ten sections of the pregnancy record on Helsenorge, in their order."""

LONGEST_TEXT = 8000
UNITS = frozenset(
    [
        "%",
        "{count}",
        "{grade}",
        "/d",
        "d",
        "wk",
        "mo",
        "a",
        "g",
        "kg",
        "cm",
        "mm",
        "kg/m2",
        "g/dL",
        "ug/L",
        "mmol/L",
        "mmol/mol",
        "mm[Hg]",
        "{beats}/min",
    ]
)
_INHERITED = ("scope", "visibility", "helsenorge", "source", "weeks", "effective", "paper")
_KEYS = frozenset(
    [
        "section",
        "name",
        "type",
        "unit",
        "min",
        "max",
        "min_diastolic",
        "max_diastolic",
        "max_length",
        "codes",
        "code_system",
        "values",
        "resource",
        "required",
        "in_contract",
        "explain",
    ]
).union(_INHERITED, LANGUAGES)
_ALLOWED = {
    "scope": {"woman", "fetus", "visit"},
    "visibility": {"A", "B", "D"},
    "paper": {"yes", "no", "uncertain"},
    "resource": {"Observation", "Condition", "Encounter", "EpisodeOfCare"},
    "helsenorge": set(HELSENORGE_SECTIONS),
}
_SYSTEMS: dict[str, tuple[str, Callable[[str], object]]] = {
    "LOINC": (LOINC, check_digits.loinc),
    "SCT": (SNOMED_CT, check_digits.snomed),
    "NLK": (NLK, check_digits.nlk),
}
_NEVER_SYSTEMS = _SYSTEMS | {
    "LOINC": (
        LOINC,
        lambda code: check_digits.loinc(code) or re.fullmatch("LA[0-9]+-[0-9]", code),
    ),  # an answer's
    "ICD10": (ICD_10, re.compile(r"[A-Z][0-9]{2}(\.[0-9])?").fullmatch),
    "ICPC2": (ICPC_2, re.compile(r"[A-Z][0-9]{2}").fullmatch),
}
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]*(\[\])?(\.[a-zA-Z][a-zA-Z0-9]*)*")
_WEEKS = re.compile(r"[0-9]{1,2}(-[0-9]{1,2})?|birth|after birth")


class BadCatalogue(ValueError):
    """The catalogue cannot be used; the message names the row and what is wrong with it."""


def build_field(row: Row, section: Row, sources: Iterable[str]) -> Field:
    """A field of its own row and of what it takes from its section; raises `BadCatalogue`."""
    key = f"{row.get('section')}.{row.get('name', '')}".replace("[]", "")
    inherited = {name: section[name] for name in _INHERITED if name in section}
    whole = {"paper": "yes", "resource": "Observation"} | inherited | dict(row)
    _check_row(key, row, whole, set(sources))
    root = section.get("root", f"{row['section']}[]" if section.get("list") else row["section"])
    codes = tuple(_code_reference(key, text) for text in row.get("codes", ()))
    confirmed = [coding(code.uri, code.code) for code in codes if code.status == "confirmed"]
    effective = whole.get("effective", "")
    return Field(
        key=key,
        section=row["section"],
        name=row["name"],
        path=f"{root}.{row['name']}",
        type=row["type"],
        value=_value(key, row),
        concept=concept(coding(CARD_FIELD, key), *confirmed),
        resource=whole["resource"],
        unit=row.get("unit", ""),
        limits=_limits(row),
        code_system=row.get("code_system", ""),
        choices=tuple(_choices(key, row)),
        codes=codes,
        effective=f"{row['section']}.{effective}" if effective not in {"", row["name"]} else "",
        scope=whole["scope"],
        visibility=whole["visibility"],
        weeks=whole.get("weeks", ""),
        helsenorge=whole["helsenorge"],
        in_contract=row.get("in_contract", True),
        paper=whole["paper"],
        required=row.get("required", False),
        labels={language: row[language] for language in LANGUAGES},
        explanation=row.get("explain", ""),
        source=tuple(whole["source"]),
    )


def _check_row(key: str, row: Row, whole: Row, sources: set[str]) -> None:
    if unknown := row.keys() - _KEYS:
        raise BadCatalogue(f"{key}: unknown keys {sorted(unknown)}.")
    if not _NAME.fullmatch(row.get("name", "")):
        raise BadCatalogue(f"{key}: the name is not a path inside its section.")
    if missing := [language for language in LANGUAGES if not row.get(language)]:
        raise BadCatalogue(f"{key}: no label in {', '.join(missing)}.")
    for name, allowed in _ALLOWED.items():
        if whole.get(name) not in allowed:
            raise BadCatalogue(f"{key}: {name} must be one of {sorted(allowed)}.")
    if whole.get("weeks") and not _WEEKS.fullmatch(whole["weeks"]):
        raise BadCatalogue(f"{key}: weeks must be like 24-28.")
    if not whole.get("source") or (strange := set(whole["source"]) - sources):
        raise BadCatalogue(f"{key}: sources {sorted(strange) if whole.get('source') else 'missing'}.")
    _check_unit(key, row)


def _check_unit(key: str, row: Row) -> None:
    limited = "min" in row or "max" in row
    if limited and "unit" not in row and row["type"] != "fetus-number":
        raise BadCatalogue(f"{key}: limits without a unit.")
    if "unit" in row and row["unit"] not in UNITS:
        raise BadCatalogue(f"{key}: {row['unit']} is not a known UCUM unit.")
    if limited and not ("min" in row and "max" in row and row["min"] < row["max"]):
        raise BadCatalogue(f"{key}: limits need a min below a max.")


def _value(key: str, row: Row) -> ValueType:
    kind = row.get("type")
    if kind in {"integer", "decimal", "fetus-number"}:
        if "min" not in row:
            raise BadCatalogue(f"{key}: a number needs limits.")
        least, most = Decimal(str(row["min"])), Decimal(str(row["max"]))
        return NumberValue(row.get("unit", ""), least, most, kind != "decimal")
    if kind == "text":
        return TextValue(row.get("max_length", LONGEST_TEXT))
    if kind == "code":
        if row.get("code_system") not in CODE_SYSTEMS:
            raise BadCatalogue(f"{key}: code system {row.get('code_system')} is not known.")
        return CodedValue(CODE_SYSTEMS[row["code_system"]])
    if kind == "choice":
        return _choice_value(key, row)
    if kind == "blood-pressure":
        return BloodPressureValue((row["min"], row["max"]), (row["min_diastolic"], row["max_diastolic"]))
    plain: dict[Any, ValueType] = {"boolean": BooleanValue(), "date": DateValue(), "moment": MomentValue()}
    if kind not in plain:
        raise BadCatalogue(f"{key}: type {kind} is not known.")
    return plain[kind]


def _choice_value(key: str, row: Row) -> ChoiceValue:
    by_spelling: dict[str, Choice] = {}
    by_code: dict[tuple[str, str], Choice] = {}
    for choice in _choices(key, row):
        for spelling in (choice.v1, *choice.also):
            if by_spelling.setdefault(spelling.lower(), choice) is not choice:
                raise BadCatalogue(f"{key}: {spelling} stands for two values.")
        by_code[choice.code[:2]] = by_code[CARD_VALUE, f"{key}={choice.v1}"] = choice
    return ChoiceValue(key, by_spelling, by_code)


def _choices(key: str, row: Row) -> Iterable[Choice]:
    if (row.get("type") == "choice") != ("values" in row):
        raise BadCatalogue(f"{key}: a choice needs values, and nothing else has them.")
    for one in row.get("values", ()):
        names = {language: one.get(language, "") for language in LANGUAGES}
        if not all(names.values()) or one.keys() - {"v1", "also", "code", *LANGUAGES}:
            raise BadCatalogue(
                f"{key}, value {one.get('v1')}: needs a name in each language and no unknown keys."
            )
        code = _code_reference(key, one["code"]) if "code" in one else None
        found = (code.uri, code.code, code.status) if code else ("", "", "")
        yield Choice(one["v1"], tuple(one.get("also", ())), found, names)


def build_never(row: Row, sources: Iterable[str]) -> NeverOnCard:
    """What is never on the card, of its row; raises `BadCatalogue`."""
    name = row.get("nb", "")
    if unknown := row.keys() - {"nb", "reason", "source", "codes", "names"}:
        raise BadCatalogue(f"{name}: unknown keys {sorted(unknown)}.")
    if not (name and row.get("reason") and row.get("source")) or set(row["source"]) - set(sources):
        raise BadCatalogue(f"{name}: needs nb, reason and listed sources.")
    if wrong := [one for one in row.get("names", ()) if not re.fullmatch("[a-z]{6,}", one)]:
        raise BadCatalogue(f"{name}: {wrong} are not names in lower-case letters.")
    codes = tuple(_code_reference(name, text, _NEVER_SYSTEMS) for text in row.get("codes", ()))
    return NeverOnCard(name, row["reason"], tuple(row["source"]), codes, tuple(row.get("names", ())))


def _code_reference(
    key: str, text: str, systems: Mapping[str, tuple[str, Callable[[str], object]]] = _SYSTEMS
) -> CodeReference:
    parts = text.split()
    if len(parts) != 3 or parts[2] not in {"confirmed", "unconfirmed", "local"}:
        raise BadCatalogue(f"{key}: a code is written 'SYSTEM code status', not {text!r}.")
    system, code, status = parts
    if system in CODE_SYSTEMS:
        uri, right = CODE_SYSTEMS[system].uri, CODE_SYSTEMS[system].takes(code)
    elif system in systems:
        uri, right = systems[system][0], bool(systems[system][1](code))
    else:
        raise BadCatalogue(f"{key}: code system {system} is not known.")
    if not right:
        raise BadCatalogue(f"{key}: {code} is not a code of {system} (check digit or shape).")
    return CodeReference(system, uri, code, status)


def _limits(row: Row) -> str:
    """The limits in words, for the field reference."""
    if row["type"] == "blood-pressure":
        upper, lower = f"{row['min']} to {row['max']}", f"{row['min_diastolic']} to {row['max_diastolic']}"
        return f"systolic {upper}, diastolic {lower}, systolic above diastolic"
    if "min" in row:
        return f"{row['min']} to {row['max']}"
    if row["type"] == "text":
        return f"at most {row.get('max_length', LONGEST_TEXT)} characters"
    if row["type"] in {"date", "moment"}:
        return f"{FIRST_DATE} to {LAST_DATE}"
    return ""
