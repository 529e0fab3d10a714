"""Values of seldom kinds, each on a shelf of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from helsekort.fhir.search.text import plain
from helsekort.fhir.shelf import ListShelf
from tests.fhir.searching import ids


def one(kind: str, **elements: Any) -> ListShelf:  # noqa: ANN401 - any element
    return ListShelf([{"resourceType": kind, "id": "a", **elements}])


@pytest.mark.parametrize(
    ("asked", "number", "is_found"),
    [
        ("1e2", "95", True),  # R4's own examples
        ("1e2", "104.99", True),
        ("1e2", "105", False),
        ("1e2", "94.99", False),
        ("100", "99.5", True),
        ("100", "100.5", False),
        ("100.00", "99.995", True),
        ("100.00", "100.005", False),
        ("5.4e-3", "0.00535", True),
        ("5.4e-3", "0.00545", False),
        ("0", "0", True),
        ("-1", "-1.5", True),
        ("-1", "-0.5", False),
    ],
)
def test_the_digits_given_say_how_near(asked: str, number: str, is_found: bool) -> None:  # noqa: FBT001 - a table
    shelf = one("RiskAssessment", prediction=[{"probabilityDecimal": Decimal(number)}])
    assert bool(ids("RiskAssessment", f"probability={asked}", shelf)) is is_found


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("onset-age=30", False),
        ("onset-age=ge30||a", True),
        ("onset-age=gt35||a", False),
        ("onset-age=le26||a", True),
        ("onset-age=lt25||a", False),
        ("onset-age=gt24||mo", False),
    ],
)
def test_a_range_is_all_between_its_ends(query: str, is_found: bool) -> None:  # noqa: FBT001 - a table
    ends = {"low": {"value": 25, "unit": "a"}, "high": {"value": 35, "unit": "a"}}
    assert bool(ids("Condition", query, one("Condition", onsetRange=ends))) is is_found


def test_a_range_without_an_end_goes_on() -> None:
    upwards, downwards = ({end: {"value": 25, "unit": "a"}} for end in ("low", "high"))
    assert ids("Condition", "onset-age=gt1000||a", one("Condition", onsetRange=upwards)) == ["a"]
    assert ids("Condition", "onset-age=lt1||a", one("Condition", onsetRange=downwards)) == ["a"]
    assert ids("Condition", "onset-age=gt25||a", one("Condition", onsetRange=downwards)) == []
    assert ids("Condition", "onset-age=lt25||a", one("Condition", onsetRange=upwards)) == []


@pytest.mark.parametrize(
    ("query", "is_found"), [("date=2026-05", True), ("date=2026-06", False), ("date=sa2026-04", True)]
)
def test_a_repeated_time_is_its_outer_limits(query: str, is_found: bool) -> None:  # noqa: FBT001 - a table
    timing = {"repeat": {"boundsPeriod": {"start": "2026-05-01", "end": "2026-05-20"}, "frequency": 2}}
    assert bool(ids("Observation", query, one("Observation", effectiveTiming=timing))) is is_found


def test_a_time_without_limits_is_no_date() -> None:
    shelf = one("Observation", effectiveTiming={"repeat": {"frequency": 2}})
    assert ids("Observation", "date=ge0001", shelf) == []
    assert ids("Observation", "date:missing=false", shelf) == ["a"]


def test_a_date_that_is_known_to_be_unknown_is_missing() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    unknown = {"extension": [{"url": url, "valueCode": "unknown"}]}
    shelf = one("Observation", _effectiveDateTime=unknown)
    assert ids("Observation", "date=ge0001", shelf) == []
    assert ids("Observation", "date:missing=true", shelf) == ["a"]
    assert ids("Observation", "_sort=-date", shelf) == ["a"]


def test_a_code_that_reads_true_is_found_beside_another() -> None:
    shelf = one("Observation", code={"coding": [{"code": "true"}]}, valueQuantity={"value": 5})
    assert ids("Observation", "code-value-quantity=HB$11,true$5", shelf) == ["a"]


@pytest.mark.parametrize("digits", ["1", "123456", "1234567", "1234567890123"])
def test_a_time_is_found_by_itself_however_many_digits_it_has(digits: str) -> None:
    moment = f"2026-03-02T10:00:00.{digits}Z"
    assert ids("Observation", f"date={moment}", one("Observation", effectiveDateTime=moment)) == ["a"]


def test_a_day_has_the_hours_of_its_own_zone() -> None:
    """The clock goes forward on 29 March 2026: that day has 23 hours in Norway."""
    shelf = one("Observation", effectiveInstant="2026-03-29T21:59:59Z")
    assert ids("Observation", "date=2026-03-29", shelf) == ["a"]
    shelf = one("Observation", effectiveInstant="2026-03-29T22:00:00Z")
    assert ids("Observation", "date=2026-03-29", shelf) == []
    assert ids("Observation", "date=2026-03-30", shelf) == ["a"]


def test_texts_are_compared_without_case_and_accents() -> None:
    assert plain("  Åse   MARÍA ") == "ase maria"
    assert plain("\u2121 Straße") == "tel strasse"
    assert plain("Øyvind Ærø") == "øyvind ærø"
