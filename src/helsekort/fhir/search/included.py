"""What comes along with the matches: `_include` and `_revinclude` (https://hl7.org/fhir/R4/search.html#include).

Only what is on the shelf can come along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from helsekort.fhir.search.references import targets_of
from helsekort.fhir.search.search import Include
from helsekort.fhir.search.values import reader
from helsekort.fhir.shelf import Entry, Shelf

_FEW = 8

Follow = Callable[[Sequence[Entry]], Iterable[Entry]]
"""What comes along with some resources by one include."""


def included_with(
    matches: Sequence[Entry], includes: Sequence[Include], shelf: Shelf, base: str
) -> list[Entry]:
    """The entries that come along, each once and none that is a match itself, in the order they are met."""
    if not includes:
        return []
    met = {_name(one): one for one in matches}
    newest = list(matches)
    ways = [(include, _way(include, shelf, base)) for include in includes]
    while newest and ways:
        found = [entry for _, follow in ways for entry in follow(newest)]
        newest = list({_name(one): one for one in found if _name(one) not in met}.values())
        met |= {_name(one): one for one in newest}
        ways = [way for way in ways if way[0].iterate]
    return list(met.values())[len(matches) :]


def _name(entry: Entry) -> str:
    return f"{entry.kind}/{entry.id}"


def _way(include: Include, shelf: Shelf, base: str) -> Follow:
    links = _links(include, base)
    if not include.reverse:
        return lambda entries: _forward(include, entries, links, shelf)
    if include.iterate:
        return _Backward(include, links, shelf)
    return lambda entries: _backward(include, entries, links, shelf)


def _links(include: Include, base: str) -> Callable[[Entry], Iterator[str]]:
    """What a resource points to by one of the parameters."""
    reads = [reader(one) for one in include.parameters]
    return lambda entry: (target for read in reads for target in targets_of(read(entry.resource), base))


def _forward(
    include: Include, entries: Iterable[Entry], links: Callable[[Entry], Iterator[str]], shelf: Shelf
) -> Iterator[Entry]:
    found = dict.fromkeys(target for one in entries if one.kind == include.source for target in links(one))
    ids: dict[str, list[str]] = {}
    for kind, _, id_ in (link.partition("/") for link in found):
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


def _targets(include: Include, entries: Iterable[Entry]) -> list[str]:
    return [_name(one) for one in entries if include.target in {"", one.kind}]


def _backward(
    include: Include, entries: Iterable[Entry], links: Callable[[Entry], Iterator[str]], shelf: Shelf
) -> Iterator[Entry]:
    targets = frozenset(_targets(include, entries))
    if not targets or not include.parameters:
        return
    derived = any(one.derive for one in include.parameters)
    few = len(targets) <= _FEW and not derived
    holding = tuple(target.encode() for target in sorted(targets)) if few else ()
    for entry in shelf.of_kind(include.source, holding):
        if not targets.isdisjoint(links(entry)):
            yield entry


class _Backward:
    """What points to a resource, looked up once for all rounds: a chain may have as many of them as there are resources."""

    def __init__(self, include: Include, links: Callable[[Entry], Iterator[str]], shelf: Shelf) -> None:
        self._include = include
        self._links = links
        self._shelf = shelf
        self._pointing: dict[str, list[Entry]] | None = None

    def __call__(self, entries: Sequence[Entry]) -> Iterator[Entry]:
        """What points to some resources."""
        if self._pointing is None:
            self._pointing = self._looked_up()
        for target in _targets(self._include, entries):
            yield from self._pointing.get(target, ())

    def _looked_up(self) -> dict[str, list[Entry]]:
        pointing: dict[str, list[Entry]] = {}
        for entry in self._shelf.of_kind(self._include.source) if self._include.parameters else ():
            for target in dict.fromkeys(self._links(entry)):
                pointing.setdefault(target, []).append(entry)
        return pointing
