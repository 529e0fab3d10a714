"""The parameters that say how an answer looks: order, size, what comes along (https://hl7.org/fhir/R4/search.html#return)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from helsekort.basics.refusal import Issue, Refused
from helsekort.fhir.search.asked import Setting, listed, refused
from helsekort.fhir.search.clauses import parameter_of
from helsekort.fhir.search.search import Include, Results, SortKey

DEFAULT_COUNT = 50
MOST_COUNT = 1000
MOST_INCLUDES = 20
MOST_NAMED = 50
"""Elements that may be asked for, and keys of an order."""
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
    return tuple(_include(kind, name, text, setting) for name, text in asked)


def _include(kind: str, name: str, text: str, setting: Setting) -> Include:
    parts = text.split(":")
    if len(parts) not in {2, 3} or "*" in parts:
        raise refused(
            name,
            "This does not name a reference.",
            "Write Kind:parameter or Kind:parameter:Target; * is not offered.",
        )
    if parts[0] not in setting.offered:
        raise refused(
            name, "This kind of resource is not known here.", f"There are: {listed(setting.offered)}."
        )
    parameter = parameter_of(parts[0], parts[1], setting, where=name)
    if parameter.type != "reference":
        raise refused(name, "Only a reference can be followed.", f"{parameter.code} is a {parameter.type}.")
    target = parts[2] if len(parts) == 3 else ""
    if target and target not in parameter.targets:
        raise refused(
            name, "This reference does not lead to that kind.", f"It leads to: {listed(parameter.targets)}."
        )
    reverse, iterate = name.startswith("_rev"), name.endswith(":iterate")
    if not iterate and not _touches(kind, parts[0], parameter.targets, reverse=reverse):
        raise refused(
            name, f"This does not start from {kind}.", "Add :iterate to follow what is included as well."
        )
    return Include(parts[0], parameter, target, iterate, reverse)


def _touches(kind: str, source: str, targets: Iterable[str], *, reverse: bool) -> bool:
    return (not targets or kind in targets) if reverse else source == kind


_READERS = {
    "sort": _sort,
    "count": _count,
    "total": _total,
    "summary": _summary,
    "elements": _elements,
    "includes": _includes,
}
