"""A code system that is spelled in several ways is found by any of them, however it was stored."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.fhir.search.lastn import newest_each
from helsekort.fhir.search.run import run
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import ListShelf
from tests.fhir.searching import asked

SAME = {"http://list.example/7": "urn:list:7", "LIST_7": "urn:list:7"}
VALUES = {"http://sets.example/hb": frozenset({("LIST_7", "HB")})}


def observation(name: str, system: str | None) -> Resource:
    """One haemoglobin."""
    coded: dict[str, Any] = {"code": "HB"} if system is None else {"system": system, "code": "HB"}
    return {"resourceType": "Observation", "id": name, "code": {"coding": [coded]}}


SHELF = ListShelf(
    [
        observation("urn", "urn:list:7"),
        observation("page", "http://list.example/7"),
        observation("word", "LIST_7"),
        observation("none", None),
        observation("other", "urn:list:8"),
    ]
)
LIST_7 = {"urn", "page", "word"}


@pytest.mark.parametrize("system", ["urn:list:7", *SAME])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("code={}|HB", LIST_7),
        ("code={}|", LIST_7),
        ("code={}|,urn:list:8|", {*LIST_7, "other"}),
        ("code:not={}|HB", {"none", "other"}),
        ("code={}|hb", set()),
    ],
)
def test_every_spelling_finds_every_spelling(system: str, query: str, expected: set[str]) -> None:
    assert found(query.format(system)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("code:in=http://sets.example/hb", LIST_7),
        ("code:not-in=http://sets.example/hb", {"none", "other"}),
        ("code=|HB", {"none"}),
        ("code=HB", {*LIST_7, "none", "other"}),
    ],
)
def test_a_value_set_in_any_spelling_holds_every_spelling(query: str, expected: set[str]) -> None:
    assert found(query) == expected


def test_the_newest_of_each_counts_spellings_as_one_code() -> None:
    newest = newest_each(asked("Observation", "", canonical=canonical), SHELF, 1)
    assert len(newest) == 3


def found(query: str) -> set[str]:
    """The ids that a search finds."""
    return {
        one.id
        for one in run(asked("Observation", query, canonical=canonical, value_sets=VALUES.get), SHELF).matches
    }


def canonical(system: str) -> str:
    """The one name of a list."""
    return SAME.get(system, system)
