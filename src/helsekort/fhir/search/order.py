"""The order of what is found (https://hl7.org/fhir/R4/search.html#sort): always the same for the same resources.

Without `_sort`, and between equals, what was changed last comes first, then the lower id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from helsekort.fhir.search import dates, quantities, strings, tokens
from helsekort.fhir.search.asked import Setting
from helsekort.fhir.search.numbers import is_number
from helsekort.fhir.search.parameter import common_parameters
from helsekort.fhir.search.references import targets_of
from helsekort.fhir.search.search import SortKey
from helsekort.fhir.search.text import plain
from helsekort.fhir.search.values import reader
from helsekort.fhir.shelf import Entry

_Ordinal = Callable[[list[Any], Setting], Iterable[Any]]
"""All that a resource can be sorted by, of the values it has."""


def ordered(entries: Iterable[Entry], keys: Sequence[SortKey], kind: str, setting: Setting) -> list[Entry]:
    """The entries sorted by each key in turn. What has no value for a key comes last, whichever way it is sorted."""
    found = sorted(entries, key=_id)
    changed = SortKey(common_parameters(kind)["_lastUpdated"], descending=True)
    for key in (changed, *reversed(keys)):
        found = _sorted(found, key, setting)
    return found


def _id(entry: Entry) -> str:
    return entry.id


def _sorted(entries: list[Entry], key: SortKey, setting: Setting) -> list[Entry]:
    """A resource with several values goes by the least of them, or by the greatest when the greatest comes first."""
    read, ordinals = reader(key.parameter.expression), _ORDINALS[key.parameter.type]
    choose = max if key.descending else min
    with_value: list[tuple[Any, Entry]] = []
    without: list[Entry] = []
    for entry in entries:
        found = list(ordinals(read(entry.resource), setting))
        if found:
            with_value.append((choose(found), entry))
        else:
            without.append(entry)
    with_value.sort(key=_first, reverse=key.descending)
    return [entry for _, entry in with_value] + without


def _first(pair: tuple[Any, Entry]) -> Any:  # noqa: ANN401 - anything ordered
    return pair[0]


def _moments(values: list[Any], setting: Setting) -> Iterable[Any]:
    return (end for value in values for span in dates.ranges_of(value, setting.zone) for end in span)


def _codes(values: list[Any], setting: Setting) -> Iterable[Any]:
    return (str(code) for value in values for _, code in tokens.pairs_of(value) if code is not None)


def _texts(values: list[Any], setting: Setting) -> Iterable[Any]:
    return (plain(text) for text in strings.texts_of(values))


def _targets(values: list[Any], setting: Setting) -> Iterable[Any]:
    return targets_of(values, setting.base)


def _numbers(values: list[Any], setting: Setting) -> Iterable[Any]:
    return (value for value in values if is_number(value))


def _quantities(values: list[Any], setting: Setting) -> Iterable[Any]:
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
