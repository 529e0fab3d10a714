"""A shelf: the resources a caller may see, by kind and id, each opened only when it is looked into.

Search, transactions and operations read resources here and nowhere else, so they can tell nothing that is not on the shelf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol, TypedDict, cast

import msgspec

from helsekort.basics.strict_json import dump
from helsekort.fhir.shapes import Resource

_decode = msgspec.json.Decoder(Resource, float_hook=Decimal).decode


Told = tuple[Mapping[frozenset[str], int], Sequence[bytes]]
"""Members of a resource, with which text tells them, and texts: JSON with those of them that the resource has.

`resourceType` is one of the members and does not stand in a text.
"""


class Entry(msgspec.Struct, eq=False):
    """One resource: its kind, its id and the JSON bytes it is answered with; parsed once, when first looked into.

    `_resource` where what `_raw` says is known already; without `_raw` it is what the resource is dumped as. `told` is some of
    what it says, where that is known by itself; `told_of` reads it. What is made and not stored is made when it is first asked
    for (`made`).
    """

    kind: str
    id: str
    _raw: bytes | None
    _resource: Resource | None = None
    told: Told | None = None
    _glimpsed: tuple[frozenset[str], Resource] | None = None
    _make: Callable[[], Resource] | None = None

    @classmethod
    def made(cls, kind: str, id_: str, make: Callable[[], Resource]) -> Entry:
        """The entry of a resource that is made only when it is looked into."""
        return cls(kind, id_, None, _make=make)

    @property
    def raw(self) -> bytes:
        """The JSON text it is answered with."""
        if self._raw is None:
            self._raw = dump(self.resource)
        return self._raw

    @property
    def resource(self) -> Resource:
        """The resource as JSON values, decimals with their digits; never to be changed."""
        if self._resource is None:
            self._resource = self._make() if self._make is not None else _decode(self._raw or b"")
        return self._resource

    def glimpse(self, elements: frozenset[str]) -> Resource:
        """The resource, or of one not looked into yet only the elements named; every one where none is named."""
        if self._resource is not None or not elements or self._raw is None:
            return self.resource
        if self._glimpsed is None or self._glimpsed[0] is not elements:
            self._glimpsed = elements, _glimpser(elements)(self._raw)
        return self._glimpsed[1]

    def __repr__(self) -> str:
        return f"Entry({self.kind}/{self.id})"


def told_of(kind: str, text: bytes) -> Resource:
    """What one of the texts of `Entry.told` tells of a resource of that kind, as JSON values."""
    found = _decode(text)
    found["resourceType"] = kind
    return found


@lru_cache(maxsize=256)
def _glimpser(elements: frozenset[str]) -> Callable[[bytes], Resource]:
    """Reads some elements of a resource's JSON and passes over the others, which takes a tenth of the time."""
    names = dict.fromkeys(sorted(elements), Any)
    row = TypedDict("row", names, total=False)  # type: ignore[misc] # it is made for msgspec, not for mypy
    return cast("Callable[[bytes], Resource]", msgspec.json.Decoder(row, float_hook=Decimal).decode)


class Shelf(Protocol):
    """Resources by kind and id."""

    def get(self, kind: str, id: str) -> Entry | None:  # noqa: A002 - FHIR's name for it
        """The resource of that kind and id, or None."""
        ...

    def of_kind(
        self, kind: str, holding: Sequence[bytes] = (), elements: frozenset[str] = frozenset()
    ) -> Iterable[Entry]:
        """Every resource of a kind. Those without any of the texts `holding` in their JSON may be left out, unopened.

        So may those that do not have them in the `elements`, where some are named.
        """
        ...

    def all(self) -> Iterable[Entry]:
        """Every resource."""
        ...

    def gone(self, kind: str, id: str) -> bool:  # noqa: A002 - FHIR's name for it
        """True for a resource that was there and was deleted, as far as the shelf can tell."""
        ...

    def common(self, kind: str, element: str) -> str | None:
        """What that element refers to in every resource of the kind on the shelf, such as whose they are; None if not known."""
        ...


def entry_of(resource: Resource) -> Entry:
    """The entry of a resource that was just made."""
    return Entry(resource["resourceType"], resource["id"], dump(resource), resource)


def holds(raw: bytes, holding: Sequence[bytes]) -> bool:
    """True where one of the texts is in the bytes, or none is asked for."""
    for text in holding:  # a loop, since this is asked of every resource that a search looks at
        if text in raw:
            return True
    return not holding


class ListShelf:
    """A shelf of the resources given, in their order; JSON bytes are read when it is made."""

    def __init__(
        self, resources: Iterable[Resource | bytes], *, gone: Iterable[tuple[str, str]] = ()
    ) -> None:
        self._gone = frozenset(gone)
        self._entries: dict[tuple[str, str], Entry] = {}
        for one in resources:
            entry = _entry_of_bytes(one) if isinstance(one, bytes) else entry_of(one)
            self._entries[entry.kind, entry.id] = entry

    def get(self, kind: str, id: str) -> Entry | None:  # noqa: A002 - FHIR's name for it
        """The resource of that kind and id, or None."""
        return self._entries.get((kind, id))

    def of_kind(
        self,
        kind: str,
        holding: Sequence[bytes] = (),
        elements: frozenset[str] = frozenset(),  # noqa: ARG002 - a Shelf's
    ) -> Iterator[Entry]:
        """Every resource of a kind that holds one of the texts, in whichever elements."""
        return (one for one in self.all() if one.kind == kind and holds(one.raw, holding))

    def all(self) -> Iterator[Entry]:
        """Every resource."""
        return iter(self._entries.values())

    def gone(self, kind: str, id: str) -> bool:  # noqa: A002 - FHIR's name for it
        """True for those it was made with as gone."""
        return (kind, id) in self._gone

    def common(self, kind: str, element: str) -> str | None:  # noqa: ARG002 - a Shelf's
        """Not known: the resources may be anybody's."""
        return None


def _entry_of_bytes(raw: bytes) -> Entry:
    resource = _decode(raw)
    return Entry(resource["resourceType"], resource["id"], raw, resource)
