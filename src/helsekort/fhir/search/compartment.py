"""A search in somebody's compartment: `Patient/1/Observation?code=…` (https://hl7.org/fhir/R4/compartmentdefinition.html)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from helsekort.fhir.search.asked import refused
from helsekort.fhir.search.clauses import Clause, Filter, all_point, parameters_of
from helsekort.fhir.search.parameter import SearchParameter
from helsekort.fhir.search.references import targets_of
from helsekort.fhir.search.search import Search
from helsekort.fhir.search.values import reader
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Shelf


def within(search: Search, owner: str, codes: Sequence[str]) -> Search:
    """The search among what points to an owner, such as `Patient/1`, by any of the references in `codes`.

    Which references those are is in `Definitions.compartment(kind)`; those that are not offered are left out. Raises `Refused`
    where none is left: a kind that does not belong to the compartment.
    """
    offered = parameters_of(search.kind, search.setting)
    known = [offered[code] for code in codes if code in offered]
    if not known:
        kind = owner.partition("/")[0]
        raise refused(
            "", f"{search.kind} is not part of what belongs to one {kind}.", f"Search {search.kind} itself."
        )
    return replace(search, clauses=(*search.clauses, _belonging(owner, known, search.setting.base)))


def _belonging(owner: str, references: Sequence[SearchParameter], base: str) -> Clause:
    reads = [reader(one) for one in references]

    def points(resource: Resource) -> bool:
        return any(owner in targets_of(read(resource), base) for read in reads)

    derived = any(one.derive for one in references)
    found = Filter(points, () if derived else (owner.encode(),))

    def on(shelf: Shelf) -> Filter | None:
        return None if any(all_point(shelf, one, frozenset({owner})) for one in references) else found

    return Clause("", on)
