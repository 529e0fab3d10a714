"""How a search looks at resources: at each once, and at no more of it than it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from helsekort.fhir.search.values import ALL
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Entry, told_of

Made = TypeVar("Made")


class Looking:
    """Looks at resources for all that one search wants to know; what it has seen is forgotten with it."""

    def __init__(self, wanted: Iterable[frozenset[str]]) -> None:
        """`wanted` are the elements that anybody will ask for, so that one reading gives them all."""
        each = list(wanted)
        self._wanted = ALL if ALL in each else ALL.union(*each)

    def made(
        self, entries: Iterable[Entry], elements: frozenset[str], make: Callable[[Resource], Made]
    ) -> list[Made]:
        """What is made of those elements of each resource; only once of the same text, since many resources share a code."""
        wanted, known, all_made = self._wanted, dict[bytes, Made](), list[Made]()
        for entry in entries:  # a loop, since this is done of every resource that a search looks at
            told = entry.told
            at = None if told is None else told[0].get(elements)
            if told is None or at is None:
                all_made.append(make(entry.glimpse(wanted)))
                continue
            text = told[1][at]
            if text not in known:
                known[text] = make(told_of(entry.kind, text))
            all_made.append(known[text])
        return all_made
