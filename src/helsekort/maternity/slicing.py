"""Resources cut out of a stored part without being parsed: every one begins with its kind and its id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from helsekort.fhir.shelf import Entry, holds

_START = b'{"resourceType":"'
_NEXT = b"," + _START
_LIST = b'"resources":[' + _START
_END = b"]}"
_NONE = b'"resources":[]}'
_CONTAINED = b'"contained":['
_ID = b'","id":"'


class _Sliced(msgspec.Struct):
    """A part, with its resources as they stand in it."""

    resources: list[msgspec.Raw]


_slice = msgspec.json.Decoder(_Sliced).decode


def find_in(stored: bytes, kind: str, id_: str) -> Entry | None:
    """The resource of that kind and id in a stored part, or None."""
    start = b'{"resourceType":"%s","id":"%s"' % (kind.encode(), id_.encode())
    if stored.endswith(_NONE) or (at := stored.find(start)) < 0:
        return None
    if (begin := _begin(stored)) is None or at < begin:
        found = next((raw for raw in _texts(stored) if raw.startswith(start)), None)
        return None if found is None else Entry(kind, id_, found)
    return Entry(kind, id_, stored[at : _end(stored, at)])


def entries_of(stored: bytes, kind: str = "", holding: Sequence[bytes] = ()) -> Iterator[Entry]:
    """The resources of a stored part in their order, or those of a kind, that have one of the texts in them."""
    start = b'{"resourceType":"%s"' % kind.encode() if kind else _START
    if stored.endswith(_NONE) or stored.find(start) < 0:
        return
    texts = _around(stored, holding[0]) if len(holding) == 1 else _texts(stored)
    for raw in texts:
        if raw.startswith(start) and holds(raw, holding):
            yield _entry(raw)


def _begin(stored: bytes) -> int | None:
    """Where the first resource begins; None where only a parser can tell one resource from another.

    What a resource begins with stands nowhere else in a part but in what a resource contains, and in what a client has sent
    beside the contract's own fields, which comes before the list. Inside a text its quotation marks would be escaped.
    """
    at = stored.rfind(_LIST)  # from the end, since that way Python looks fastest
    plain = at >= 0 and stored.endswith(_END) and stored.rfind(_CONTAINED) < at
    return at + len(_LIST) - len(_START) if plain else None


def _end(stored: bytes, at: int) -> int:
    """Where the resource ends that the place is in."""
    end = stored.find(_NEXT, at)
    return end if end >= 0 else len(stored) - len(_END)


def _texts(stored: bytes) -> list[bytes]:
    """Every resource of a part."""
    begin = _begin(stored)
    if begin is None:
        return [bytes(one) for one in _slice(stored).resources]
    first, *others = stored[begin : -len(_END)].split(_NEXT)
    return [first, *(_START + one for one in others)]


def _around(stored: bytes, text: bytes) -> list[bytes]:
    """The resources that a text stands in; every one where only a parser can tell."""
    at = stored.rfind(text)
    if at < 0:
        return []
    begin = _begin(stored)
    if begin is None:
        return _texts(stored)
    found: list[bytes] = []
    while at >= begin:
        start = stored.rfind(_START, begin, at + len(_START))
        found.append(stored[start : _end(stored, at)])
        at = stored.rfind(text, begin, start)
    found.reverse()
    return found


def _entry(raw: bytes) -> Entry:
    kind_ends = raw.index(_ID, len(_START))
    id_starts = kind_ends + len(_ID)
    kind = raw[len(_START) : kind_ends].decode()
    return Entry(kind, raw[id_starts : raw.index(b'"', id_starts)].decode(), raw)


class _Emptied(msgspec.Struct):
    error: bool
    resources: list[msgspec.Raw]


_read_emptied = msgspec.json.Decoder(_Emptied).decode


def is_emptied(stored: bytes) -> bool:
    """True for a part that was entered in error and whose resources were deleted."""
    part = _read_emptied(stored)
    return part.error and not part.resources
