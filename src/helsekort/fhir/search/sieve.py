"""The resources of a kind that pass every filter, most of them left unopened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from helsekort.fhir.search.clauses import Clause, Filter
from helsekort.fhir.search.values import ALL
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Entry, Shelf, holds

Glimpsed = tuple[Entry, Resource]
"""An entry, and what was looked at of it."""


def sifted(shelf: Shelf, kind: str, clauses: Sequence[Clause]) -> list[Entry]:
    """The entries of a kind on the shelf that pass every clause, in the shelf's order."""
    return [entry for entry, _ in glimpsed(shelf, kind, clauses)]


def glimpsed(
    shelf: Shelf, kind: str, clauses: Sequence[Clause], also: Iterable[frozenset[str]] = ()
) -> list[Glimpsed]:
    """The same, each with the elements that were looked at: those of the clauses, and `also` those that are needed later."""
    filters = [one for clause in clauses if (one := clause.on(shelf)) is not None]
    wanted = [*(one.elements for one in filters), *also]
    candidates = _candidates(shelf, kind, filters)
    if not wanted:
        return [(entry, {}) for entry in candidates]
    elements = ALL if ALL in wanted else ALL.union(*wanted)
    found = [(entry, entry.glimpse(elements)) for entry in candidates]
    for one in filters:
        test = one.test
        found = [pair for pair in found if test(pair[1])]
    return found


def _candidates(shelf: Shelf, kind: str, filters: Sequence[Filter]) -> Iterable[Entry]:
    named = [one.ids for one in filters if one.ids is not None]
    if named:
        return _of_ids(shelf, kind, frozenset.intersection(*named))
    held = sorted((one for one in filters if one.holding), key=_seldom_last, reverse=True)
    if not held:
        return shelf.of_kind(kind)
    seldom = held.pop()
    found = shelf.of_kind(kind, seldom.holding, seldom.elements)
    while held:
        found = _holding(found, held.pop().holding)
    return found


def _seldom_last(one: Filter) -> bool:
    """A code (in quotation marks) is in few of a record's resources; the person they all point to is in every one."""
    return not one.holding[0].startswith(b'"')


def _holding(entries: Iterable[Entry], texts: Sequence[bytes]) -> Iterable[Entry]:
    if len(texts) == 1:
        text = texts[0]
        return [one for one in entries if text in one.raw]
    return [one for one in entries if holds(one.raw, texts)]


def _of_ids(shelf: Shelf, kind: str, ids: frozenset[str]) -> Iterator[Entry]:
    for one in sorted(ids):
        entry = shelf.get(kind, one)
        if entry is not None:
            yield entry
