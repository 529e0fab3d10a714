"""From the parameters of a search to what they mean (https://hl7.org/fhir/R4/search.html).

An unknown filter or modifier is refused, since leaving it out would answer another question than the one asked; an unknown
parameter about the answer's looks (a leading underscore) is left out with a warning, unless the caller asks for strictness.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from functools import lru_cache

from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.search import results
from helsekort.fhir.search.asked import (
    Canonical,
    Setting,
    ValueSets,
    as_spelt,
    listed,
    name_of,
    no_value_sets,
)
from helsekort.fhir.search.clauses import Clause, parameters_of
from helsekort.fhir.search.linked import clause_of
from helsekort.fhir.search.parameter import Offered
from helsekort.fhir.search.search import Results, Search

MOST_PARAMETERS = 64
MOST_LINKED = 10
"""Chains and `_has`: each looks through every resource it leads to."""

# Read by whoever speaks HTTP, before and after a search.
ELSEWHERE = frozenset({"_format", "_pretty", "_page"})

_OF_CODES = frozenset({"code", "category", "status", "date", "type"})
"""Parameters whose values are codes and days, and name nobody: what they mean may be remembered."""
_LONGEST = 200

# These choose resources, whatever their underscore: ignored, they would widen the answer.
NOT_OFFERED = frozenset({"_text", "_content", "_list", "_filter", "_query", "_type", "_in"})


def parse_search(
    kind: str,
    params: Sequence[tuple[str, str]],
    offered: Offered,
    *,
    base: str,
    zone: tzinfo,
    strict: bool = False,
    value_sets: ValueSets = no_value_sets,
    canonical: Canonical = as_spelt,
) -> Search:
    """What is searched for among resources of a kind.

    `params` as they were sent, decoded, in their order; `offered` the parameters of every kind; `base` the service's own base
    URL; `zone` the time zone of a date without one; `canonical` which
    spellings are of one code system. Raises `Refused` INVALID_PARAMETER with every issue at once.
    """
    setting = _setting(_Same(offered), base, zone, value_sets, canonical)
    asked = [(name, text) for name, text in params if name not in ELSEWHERE]
    if len(asked) > MOST_PARAMETERS:
        raise Refused(Kind.INVALID_PARAMETER, [Issue(f"There are more than {MOST_PARAMETERS} parameters.")])
    made, wrong_looks = _looks(kind, asked, setting)
    issues = list(wrong_looks)
    if sum(_is_linked(name) for name, _ in asked) > MOST_LINKED:
        issues.append(Issue(f"There are more than {MOST_LINKED} chains.", hint="Search in several steps."))
    filters = [one for one in asked if one[0] not in results.NAMES]
    ignored = [name for name, _ in filters if _is_about_looks(kind, name, setting)]
    clauses, wrong = _clauses(kind, [one for one in filters if one[0] not in ignored], setting)
    warnings = [_ignored(name) for name in ignored]
    issues += [*wrong, *(warnings if strict else ())]
    if issues:
        raise Refused(Kind.INVALID_PARAMETER, issues)
    return Search(
        kind=kind,
        clauses=tuple(clauses),
        results=made,
        setting=setting,
        used=tuple(one for one in asked if one[0] not in ignored),
        warnings=tuple(warnings),
    )


def _clauses(
    kind: str, filters: Sequence[tuple[str, str]], setting: Setting
) -> tuple[list[Clause], list[Issue]]:
    """What must hold, and everything that is wrong with what was asked."""
    clauses: list[Clause] = []
    issues: list[Issue] = []
    for name, text in filters:
        try:
            names_nobody = name in _OF_CODES and len(text) <= _LONGEST
            clauses.append((_known_clause if names_nobody else clause_of)(kind, name, text, setting))
        except Refused as refusal:
            issues.extend(refusal.issues)
    return clauses, issues


@lru_cache(maxsize=1024)
def _known_clause(kind: str, name: str, text: str, setting: Setting) -> Clause:
    """A clause that is asked for again and again, about one woman after another, whom it does not name."""
    return clause_of(kind, name, text, setting)


def _looks(kind: str, asked: Sequence[tuple[str, str]], setting: Setting) -> tuple[Results, Sequence[Issue]]:
    """How the answer is to look; what is short is remembered, since most who search ask for the same."""
    said = tuple(one for one in asked if one[0] in results.NAMES)
    if sum(len(text) for _, text in said) > _LONGEST:
        return results.results_of(kind, said, setting)
    return _known_looks(kind, said, setting)


@lru_cache(maxsize=1024)
def _known_looks(
    kind: str, said: Sequence[tuple[str, str]], setting: Setting
) -> tuple[Results, Sequence[Issue]]:
    made, issues = results.results_of(kind, said, setting)
    return made, tuple(issues)


class _Same:
    """What is offered as a key: two are the same only when they are one."""

    __slots__ = ("offered",)

    def __init__(self, offered: Offered) -> None:
        self.offered = offered

    def __hash__(self) -> int:
        return id(self.offered)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.offered is self.offered


@lru_cache(maxsize=64)
def _setting(same: _Same, base: str, zone: tzinfo, value_sets: ValueSets, canonical: Canonical) -> Setting:
    return Setting(
        offered=same.offered,
        base=base.rstrip("/"),
        zone=zone,
        value_sets=value_sets,
        canonical=canonical,
    )


def _is_linked(name: str) -> bool:
    return name.startswith("_has:") or "." in name


def _is_about_looks(kind: str, name: str, setting: Setting) -> bool:
    """Whether an unknown parameter is one that R4 lets a server leave out."""
    if not name.startswith("_"):
        return False
    code = name.partition(":")[0].partition(".")[0]
    chooses = code in parameters_of(kind, setting) or code in NOT_OFFERED or code == "_has"
    misspelt = code in {one.partition(":")[0] for one in results.NAMES}
    return not chooses and not misspelt


def _ignored(name: str) -> Issue:
    hint = f"There are: {listed(results.NAMES)}."
    return Issue("This parameter is not known here and was left out.", name_of(name), hint)
