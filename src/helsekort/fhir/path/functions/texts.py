"""What can be asked of a text (https://hl7.org/fhirpath/N1/#string-manipulation)."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

from helsekort.fhir.path.errors import PathError
from helsekort.fhir.path.functions.registry import by_item, integer, on_items, text
from helsekort.fhir.path.node import NONE, made
from helsekort.fhir.path.scope import Env, Items

# A regular expression can be slow on a long text; what FHIR matches (codes, ids, addresses) is short.
_LONGEST_MATCHED = 10_000


@by_item("indexOf", text, text)
def _index_of(value: str, part: str) -> int:
    return value.find(part)


@by_item("lastIndexOf", text, text)
def _last_index_of(value: str, part: str) -> int:
    return value.rfind(part)


@by_item("substring", text, integer, integer, least=1)
def _substring(value: str, start: int, length: int | None = None) -> str | None:
    if not 0 <= start < len(value):
        return None
    return value[start:] if length is None else value[start : start + max(length, 0)]


@by_item("startsWith", text, text)
def _starts_with(value: str, part: str) -> bool:
    return value.startswith(part)


@by_item("endsWith", text, text)
def _ends_with(value: str, part: str) -> bool:
    return value.endswith(part)


@by_item("contains", text, text)
def _contains(value: str, part: str) -> bool:
    return part in value


@by_item("upper", text)
def _upper(value: str) -> str:
    return value.upper()


@by_item("lower", text)
def _lower(value: str) -> str:
    return value.lower()


@by_item("trim", text)
def _trim(value: str) -> str:
    return value.strip()


@by_item("length", text)
def _length(value: str) -> int:
    return len(value)


@by_item("replace", text, text, text)
def _replace(value: str, part: str, other: str) -> str:
    return value.replace(part, other)


@by_item("toChars", text)
def _to_chars(value: str) -> list[str]:
    return list(value)


@by_item("split", text, text)
def _split(value: str, separator: str) -> list[str]:
    return value.split(separator) if separator else list(value)


@on_items("join", 0, 1)
def _join(env: Env, items: Items, separator: Items = NONE) -> Items:
    parts = [text([item]) for item in items]
    return [made((text(separator) or "").join(part for part in parts if part is not None))] if items else NONE


@lru_cache(maxsize=512)
def pattern_of(regex: str) -> re.Pattern[str]:
    """A regular expression, read once; the dot matches every character. Raises PathError for what is none."""
    try:
        return re.compile(regex, re.DOTALL)
    except (re.error, RecursionError, OverflowError) as error:
        raise PathError("The regular expression cannot be read.") from error


@by_item("matches", text, text)
def matches(value: str, regex: str) -> bool:
    """Whether a part of a text fits a regular expression."""
    return _short(value) and pattern_of(regex).search(value) is not None


@by_item("matchesFull", text, text)
def _matches_full(value: str, regex: str) -> bool:
    return _short(value) and pattern_of(regex).fullmatch(value) is not None


def _short(value: str) -> bool:
    if len(value) > _LONGEST_MATCHED:
        raise PathError(f"A text longer than {_LONGEST_MATCHED} characters is not matched.")
    return True


@by_item("replaceMatches", text, text, text)
def _replace_matches(value: str, regex: str, other: str) -> str:
    if not regex or not _short(value):
        return value
    try:
        return pattern_of(regex).sub(re.sub(r"\$(\d)", r"\\g<\1>", other.replace("\\", "\\\\")), value)
    except (re.error, IndexError) as error:
        raise PathError("The replacement names a group that the regular expression has not.") from error


@by_item("encode", text, text)
def _encode(value: str, way: str) -> str | None:
    data = value.encode()
    match way:
        case "hex":
            return data.hex()
        case "base64":
            return base64.b64encode(data).decode()
        case "urlbase64":
            return base64.urlsafe_b64encode(data).decode()
    return None


@by_item("decode", text, text)
def _decode(value: str, way: str) -> str | None:
    try:
        match way:
            case "hex":
                return bytes.fromhex(value).decode()
            case "base64":
                return base64.b64decode(value, validate=True).decode()
            case "urlbase64":
                return base64.urlsafe_b64decode(value).decode()
    except (ValueError, binascii.Error):
        return None
    return None
