"""One filter of a search: a parameter, its modifier and what it is compared with, made ready for a shelf.

Chains and `_has` ask about other resources; those are found on the same shelf, so what is not there cannot be asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import MappingProxyType

import msgspec

from helsekort.fhir.search import composites, dates, numbers, quantities, references, strings, tokens, uris
from helsekort.fhir.search.asked import Asked, Compiled, Setting, listed, refused
from helsekort.fhir.search.parameter import SearchParameter, common_parameters
from helsekort.fhir.search.text import split, unescaped
from helsekort.fhir.search.values import ALL, element_of, elements_of, reader
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Shelf

MOST_ALTERNATIVES = 200


class Filter(msgspec.Struct, frozen=True):
    """A filter as it is used on one shelf.

    `holding`: texts of which one is in the JSON of whatever passes; none says nothing. `ids`: the only ids that can pass.
    `elements`: the members of the JSON that the test looks at; ALL where that cannot be told.
    """

    test: Callable[[Resource], bool]
    holding: tuple[bytes, ...] = ()
    ids: frozenset[str] | None = None
    elements: frozenset[str] = ALL


class Clause(msgspec.Struct, frozen=True):
    """A filter as it is asked for, under the name it was asked by; `on` makes it ready for a shelf: None where all pass."""

    name: str
    on: Callable[[Shelf], Filter | None]


_COMPILE: dict[str, Callable[[Asked], Compiled]] = {
    "token": tokens.compiled,
    "date": dates.compiled,
    "reference": references.compiled,
    "quantity": quantities.compiled,
    "string": strings.compiled,
    "number": numbers.compiled,
    "uri": uris.compiled,
}
_COMPILE["composite"] = partial(composites.compiled, compile_one=_COMPILE.__getitem__)

_MODIFIERS: dict[str, frozenset[str]] = {
    "token": tokens.MODIFIERS,
    "date": dates.MODIFIERS,
    "reference": references.MODIFIERS,
    "quantity": quantities.MODIFIERS,
    "string": strings.MODIFIERS,
    "number": numbers.MODIFIERS,
    "uri": uris.MODIFIERS,
    "composite": composites.MODIFIERS,
}


def plain_clause(kind: str, name: str, text: str, setting: Setting, *, where: str) -> Clause:
    """A filter on the resource's own values: `code`, `date`, `subject:Patient`, `code:missing`.

    Raises `Refused` for a parameter or modifier that is not offered, with what is.
    """
    code, colon, modifier = name.partition(":")
    parameter = parameter_of(kind, code, setting, where=where)
    if colon:
        _check_modifier(parameter, modifier, setting, where)
    asked = Asked(
        where=where, parameter=parameter, modifier=modifier, texts=_texts(text, where), setting=setting
    )
    made = _missing(asked) if modifier == "missing" else _COMPILE[parameter.type](asked)
    read, match = reader(parameter), made.match
    by_id = code == "_id" and not modifier and not any("|" in one for one in asked.texts)
    ids = frozenset(unescaped(one) for one in asked.texts) if by_id else None
    holding = () if parameter.derive else made.holding
    found = Filter(lambda resource: match(read(resource)), holding, ids, elements_of(parameter))

    def on(shelf: Shelf) -> Filter | None:
        return None if made.links and all_point(shelf, parameter, made.links) else found

    return Clause(where, on)


def all_point(shelf: Shelf, parameter: SearchParameter, links: frozenset[str]) -> bool:
    """Whether all resources of the parameter's kind are known to point by it to one of the links, each `Kind/id` or an id."""
    element = element_of(parameter)
    target = shelf.common(parameter.base, element.name) if element is not None else None
    if target is None or element is None:
        return False
    kind, _, id_ = target.partition("/")
    return element.leads_to in {"", kind} and (target in links or id_ in links)


def parameter_of(kind: str, code: str, setting: Setting, *, where: str) -> SearchParameter:
    """The parameter a kind offers under a code. Raises `Refused`, with what there is."""
    found = parameters_of(kind, setting).get(code)
    if found is None:
        hint = f"{kind} can be searched by: {listed(parameters_of(kind, setting))}."
        raise refused(where, "This search parameter is not known here.", hint)
    return found


@lru_cache(maxsize=256)
def parameters_of(kind: str, setting: Setting) -> Mapping[str, SearchParameter]:
    """Every parameter a kind can be searched by, those of every resource included."""
    return MappingProxyType({**common_parameters(kind), **setting.offered.get(kind, {})})


def _check_modifier(parameter: SearchParameter, modifier: str, setting: Setting, where: str) -> None:
    known = _MODIFIERS[parameter.type] | {"missing"}
    kinds = frozenset(parameter.targets if parameter.type == "reference" else ())
    if modifier not in known | kinds:
        there_are = known | {kind for kind in kinds if kind in setting.offered}
        hint = f"{parameter.code} takes: {listed(f':{one}' for one in there_are)}."
        raise refused(where, "This modifier is not known for this search parameter.", hint)


def _texts(text: str, where: str) -> tuple[str, ...]:
    texts = split(text, ",")
    if not all(texts):
        raise refused(where, "There is no value to search for.", "Write a value, or leave the parameter out.")
    if len(texts) > MOST_ALTERNATIVES:
        raise refused(
            where, f"There are more than {MOST_ALTERNATIVES} alternatives.", "Search in several steps."
        )
    return texts


def _missing(asked: Asked) -> Compiled:
    if asked.texts not in {("true",), ("false",)}:
        asked.refuse("This is neither true nor false.", "Write :missing=true or :missing=false.")
    wanted = asked.texts == ("true",)
    return Compiled(lambda values: (not values) == wanted)
