"""How the resources of a part stand in its JSON, so that they are found and cut out without being parsed.

Each resource is a line. Before them, on one line, stand their glimpses with a tab between two: what searches look at of each,
once more, with a carriage return between the things to look at. Texts in JSON have none of these characters, so these are the
only ones. Older parts, and those whose glimpses are of another form, are read more slowly and give the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from helsekort.basics.strict_json import dump
from helsekort.fhir.search.values import json_names
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Entry, holds

CODE = json_names("code")
EFFECTIVE = json_names("effective")
"""The members of a resource that a glimpse has: what it is, and when it was. Each is told by itself."""
GLIMPSED = CODE | EFFECTIVE
_TOLD = {CODE: 0, EFFECTIVE: 1}
_NOT_SAID = frozenset({"resourceType"})  # which the resource's own line begins with

_EMPTY = b'"resources":[]}'
_GLIMPSES = b'"glimpses":[\n'
_RESOURCES = b'\n],"resources":[\n'
_START = b'{"resourceType":"'
_ID = b'","id":"'
_COMMA = b","
_NEXT_LOOK = b",\r"
_NEXT_GLIMPSE = b",\t"


def filled(empty: bytes, resources: Sequence[Resource]) -> bytes:
    """The JSON of a part with these resources, from its JSON without any."""
    if not resources:
        return empty
    lines = [dump(one) for one in resources]
    glimpses = _NEXT_GLIMPSE.join(_glimpses(resources, lines))
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
        code, effective = _said(resource, CODE), _said(resource, EFFECTIVE)
        if code or effective:
            yield _NEXT_LOOK.join((b"%d" % at, dump(code), dump(effective)))
        at += len(line) + len(b",\n")


def _said(resource: Resource, names: frozenset[str]) -> Resource:
    """What a resource says in some of its members."""
    there = names & resource.keys()
    return {name: resource[name] for name in sorted(there - _NOT_SAID)}


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


def glimpsed(stored: bytes, kind: str, texts: Sequence[bytes]) -> list[Entry]:
    """The resources of a kind that have one of the texts in what is glimpsed of them, and maybe more that have it elsewhere."""
    # All in one function, since every part that a search looks into passes here.
    first = stored.find(b"\n") + 1
    last = stored.find(b"\n", first)
    if not stored.startswith(_RESOURCES, last) or stored.startswith(b"{", first):
        return entries_of(stored, kind, texts)
    start, begin = _start_of(kind), last + len(_RESOURCES)
    id_begins = len(start)
    found: dict[int, Entry] = {}
    for text in texts:
        at = stored.find(text, first, last)
        while at >= 0:
            end = stored.find(_NEXT_GLIMPSE, at, last)
            if end < 0:
                end = last
            row = stored[stored.rfind(b"\t", first, at) + 1 or first : end]
            place, code, effective = row.split(_NEXT_LOOK)
            line = begin + int(place)
            if stored.startswith(start, line):
                line_end = stored.find(b"\n", line)
                raw = stored[line : line_end - 1 if stored[line_end - 1] == _COMMA[0] else line_end]
                id_ = raw[id_begins : raw.find(b'"', id_begins)].decode()
                found[line] = Entry(kind, id_, raw, None, (_TOLD, (code, effective)))
            at = stored.find(text, end, last)
    return [found[line] for line in sorted(found)] if len(texts) > 1 else list(found.values())


@lru_cache(maxsize=256)
def _start_of(kind: str) -> bytes:
    """What a resource of a kind begins with, until its id."""
    return b'{"resourceType":"%b","id":"' % kind.encode()


def _begin(stored: bytes) -> int | None:
    """Where the first line of a resource begins; None where only a parser can tell."""
    last = stored.find(b"\n", stored.find(b"\n") + 1)
    return last + len(_RESOURCES) if stored.startswith(_RESOURCES, last) else None


def _line(stored: bytes, at: int) -> bytes:
    """The resource whose line begins at a place."""
    end = stored.index(b"\n", at)
    return stored[at : end - 1 if stored[end - 1] == _COMMA[0] else end]


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


def _entry(raw: bytes) -> Entry:
    kind_ends = raw.index(_ID, len(_START))
    id_starts = kind_ends + len(_ID)
    id_ = raw[id_starts : raw.index(b'"', id_starts)].decode()
    return Entry(raw[len(_START) : kind_ends].decode(), id_, raw)


class _Emptied(msgspec.Struct):
    error: bool
    resources: list[msgspec.Raw]


_read_emptied = msgspec.json.Decoder(_Emptied).decode


def is_emptied(stored: bytes) -> bool:
    """True for a part that was entered in error and whose resources were deleted."""
    part = _read_emptied(stored)
    return part.error and not part.resources
