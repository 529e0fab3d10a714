"""A history Bundle, the newest version first, joined from stored bytes (https://hl7.org/fhir/R4/http.html#history)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from helsekort.basics.clock import to_wire
from helsekort.basics.strict_json import dump


@dataclass(frozen=True, slots=True)
class Past:
    """One version of a resource: which, since when, and its JSON; None where it was deleted then."""

    kind: str
    id: str
    number: int
    at: datetime
    raw: bytes | None


def history_bundle(
    page: Iterable[Past], *, total: int, base: str, links: Mapping[str, str], at: datetime
) -> bytes:
    """One page of a history; `total` counts every version there is on all pages."""
    head = dump(
        {
            "resourceType": "Bundle",
            "meta": {"lastUpdated": to_wire(at)},
            "type": "history",
            "total": total,
            "link": [{"relation": relation, "url": url} for relation, url in links.items()],
        }
    )
    entries = [_entry(one, base) for one in page]
    return head if not entries else head[:-1] + b',"entry":[' + b",".join(entries) + b"]}"


def pages(total: int, *, upto: int, count: int) -> Sequence[range]:
    """The places of one page in a list of versions from the oldest, and of the next: the newest of the first `upto` versions.

    >>> pages(7, upto=7, count=3), pages(7, upto=1, count=3)
    ([range(6, 3, -1), range(3, 0, -1)], [range(0, -1, -1)])
    """
    upto = min(upto, total)
    first = range(upto - 1, max(upto - count, 0) - 1, -1)
    left = upto - len(first)
    return [first, range(left - 1, max(left - count, 0) - 1, -1)] if left and first else [first]


def _entry(one: Past, base: str) -> bytes:
    """fullUrl, resource, request and response (invariants bdl-3 and bdl-4: history has both)."""
    method, url, status = _done(one)
    said = {
        "request": {"method": method, "url": url},
        "response": {"status": status, "etag": f'W/"{one.number}"', "lastModified": to_wire(one.at)},
    }
    head = dump({"fullUrl": f"{base}/{one.kind}/{one.id}"})[:-1]
    resource = b"" if one.raw is None else b',"resource":' + one.raw
    return head + resource + b"," + dump(said)[1:]


def _done(one: Past) -> tuple[str, str, str]:
    if one.raw is None:
        return "DELETE", f"{one.kind}/{one.id}", "204"
    return ("POST", one.kind, "201") if one.number == 1 else ("PUT", f"{one.kind}/{one.id}", "200")
