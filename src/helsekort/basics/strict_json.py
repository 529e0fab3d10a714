"""JSON as RFC 8259 and RFC 7493 (I-JSON) would have it: exact numbers, no doubtful text, nothing that costs more than it says.

What other readers let pass (a name twice, NaN, half a surrogate pair) is refused here, because two systems would read it
differently. Numbers with a fraction or an exponent become `Decimal` and keep their digits: 1.10 is written back as 1.10.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, islice
from typing import Any, NoReturn

import msgspec

from helsekort.basics.refusal import Issue, Kind, Refused

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 64
MAX_ENTRIES = 20_000
MAX_NUMBER_LENGTH = 64
MAX_EXPONENT = 60
MOST_ISSUES = 100

# Possessive, and with an optional end, so that a hostile text costs no more than its length.
_STRINGS = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[{]|[\]}]")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_ODD_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_MINUS_ZERO = re.compile(rb"-0(?:[\s,\]}]|\Z)")
_BLANKS = b" \t\r\n"
_ENTRY_BEGINS = b",[{"
_SAME_DIGIT = bytes.maketrans(b"123456789", b"000000000")
_LONG_INTEGER = b"0" * 18
_encoder = msgspec.json.Encoder(decimal_format="number")


def parse(body: bytes, *, limit: int = MAX_BYTES, entries: int = MAX_ENTRIES) -> Any:  # noqa: ANN401 - JSON is any of six types
    """The value a JSON text says; integers as int, other numbers as Decimal with their digits kept.

    Raises `Refused`: TOO_LARGE over `limit` bytes, else MALFORMED with what is wrong and where, and no value repeated; `entries`
    are the members and items that are let in.
    """
    if len(body) > limit:
        raise Refused(Kind.TOO_LARGE, [Issue(f"The body is larger than {limit // 1024} KiB.")])
    text = _decode(body)
    try:
        value = _read_plain(body, entries)
    except _Suspect:
        value = _read_doubtful(text, entries)
    if "\\" in text and _ODD_ESCAPE.search(text) and (issues := list(_doubts(value))):
        _refuse(issues)
    return value


def dump(value: Any) -> bytes:  # noqa: ANN401 - JSON is any of six types
    """The JSON text of a value: compact, UTF-8, names in their order, Decimals as numbers with their digits."""
    return _encoder.encode(value)


def child(path: str, name: str | int) -> str:
    """The JSON path (RFC 9535) of a member or an item; a name that is not a plain word is not repeated.

    >>> child(child("$", "stimuli"), 0), child("$", "01819012345")
    ('$.stimuli[0]', '$.(a name that is not a word)')
    """
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name if _PLAIN_NAME.fullmatch(name) else '(a name that is not a word)'}"


class _Suspect(Exception):
    """Something is doubtful; a second reading finds out where."""


class _Members(list[tuple[str, Any]]):
    """An object's members as they stand in the text, the same name twice included."""


class _Doubt:
    """A number that is not taken, with why."""

    def __init__(self, what: str) -> None:
        self.what = what


def _read_plain(body: bytes, most: int) -> Any:  # noqa: ANN401 - JSON is any of six types
    """The value of a text in which nothing is doubtful; raises `_Suspect` where a slower reading has to tell.

    Each member's name ends in a quotation mark with a colon behind it. Where the text has no more of these than the value has
    members, no name stood twice.
    """
    if len(body) - len(body.translate(None, _ENTRY_BEGINS)) > most:
        raise _Suspect
    if _LONG_INTEGER in body.translate(_SAME_DIGIT) or _MINUS_ZERO.search(body):
        raise _Suspect
    try:
        value = _plain_decoder.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise _Suspect from None
    if _members_within(value) != body.translate(None, _BLANKS).count(b'":'):
        raise _Suspect
    return value


def _members_within(value: object) -> int:
    """How many members the objects of a value have together; raises `_Suspect` where they are nested too deep."""
    members = 0
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return members
        objects = [one for one in level if type(one) is dict]
        arrays = [one for one in level if type(one) is list]
        members += sum(map(len, objects))
        below = chain(chain.from_iterable(map(dict.values, objects)), chain.from_iterable(arrays))
        level = [part for part in below if type(part) in _CONTAINERS]
    raise _Suspect


def _read_doubtful(text: str, most: int) -> Any:  # noqa: ANN401 - JSON is any of six types
    """The value, read in a way that can tell everything that is wrong with the text."""
    _check_shape(text, most)
    try:
        try:
            return _decoder.decode(text)
        except _Suspect:
            _refuse(_doubts(_marking_decoder.decode(text)))
    except json.JSONDecodeError as error:
        _refuse([Issue(f"This is not JSON: {_said(error)}.", f"line {error.lineno} column {error.colno}")])


def _decode(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse([Issue("The body is not UTF-8.", f"byte {error.start}", "Send JSON in UTF-8.")])
    if not text or text.isspace():
        _refuse([Issue("The body is empty.", "$", "Send a JSON object; {} is the least.")])
    return text


def _check_shape(text: str, most: int) -> None:
    """Refuses too deep and too many before anything is built; most bodies are cleared by two counts."""
    brackets, commas = text.count("[") + text.count("{"), text.count(",")
    if brackets <= MAX_DEPTH and commas + brackets <= most:
        return
    bones = _STRINGS.sub("", text)
    if bones.count(",") + bones.count("[") + bones.count("{") > most:
        _refuse([Issue(f"The body has more than {most} members and items.", "$")])
    depth = 0
    for bracket in _BRACKETS.finditer(bones):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            _refuse([Issue(f"Objects and arrays are nested more than {MAX_DEPTH} deep.", "$")])


def _integer(digits: str) -> int | Decimal:
    if len(digits) > 18:
        return _number(digits)  # beyond 64 bits a Decimal keeps the digits just as well
    return int(digits) if digits != "-0" else Decimal("-0")


def _number(digits: str) -> Decimal:
    doubt = _number_doubt(digits)
    if doubt:
        raise _Suspect
    return Decimal(digits)


def _number_doubt(digits: str) -> str:
    if len(digits) > MAX_NUMBER_LENGTH:
        return f"A number has more than {MAX_NUMBER_LENGTH} characters."
    if abs(Decimal(digits).adjusted()) > MAX_EXPONENT:
        return f"A number's exponent is beyond {MAX_EXPONENT}."
    return ""


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise _Suspect
    return found


def _constant(name: str) -> NoReturn:
    raise _Suspect


def _marked_number(digits: str) -> Any:  # noqa: ANN401 - a number, or the doubt about it
    doubt = _number_doubt(digits)
    return _Doubt(doubt) if doubt else Decimal(digits)


def _marked_constant(name: str) -> _Doubt:
    return _Doubt("NaN and Infinity are not JSON numbers.")


_CONTAINERS = frozenset({dict, list})
_plain_decoder = msgspec.json.Decoder(float_hook=_number)
_decoder = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_number, parse_constant=_constant
)
_marking_decoder = json.JSONDecoder(
    object_pairs_hook=_Members,
    parse_int=_marked_number,
    parse_float=_marked_number,
    parse_constant=_marked_constant,
)


def _doubts(value: object, path: str = "$") -> Iterator[Issue]:
    """Every doubtful thing in a value, with its place."""
    if isinstance(value, _Doubt):
        yield Issue(value.what, path)
    elif isinstance(value, str):
        if _NOT_TEXT.search(value):
            yield Issue("A text has U+0000 or half of a surrogate pair.", path, "Send whole characters.")
    elif isinstance(value, _Members):
        yield from _member_doubts(value, path)
    elif isinstance(value, dict):
        yield from _member_doubts(list(value.items()), path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _doubts(item, child(path, index))


def _member_doubts(members: list[tuple[str, Any]], path: str) -> Iterator[Issue]:
    seen: set[str] = set()
    for name, value in members:
        place = child(path, name)
        if _NOT_TEXT.search(name):
            yield Issue("A name has U+0000 or half of a surrogate pair.", path, "Send whole characters.")
        if name in seen:
            yield Issue("The same name stands twice in one object.", place, "Send it once.")
        seen.add(name)
        yield from _doubts(value, place)


def _refuse(issues: Iterator[Issue] | list[Issue]) -> NoReturn:
    raise Refused(Kind.MALFORMED, islice(issues, MOST_ISSUES))


def _said(error: json.JSONDecodeError) -> str:
    """The decoder's own words, none of which repeats what was sent."""
    return error.msg[0].lower() + error.msg[1:]
