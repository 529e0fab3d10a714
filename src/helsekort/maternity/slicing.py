"""Resources cut out of a stored part without being parsed: every one begins with its kind and its id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from helsekort.fhir.shelf import Entry, holds

_START = b'{"resourceType":"'
_ID = b'","id":"'


class _Sliced(msgspec.Struct):
    """A part, with its resources as they stand in it."""

    resources: list[msgspec.Raw]


_slice = msgspec.json.Decoder(_Sliced).decode


def find_in(stored: bytes, kind: str, id_: str) -> Entry | None:
    """The resource of that kind and id in a stored part, or None."""
    start = b'{"resourceType":"%s","id":"%s"' % (kind.encode(), id_.encode())
    for sliced in _slice(stored).resources:
        raw = bytes(sliced)
        if raw.startswith(start):
            return Entry(kind, id_, raw)
    return None


def entries_of(stored: bytes, kind: str = "", holding: Sequence[bytes] = ()) -> Iterator[Entry]:
    """The resources of a stored part in their order, or those of a kind, that have one of the texts in them."""
    start = b'{"resourceType":"%s"' % kind.encode() if kind else _START
    if start not in stored or not holds(stored, holding):
        return
    for sliced in _slice(stored).resources:
        raw = bytes(sliced)
        if raw.startswith(start) and holds(raw, holding):
            yield _entry(raw)


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
