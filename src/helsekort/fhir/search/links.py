"""The links between the pages of a search (https://hl7.org/fhir/R4/http.html#paging)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from helsekort.fhir.search.cursor import NAME, Cursor, encode, mark_of
from helsekort.fhir.search.run import Found
from helsekort.fhir.search.search import Search


def page_links(
    address: str, search: Search, found: Found, *, t: int, offset: int = 0
) -> list[tuple[str, str]]:
    """The relation and address of the page itself, the first, the next and the previous one, where there are such.

    `address` is that of the search without parameters, `t` the moment of the record every page is taken from.
    """
    begins = f"{address}?{urlencode(search.used)}" if search.used else address
    pages = list(_offsets(search, found, offset))
    if not pages:
        return [("self", begins)]
    mark, more = mark_of(search.kind, search.used), "&" if search.used else "?"
    links = [(relation, f"{begins}{more}{NAME}={encode(Cursor(t, at), mark)}") for relation, at in pages]
    return links if offset else [("self", begins), *links]


def _offsets(search: Search, found: Found, offset: int) -> Iterator[tuple[str, int]]:
    """Where the page itself begins, if not at the beginning, and the others."""
    count = search.results.count
    if offset:
        yield "self", offset
    if found.has_more or offset:
        yield "first", 0
    if found.has_more:
        yield "next", offset + count
    if offset:
        yield "previous", max(0, offset - count)
