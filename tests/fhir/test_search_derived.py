"""Search parameters whose values do not stand in the resource."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.fhir.search.parameter import SearchParameter
from helsekort.fhir.search.parse import parse_search
from helsekort.fhir.search.run import run
from helsekort.fhir.shapes import Resource
from tests.fhir.searching import BASE, OSLO, SHELF, offered

VISITS = {"bp1": "Encounter/v2", "hb": "Encounter/v1"}


def by_table(resource: Resource) -> list[Any]:
    """What belongs to what, known from outside."""
    found = VISITS.get(resource["id"]) if resource["resourceType"] == "Observation" else None
    return [{"reference": found}] if found else []


VISIT = SearchParameter("visit", "reference", "", targets=("Encounter",), base="Observation", derive=by_table)
OFFERED = {**offered(), "Observation": {**offered()["Observation"], "visit": VISIT}}


@pytest.mark.parametrize(
    ("kind", "name", "text", "expected"),
    [
        ("Observation", "visit", "Encounter/v2", ["bp1"]),
        ("Observation", "visit", "v1,v2", ["bp1", "hb"]),
        ("Observation", "visit:missing", "false", ["bp1", "hb"]),
        ("Observation", "visit.status", "finished", ["hb"]),
        ("Encounter", "_has:Observation:visit:code", "HB", ["v1"]),
    ],
)
def test_a_derived_value_is_found_though_it_is_not_in_the_resource(
    kind: str, name: str, text: str, expected: list[str]
) -> None:
    search = parse_search(kind, [(name, text), ("_sort", "_id")], OFFERED, base=BASE, zone=OSLO)
    assert [one.id for one in run(search, SHELF).matches] == expected


def test_what_points_here_by_a_derived_value_comes_along() -> None:
    params = [("_id", "v1"), ("_revinclude", "Observation:visit")]
    search = parse_search("Encounter", params, OFFERED, base=BASE, zone=OSLO)
    assert [one.id for one in run(search, SHELF).included] == ["hb"]
