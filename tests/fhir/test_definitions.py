"""The compact definitions: what the loader gives, and the lists of codes they were built with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helsekort.fhir.definitions import BASE, BUILT, Definitions, read
from tools.value_sets import Terminology


@pytest.fixture(scope="module")
def r4() -> Definitions:
    """R4's own definitions as they are built."""
    return read(BUILT)


def test_a_type_is_found_by_its_name_and_its_url_with_or_without_version(r4: Definitions) -> None:
    found = r4.type("Observation")
    assert found is not None
    assert found is r4.structure(f"{BASE}Observation") is r4.structure(f"{BASE}Observation|4.0.1")
    assert {row.path for row in found.elements} >= {"Observation.value[x]", "Observation.component.code"}


@pytest.mark.parametrize("url", ["Observation", "", "http://x.example", f"{BASE}Pregnancy"])
def test_what_is_not_defined_is_none(url: str, r4: Definitions) -> None:
    assert r4.structure(url) is None


def test_an_element_says_what_its_json_is(r4: Definitions) -> None:
    patient = r4.type("Patient")
    assert patient is not None
    rows = {row.path: row for row in patient.elements}
    assert rows["Patient.name"].repeats
    assert not rows["Patient.birthDate"].repeats
    assert rows["Patient.deceased[x]"].is_choice
    assert rows["Patient.deceased[x]"].name == "deceased"
    assert rows["Patient.identifier"].summary
    assert rows["Patient.link"].modifier


def test_a_required_value_set_is_listed_by_system(r4: Definitions) -> None:
    (gender,) = r4.value_set("http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1") or ()
    assert gender.system == "http://hl7.org/fhir/administrative-gender"
    assert set(gender.codes) == {"male", "female", "other", "unknown"}
    assert r4.value_set("http://hl7.org/fhir/ValueSet/mimetypes") is None


def test_the_search_parameters_of_a_type_are_its_own_and_those_of_every_resource(r4: Definitions) -> None:
    found = r4.search_parameters("Observation")
    assert found["code"].type == "token"
    assert found["_lastUpdated"].type == "date"
    assert "Patient" in found["subject"].targets
    assert [code for code, _ in found["code-value-quantity"].components] == ["code", "value-quantity"]
    assert "family" not in found


def test_the_patient_compartment(r4: Definitions) -> None:
    assert set(r4.compartment("Observation")) == {"subject", "performer"}
    assert r4.compartment("Organization") == ()


def test_the_file_is_one_line_of_json_without_prose() -> None:
    text = BUILT.read_text(encoding="utf-8")
    assert "\n" not in text
    assert len(text) < 2_000_000
    assert not {"definition", "comment", "mapping"} & _names(json.loads(text))


def _names(value: object) -> set[str]:
    if isinstance(value, list):
        return {name for part in value for name in _names(part)}
    if not isinstance(value, dict):
        return set()
    return {name for name in value if isinstance(name, str) and name.islower()} | {
        name for key, part in value.items() if key not in {"types", "compartment"} for name in _names(part)
    }


SYSTEM = {
    "resourceType": "CodeSystem",
    "url": "s",
    "content": "complete",
    "concept": [
        {"code": "a", "concept": [{"code": "a1", "concept": [{"code": "a2"}]}]},
        {"code": "b", "property": [{"code": "kind", "valueCode": "x"}]},
        {"code": "c", "property": [{"code": "subsumedBy", "valueCode": "a"}]},
    ],
}
FRAGMENT = {"resourceType": "CodeSystem", "url": "f", "content": "fragment", "concept": [{"code": "a"}]}


def listed(*include: dict[str, Any], exclude: tuple[dict[str, Any], ...] = ()) -> dict[str, list[str]] | None:
    """The codes of a value set composed so."""
    other = {
        "resourceType": "ValueSet",
        "url": "other",
        "compose": {"include": [{"system": "s", "concept": [{"code": "a"}, {"code": "b"}]}]},
    }
    own = {
        "resourceType": "ValueSet",
        "url": "own",
        "compose": {"include": list(include), "exclude": list(exclude)},
    }
    return Terminology([SYSTEM, FRAGMENT, other, own]).expand("own|1")


def test_a_whole_system() -> None:
    assert listed({"system": "s"}) == {"s": ["a", "a1", "a2", "b", "c"]}


def test_codes_named_need_no_system_here() -> None:
    assert listed({"system": "elsewhere", "concept": [{"code": "z"}]}) == {"elsewhere": ["z"]}


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        ({"property": "concept", "op": "is-a", "value": "a"}, ["a", "a1", "a2", "c"]),
        ({"property": "concept", "op": "descendent-of", "value": "a"}, ["a1", "a2", "c"]),
        ({"property": "kind", "op": "=", "value": "x"}, ["b"]),
    ],
)
def test_filters(rule: dict[str, str], codes: list[str]) -> None:
    assert listed({"system": "s", "filter": [rule]}) == {"s": codes}


def test_an_include_of_a_system_and_a_value_set_is_what_both_have() -> None:
    assert listed({"system": "s", "valueSet": ["other"]}) == {"s": ["a", "b"]}


def test_what_is_excluded_is_out() -> None:
    assert listed({"valueSet": ["other"]}, exclude=({"system": "s", "concept": [{"code": "a"}]},)) == {
        "s": ["b"]
    }


@pytest.mark.parametrize(
    "part",
    [
        {"system": "elsewhere"},
        {"system": "f"},
        {"valueSet": ["unknown"]},
        {"system": "s", "filter": [{"property": "concept", "op": "regex", "value": "a"}]},
    ],
)
def test_what_cannot_be_listed_is_not_guessed(part: dict[str, Any]) -> None:
    assert listed(part) is None
