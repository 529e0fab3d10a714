"""The resources of a kind that pass every filter, most of them left unopened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress

from helsekort.fhir.search.clauses import Clause, Filter
from helsekort.fhir.search.looking import Looking
from helsekort.fhir.shelf import Entry, Shelf, holds


def sifted(
    shelf: Shelf, kind: str, clauses: Sequence[Clause], also: Iterable[frozenset[str]] = ()
) -> tuple[list[Entry], Looking]:
    """The entries of a kind on the shelf that pass every clause, in the shelf's order, and who has looked at them.

    `also` are elements that are needed later.
    """
    filters = [one for clause in clauses if (one := clause.on(shelf)) is not None]
    looking = Looking([*(one.elements for one in filters), *also])
    found = list(_candidates(shelf, kind, filters))
    for one in filters:
        found = list(compress(found, looking.made(found, one.elements, one.test)))
    return found, looking


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
