"""The parameters that say how an answer looks: order, size, what comes along (https://hl7.org/fhir/R4/search.html#return)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from helsekort.basics.refusal import Issue, Refused
from helsekort.fhir.search.asked import Setting, listed, refused
from helsekort.fhir.search.clauses import parameter_of
from helsekort.fhir.search.parameter import SearchParameter
from helsekort.fhir.search.search import Include, Results, SortKey

DEFAULT_COUNT = 50
MOST_COUNT = 1000
MOST_INCLUDES = 20
MOST_NAMED = 50
"""Elements that may be asked for, and keys of an order."""
WILDCARD = "*"
"""In the place of a parameter: every reference that a kind has; by itself: of every kind."""
SUMMARIES = ("true", "text", "data", "count", "false")
TOTALS = ("none", "estimate", "accurate")

_ONCE = ("_sort", "_count", "_total", "_summary")
_INCLUDES = ("_include", "_include:iterate", "_revinclude", "_revinclude:iterate")
NAMES = frozenset({*_ONCE, *_INCLUDES, "_elements"})

_COUNT = re.compile("[0-9]{1,9}", re.ASCII)
_ELEMENT = re.compile(r"(?:(?P<kind>[A-Z][A-Za-z]{0,63})\.)?(?P<name>[a-z][A-Za-z]{0,63})", re.ASCII)


def results_of(kind: str, params: Sequence[tuple[str, str]], setting: Setting) -> tuple[Results, list[Issue]]:
    """How the answer is to look, and every issue found; parameters of other names are not looked at."""
    said: dict[str, list[str]] = {}
    for name, text in params:
        if name in NAMES:
            said.setdefault(name, []).append(text)
    issues: list[Issue] = []
    made: dict[str, Any] = {}
    for element, read in _READERS.items():
        try:
            made |= {element: read(kind, said, setting)}
        except Refused as refusal:
            issues.extend(refusal.issues)
    results = Results(**made)
    if results.elements and results.summary != "false":
        issues.append(
            Issue("_elements and _summary cannot be asked for together.", "_elements", "Send one of them.")
        )
    return results, issues


def _once(said: Mapping[str, list[str]], name: str) -> str | None:
    texts = said.get(name, [])
    if len(texts) > 1:
        raise refused(name, "This parameter stands more than once.", "Send it once.")
    return texts[0] if texts else None


def _count(kind: str, said: Mapping[str, list[str]], setting: Setting) -> int:
    text = _once(said, "_count")
    if said.get("_summary") == ["count"]:
        return 0
    if text is None:
        return DEFAULT_COUNT
    if not _COUNT.fullmatch(text):
        raise refused(
            "_count", "This is not a number of matches.", f"Write a whole number from 0 to {MOST_COUNT}."
        )
    return min(int(text), MOST_COUNT)


def _total(kind: str, said: Mapping[str, list[str]], setting: Setting) -> bool:
    return _one_of(said, "_total", TOTALS, "accurate") != "none"


def _summary(kind: str, said: Mapping[str, list[str]], setting: Setting) -> str:
    return _one_of(said, "_summary", SUMMARIES, "false")


def _one_of(said: Mapping[str, list[str]], name: str, words: tuple[str, ...], usual: str) -> str:
    text = _once(said, name)
    if text is not None and text not in words:
        raise refused(name, "This is not one of its values.", f"There are: {', '.join(words)}.")
    return text or usual


def _elements(kind: str, said: Mapping[str, list[str]], setting: Setting) -> tuple[str, ...]:
    names = [name for text in said.get("_elements", ()) for name in text.split(",")]
    _check_number("_elements", names)
    found = [_ELEMENT.fullmatch(name) for name in names]
    named = [one for one in found if one is not None]
    if len(named) != len(found):
        raise refused(
            "_elements", "This is not the name of an element.", "Write names such as status,code,value."
        )
    return tuple(dict.fromkeys(one["name"] for one in named if one["kind"] in {None, kind}))


def _check_number(name: str, texts: Sequence[str]) -> None:
    if len(texts) > MOST_NAMED:
        raise refused(name, f"There are more than {MOST_NAMED} of these.", "Ask for fewer.")


def _sort(kind: str, said: Mapping[str, list[str]], setting: Setting) -> tuple[SortKey, ...]:
    text = _once(said, "_sort")
    keys = [] if text is None else text.split(",")
    _check_number("_sort", keys)
    return tuple(_sort_key(kind, one, setting) for one in keys)


def _sort_key(kind: str, text: str, setting: Setting) -> SortKey:
    parameter = parameter_of(kind, text.removeprefix("-"), setting, where="_sort")
    if parameter.type == "composite":
        raise refused("_sort", "Values that belong together have no order.", "Sort by one of them.")
    return SortKey(parameter, descending=text.startswith("-"))


def _includes(kind: str, said: Mapping[str, list[str]], setting: Setting) -> tuple[Include, ...]:
    asked = [(name, text) for name in _INCLUDES for text in said.get(name, ())]
    if len(asked) > MOST_INCLUDES:
        raise refused(
            "_include", f"There are more than {MOST_INCLUDES} of these.", "Search in several steps."
        )
    found = (one for name, text in asked for one in _asked(kind, name, text, setting))
    return tuple(dict.fromkeys(found))


def _asked(kind: str, name: str, text: str, setting: Setting) -> Iterator[Include]:
    """What one parameter asks for: by the wildcard alone, of every kind that it may start from."""
    if text != WILDCARD:
        yield _include(kind, name, text, setting)
        return
    reverse, iterate = name.startswith("_rev"), name.endswith(":iterate")
    for source in setting.offered if reverse or iterate else [kind]:
        references = _references(source, setting)
        if not iterate:
            references = _touching(kind, source, references, reverse=reverse)
        yield Include(source, references, "", iterate, reverse)


def _include(kind: str, name: str, text: str, setting: Setting) -> Include:
    source, *named = text.split(":")
    if len(named) not in {1, 2}:
        raise refused(
            name,
            "This does not name a reference.",
            "Write Kind:parameter, Kind:parameter:Target, Kind:* or *.",
        )
    if source not in setting.offered:
        raise refused(
            name, "This kind of resource is not known here.", f"There are: {listed(setting.offered)}."
        )
    parameters = _named(source, named[0], setting, name)
    target = named[1] if len(named) == 2 else ""
    if target:
        parameters = _leading(parameters, target, name)
    reverse, iterate = name.startswith("_rev"), name.endswith(":iterate")
    if not iterate:
        parameters = _touching(kind, source, parameters, reverse=reverse)
        if not parameters and (reverse or source != kind):
            hint = "Add :iterate to follow what is included as well."
            raise refused(name, f"This does not start from {kind}.", hint)
    return Include(source, parameters, target, iterate, reverse)


def _named(source: str, code: str, setting: Setting, where: str) -> tuple[SearchParameter, ...]:
    if code == WILDCARD:
        return _references(source, setting)
    parameter = parameter_of(source, code, setting, where=where)
    if parameter.type != "reference":
        raise refused(where, "Only a reference can be followed.", f"{parameter.code} is a {parameter.type}.")
    return (parameter,)


def _references(source: str, setting: Setting) -> tuple[SearchParameter, ...]:
    """What a wildcard stands for: every search parameter of type reference that a kind has."""
    return tuple(one for one in setting.offered[source].values() if one.type == "reference")


def _leading(parameters: Sequence[SearchParameter], target: str, where: str) -> tuple[SearchParameter, ...]:
    found = tuple(one for one in parameters if target in one.targets)
    if not found:
        known = listed(dict.fromkeys(kind for one in parameters for kind in one.targets))
        raise refused(where, "No reference leads to that kind.", f"They lead to: {known}.")
    return found


def _touching(
    kind: str, source: str, parameters: Sequence[SearchParameter], *, reverse: bool
) -> tuple[SearchParameter, ...]:
    """Those that start from a kind, or (reverse) may lead to it."""
    if reverse:
        return tuple(one for one in parameters if not one.targets or kind in one.targets)
    return tuple(parameters) if source == kind else ()


_READERS = {
    "sort": _sort,
    "count": _count,
    "total": _total,
    "summary": _summary,
    "elements": _elements,
    "includes": _includes,
}
