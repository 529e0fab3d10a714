"""Filters on other resources: chains (`encounter.status`) and reverse chains (`_has:Observation:encounter:code`).

https://hl7.org/fhir/R4/search.html#chaining, https://hl7.org/fhir/R4/search.html#has. Both end in a set of resources found on the
same shelf, so that a resource the caller may not see is neither found nor counted nor followed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NoReturn

from helsekort.basics.refusal import Refused
from helsekort.fhir.search.asked import Setting, listed, refused
from helsekort.fhir.search.clauses import Clause, Filter, parameter_of, plain_clause
from helsekort.fhir.search.parameter import SearchParameter
from helsekort.fhir.search.references import targets_of
from helsekort.fhir.search.sieve import sifted
from helsekort.fhir.search.values import reader
from helsekort.fhir.shelf import Shelf

MOST_LINKS = 4
_FEW = 8
"""So many targets are looked for in the JSON before it is opened; more would cost as much as opening it."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How far a chain has come: the name it was asked by, and how many links lie behind."""

    setting: Setting
    where: str
    links: int = 0

    def refuse(self, what: str, hint: str = "") -> NoReturn:
        raise refused(self.where, what, hint)

    def parameter(self, kind: str, code: str) -> SearchParameter:
        """The reference that leads on. Raises `Refused` for what is none."""
        found = parameter_of(kind, code, self.setting, where=self.where)
        if found.type != "reference":
            self.refuse("Only a reference leads on to other resources.", f"{code} is a {found.type}.")
        return found


def clause_of(kind: str, name: str, text: str, setting: Setting) -> Clause:
    """A filter by any name: of the resource itself, along a chain, or by what points to it. Raises `Refused`."""
    return _clause(kind, name, text, _Way(setting, name))


def _clause(kind: str, name: str, text: str, way: _Way) -> Clause:
    if way.links > MOST_LINKS:
        way.refuse(f"There are more than {MOST_LINKS} links in this chain.", "Search in several steps.")
    if name.startswith("_has:"):
        return _pointed_to(kind, name, text, way)
    if "." in name:
        return _chained(kind, name, text, way)
    return plain_clause(kind, name, text, way.setting, where=way.where)


def _chained(kind: str, name: str, text: str, way: _Way) -> Clause:
    head, _, rest = name.partition(".")
    code, _, narrowed = head.partition(":")
    parameter = way.parameter(kind, code)
    inner = _in_each(_targets(parameter, narrowed, way), rest, text, replace(way, links=way.links + 1))
    read, base = reader(parameter), way.setting.base

    def on(shelf: Shelf) -> Filter:
        entries = (entry for target, clause in inner for entry in sifted(shelf, target, [clause])[0])
        found = frozenset(f"{one.kind}/{one.id}" for one in entries)
        holding = (
            tuple(one.encode() for one in sorted(found))
            if len(found) <= _FEW and not parameter.derive
            else ()
        )
        return Filter(
            lambda resource: not found.isdisjoint(targets_of(read(resource), base)),
            holding,
            None if found else frozenset(),
        )

    return Clause(way.where, on)


def _pointed_to(kind: str, name: str, text: str, way: _Way) -> Clause:
    parts = name.split(":", 3)
    if len(parts) != 4 or parts[1] not in way.setting.offered:
        hint = f"Write _has:Kind:reference:parameter, with one of these kinds: {listed(way.setting.offered)}."
        way.refuse("This does not say what points here.", hint)
    _, source, code, rest = parts
    parameter = way.parameter(source, code)
    if parameter.targets and kind not in parameter.targets:
        way.refuse("This reference never points here.", f"It points to: {listed(parameter.targets)}.")
    inner = _clause(source, rest, text, replace(way, links=way.links + 1))
    read, base = reader(parameter), way.setting.base

    def on(shelf: Shelf) -> Filter:
        entries, _ = sifted(shelf, source, [inner])
        found = {one for entry in entries for one in targets_of(read(entry.resource), base)}
        ids = frozenset(one.removeprefix(f"{kind}/") for one in found if one.startswith(f"{kind}/"))
        return Filter(lambda resource: resource["id"] in ids, ids=ids)

    return Clause(way.where, on)


def _targets(parameter: SearchParameter, narrowed: str, way: _Way) -> list[str]:
    known = [one for one in parameter.targets if one in way.setting.offered]
    if narrowed and narrowed not in known:
        way.refuse(
            "This reference does not lead to that kind.", f"{parameter.code} leads to: {listed(known)}."
        )
    return [narrowed] if narrowed else known


def _in_each(targets: Iterable[str], rest: str, text: str, way: _Way) -> list[tuple[str, Clause]]:
    """The rest of the chain in every kind it makes sense in; refused where it makes sense in none."""
    made: list[tuple[str, Clause]] = []
    refusals: list[Refused] = []
    for target in targets:
        try:
            made.append((target, _clause(target, rest, text, way)))
        except Refused as refusal:
            refusals.append(refusal)
    if not made and refusals:
        raise refusals[0]
    if not made:
        way.refuse("This reference leads to nothing that can be searched.")
    return made
