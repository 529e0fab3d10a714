"""The resources of a kind that pass every filter, most of them left unopened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from helsekort.fhir.search.clauses import Clause, Filter
from helsekort.fhir.search.values import ALL
from helsekort.fhir.shelf import Entry, Shelf, holds


def sifted(shelf: Shelf, kind: str, clauses: Sequence[Clause]) -> list[Entry]:
    """The entries of a kind on the shelf that pass every clause, in the shelf's order."""
    filters = [clause.on(shelf) for clause in clauses]
    elements = _elements(filters)
    found = [(entry, entry.glimpse(elements)) for entry in _candidates(shelf, kind, filters)]
    for one in filters:
        test = one.test
        found = [pair for pair in found if test(pair[1])]
    return [entry for entry, _ in found]


def _elements(filters: Sequence[Filter]) -> frozenset[str]:
    """What the tests look at together."""
    if any(one.elements == ALL for one in filters):
        return ALL
    return ALL.union(*(one.elements for one in filters))


def _candidates(shelf: Shelf, kind: str, filters: Sequence[Filter]) -> Iterable[Entry]:
    named = [one.ids for one in filters if one.ids is not None]
    if named:
        return _of_ids(shelf, kind, frozenset.intersection(*named))
    texts = sorted((one.holding for one in filters if one.holding), key=_seldom_last, reverse=True)
    if not texts:
        return shelf.of_kind(kind)
    found = shelf.of_kind(kind, texts.pop())
    while texts:
        found = _holding(found, texts.pop())
    return found


def _seldom_last(texts: Sequence[bytes]) -> bool:
    """A code (in quotation marks) is in few of a record's resources; the person they all point to is in every one."""
    return not texts[0].startswith(b'"')


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
