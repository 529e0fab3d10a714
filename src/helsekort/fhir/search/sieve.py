"""The resources of a kind that pass every filter, most of them left unopened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from helsekort.fhir.search.clauses import Clause, Filter
from helsekort.fhir.shelf import Entry, Shelf, holds


def sifted(shelf: Shelf, kind: str, clauses: Sequence[Clause]) -> list[Entry]:
    """The entries of a kind on the shelf that pass every clause, in the shelf's order."""
    filters = [clause.on(shelf) for clause in clauses]
    tests = [one.test for one in filters]
    return [
        entry for entry in _candidates(shelf, kind, filters) if all(test(entry.resource) for test in tests)
    ]


def _candidates(shelf: Shelf, kind: str, filters: Sequence[Filter]) -> Iterable[Entry]:
    named = [one.ids for one in filters if one.ids is not None]
    if named:
        return _of_ids(shelf, kind, frozenset.intersection(*named))
    texts = [one.holding for one in filters if one.holding]
    if not texts:
        return shelf.of_kind(kind)
    found = shelf.of_kind(kind, texts[0])
    return (one for one in found if all(holds(one.raw, each) for each in texts[1:])) if texts[1:] else found


def _of_ids(shelf: Shelf, kind: str, ids: frozenset[str]) -> Iterator[Entry]:
    for one in sorted(ids):
        entry = shelf.get(kind, one)
        if entry is not None:
            yield entry
