"""A search as it was asked for and understood."""

from __future__ import annotations

from dataclasses import dataclass

from helsekort.basics.refusal import Issue
from helsekort.fhir.search.asked import Setting
from helsekort.fhir.search.clauses import Clause
from helsekort.fhir.search.parameter import SearchParameter


@dataclass(frozen=True, slots=True)
class SortKey:
    """What to sort by, and whether the greatest comes first."""

    parameter: SearchParameter
    descending: bool


@dataclass(frozen=True, slots=True)
class Include:
    """What else to answer with: what the resources of a kind point to by references, or (reverse) what points to them so.

    `parameters` are several where a wildcard was asked for. `target` narrows to one kind where it is not empty; `iterate`
    follows what was included as well.
    """

    source: str
    parameters: tuple[SearchParameter, ...]
    target: str = ""
    iterate: bool = False
    reverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """How the answer is to look: order, size, and how much of each resource.

    `count` is the most matches of a page (0: the number only), `summary` R4's word (false: everything), `elements` names of
    elements, none for all.
    """

    sort: tuple[SortKey, ...] = ()
    count: int = 50
    total: bool = True
    summary: str = "false"
    elements: tuple[str, ...] = ()
    includes: tuple[Include, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search of one kind: every clause must hold. `used` are the parameters it was made of, `warnings` what was ignored."""

    kind: str
    clauses: tuple[Clause, ...]
    results: Results
    setting: Setting
    used: tuple[tuple[str, str], ...] = ()
    warnings: tuple[Issue, ...] = ()
