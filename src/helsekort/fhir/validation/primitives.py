"""FHIR's primitive types as JSON Schema, with dates that exist (https://hl7.org/fhir/R4/datatypes.html#primitive).

The patterns are written so that an engine without backtracking can run them; the rules of the calendar are in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_MONTH = "(?:0[1-9]|1[0-2])"
_LONG_MONTHS = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTHS = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_FEBRUARY = "02-(?:0[1-9]|1[0-9]|2[0-8])"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = f"(?:{_YEAR}-(?:{_LONG_MONTHS}|{_SHORT_MONTHS}|{_FEBRUARY})|{_LEAP_YEAR}-02-29)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = "(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
# R4 asks for a character that is not white space, and that control characters below U+0020 stay out.
_CHARACTER = r"[^\x00-\x08\x0b\x0c\x0e-\x1f]"
_TEXT = rf"^{_CHARACTER}*[^\s\x00-\x1f]{_CHARACTER}*$"


@dataclass(frozen=True, slots=True)
class Primitive:
    """A primitive type: its schema, and how to write one."""

    schema: Schema
    hint: str


def _text(pattern: str) -> Schema:
    return {"type": "string", "pattern": pattern}


def _whole(least: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": 2**31 - 1}


_WORDS = Primitive(_text(_TEXT), "Send text that is not only white space, without control characters.")
_URI = Primitive(_text(r"^\S+$"), "Send a URI without white space.")
_DATE = f"^(?:{_YEAR}(?:-{_MONTH})?|{_DAY})$"
_DATE_TIME = f"^(?:{_YEAR}(?:-{_MONTH})?|{_DAY}(?:T{_TIME}{_ZONE})?)$"

PRIMITIVES: dict[str, Primitive] = {
    "base64Binary": Primitive(_text(r"^(?:\s*(?:[0-9a-zA-Z+/=]){4}\s*)+$"), "Send base64 (RFC 4648)."),
    "boolean": Primitive({"type": "boolean"}, "Send true or false, without quotation marks."),
    "canonical": Primitive(
        _text(r"^(?:[A-Za-z][A-Za-z0-9+.\-]*:\S+|#\S*)$"),
        "Send an absolute URL, or # and the id of a contained resource.",
    ),
    "code": Primitive(
        _text(r"^[^\s]+(?:\s[^\s]+)*$"), "Send a code with no space before, after, or twice inside."
    ),
    "date": Primitive(_text(_DATE), "Send YYYY, YYYY-MM or YYYY-MM-DD, a day that exists."),
    "dateTime": Primitive(
        _text(_DATE_TIME),
        "Send YYYY, YYYY-MM, YYYY-MM-DD, or a day that exists with time, seconds and time zone.",
    ),
    "decimal": Primitive({"type": "number"}, "Send a number, without quotation marks."),
    "id": Primitive(
        _text(r"^[A-Za-z0-9\-.]{1,64}$"), "Send 1 to 64 letters, digits, hyphens and full stops."
    ),
    "instant": Primitive(
        _text(f"^{_DAY}T{_TIME}{_ZONE}$"), "Send YYYY-MM-DDThh:mm:ss and a time zone, a day that exists."
    ),
    "integer": Primitive(_whole(-(2**31)), "Send a whole number of 32 bits, without quotation marks."),
    "markdown": _WORDS,
    "oid": Primitive(_text(r"^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+$"), "Send urn:oid: and an OID."),
    "positiveInt": Primitive(_whole(1), "Send a whole number from 1."),
    "string": _WORDS,
    "time": Primitive(_text(f"^{_TIME}$"), "Send hh:mm:ss, without time zone."),
    "unsignedInt": Primitive(_whole(0), "Send a whole number from 0."),
    "uri": _URI,
    "url": _URI,
    "uuid": Primitive(
        _text("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
        "Send urn:uuid: and a UUID in lower case.",
    ),
    "xhtml": Primitive({"type": "string"}, "Send an XHTML div as a text."),
}

WHOLE_NUMBERS = frozenset({"integer", "positiveInt", "unsignedInt"})


def is_json_text(code: str) -> bool:
    """Whether values of a type are texts in JSON."""
    return code in PRIMITIVES and PRIMITIVES[code].schema["type"] == "string"
