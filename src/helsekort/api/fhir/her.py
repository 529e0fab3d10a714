"""The records of one woman: the one that is named, or each of hers, every one read through the door by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helsekort.api.fhir.call import Call
from helsekort.fhir.shelf import Entry, Shelf
from helsekort.ledger.view import NEWEST, View, Wants
from helsekort.maternity.history import view_at
from helsekort.maternity.shelf import shelf_of


async def views_of(call: Call, wants: Wants, *, parts: frozenset[str] | None = None) -> list[View]:
    """A view of each record of hers that the request can be about, the newest first; of nothing but her where there is none.

    A record that is named and is not hers is none. Where none is named, her newest is read, which tells which others there are.
    """
    newest = await call.view(wants, parts=parts, record=call.named.record or NEWEST)
    older = [one for one in reversed(newest.person.records) if one != newest.person.latest_record]
    return [newest, *[await call.view(wants, parts=parts, record=one) for one in older]]


def shelf_in(call: Call, view: View) -> Shelf:
    """What the caller may see of a view, as it was at the moment asked for where one is."""
    seen = view if call.at is None else view_at(view, call.at)
    return shelf_of(seen, number=call.act.patient)


def joined(shelves: Sequence[Shelf]) -> Shelf:
    """Several records as one shelf; what stands on more than one, as she herself does, is that of the newest."""
    if len(shelves) == 1:
        return shelves[0]
    return JoinedShelf(shelves)


class JoinedShelf:
    """The resources of several shelves, the first shelf first."""

    def __init__(self, shelves: Sequence[Shelf]) -> None:
        self._shelves = shelves

    def get(self, kind: str, id: str) -> Entry | None:  # noqa: A002 - FHIR's name for it
        """The resource of that kind and id, or None."""
        found = (shelf.get(kind, id) for shelf in self._shelves)
        return next((one for one in found if one is not None), None)

    def of_kind(
        self, kind: str, holding: Sequence[bytes] = (), elements: frozenset[str] = frozenset()
    ) -> Iterator[Entry]:
        """Every resource of a kind."""
        return _each_once(one for shelf in self._shelves for one in shelf.of_kind(kind, holding, elements))

    def all(self) -> Iterator[Entry]:
        """Every resource."""
        return _each_once(one for shelf in self._shelves for one in shelf.all())

    def gone(self, kind: str, id: str) -> bool:  # noqa: A002 - FHIR's name for it
        """True for a resource that was there and was deleted."""
        return any(shelf.gone(kind, id) for shelf in self._shelves)

    def common(self, kind: str, element: str) -> str | None:
        """What that element refers to in every resource of the kind, where it is the same on all shelves."""
        told = {shelf.common(kind, element) for shelf in self._shelves}
        return told.pop() if len(told) == 1 else None


def _each_once(entries: Iterator[Entry]) -> Iterator[Entry]:
    seen: set[tuple[str, str]] = set()
    for one in entries:
        if (one.kind, one.id) not in seen:
            seen.add((one.kind, one.id))
            yield one
