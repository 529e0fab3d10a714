"""Which profile of the implementation guide holds for a resource, and that there is one."""

from __future__ import annotations

import pytest

from helsekort.fhir.definitions import BUILT, read
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.profiles import BUILT as PROFILES
from helsekort.maternity.profiles import KINDS, BadKinds, Kind, load_kinds, profile_id, profile_of
from helsekort.maternity.uris import CARD_FIELD, OBSERVATION_CODE, PROFILE

DEFINITIONS = read(BUILT, PROFILES)
ROW = """
[[kind]]
id = "x"
title = "X"
text = "X."
fields = ["clinicalTests.hemoglobin"]
"""


@pytest.mark.parametrize("key", CATALOGUE.fields)
def test_every_field_has_a_profile_that_takes_its_codes(key: str) -> None:
    field = CATALOGUE.fields[key]
    url = f"{PROFILE}/{profile_id(field)}"
    profile = DEFINITIONS.structure(url)
    assert profile is not None
    assert profile.type == field.resource
    if field.resource != "Observation":
        return
    [bound] = [
        row.binding.value_set for row in profile.elements if row.path == "Observation.code" and row.binding
    ]
    listed = DEFINITIONS.value_set(bound)
    assert listed is not None
    known = {(one.system, code) for one in listed for code in one.codes}
    assert {(one["system"], one["code"]) for one in field.concept["coding"]} <= known


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_a_kind_of_value_is_found_by_the_code_of_the_card_and_by_its_field(kind: Kind) -> None:
    for field in kind.fields:
        coded = {"resourceType": "Observation", "code": field.concept}
        assert (
            profile_of(coded) == profile_of({"resourceType": "Observation"}, field) == f"{PROFILE}/{kind.id}"
        )


@pytest.mark.parametrize(
    ("resource", "profile"),
    [
        ({"resourceType": "Observation", "code": {"text": "noe"}}, "maternity-observation"),
        ({"resourceType": "Observation"}, "maternity-observation"),
        ({"resourceType": "Observation", "code": {"coding": [{"system": OBSERVATION_CODE, "code": "fetal-rhd"}]}}, "fetal-rhd"),
        (
            {"resourceType": "Observation", "code": {"coding": [{"system": OBSERVATION_CODE, "code": "pregnancy-length"}]}},
            "maternity-observation",
        ),
        ({"resourceType": "PractitionerRole", "code": [{"text": "jordmor"}]}, "maternity-practitioner-role"),
        ({"resourceType": "Questionnaire", "code": [{"code": "x"}]}, "maternity-questionnaire"),
        (
            {"resourceType": "Condition", "code": {"coding": [{"system": CARD_FIELD, "code": "clinicalTests.hiv"}]}},
            "maternity-condition",
        ),
    ],
)  # fmt: skip
def test_what_has_no_kind_has_the_profile_of_its_type(resource: dict[str, object], profile: str) -> None:
    assert profile_of(resource) == f"{PROFILE}/{profile}"
    assert DEFINITIONS.structure(f"{PROFILE}/{profile}") is not None


def test_a_type_without_a_profile_has_none() -> None:
    assert profile_of({"resourceType": "Binary"}) is None


@pytest.mark.parametrize(
    "text",
    [
        ROW + ROW,
        ROW + ROW.replace('id = "x"', 'id = "y"'),
        ROW.replace("hemoglobin", "hemoglobinn"),
        ROW.replace('text = "X."', ""),
        ROW + 'more = "x"',
        ROW.replace('"]', '", "clinicalTests.hiv"]'),
    ],
)
def test_a_kind_that_cannot_be_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadKinds, match=r"^[xy]:"):
        load_kinds(text)
