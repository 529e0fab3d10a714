"""Profiles: cardinality, types, fixed values and patterns, bindings, invariants, and slicing by every discriminator we know."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from helsekort.fhir.definitions import Binding, CodeList, Constraint, Discriminator, Slicing, TypeChoice
from helsekort.fhir.path import compile_path
from helsekort.fhir.shapes import Resource
from helsekort.fhir.validation import Validator
from tests.fhir.validating import BASE, OWN, extension, places, profile, with_profiles

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
CODES = {f"{OWN}origins": (CodeList(system=f"{OWN}origin", codes=("measured", "told")),)}
ORIGIN = extension(
    "origin",
    {
        "Extension.value[x]": {
            "min": 1,
            "types": (TypeChoice(code="code"),),
            "binding": Binding(strength="required", value_set=f"{OWN}origins"),
        }
    },
)
WHO = extension(
    "who",
    {
        "Extension.extension": {
            "slicing": Slicing(discriminators=(Discriminator(type="value", path="url"),), rules="closed")
        },
        "Extension.extension:by": {"min": 1, "max": 1},
        "Extension.extension:by.url": {"fixed": ("by",)},
        "Extension.extension:by.value[x]": {
            "min": 1,
            "types": (TypeChoice(code="Reference", targets=(f"{BASE}Practitioner",)),),
        },
        "Extension.value[x]": {"max": 0},
    },
)


def by(kind: str, path: str, rules: str = "open") -> Slicing:
    """Slicing by one discriminator."""
    return Slicing(discriminators=(Discriminator(type=kind, path=path),), rules=rules)


def coded(code: str) -> tuple[Any, ...]:
    """A pattern of one LOINC code."""
    return ({"coding": [{"system": LOINC, "code": code}]},)


PRESSURE = profile(
    "pressure",
    "Observation",
    {
        "Observation": {
            "constraints": (
                Constraint(
                    key="t-1",
                    human="Final needs a performer",
                    expression="status = 'final' implies performer.exists()",
                ),
            )
        },
        "Observation.extension": {"slicing": by("value", "url")},
        "Observation.extension:origin": {
            "max": 1,
            "types": (TypeChoice(code="Extension", profiles=(ORIGIN.url,)),),
        },
        "Observation.code": {"pattern": coded("85354-9")},
        "Observation.subject": {
            "min": 1,
            "types": (TypeChoice(code="Reference", targets=(f"{BASE}Patient",)),),
        },
        "Observation.effective[x]": {"min": 1, "types": (TypeChoice(code="dateTime"),)},
        "Observation.value[x]": {"max": 0},
        "Observation.note": {"max": 1},
        "Observation.method": {"binding": Binding(strength="required", value_set=f"{OWN}origins")},
        "Observation.component": {"slicing": by("pattern", "code", "closed")},
        "Observation.component:systolic": {"min": 1, "max": 1},
        "Observation.component:systolic.code": {"pattern": coded("8480-6")},
        "Observation.component:systolic.value[x]": {"min": 1, "types": (TypeChoice(code="Quantity"),)},
        "Observation.component:diastolic": {
            "max": 1,
            "constraints": (
                Constraint(key="t-2", human="Below 200", expression="value.ofType(Quantity).value < 200"),
            ),
        },
        "Observation.component:diastolic.code": {"pattern": coded("8462-4")},
        "Observation.component:diastolic.value[x]": {"min": 1, "types": (TypeChoice(code="Quantity"),)},
        "Observation.component:diastolic.value[x].code": {"min": 1, "fixed": ("mm[Hg]",)},
    },
)


def measured(code: str, value: int) -> dict[str, Any]:
    """A component with a pressure."""
    unit = {"value": value, "system": UCUM, "code": "mm[Hg]"}
    return {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": unit}


GOOD: Resource = {
    "resourceType": "Observation",
    "status": "final",
    "code": {
        "coding": [
            {"system": "http://x.example", "code": "bp"},
            {"system": LOINC, "code": "85354-9", "display": "x"},
        ]
    },
    "subject": {"reference": "Patient/a"},
    "effectiveDateTime": "2026",
    "performer": [{"reference": "Practitioner/a"}],
    "component": [measured("8480-6", 120), measured("8462-4", 80)],
}


@pytest.fixture(scope="module")
def checked() -> Validator:
    """A validator that knows the profile of a blood pressure and its extensions."""
    return with_profiles(PRESSURE, ORIGIN, WHO, value_sets=CODES)


def changed(change: Callable[[Any], object]) -> Resource:
    """The good blood pressure with a change."""
    resource = copy.deepcopy(GOOD)
    change(resource)
    return resource


def origin(**value: object) -> Callable[[Any], object]:
    """The extension with a value."""
    return lambda one: one.update(extension=[{"url": ORIGIN.url, **value}])


def both(one: Any) -> None:  # noqa: ANN401 - JSON
    """The extension twice."""
    one["extension"] = [{"url": ORIGIN.url, "valueCode": "told"}] * 2


WRONG: list[tuple[str, Callable[[Any], object], set[str]]] = [
    ("a missing slice", lambda one: one["component"].pop(0), {"Observation.component"}),
    ("a slice twice", lambda one: one["component"].append(one["component"][0]), {"Observation.component"}),
    ("a slice left out that may be", lambda one: one["component"].pop(1), set()),
    (
        "an item in no slice of a closed slicing",
        lambda one: one["component"].append({"code": {"text": "x"}}),
        {"Observation.component[2]"},
    ),
    (
        "a slice's element of another type",
        lambda one: one["component"].__setitem__(
            0, {"code": measured("8480-6", 1)["code"], "valueString": "x"}
        ),
        {"Observation.component[0].valueString", "Observation.component[0]"},
    ),
    (
        "a slice's fixed value",
        lambda one: one["component"][1]["valueQuantity"].update(code="kPa"),
        {"Observation.component[1].valueQuantity.code"},
    ),
    (
        "a slice's required element",
        lambda one: one["component"][1]["valueQuantity"].pop("code"),
        {"Observation.component[1].valueQuantity.code"},
    ),
    (
        "a slice's invariant",
        lambda one: one["component"][1]["valueQuantity"].update(value=250),
        {"Observation.component[1]"},
    ),
    (
        "the other slice keeps clear of it",
        lambda one: one["component"][0]["valueQuantity"].update(value=250),
        set(),
    ),
    ("the profile's invariant", lambda one: one.pop("performer"), {"Observation"}),
    ("a pattern", lambda one: one["code"]["coding"].pop(1), {"Observation.code.coding"}),
    ("a pattern's system", lambda one: one["code"]["coding"][1].pop("system"), {"Observation.code.coding"}),
    ("a required element", lambda one: one.pop("subject"), {"Observation.subject"}),
    ("a target", lambda one: one.update(subject={"reference": "Group/a"}), {"Observation.subject.reference"}),
    ("an element that is left out", lambda one: one.update(valueString="x"), {"Observation.valueString"}),
    ("a required choice", lambda one: one.pop("effectiveDateTime"), {"Observation"}),
    (
        "a choice of fewer types",
        lambda one: one.update(effectiveDateTime="2026", effectivePeriod={"start": "2026"}),
        {"Observation.effectivePeriod"},
    ),
    (
        "a required choice with only a reason for its absence",
        lambda one: one.update(_effectiveDateTime={"id": one.pop("effectiveDateTime")}),
        set(),
    ),
    ("fewer items", lambda one: one.update(note=[{"text": "a"}, {"text": "b"}]), {"Observation.note"}),
    (
        "a binding made required",
        lambda one: one.update(method={"coding": [{"system": f"{OWN}origin", "code": "guessed"}]}),
        {"Observation.method.coding"},
    ),
    (
        "a binding that is kept",
        lambda one: one.update(method={"coding": [{"system": f"{OWN}origin", "code": "told"}]}),
        set(),
    ),
    ("an extension's binding", origin(valueCode="guessed"), {"Observation.extension[0].valueCode"}),
    ("an extension's binding that is kept", origin(valueCode="told"), set()),
    (
        "an extension's type",
        origin(valueString="told"),
        {"Observation.extension[0].valueString", "Observation.extension[0]"},
    ),
    ("an extension twice", both, {"Observation.extension"}),
    ("the base type's rules hold too", lambda one: one.update(status="done"), {"Observation.status"}),
]


@pytest.mark.parametrize(("name", "change", "where"), WRONG, ids=[row[0] for row in WRONG])
def test_a_profile_is_kept_to(
    name: str, change: Callable[[Any], object], where: set[str], checked: Validator
) -> None:
    assert places(checked.validate(changed(change), [PRESSURE.url])) == where


def test_the_good_one_is_valid(checked: Validator) -> None:
    assert checked.validate(GOOD, [PRESSURE.url]) == []


def test_a_profile_that_is_claimed_and_known_is_kept_to(checked: Validator) -> None:
    claims = changed(lambda one: one.update(meta={"profile": [f"{PRESSURE.url}|1"]}, component=[]))
    assert "Observation.component" in places(checked.validate(claims))


def test_a_profile_that_is_claimed_and_unknown_is_let_be(checked: Validator) -> None:
    assert checked.validate(changed(lambda one: one.update(meta={"profile": ["http://x.example/p"]}))) == []


def test_a_profile_asked_for_that_is_unknown_or_of_another_type_is_an_issue(checked: Validator) -> None:
    for url in ("http://x.example/p", ORIGIN.url):
        assert places(checked.validate(GOOD, [url])) == {"Observation.meta.profile"}


def test_an_extension_follows_its_definition_on_a_resource_of_no_profile(checked: Validator) -> None:
    patient = {"resourceType": "Patient", "extension": [{"url": ORIGIN.url, "valueCode": "guessed"}]}
    assert places(checked.validate(patient)) == {"Patient.extension[0].valueCode"}


@pytest.mark.parametrize(
    ("inside", "where"),
    [
        ([{"url": "by", "valueReference": {"reference": "Practitioner/a"}}], ""),
        (
            [{"url": "by", "valueReference": {"reference": "Patient/a"}}],
            ".extension[0].valueReference.reference",
        ),
        ([{"url": "by", "valueString": "x"}], ".extension[0].valueString"),
        ([{"url": "for", "valueString": "x"}], ".extension"),
    ],
)
def test_an_extension_of_extensions(inside: list[Any], where: str, checked: Validator) -> None:
    found = checked.validate(
        {"resourceType": "Patient", "extension": [{"url": WHO.url, "extension": inside}]}
    )
    assert bool(found) == bool(where)
    assert not where or f"Patient.extension[0]{where}" in places(found)


IDENTIFIED = profile(
    "identified",
    "Patient",
    {
        "Patient.identifier": {"min": 1, "slicing": by("value", "system")},
        "Patient.identifier:nin": {"max": 1},
        "Patient.identifier:nin.system": {"min": 1, "fixed": ("urn:oid:1.2",)},
        "Patient.identifier:nin.value": {"min": 1},
        "Patient.name": {"slicing": by("exists", "period")},
        "Patient.name:former": {"max": 1},
        "Patient.name:former.period": {"min": 1},
        "Patient.name:former.family": {"min": 1},
        "Patient.generalPractitioner": {"slicing": by("type", "resolve()")},
        "Patient.generalPractitioner:office": {
            "max": 1,
            "types": (TypeChoice(code="Reference", targets=(f"{BASE}Organization",)),),
        },
    },
)
NIN = {"system": "urn:oid:1.2", "value": "1"}
OFFICE = {"reference": "Organization/a"}


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({}, set()),
        ({"identifier": [NIN, {"system": "http://x.example", "value": "2"}]}, set()),
        ({"identifier": [NIN, NIN]}, {"Patient.identifier"}),
        ({"identifier": [{"system": "urn:oid:1.2"}]}, {"Patient.identifier[0].value"}),
        ({"name": [{"family": "a", "period": {"start": "2026"}}, {"text": "x"}]}, set()),
        ({"name": [{"text": "a", "period": {"start": "2026"}}]}, {"Patient.name[0].family"}),
        ({"generalPractitioner": [OFFICE, {"reference": "Practitioner/a"}]}, set()),
        (
            {"generalPractitioner": [OFFICE, {"type": "Organization", "display": "x"}]},
            {"Patient.generalPractitioner"},
        ),
    ],
)
def test_slices_told_apart_by_value_existence_and_type(more: Resource, where: set[str]) -> None:
    patient = {"resourceType": "Patient", "identifier": [NIN], **more}
    assert places(with_profiles(IDENTIFIED).validate(patient, [IDENTIFIED.url])) == where


EPISODE = profile(
    "episode",
    "EpisodeOfCare",
    {
        "EpisodeOfCare.type": {"min": 1, "max": 1},
        "EpisodeOfCare.type.coding": {"slicing": by("value", "system")},
        "EpisodeOfCare.type.coding:snomed": {"min": 1, "max": 1},
        "EpisodeOfCare.type.coding:snomed.system": {"min": 1, "fixed": ("http://snomed.info/sct",)},
        "EpisodeOfCare.type.coding:snomed.code": {"min": 1, "fixed": ("364320009",)},
    },
)


@pytest.mark.parametrize(
    ("codings", "where"),
    [
        (
            [
                {"system": "http://snomed.info/sct", "code": "364320009"},
                {"system": "http://x.example", "code": "1"},
            ],
            set(),
        ),
        ([{"system": "http://x.example", "code": "1"}], {"EpisodeOfCare.type[0].coding"}),
        ([{"system": "http://snomed.info/sct", "code": "1"}], {"EpisodeOfCare.type[0].coding[0].code"}),
    ],
)
def test_slices_inside_a_data_type(codings: list[Any], where: set[str]) -> None:
    episode = {
        "resourceType": "EpisodeOfCare",
        "status": "active",
        "patient": {"reference": "Patient/a"},
        "type": [{"coding": codings}],
    }
    assert places(with_profiles(EPISODE).validate(episode, [EPISODE.url])) == where


LIMITED = profile(
    "limited",
    "Observation",
    {
        "Observation": {
            "constraints": tuple(
                Constraint(key=key, human=key, expression=expression)
                for key, expression in {
                    "l-1": "value.ofType(Quantity).where(code = 'g/dL').value.all($this >= 1.5 and $this < 30)"
                    " and value.ofType(Quantity).where(code = 'g/L').value.all($this > 15 and $this <= 300)",
                    "l-2": "value.exists() implies value.ofType(dateTime).toString().length() = 10 or component.empty()",
                    "l-3": "(note.exists() and method.exists()).not()",
                    "l-4": "method.exists() = bodySite.exists()",
                    "l-5": "device.empty() or (focus.exists() xor specimen.exists())",
                }.items()
            )
        },
        "Observation.effective[x]": {
            "constraints": (
                Constraint(
                    key="l-6", human="l-6", expression="($this as dateTime).toString().length() >= 10"
                ),
            )
        },
    },
)
IN_WORDS = {"text": "x"}


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"valueQuantity": {"value": 2, "code": "g/dL", "system": UCUM}}, set()),
        (
            {"valueQuantity": {"value": Decimal("1.4"), "code": "g/dL", "system": UCUM}},
            {"Observation.valueQuantity.value"},
        ),
        (
            {"valueQuantity": {"value": 30, "code": "g/dL", "system": UCUM}},
            {"Observation.valueQuantity.value"},
        ),
        (
            {"valueQuantity": {"value": 15, "code": "g/L", "system": UCUM}},
            {"Observation.valueQuantity.value"},
        ),
        ({"valueQuantity": {"value": 300, "code": "g/L", "system": UCUM}}, set()),
        ({"valueQuantity": {"value": 900, "code": "mmol/L", "system": UCUM}}, set()),
        ({"valueQuantity": {"value": 900}}, set()),
        ({"valueDateTime": "2026-01", "component": [{"code": IN_WORDS}]}, {"Observation"}),
        ({"valueDateTime": "2026-01-01", "component": [{"code": IN_WORDS}]}, set()),
        ({"valueString": "x", "component": [{"code": IN_WORDS}]}, {"Observation"}),
        ({"valueDateTime": "2026-01"}, set()),
        ({"note": [IN_WORDS], "method": IN_WORDS, "bodySite": IN_WORDS}, {"Observation"}),
        ({"method": IN_WORDS}, {"Observation"}),
        ({"method": IN_WORDS, "bodySite": IN_WORDS}, set()),
        ({"device": {"reference": "Device/a"}}, {"Observation"}),
        ({"device": {"reference": "Device/a"}, "focus": [{"reference": "Patient/b"}]}, set()),
        ({"effectiveDateTime": "2026-01"}, {"Observation.effectiveDateTime"}),
        ({"effectiveDateTime": "2026"}, {"Observation.effectiveDateTime"}),
        ({"effectiveDateTime": "2026-01-02"}, set()),
        ({"effectiveInstant": "2026-01-02T10:00:00Z"}, {"Observation.effectiveInstant"}),
        ({"_effectiveDateTime": {"id": "x"}}, set()),
    ],
)
def test_an_invariant_holds_alike_as_a_schema_and_as_fhirpath(more: Resource, where: set[str]) -> None:
    resource = {"resourceType": "Observation", "status": "final", "code": IN_WORDS, **more}
    assert places(with_profiles(LIMITED).validate(resource, [LIMITED.url])) == where
    types = with_profiles().definitions.types
    on_whole = [one for row in LIMITED.elements[:1] for one in row.constraints]
    held = all(compile_path(one.expression, types).test(resource) for one in on_whole)
    assert held == all(place.startswith("Observation.effective") for place in where)


def test_a_known_modifier_extension_is_taken() -> None:
    known = with_profiles(ORIGIN)
    resource = {
        "resourceType": "Patient",
        "modifierExtension": [{"url": "http://x.example/not", "valueBoolean": True}],
    }
    assert known.validate(resource)
    understanding = Validator(known.definitions, modifier_extensions=frozenset({"http://x.example/not"}))
    assert understanding.validate(resource) == []
