"""The newest few of each kind of observation: the core of `$lastn` (https://hl7.org/fhir/R4/observation-operation-lastn.html)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from helsekort.fhir.search import tokens
from helsekort.fhir.search.asked import Canonical, refused
from helsekort.fhir.search.order import elements_for, ordered
from helsekort.fhir.search.search import Search, SortKey
from helsekort.fhir.search.sieve import sifted
from helsekort.fhir.search.text import plain
from helsekort.fhir.search.values import reader
from helsekort.fhir.shelf import Entry, Shelf

MOST_EACH = 100
_MAX = re.compile("[1-9][0-9]{0,2}", re.ASCII)


def most_each(params: Sequence[tuple[str, str]]) -> tuple[int, list[tuple[str, str]]]:
    """The operation's own parameter `max` (1 where it is not sent) and the parameters of the search. Raises `Refused`."""
    said = [text for name, text in params if name == "max"]
    rest = [(name, text) for name, text in params if name != "max"]
    if len(said) > 1 or (said and not _MAX.fullmatch(said[0])):
        raise refused(
            "max", "This is not a number of observations.", f"Write one whole number from 1 to {MOST_EACH}."
        )
    return (min(int(said[0]), MOST_EACH) if said else 1), rest


def newest_each(
    search: Search, shelf: Shelf, most: int, *, code: str = "code", date: str = "date"
) -> list[Entry]:
    """The newest `most` of every group of matches that share a code, group by group, the newest first in each.

    `code` and `date` name the search parameters that tell what it is and when it was. Groups come in the order of their newest.
    """
    offered = search.setting.offered[search.kind]
    newest_first = (SortKey(offered[date], descending=True),)
    found, looking = sifted(shelf, search.kind, search.clauses, elements_for(search.kind, newest_first))
    matches = ordered(found, newest_first, search.kind, search.setting, looking)
    read = reader(offered[code])
    canonical = search.setting.canonical
    groups = _grouped([(entry, frozenset(_names(read(entry.resource), canonical))) for entry in matches])
    return [entry for group in groups for entry in group[:most]]


def _grouped(named: Iterable[tuple[Entry, frozenset[Any]]]) -> list[list[Entry]]:
    """Entries that share a name, directly or through others, together; what has no name at all is a group of its own."""
    groups: list[tuple[set[Any], list[int]]] = []
    entries: list[Entry] = []
    for at, (entry, names) in enumerate(named):
        entries.append(entry)
        shared = [group for group in groups if not group[0].isdisjoint(names)]
        merged = (
            set(names).union(*(group[0] for group in shared)),
            [one for group in shared for one in group[1]] + [at],
        )
        groups = [group for group in groups if group not in shared] + [merged]
    found = sorted(sorted(indexes) for _, indexes in groups)
    return [[entries[at] for at in indexes] for indexes in found]


def _names(values: Iterable[Any], canonical: Canonical) -> Iterator[Any]:
    for value in values:
        pairs = [
            (canonical(system or ""), code) for system, code in tokens.pairs_of(value) if code is not None
        ]
        yield from pairs
        if not pairs and isinstance(value, dict) and "text" in value:
            yield plain(value["text"])
