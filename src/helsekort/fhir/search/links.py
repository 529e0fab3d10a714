"""The links between the pages of a search (https://hl7.org/fhir/R4/http.html#paging)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote_plus

from helsekort.fhir.search.cursor import NAME, Cursor, encode, mark_of
from helsekort.fhir.search.run import Found
from helsekort.fhir.search.search import Search

_is_plain = re.compile("[A-Za-z0-9_.~-]*", re.ASCII).fullmatch
"""What needs no quoting, which is most of what is asked."""


def page_links(
    address: str, search: Search, found: Found, *, t: int, offset: int = 0
) -> list[tuple[str, str]]:
    """The relation and address of the page itself, the first, the next and the previous one, where there are such.

    `address` is that of the search without parameters, `t` the moment of the record every page is taken from.
    """
    begins = f"{address}?{query_of(search.used)}" if search.used else address
    pages = list(_offsets(search, found, offset))
    if not pages:
        return [("self", begins)]
    mark, more = mark_of(search.kind, search.used), "&" if search.used else "?"
    links = [(relation, f"{begins}{more}{NAME}={encode(Cursor(t, at), mark)}") for relation, at in pages]
    return links if offset else [("self", begins), *links]


def query_of(params: Iterable[tuple[str, str]]) -> str:
    """Parameters as they stand in an address, as `urllib.parse.urlencode` writes them.

    >>> query_of([("code", "http://loinc.org|85354-9"), ("_sort", "-date")])
    'code=http%3A%2F%2Floinc.org%7C85354-9&_sort=-date'
    """
    return "&".join([f"{_quoted(name)}={_quoted(text)}" for name, text in params])


def _quoted(text: str) -> str:
    return text if _is_plain(text) else quote_plus(text)


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
