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
    begins = f"{address}?{urlencode(search.used)}" if search.used else address
    more = "&" if search.used else "?"
    pages = dict(_offsets(search, found, offset))
    asked = {"self": offset} if offset else {}
    cursors = {relation: encode(Cursor(t, at), search) for relation, at in {**asked, **pages}.items()}
    links = {relation: f"{begins}{more}{NAME}={cursor}" for relation, cursor in cursors.items()}
    return list(({"self": begins} | links).items())


def _offsets(search: Search, found: Found, offset: int) -> Iterator[tuple[str, int]]:
    count = search.results.count
    if found.has_more or offset:
        yield "first", 0
    if found.has_more:
        yield "next", offset + count
    if offset:
        yield "previous", max(0, offset - count)
