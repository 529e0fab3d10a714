"""Base R4: each row of validation_cases.toml is right or wrong exactly where it says."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from helsekort.basics.strict_json import parse
from helsekort.fhir.shapes import Resource
from helsekort.fhir.validation import entries
from tests.fhir.validating import places, validator

TABLE = tomllib.loads(Path(__file__).with_name("validation_cases.toml").read_text(encoding="utf-8"))
CASES = [
    pytest.param(row, id=f"{section}: {row['name']}")
    for section, rows in TABLE["cases"].items()
    for row in rows
]


def resource_of(row: dict[str, Any]) -> Resource:
    """The least resource of a row's type with what the row adds and leaves out."""
    made = {"resourceType": row["of"], **TABLE["least"][row["of"]], **parse(row["more"].encode())}
    made.pop(row.get("without", ""), None)
    return made


@pytest.mark.parametrize("row", CASES)
def test_each_case_is_wrong_where_it_says(row: dict[str, Any]) -> None:
    assert places(validator().validate(resource_of(row))) == set(row["wrong"])


@pytest.mark.parametrize("kind", TABLE["least"])
def test_the_least_of_each_type_is_valid(kind: str) -> None:
    assert validator().validate({"resourceType": kind, **TABLE["least"][kind]} | more_than_type(kind)) == []


def more_than_type(kind: str) -> dict[str, str]:
    """A resource needs some element; those with none required get an id."""
    return {"id": "x"} if not TABLE["least"][kind] else {}


@pytest.mark.parametrize("row", CASES)
def test_no_issue_repeats_what_was_sent(row: dict[str, Any]) -> None:
    marked = {**resource_of(row), "language": "SENT MARK", "implicitRules": "SENT MARK"}
    told = [str(one) for one in validator().validate(marked)]
    assert told
    assert not [one for one in told if "MARK" in one]


def test_every_issue_says_what_and_where() -> None:
    for row in (case.values[0] for case in CASES):
        for issue in validator().validate(resource_of(row)):  # type: ignore[arg-type]
            assert issue.what.endswith(".")
            assert issue.where.startswith(str(row["of"]))  # type: ignore[index]


@pytest.mark.parametrize(
    "kind", [None, 1, [], {}, "Pregnancy", "Resource", "DomainResource", "Quantity", "http://x"]
)
def test_what_is_no_resource_type_is_refused(kind: object) -> None:
    assert places(validator().validate({"resourceType": kind})) == {"Resource.resourceType"}


def test_the_location_of_a_resource_inside_something_is_the_callers() -> None:
    issues = validator().validate(
        {"resourceType": "Patient", "gender": "x"}, where="Bundle.entry[3].resource"
    )
    assert places(issues) == {"Bundle.entry[3].resource.gender"}


def test_a_resource_may_refer_to_the_other_entries_of_the_bundle_it_came_in() -> None:
    patient = {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "active": True}}
    beside = entries({"resourceType": "Bundle", "type": "transaction", "entry": [patient]})
    least = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    found = [
        places(validator().validate({**least, "subject": {"reference": link}}, bundle=beside))
        for link in ("urn:uuid:1", "urn:uuid:2", "Patient?identifier=1")
    ]
    assert found == [set(), {"Observation.subject.reference"}, set()]
    wrong = {**least, "encounter": {"reference": "urn:uuid:1"}}
    assert places(validator().validate(wrong, bundle=beside)) == {"Observation.encounter.reference"}
