"""What comes along with the matches: `_include` and `_revinclude` (https://hl7.org/fhir/R4/search.html#include).

Only what is on the shelf can come along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from helsekort.fhir.search.references import targets_of
from helsekort.fhir.search.search import Include
from helsekort.fhir.search.values import reader
from helsekort.fhir.shelf import Entry, Shelf

_FEW = 8


def included_with(
    matches: Sequence[Entry], includes: Sequence[Include], shelf: Shelf, base: str
) -> list[Entry]:
    """The entries that come along, each once and none that is a match itself, in the order they are met."""
    if not includes:
        return []
    met = {_name(one): one for one in matches}
    newest, wanted = list(matches), list(includes)
    while newest and wanted:
        found = [entry for include in wanted for entry in _followed(include, newest, shelf, base)]
        newest = list({_name(one): one for one in found if _name(one) not in met}.values())
        met |= {_name(one): one for one in newest}
        wanted = [include for include in includes if include.iterate]
    return list(met.values())[len(matches) :]


def _name(entry: Entry) -> str:
    return f"{entry.kind}/{entry.id}"


def _followed(include: Include, entries: Iterable[Entry], shelf: Shelf, base: str) -> Iterator[Entry]:
    return (
        _backward(include, entries, shelf, base)
        if include.reverse
        else _forward(include, entries, shelf, base)
    )


def _forward(include: Include, entries: Iterable[Entry], shelf: Shelf, base: str) -> Iterator[Entry]:
    read = reader(include.parameter)
    sources = [one for one in entries if one.kind == include.source]
    links = dict.fromkeys(target for one in sources for target in targets_of(read(one.resource), base))
    ids: dict[str, list[str]] = {}
    for kind, _, id_ in (link.partition("/") for link in links):
        if include.target in {"", kind}:
            ids.setdefault(kind, []).append(id_)
    for kind, wanted in ids.items():
        yield from _found(shelf, kind, wanted)


def _found(shelf: Shelf, kind: str, ids: Sequence[str]) -> Iterator[Entry]:
    """The resources of those ids; many are looked up in one list, since each look goes through all."""
    if len(ids) <= _FEW:
        found = [shelf.get(kind, one) for one in ids]
    else:
        there = {one.id: one for one in shelf.of_kind(kind)}
        found = [there.get(one) for one in ids]
    return (one for one in found if one is not None)


def _backward(include: Include, entries: Iterable[Entry], shelf: Shelf, base: str) -> Iterator[Entry]:
    targets = {_name(one) for one in entries if include.target in {"", one.kind}}
    if not targets:
        return
    read = reader(include.parameter)
    holding = (
        tuple(target.encode() for target in sorted(targets))
        if len(targets) <= _FEW and not include.parameter.derive
        else ()
    )
    for entry in shelf.of_kind(include.source, holding):
        if not targets.isdisjoint(targets_of(read(entry.resource), base)):
            yield entry
