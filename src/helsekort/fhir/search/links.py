"""The links between the pages of a search (https://hl7.org/fhir/R4/http.html#paging)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from helsekort.fhir.search.cursor import NAME, Cursor, encode
from helsekort.fhir.search.run import Found
from helsekort.fhir.search.search import Search


def page_links(
    address: str, search: Search, found: Found, *, t: int, offset: int = 0
) -> list[tuple[str, str]]:
    """The relation and address of the page itself, the first, the next and the previous one, where there are such.

    `address` is that of the search without parameters, `t` the moment of the record every page is taken from.
    """
    pages = dict(_offsets(search, found, offset))
    made = [("self", _address(address, search, Cursor(t, offset) if offset else None))]
    return made + [(relation, _address(address, search, Cursor(t, at))) for relation, at in pages.items()]


def _offsets(search: Search, found: Found, offset: int) -> Iterator[tuple[str, int]]:
    count = search.results.count
    if found.has_more or offset:
        yield "first", 0
    if found.has_more:
        yield "next", offset + count
    if offset:
        yield "previous", max(0, offset - count)


def _address(address: str, search: Search, cursor: Cursor | None) -> str:
    params = [*search.used, *([(NAME, encode(cursor, search))] if cursor else [])]
    return f"{address}?{urlencode(params)}" if params else address
