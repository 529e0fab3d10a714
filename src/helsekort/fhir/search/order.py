"""The order of what is found (https://hl7.org/fhir/R4/search.html#sort): always the same for the same resources.

Without `_sort`, and between equals, what was changed last comes first, then the lower id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from helsekort.fhir.search import dates, quantities, strings, tokens
from helsekort.fhir.search.asked import Setting
from helsekort.fhir.search.looking import Looking
from helsekort.fhir.search.numbers import is_number
from helsekort.fhir.search.parameter import common_parameters
from helsekort.fhir.search.references import targets_of
from helsekort.fhir.search.search import SortKey
from helsekort.fhir.search.text import plain
from helsekort.fhir.search.values import elements_of, reader
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Entry

_Ordinal = Callable[[Sequence[Any], Setting], Iterable[Any]]
"""All that a resource can be sorted by, of the values it has."""


def elements_for(kind: str, keys: Sequence[SortKey]) -> list[frozenset[str]]:
    """What has to be looked at of each resource to sort by the keys."""
    return [elements_of(key.parameter) for key in keys or _between_equals(kind)]


def ordered(
    found: Sequence[Entry], keys: Sequence[SortKey], kind: str, setting: Setting, looking: Looking
) -> list[Entry]:
    """The entries sorted by each key in turn. What has no value for a key comes last, whichever way it is sorted."""
    keys = keys or _between_equals(kind)
    columns = [_column(found, key, setting, looking) for key in keys]
    if len(set(zip(*columns, strict=True))) < len(found):
        more = _between_equals(kind)
        again = Looking(elements_for(kind, more))
        columns += [_column(found, key, setting, again) for key in more]
        keys = (*keys, *more)
    rows = list(range(len(found)))
    for key, column in reversed(list(zip(keys, columns, strict=True))):
        rows = _sorted(rows, column, descending=key.descending)
    return [found[row] for row in rows]


@lru_cache(maxsize=256)
def _between_equals(kind: str) -> tuple[SortKey, ...]:
    common = common_parameters(kind)
    return SortKey(common["_lastUpdated"], descending=True), SortKey(common["_id"], descending=False)


def _sorted(rows: list[int], column: list[Any], *, descending: bool) -> list[int]:
    """The rows by one column; those that are equal stay as they were."""
    present = [row for row in rows if column[row] is not None]
    present.sort(key=column.__getitem__, reverse=descending)
    return present + [row for row in rows if column[row] is None] if len(present) < len(rows) else present


def _column(found: Iterable[Entry], key: SortKey, setting: Setting, looking: Looking) -> list[Any]:
    """What each resource is sorted by: the least of its values, or the greatest when the greatest comes first."""
    read, ordinals = reader(key.parameter), _ORDINALS[key.parameter.type]
    choose = max if key.descending else min

    def ordinal(resource: Resource) -> Any:  # noqa: ANN401 - anything ordered
        return choose(ordinals(read(resource), setting), default=None)

    return looking.made(found, elements_of(key.parameter), ordinal)


def _moments(values: Sequence[Any], setting: Setting) -> Iterable[Any]:
    if len(values) == 1 and isinstance(values[0], str):
        return dates.interval(values[0], setting.zone) or ()
    return [end for value in values for span in dates.ranges_of(value, setting.zone) for end in span]


def _codes(values: Sequence[Any], setting: Setting) -> Iterable[Any]:
    return (str(code) for value in values for _, code in tokens.pairs_of(value) if code is not None)


def _texts(values: Sequence[Any], setting: Setting) -> Iterable[Any]:
    return (plain(text) for text in strings.texts_of(values))


def _targets(values: Sequence[Any], setting: Setting) -> Iterable[Any]:
    return targets_of(values, setting.base)


def _numbers(values: Sequence[Any], setting: Setting) -> Iterable[Any]:
    return (value for value in values if is_number(value))


def _quantities(values: Sequence[Any], setting: Setting) -> Iterable[Any]:
    spans = (span for value in values if isinstance(value, dict) for _, span in quantities.spans_of(value))
    return (end for span in spans for end in span)


_ORDINALS: dict[str, _Ordinal] = {
    "date": _moments,
    "token": _codes,
    "string": _texts,
    "uri": _texts,
    "reference": _targets,
    "number": _numbers,
    "quantity": _quantities,
}
