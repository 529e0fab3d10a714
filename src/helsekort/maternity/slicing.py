"""How the resources of a part stand in its JSON, so that they are found and cut out without being parsed.

Each resource is a line. Before them, on one line, stand their glimpses with a tab between two: what searches look at of each,
once more. Texts in JSON have neither line breaks nor tabs, so these are the only ones. Older parts are read by a parser.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from helsekort.basics.strict_json import dump
from helsekort.fhir.search.values import json_names
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Entry, Short, holds

GLIMPSED = json_names(["code", "effective"])
"""The members of a resource that a glimpse has: of what kind it is, what it is and when it was."""
_IN_GLIMPSE = GLIMPSED - {"resourceType"}  # which the resource's own line begins with

_EMPTY = b'"resources":[]}'
_GLIMPSES = b'"glimpses":[\n'
_RESOURCES = b'\n],"resources":[\n'
_AT = b'{"at":'
_START = b'{"resourceType":"'
_ID = b'","id":"'
_COMMA = b","


def filled(empty: bytes, resources: Sequence[Resource]) -> bytes:
    """The JSON of a part with these resources, from its JSON without any."""
    if not resources:
        return empty
    lines = [dump(one) for one in resources]
    glimpses = b",\t".join(_glimpses(resources, lines))
    return b"%b%b%b%b%b\n]}" % (
        empty.removesuffix(_EMPTY),
        _GLIMPSES,
        glimpses,
        _RESOURCES,
        b",\n".join(lines),
    )


def _glimpses(resources: Sequence[Resource], lines: Sequence[bytes]) -> Iterator[bytes]:
    """The glimpse of each resource that has something to be seen, with where its line begins, counted from the first."""
    at = 0
    for resource, line in zip(resources, lines, strict=True):
        seen = {name: value for name, value in resource.items() if name in _IN_GLIMPSE}
        if seen:
            yield dump({"at": at} | seen)
        at += len(line) + len(b",\n")


def find_in(stored: bytes, kind: str, id_: str) -> Entry | None:
    """The resource of that kind and id in a stored part, or None."""
    start = b'{"resourceType":"%b","id":"%b"' % (kind.encode(), id_.encode())
    if _begin(stored) is None:
        found = next((raw for raw in _texts(stored) if raw.startswith(start)), None)
    else:
        at = stored.rfind(b"\n" + start) + 1  # from the end, since that way Python looks fastest
        found = _line(stored, at) if at else None
    return None if found is None else Entry(kind, id_, found)


def entries_of(stored: bytes, kind: str = "", holding: Sequence[bytes] = ()) -> list[Entry]:
    """The resources of a stored part in their order, or those of a kind, that have one of the texts in them."""
    texts = _texts_with(stored, holding[0]) if len(holding) == 1 else _texts(stored)
    if len(holding) > 1:
        texts = [one for one in texts if holds(one, holding)]
    start = b'{"resourceType":"%b"' % kind.encode() if kind else _START
    return [_entry(one) for one in texts if one.startswith(start)]


def glimpsed(stored: bytes, kind: str, text: bytes) -> list[Entry]:
    """The resources of a kind that have a text in a value that is glimpsed of them, and maybe more that have it elsewhere."""
    begin = _begin(stored)
    if begin is None:
        return entries_of(stored, kind, (text,))
    first, last = stored.index(b"\n") + 1, begin - len(_RESOURCES)
    start = b'{"resourceType":"%b"' % kind.encode()
    found: list[Entry] = []
    at = stored.rfind(text, first, last)
    while at >= 0:
        row = stored.rfind(b"\t", first, at) + 1 or first
        end = stored.find(b"\t", at, last) - len(_COMMA)
        glimpse = stored[row : end if end >= 0 else last]
        line = begin + int(glimpse[len(_AT) : glimpse.index(_COMMA)])
        if stored.startswith(start, line):
            found.append(_entry(_line(stored, line), (GLIMPSED, glimpse)))
        at = stored.rfind(text, first, row)
    found.reverse()
    return found


def _begin(stored: bytes) -> int | None:
    """Where the first line of a resource begins; None where only a parser can tell."""
    glimpses_end = stored.find(b"\n", stored.find(b"\n") + 1)
    return glimpses_end + len(_RESOURCES) if stored.startswith(_RESOURCES, glimpses_end) else None


def _line(stored: bytes, at: int) -> bytes:
    """The resource whose line begins at a place."""
    end = stored.index(b"\n", at)
    return stored[at : end - 1 if stored.startswith(_COMMA, end - 1) else end]


class _Sliced(msgspec.Struct):
    """A part, with its resources as they stand in it."""

    resources: list[msgspec.Raw]


_slice = msgspec.json.Decoder(_Sliced).decode


def _texts(stored: bytes) -> list[bytes]:
    """Every resource of a part."""
    begin = _begin(stored)
    if begin is None:
        return [bytes(one) for one in _slice(stored).resources]
    return [one.removesuffix(_COMMA) for one in stored[begin:].split(b"\n")[:-1]]


def _texts_with(stored: bytes, text: bytes) -> list[bytes]:
    """The resources that a text stands in."""
    begin = _begin(stored)
    if begin is None:
        return [one for one in _texts(stored) if text in one]
    found: list[bytes] = []
    at = stored.rfind(text, begin)
    while at >= 0:
        line = stored.rindex(b"\n", 0, at) + 1
        found.append(_line(stored, line))
        at = stored.rfind(text, begin, line)
    found.reverse()
    return found


def _entry(raw: bytes, short: Short | None = None) -> Entry:
    kind_ends = raw.index(_ID, len(_START))
    id_starts = kind_ends + len(_ID)
    id_ = raw[id_starts : raw.index(b'"', id_starts)].decode()
    return Entry(raw[len(_START) : kind_ends].decode(), id_, raw, short=short)


class _Emptied(msgspec.Struct):
    error: bool
    resources: list[msgspec.Raw]


_read_emptied = msgspec.json.Decoder(_Emptied).decode


def is_emptied(stored: bytes) -> bool:
    """True for a part that was entered in error and whose resources were deleted."""
    part = _read_emptied(stored)
    return part.error and not part.resources
