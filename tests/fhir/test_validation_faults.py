"""The twelve single faults that validators were compared by, and what broken input of any kind must never do."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helsekort.fhir.shapes import Resource
from tests.fhir.validating import places, validator
from tests.timing import quickly

PATIENT: Resource = {
    "resourceType": "Patient",
    "id": "a",
    "meta": {"versionId": "1", "lastUpdated": "2026-11-21T12:00:00.000+01:00"},
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Kari</p></div>'},
    "extension": [{"url": "http://x.example/a", "valueReference": {"reference": "Organization/a"}}],
    "identifier": [
        {"system": "http://x.example", "value": "1", "period": {"start": "2026", "end": "2027-02"}}
    ],
    "active": True,
    "name": [{"family": "Nordmann", "given": ["Kari", "Anne"], "_given": [None, {"id": "x"}]}],
    "gender": "female",
    "birthDate": "1996-02-29",
    "deceasedBoolean": False,
    "contact": [{"name": {"text": "Ola"}, "relationship": [{"text": "partner"}]}],
    "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "nb"}]}}],
    "generalPractitioner": [{"reference": "Practitioner/a"}],
    "managingOrganization": {"reference": "Organization/a"},
}
QUANTITY = {"value": Decimal("70.50"), "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}
OBSERVATION: Resource = {
    "resourceType": "Observation",
    "status": "final",
    "category": [{"coding": [{"system": "http://x.example", "code": "a"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "weight"},
    "subject": {"reference": "Patient/a"},
    "effectiveDateTime": "2026-11-21T12:00:00+01:00",
    "valueQuantity": QUANTITY,
    "referenceRange": [{"low": QUANTITY}],
    "component": [{"code": {"text": "x"}, "valueRange": {"low": QUANTITY, "high": QUANTITY}}],
}
WHOLE = [PATIENT, OBSERVATION]

FAULTS: list[tuple[str, Resource, dict[str, Any], str]] = [
    ("a code outside a required binding", PATIENT, {"gender": "x"}, "Patient.gender"),
    ("an impossible date", PATIENT, {"birthDate": "2026-02-30"}, "Patient.birthDate"),
    ("an unknown element", PATIENT, {"foo": "x"}, "Patient.foo"),
    ("a string for a boolean", PATIENT, {"active": "true"}, "Patient.active"),
    ("a required element missing", OBSERVATION, {"code": ...}, "Observation.code"),
    ("invariant pat-1", PATIENT, {"contact": [{"gender": "male"}]}, "Patient.contact[0]"),
    (
        "a reference to a wrong type",
        OBSERVATION,
        {"subject": {"reference": "Practitioner/a"}},
        "Observation.subject.reference",
    ),
    (
        "a narrative that is no XHTML",
        PATIENT,
        {
            "text": {
                "status": "generated",
                "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</div>',
            }
        },
        "Patient.text.div",
    ),
    ("an empty array", PATIENT, {"name": []}, "Patient.name"),
    ("two value[x]", OBSERVATION, {"valueString": "x"}, "Observation.valueString"),
    (
        "a dangling local reference",
        PATIENT,
        {"managingOrganization": {"reference": "#x"}},
        "Patient.managingOrganization.reference",
    ),
    ("a null value", PATIENT, {"gender": None}, "Patient.gender"),
]


@pytest.mark.parametrize("whole", WHOLE)
def test_the_resources_that_faults_are_put_in_are_valid(whole: Resource) -> None:
    assert validator().validate(whole) == []


@pytest.mark.parametrize(("name", "whole", "change", "where"), FAULTS, ids=[row[0] for row in FAULTS])
def test_each_of_the_twelve_faults_is_refused(
    name: str, whole: Resource, change: dict[str, Any], where: str
) -> None:
    faulty = {key: value for key, value in {**whole, **change}.items() if value is not ...}
    assert where in places(validator().validate(faulty))


def spots(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        yield (*path, key)
        yield from spots(part, (*path, key))


def holder_of(whole: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - JSON
    """What holds the value at a path."""
    for key in path[:-1]:
        whole = whole[key]
    return whole


ANY_JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(max_size=9),
        st.decimals(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def mutated(draw: st.DrawFn) -> Resource:
    """A valid resource with one to three places dropped, renamed, repeated or given any other value."""
    whole = copy.deepcopy(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(1, 3))):
        found = sorted(spots(whole), key=str)
        path = draw(st.sampled_from(found)) if found else None
        if path is None:
            break
        holder, key = holder_of(whole, path), path[-1]
        what = draw(st.sampled_from(["drop", "retype", "rename", "repeat"]))
        if what == "drop":
            del holder[key]
        elif what == "retype":
            holder[key] = draw(ANY_JSON)
        elif what == "rename" and isinstance(holder, dict):
            holder[draw(st.text(max_size=9))] = holder.pop(key)
        else:
            holder[key] = [holder[key], holder[key]]
    return whole


@settings(max_examples=300, deadline=None)
@given(mutated())
def test_no_change_of_a_resource_makes_validation_fail_otherwise_than_by_issues(resource: Resource) -> None:
    for issue in validator().validate(resource):
        assert issue.what
        assert issue.where


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_renamed_element_is_always_refused(data: st.DataObject) -> None:
    whole = copy.deepcopy(data.draw(st.sampled_from(WHOLE)))
    path = data.draw(st.sampled_from([one for one in spots(whole) if isinstance(one[-1], str)]))
    holder = holder_of(whole, path)
    holder[f"{path[-1]}2"] = holder.pop(path[-1])
    assert validator().validate(whole)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_value_in_an_array_of_arrays_is_always_refused(data: st.DataObject) -> None:
    whole = copy.deepcopy(data.draw(st.sampled_from(WHOLE)))
    path = data.draw(st.sampled_from(list(spots(whole))))
    holder = holder_of(whole, path)
    holder[path[-1]] = [[holder[path[-1]]]]
    assert validator().validate(whole)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_an_object_for_a_primitive_is_always_refused(data: st.DataObject) -> None:
    whole = copy.deepcopy(data.draw(st.sampled_from(WHOLE)))
    leaves = [
        one for one in spots(whole) if not isinstance(holder_of(whole, one)[one[-1]], dict | list | None)
    ]
    path = data.draw(st.sampled_from(leaves))
    holder_of(whole, path)[path[-1]] = {"value": holder_of(whole, path)[path[-1]]}
    assert validator().validate(whole)


@pytest.mark.parametrize("deep", [30, 3000, 300_000])
def test_deep_nesting_is_an_issue_and_no_crash(deep: int) -> None:
    value: Any = {"url": "http://x.example", "valueString": "x"}
    for _ in range(deep):
        value = {"url": "http://x.example", "extension": [value]}
    issues = validator().validate({"resourceType": "Patient", "extension": [value]})
    assert bool(issues) == (deep > 64)


def test_issues_are_bounded() -> None:
    assert len(validator().validate({"resourceType": "Patient", "name": [{"foo": 1}] * 1000})) == 100


def test_of_a_very_large_resource_the_first_error_is_told() -> None:
    assert len(validator().validate({"resourceType": "Patient", "name": [{"foo": 1}] * 5000})) == 1


def large() -> dict[str, Resource]:
    """Resources of the most members a body may have, each of a kind that a careless engine takes seconds for."""
    code = [{"system": "http://x.example", "code": str(number)} for number in range(2000)]
    parts = [{"code": {"coding": [{"code": str(number)}]}, "valueInteger": 1} for number in range(3000)]
    entry = [{"foo": number} for number in range(10_000)]
    apart = {"status": "final", "code": {"coding": code}, "valueInteger": 1, "component": parts}
    return {
        "unknown elements in ten thousand entries": {
            "resourceType": "Bundle",
            "type": "batch",
            "entry": entry,
        },
        "components by codes": {"resourceType": "Observation", **apart},
        "many contained": {
            "resourceType": "Patient",
            "contained": [
                {"resourceType": "Organization", "id": f"o{number}", "name": "x"} for number in range(5000)
            ],
        },
        "a reference of slashes": {**OBSERVATION, "subject": {"reference": "http://" + "/A" * 200_000}},
        "a date of digits": {**PATIENT, "birthDate": "2" * 1_000_000},
        "white space": {**PATIENT, "language": " " * 1_000_000},
    }


@pytest.mark.parametrize("name", large())
async def test_a_large_resource_takes_time_in_proportion(name: str) -> None:
    resource = large()[name]

    async def validate() -> None:
        validator().validate(resource)

    await quickly(validate, 30)
