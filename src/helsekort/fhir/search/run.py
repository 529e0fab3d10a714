"""A search carried out on a shelf."""

from __future__ import annotations

from dataclasses import dataclass

from helsekort.fhir.search.included import included_with
from helsekort.fhir.search.order import elements_for, ordered
from helsekort.fhir.search.search import Search
from helsekort.fhir.search.sieve import sifted
from helsekort.fhir.shelf import Entry, Shelf


@dataclass(frozen=True, slots=True)
class Found:
    """One page: the matches in their order, what comes along, and how many match in all (None where that was not wanted)."""

    matches: tuple[Entry, ...]
    included: tuple[Entry, ...]
    total: int | None
    has_more: bool


def run(search: Search, shelf: Shelf, offset: int = 0) -> Found:
    """The page of matches that begins at `offset`. The same shelf always gives the same pages, which together are everything."""
    results = search.results
    also = elements_for(search.kind, results.sort) if results.count else ()
    hits, looking = sifted(shelf, search.kind, search.clauses, also)
    total = len(hits) if results.total else None
    if results.count == 0:
        return Found((), (), total, has_more=False)
    page = ordered(hits, results.sort, search.kind, search.setting, looking)[offset : offset + results.count]
    included = included_with(page, results.includes, shelf, search.setting.base)
    return Found(tuple(page), tuple(included), total, has_more=offset + results.count < len(hits))
