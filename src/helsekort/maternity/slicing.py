"""Resources cut out of a stored part without being parsed: each stands on a line of its own (part.py), which JSON allows.

Inside a resource there is no line break, since the texts in JSON have none. Parts stored before that was so, and what is hidden
in nothing of this, are read by a parser.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from helsekort.fhir.shelf import Entry, holds

_LINES = b'"resources":[\n'
_START = b'{"resourceType":"'
_ID = b'","id":"'
_COMMA = b","


class _Sliced(msgspec.Struct):
    """A part, with its resources as they stand in it."""

    resources: list[msgspec.Raw]


_slice = msgspec.json.Decoder(_Sliced).decode


def find_in(stored: bytes, kind: str, id_: str) -> Entry | None:
    """The resource of that kind and id in a stored part, or None."""
    start = b'{"resourceType":"%b","id":"%b"' % (kind.encode(), id_.encode())
    if _in_lines(stored):
        at = stored.find(b"\n" + start) + 1
        found = _line(stored, at) if at else None
    else:
        found = next((raw for raw in _texts(stored) if raw.startswith(start)), None)
    return None if found is None else Entry(kind, id_, found)


def entries_of(stored: bytes, kind: str = "", holding: Sequence[bytes] = ()) -> list[Entry]:
    """The resources of a stored part in their order, or those of a kind, that have one of the texts in them."""
    texts = _texts_with(stored, holding[0]) if len(holding) == 1 else _texts(stored)
    if len(holding) > 1:
        texts = [one for one in texts if holds(one, holding)]
    if not kind:
        return [_entry(one) for one in texts]
    start = b'{"resourceType":"%b","id":"' % kind.encode()
    begins = len(start)
    return [
        Entry(kind, one[begins : one.index(b'"', begins)].decode(), one)
        for one in texts
        if one.startswith(start)
    ]


def _in_lines(stored: bytes) -> bool:
    """Whether each resource of the part is a line."""
    return stored.endswith(_LINES, 0, stored.find(b"\n") + 1)


def _line(stored: bytes, at: int) -> bytes:
    """The resource that begins at a place."""
    end = stored.index(b"\n", at)
    return stored[at : end - 1 if stored.startswith(_COMMA, end - 1) else end]


def _texts(stored: bytes) -> list[bytes]:
    """Every resource of a part."""
    if not _in_lines(stored):
        return [bytes(one) for one in _slice(stored).resources]
    return [one.removesuffix(_COMMA) for one in stored.split(b"\n")[1:-1]]


def _texts_with(stored: bytes, text: bytes) -> list[bytes]:
    """The resources that a text stands in."""
    at = stored.rfind(text)  # from the end, since that way Python looks fastest
    if at < 0:
        return []
    if not _in_lines(stored):
        return [one for one in _texts(stored) if text in one]
    found: list[bytes] = []
    while (start := stored.rfind(b"\n", 0, at) + 1) > 0:
        found.append(_line(stored, start))
        at = stored.rfind(text, 0, start)
        if at < 0:
            break
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
