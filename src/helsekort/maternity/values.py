"""What a field's value may be: read from the JSON contract, written to it, and both ways again for FHIR R4, side by side.

A value read is in its normal form, so that two spellings of one value are equal: `72.5` and `72.50`, `NEG` and `NEGATIVE`,
`118/76` and `118 / 76`. Limits are what cannot be true, never what is normal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from helsekort.fhir.shapes import Json, Resource, code_in, coding, concept
from helsekort.maternity.answers import yes_or_no
from helsekort.maternity.moments import BadMoment, day_of, read_moment
from helsekort.maternity.uris import CARD_VALUE
from helsekort.terminology.code_systems import LOINC, UCUM, CodeSystem, canonical_uri, number_of

Normal = Any
"""A value in its normal form: bool, int, Decimal, str, or a pair of ints for a blood pressure."""


class Unreadable(Exception):
    """The value cannot be what the field holds; never repeats it. `code` where a code or code system is what is wrong."""

    def __init__(self, what: str, hint: str = "", *, code: bool = False) -> None:
        super().__init__(what)
        self.what, self.hint, self.code = what, hint, code


class ValueType(Protocol):
    """One kind of value. `read` and `from_fhir` return None where nothing is recorded."""

    def read(self, raw: object) -> Normal | None: ...

    def to_v1(self, value: Normal) -> object: ...

    def to_fhir(self, value: Normal) -> Json: ...

    def from_fhir(self, resource: Resource) -> Normal | None: ...


@dataclass(frozen=True, slots=True)
class BooleanValue:
    """Yes, no; nothing recorded is neither."""

    def read(self, raw: object) -> bool:
        if raw is True or raw is False:
            return raw
        raise Unreadable("Must be true, false or null.")

    def to_v1(self, value: Normal) -> bool:
        return bool(value)

    def to_fhir(self, value: Normal) -> Json:
        return {"valueBoolean": value}

    def from_fhir(self, resource: Resource) -> bool | None:
        value: bool | None = resource.get("valueBoolean")
        return yes_or_no(resource.get("valueCodeableConcept")) if value is None else value


@dataclass(frozen=True, slots=True)
class NumberValue:
    """A number in one unit, whole or with decimals; the digits are kept as they were sent."""

    unit: str
    least: Decimal
    most: Decimal
    whole: bool

    def read(self, raw: object) -> int | Decimal:
        if isinstance(raw, bool) or not isinstance(raw, (int, Decimal)):
            raise Unreadable("Must be a whole number." if self.whole else "Must be a number.")
        if self.whole and raw != int(raw):
            raise Unreadable("Must be a whole number.")
        if not self.least <= raw <= self.most:
            raise Unreadable(f"Must be from {self.least} to {self.most}{_in_words(self.unit)}.")
        return int(raw) if self.whole else raw

    def to_v1(self, value: Normal) -> int | Decimal:
        number: int | Decimal = value
        return number

    def to_fhir(self, value: Normal) -> Json:
        if not self.unit:
            return {"valueInteger": value}
        return {"valueQuantity": {"value": value, "unit": self.unit, "system": UCUM, "code": self.unit}}

    def from_fhir(self, resource: Resource) -> Normal | None:
        if not self.unit or (self.unit[0] == "{" and "valueInteger" in resource):
            return resource.get("valueInteger")
        quantity = resource.get("valueQuantity", {})
        value = quantity.get("value")
        exact = quantity.get("code") == self.unit and "comparator" not in quantity
        if not exact or value is None or (self.whole and value != int(value)):
            return None
        return int(value) if self.whole else value


def _in_words(unit: str) -> str:
    """A UCUM unit as it is read: what stands in braces is only an annotation."""
    plain = "" if unit.startswith("{") and unit.endswith("}") else unit.replace("{", "").replace("}", "")
    return f" {plain}" if plain else ""


# What FHIR's string may hold: no control characters but tab and line ends.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class TextValue:
    """Free text, kept and shown word for word. An empty text is nothing recorded."""

    longest: int

    def read(self, raw: object) -> str | None:
        if not isinstance(raw, str):
            raise Unreadable("Must be a text.")
        if len(raw) > self.longest:
            raise Unreadable(f"Must have at most {self.longest} characters.")
        if _CONTROL.search(raw):
            raise Unreadable("Has a control character.", "Only tab and line ends are taken.")
        return raw if raw and not raw.isspace() else None

    def to_v1(self, value: Normal) -> str:
        return str(value)

    def to_fhir(self, value: Normal) -> Json:
        return {"valueString": value}

    def from_fhir(self, resource: Resource) -> str | None:
        value: str | None = resource.get("valueString")
        return value


FIRST_DATE, LAST_DATE = date(1990, 1, 1), date(2099, 12, 31)
# A date, or one written by software that has only moments: midnight without hours of any zone added.
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:00)?)?")


@dataclass(frozen=True, slots=True)
class DateValue:
    """A day of the Gregorian calendar, YYYY-MM-DD, from 1990 to 2099."""

    def read(self, raw: object) -> str:
        found = _DATE.fullmatch(raw) if isinstance(raw, str) else None
        if found is None:
            raise Unreadable("Must be a date written YYYY-MM-DD.")
        try:
            day = date.fromisoformat(found[1])
        except ValueError:
            raise Unreadable("There is no such date.", "Send a day of the Gregorian calendar.") from None
        if not FIRST_DATE <= day <= LAST_DATE:
            raise Unreadable(
                f"Must be from {FIRST_DATE} to {LAST_DATE}.", "Send a day of the Gregorian calendar."
            )
        return found[1]

    def to_v1(self, value: Normal) -> str:
        return str(value)

    def to_fhir(self, value: Normal) -> Json:
        return {"valueDateTime": value}

    def from_fhir(self, resource: Resource) -> str | None:
        return day_of(resource.get("valueDateTime"))


@dataclass(frozen=True, slots=True)
class MomentValue:
    """A moment, or only its day; without a zone it is Norwegian time."""

    def read(self, raw: object) -> str:
        if not isinstance(raw, str):
            raise Unreadable("Must be a moment written YYYY-MM-DDThh:mm:ss.")
        try:
            moment = read_moment(raw)
        except BadMoment as error:
            raise Unreadable(str(error), "Write YYYY-MM-DDThh:mm:ss, with or without a zone.") from None
        if not str(FIRST_DATE) <= moment[:10] <= str(LAST_DATE):
            raise Unreadable(f"Must be from {FIRST_DATE} to {LAST_DATE}.")
        return moment

    def to_v1(self, value: Normal) -> str:
        return str(value)

    def to_fhir(self, value: Normal) -> Json:
        return {"valueDateTime": value}

    def from_fhir(self, resource: Resource) -> str | None:
        value: str | None = resource.get("valueDateTime")
        return None if value is None or day_of(value) is None else read_moment(value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a choice: how the contract spells it, what else is read as it, its confirmed code, its names."""

    v1: str
    also: tuple[str, ...]
    code: tuple[str, str, str]  # system URI, code, status; empty where no published system has it
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChoiceValue:
    """One of a few words; upper or lower case and known variants are read as the same and returned as sent."""

    key: str
    choices: Mapping[str, Choice]  # by every spelling, in lower case
    by_code: Mapping[tuple[str, str], Choice]

    def read(self, raw: object) -> str:
        if not isinstance(raw, str):
            raise Unreadable("Must be a text.")
        choice = self.choices.get(raw.strip().lower())
        if choice is None:
            words = dict.fromkeys(known.v1 for known in self.choices.values())
            raise Unreadable("Is not one of the known values.", f"Send one of: {', '.join(words)}.")
        return choice.v1

    def to_v1(self, value: Normal) -> str:
        return str(value)

    def to_fhir(self, value: Normal) -> Json:
        system, code, status = self.choices[value.lower()].code
        if status == "confirmed":
            return {"valueCodeableConcept": concept(coding(system, code))}
        return {"valueCodeableConcept": concept(coding(CARD_VALUE, f"{self.key}={value}"))}

    def from_fhir(self, resource: Resource) -> str | None:
        for one in resource.get("valueCodeableConcept", {}).get("coding", ()):
            choice = self.by_code.get((canonical_uri(one.get("system", "")), one.get("code", "")))
            if choice is not None:
                return choice.v1
        return None


@dataclass(frozen=True, slots=True)
class CodedValue:
    """A code of one code system, whichever way the system is spelled."""

    system: CodeSystem

    def read(self, raw: object) -> str:
        if not isinstance(raw, dict):
            raise Unreadable(
                "Must be an object with a code.",
                f'Send {{"code", "codeSystem": "{self.system.contract_name}"}}.',
            )
        sent = raw.get("codeSystem")
        if sent is not None and (not isinstance(sent, str) or number_of(sent) != self.system.number):
            raise Unreadable(
                "The code system is not this field's.", f"Send {self.system.contract_name}.", code=True
            )
        code = raw.get("code")
        if code is None:
            raise Unreadable("Has no code.", "Send the code as a text.")
        if not isinstance(code, str):
            raise Unreadable("The code must be a text.")
        if not self.system.takes(code):
            raise Unreadable(f"The code is not one of {self.system.contract_name}.", self._known(), code=True)
        if not isinstance(raw.get("display"), (str, type(None))):
            raise Unreadable("The display must be a text.")
        return code

    def to_v1(self, value: Normal) -> Json:
        return {"code": value, "display": self.system.name(value), "codeSystem": self.system.contract_name}

    def filled(self, raw: Json) -> Json:
        """The coded value with the code system and the display the client left out."""
        if raw.get("display") is not None and raw.get("codeSystem") is not None:
            return raw
        made = dict(raw)
        if made.get("display") is None and (name := self.system.name(raw["code"])) is not None:
            made["display"] = name
        if made.get("codeSystem") is None:
            made["codeSystem"] = self.system.contract_name
        return made

    def to_fhir(self, value: Normal) -> Json:
        return {"valueCodeableConcept": concept(coding(self.system.uri, value, self.system.name(value)))}

    def from_fhir(self, resource: Resource) -> str | None:
        for one in resource.get("valueCodeableConcept", {}).get("coding", ()):
            if canonical_uri(one.get("system", "")) == self.system.uri:
                code: str | None = one.get("code")
                return code
        return None

    def _known(self) -> str:
        if self.system.shape:
            return f"A code looks like {self.system.shape}."
        return f"Its codes are {', '.join(self.system.codes)}."


_PRESSURE = re.compile(r"\s*([0-9]{2,3})\s*/\s*([0-9]{2,3})\s*(?:mm\s?\[?hg\]?)?\s*", re.IGNORECASE)
_SYSTOLIC, _DIASTOLIC = "8480-6", "8462-4"


@dataclass(frozen=True, slots=True)
class BloodPressureValue:
    """Systolic over diastolic in mmHg as one text, "118/76"; in FHIR the panel 85354-9 with its two components."""

    systolic: tuple[int, int]
    diastolic: tuple[int, int]

    def read(self, raw: object) -> tuple[int, int] | None:
        if not isinstance(raw, str):
            raise Unreadable("Must be a text.", 'Write systolic/diastolic, like "118/76".')
        if not raw or raw.isspace():
            return None
        found = _PRESSURE.fullmatch(raw)
        if found is None:
            raise Unreadable("Is not a blood pressure.", 'Write systolic/diastolic, like "118/76".')
        upper, lower = int(found[1]), int(found[2])
        for number, (least, most), name in (
            (upper, self.systolic, "systolic"),
            (lower, self.diastolic, "diastolic"),
        ):
            if not least <= number <= most:
                raise Unreadable(f"The {name} pressure must be from {least} to {most} mmHg.")
        if upper <= lower:
            raise Unreadable("The systolic pressure must be higher than the diastolic.")
        return upper, lower

    def to_v1(self, value: Normal) -> str:
        return f"{value[0]}/{value[1]}"

    def to_fhir(self, value: Normal) -> Json:
        return {"component": [_component(_SYSTOLIC, value[0]), _component(_DIASTOLIC, value[1])]}

    def from_fhir(self, resource: Resource) -> tuple[int, int] | None:
        parts = {
            code_in(one.get("code"), LOINC): one.get("valueQuantity", {})
            for one in resource.get("component", ())
        }
        upper, lower = (_millimetres(parts.get(code, {})) for code in (_SYSTOLIC, _DIASTOLIC))
        return None if upper is None or lower is None else (upper, lower)


def _millimetres(quantity: Json) -> int | None:
    """A whole number of mmHg; None for another unit, a bound, or a fraction, which the contract's text cannot say."""
    value = quantity.get("value")
    exact = quantity.get("code") == "mm[Hg]" and "comparator" not in quantity
    return int(value) if exact and value is not None and value == int(value) else None


def _component(code: str, value: int) -> Json:
    quantity = {"value": value, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"}
    return {"code": concept(coding(LOINC, code)), "valueQuantity": quantity}
