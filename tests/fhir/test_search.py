"""What a search finds and refuses, row by row (https://hl7.org/fhir/R4/search.html)."""

from __future__ import annotations

import pytest

from helsekort.basics.refusal import Kind, Refused
from helsekort.fhir.search.clauses import MOST_ALTERNATIVES
from helsekort.fhir.search.parse import MOST_PARAMETERS
from tests.fhir.searching import asked, ids, rows, told


@pytest.mark.parametrize(("kind", "query", "expected"), rows("search"))
def test_what_is_found(kind: str, query: str, expected: str) -> None:
    assert " ".join(sorted(ids(kind, query))) == expected


@pytest.mark.parametrize(("kind", "query", "why"), rows("search_refusals"))
def test_what_is_refused(kind: str, query: str, why: str) -> None:
    assert told(kind, query) == why


def test_a_refusal_says_what_there_is() -> None:
    with pytest.raises(Refused) as caught:
        asked("RiskAssessment", "color=red")
    (issue,) = caught.value.issues
    assert issue.hint == (
        "RiskAssessment can be searched by: _id, _lastUpdated, _profile, _security, _source, _tag, condition, date, encounter, "
        "identifier, method, patient, performer, probability, risk, subject."
    )


def test_the_modifiers_there_are_name_only_kinds_that_are_offered() -> None:
    with pytest.raises(Refused) as caught:
        asked("Observation", "subject:exact=x")
    assert caught.value.issues[0].hint == "subject takes: :Patient, :identifier, :missing."


def test_no_value_is_repeated() -> None:
    with pytest.raises(Refused) as caught:
        asked("Observation", "date=01819012345&value-quantity=hemmelig&_sort=hemmelig&hemmelig.01819012345=x")
    assert len(caught.value.issues) == 4
    assert "hemmelig" not in caught.value.sentence
    assert "01819012345" not in caught.value.sentence


def test_an_unknown_result_parameter_is_left_out_with_a_warning() -> None:
    search = asked(
        "Observation", "code=HB&_totalMethod=count&_count=0&_format=json&_pretty=true&_01819012345=x"
    )
    assert [warning.where for warning in search.warnings] == ["_totalMethod", "(a name that is not a word)"]
    assert search.used == (("code", "HB"), ("_count", "0"))


def test_whoever_asks_for_strictness_is_refused_what_would_be_left_out() -> None:
    with pytest.raises(Refused) as caught:
        asked("Observation", "_totalMethod=count&color=red", strict=True)
    assert [(issue.where) for issue in caught.value.issues] == ["color", "_totalMethod"]
    assert asked("Observation", "code=HB&_format=json", strict=True).used == (("code", "HB"),)


def test_too_much_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        asked("Observation", [("code", "x")] * (MOST_PARAMETERS + 1))
    assert caught.value.kind is Kind.INVALID_PARAMETER
    assert len(asked("Observation", [("code", "x")] * MOST_PARAMETERS).clauses) == MOST_PARAMETERS
    assert told("Observation", "code=" + ",".join(["x"] * (MOST_ALTERNATIVES + 1))).startswith(
        "code: There are more"
    )
    assert ids("Observation", "code=" + ",".join(["x"] * MOST_ALTERNATIVES)) == []
    assert told("Observation", "&".join(["_include=Observation:subject"] * 21)).startswith(
        "_include: There are more"
    )
