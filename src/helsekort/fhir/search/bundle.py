"""The answer to a search: a Bundle of type searchset (https://hl7.org/fhir/R4/search.html#return), joined from finished bytes.

A resource is written as it is stored; it is opened only where a part of it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from helsekort.basics.refusal import Issue
from helsekort.basics.strict_json import dump
from helsekort.fhir.outcome import issue_of, outcome
from helsekort.fhir.search.outline import Outline, parts_of
from helsekort.fhir.search.run import Found
from helsekort.fhir.search.search import Search
from helsekort.fhir.shelf import Entry

Links = Sequence[tuple[str, str]]
"""Relation (self, first, next, previous) and address."""


def searchset(
    search: Search, found: Found, *, base: str, links: Links, outline_of: Callable[[str], Outline]
) -> bytes:
    """The Bundle as JSON. `base` is the service's base URL, of which the addresses of entries are made.

    `outline_of` gives the outline of a kind, for searches that ask for parts of resources.
    """
    prefix = f"{base.rstrip('/')}/"
    entries = [
        *_written(found.matches, search, prefix, outline_of, b"match"),
        *_written(found.included, search, prefix, outline_of, b"include"),
        *warned(search.warnings),
    ]
    return joined(entries, total=found.total, links=links)


def joined(entries: Iterable[bytes], *, total: int | None, links: Links) -> bytes:
    """A searchset of finished entries."""
    parts = [b'{"resourceType":"Bundle","type":"searchset"']
    if total is not None:
        parts.append(b'"total":%d' % total)
    if links:
        parts.append(b'"link":' + dump([{"relation": relation, "url": url} for relation, url in links]))
    head, listed = b",".join(parts), list(entries)
    if not listed:  # an empty array is not allowed in FHIR
        return head + b"}"
    listed[0] = b'%b,"entry":[%b' % (head, listed[0])
    listed[-1] += b"]}"
    return b",".join(listed)


def entry_bytes(entry: Entry, prefix: str, mode: bytes) -> bytes:
    """One entry of a searchset: its address, the resource as it is stored, and why it is there (match or include)."""
    return b'{"fullUrl":%b,"resource":%b,"search":{"mode":"%b"}}' % (
        dump(f"{prefix}{entry.kind}/{entry.id}"),
        entry.raw,
        mode,
    )


def _written(
    entries: Iterable[Entry], search: Search, prefix: str, outline_of: Callable[[str], Outline], mode: bytes
) -> Iterator[bytes]:
    if search.results.summary == "false" and not search.results.elements:
        return (entry_bytes(entry, prefix, mode) for entry in entries)
    return (entry_bytes(_part(entry, search, outline_of(entry.kind)), prefix, mode) for entry in entries)


def _part(entry: Entry, search: Search, outline: Outline) -> Entry:
    return Entry(entry.kind, entry.id, dump(parts_of(entry.resource, search.results, outline)))


def warned(warnings: Sequence[Issue]) -> Iterator[bytes]:
    """What was left out, as an OperationOutcome among the entries (mode outcome)."""
    if not warnings:
        return
    told = [
        issue_of("warning", "not-supported", f"{one.where}: {one.what}", diagnostics=one.hint)
        for one in warnings
    ]
    yield b'{"resource":%b,"search":{"mode":"outcome"}}' % dump(outcome(told))
