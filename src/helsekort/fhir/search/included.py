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
    for entry in entries:
        if entry.kind != include.source:
            continue
        for target in targets_of(read(entry.resource), base):
            kind, _, id_ = target.partition("/")
            found = shelf.get(kind, id_) if include.target in {"", kind} else None
            if found is not None:
                yield found


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
