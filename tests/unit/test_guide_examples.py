"""The guide's examples: one for each fictional woman with a record, right by the guide's profiles, the same at every build."""

from __future__ import annotations

from functools import cache

import pytest

from helsekort.basics.strict_json import dump
from helsekort.fhir.shapes import Json
from helsekort.fhir.validation import Validator
from helsekort.sandbox.people import Woman, fictional_people
from tests.flow.fhir_service import DEFINITIONS
from tools.conformance import references
from tools.guide_examples import example, with_a_record

PEOPLE = fictional_people()
WOMEN = with_a_record(PEOPLE)


@cache
def made(woman: Woman) -> Json:
    return example(woman, PEOPLE)


def kinds(woman: Woman) -> set[str]:
    return {one["resource"]["resourceType"] for one in made(woman)["entry"]}


def test_every_woman_with_a_record_has_one() -> None:
    assert len(WOMEN) == 13
    assert {"frida", "hanne", "kari", "nora", "wenche"} <= {one.key for one in WOMEN}
    assert not {"anne", "berit", "jorunn", "liv"} & {one.key for one in WOMEN}


@pytest.mark.parametrize("woman", WOMEN, ids=lambda one: str(one.key))
def test_it_is_right(woman: Woman) -> None:
    assert [str(one) for one in Validator(DEFINITIONS).validate(made(woman))] == []
    resources = [one["resource"] for one in made(woman)["entry"]]
    there = {f"{one['resourceType']}/{one['id']}" for one in resources}
    assert {to for one in resources for to in references(one) if not to.startswith("#")} <= there
    assert {"Patient", "EpisodeOfCare", "Observation", "Practitioner", "Organization"} <= kinds(woman)
    assert [one["resourceType"] for one in resources if "profile" not in one["meta"]] == []


def test_it_is_the_same_at_every_build() -> None:
    for woman in WOMEN[:3]:
        assert dump(example(woman, PEOPLE)) == dump(made(woman))


def test_no_two_women_share_an_id() -> None:
    ids = [one["fullUrl"] for woman in WOMEN for one in made(woman)["entry"]]
    assert len(ids) == len(set(ids))


def test_each_story_is_told() -> None:
    by_key = {one.key: one for one in WOMEN}
    nora = {one["resource"]["id"]: one["resource"] for one in made(by_key["nora"])["entry"]}
    assert [one["status"] for one in nora.values() if one["resourceType"] == "EpisodeOfCare"] == ["finished"]
    kari = [one["resource"] for one in made(by_key["kari"])["entry"]]
    assert [one["deceasedBoolean"] for one in kari if one["resourceType"] == "Patient"] == [True]
    frida = kinds(by_key["frida"])
    assert {
        "RelatedPerson",
        "Condition",
        "CarePlan",
        "Immunization",
        "QuestionnaireResponse",
        "Consent",
    } <= frida
