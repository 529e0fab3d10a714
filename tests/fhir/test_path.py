"""FHIRPath by cases (path_cases.toml), and what callers ask of it besides: places, invariants, variables and hooks."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path as File
from typing import Any

import pytest

from helsekort.basics.strict_json import dump, parse
from helsekort.fhir.path import NO_MODEL, Node, PathError, Scope, TypeModel, compile_path, root, type_model
from helsekort.fhir.path.fast import fast_test, fast_values
from helsekort.fhir.path.moments import Moment
from helsekort.fhir.path.parser import parse_path
from helsekort.fhir.path.quantities import Quantity

CASES = tomllib.loads(File(__file__).with_name("path_cases.toml").read_text(encoding="utf-8"))
INPUTS: dict[str, Any] = {name: parse(text.encode()) for name, text in CASES["inputs"].items()}
NOON = datetime(2026, 3, 9, 12, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))


def _element(path: str, *types: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"path": path, "type": [{"code": one} for one in types], **more}


def _definition(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "StructureDefinition", "snapshot": {"element": list(elements)}}


DEFINITIONS = [
    _definition(
        {"path": "Patient"},
        _element("Patient.id", "http://hl7.org/fhirpath/System.String"),
        _element("Patient.contained", "Resource"),
        _element("Patient.active", "boolean"),
        _element("Patient.name", "HumanName"),
        _element("Patient.telecom", "ContactPoint"),
        _element("Patient.gender", "code"),
        _element("Patient.birthDate", "date"),
        _element("Patient.deceased[x]", "boolean", "dateTime"),
        _element("Patient.contact", "BackboneElement"),
        _element("Patient.contact.relationship", "CodeableConcept"),
        _element("Patient.contact.period", "Period"),
        _element("Patient.managingOrganization", "Reference"),
    ),
    _definition(_element("HumanName.use", "code"), _element("HumanName.given", "string")),
    _definition(_element("Period.start", "dateTime"), _element("Period.end", "dateTime")),
    _definition(
        _element("ContactPoint.system", "code"),
        _element("ContactPoint.rank", "positiveInt"),
    ),
    _definition(
        _element("Questionnaire.item", "BackboneElement"),
        _element("Questionnaire.item.linkId", "string"),
        {"path": "Questionnaire.item.item", "contentReference": "#Questionnaire.item"},
        _element("Questionnaire.effectivePeriod", "Period"),
    ),
    {**_definition(_element("Patient.birthDate", "string")), "derivation": "constraint"},
]
TYPES = type_model(DEFINITIONS)


def _rows() -> list[Any]:
    return [
        pytest.param(table, *row, id=f"{table['section']}: {row[0]}")
        for table in CASES["table"]
        for row in table["rows"]
    ]


def written(node: Node) -> str:  # noqa: PLR0911 - one for each sort
    """An item as FHIRPath would write it."""
    match node.value:
        case None:
            return "{}"
        case bool():
            return str(node.value).lower()
        case str():
            return f"'{node.value}'"
        case Moment(kind="Time"):
            return f"@T{node.value}"
        case Moment(kind="DateTime", parts=parts):
            return f"@{node.value}" + ("T" if len(parts) < 4 else "")
        case Moment():
            return f"@{node.value}"
        case Decimal():
            return f"{node.value:f}"
        case int() | Quantity():
            return str(node.value)
    return dump(node.value).decode()


def answer(expression: str, focus: object, model: TypeModel = NO_MODEL) -> str:
    """What an expression gives, as the cases write it."""
    try:
        found = compile_path(expression, model).nodes(focus, Scope(now=NOON))
    except PathError:
        return "error"
    return ", ".join(written(node) for node in found)


@pytest.mark.parametrize(("table", "expression", "expected"), _rows())
def test_case(table: dict[str, Any], expression: str, expected: str) -> None:
    focus = INPUTS[table.get("input", "woman")]
    assert answer(expression, focus, TYPES if table.get("typed") else NO_MODEL) == expected


WOMAN, PRESSURE = INPUTS["woman"], INPUTS["pressure"]


@pytest.mark.parametrize(
    ("expression", "places"),
    [
        (
            "name.given",
            [f"Patient.name[{of}].given[{at}]" for of, at in ((0, 0), (0, 1), (1, 0), (2, 0), (2, 1))],
        ),
        ("deceased", ["Patient.deceased"]),
        ("contained.name", ["Patient.contained[0].name"]),
        ("birthDate.extension.value", ["Patient.birthDate.extension[0].value"]),
        ("$this", ["Patient"]),
        ("name.count()", [""]),
    ],
)
def test_places_are_as_operation_outcome_says_them(expression: str, places: list[str]) -> None:
    assert [node.location for node in compile_path(expression).nodes(WOMAN)] == places


def test_an_element_alone_has_its_type_and_place() -> None:
    element = root(PRESSURE["component"][1], "Observation.component", "Observation.component[1]")
    (found,) = compile_path("value.unit").nodes(element, Scope(resource=PRESSURE))
    assert (found.value, found.location) == ("mmHg", "Observation.component[1].value.unit")
    assert compile_path("$this is BackboneElement").test(element)
    assert compile_path("%resource.status = 'final'").test(element, Scope(resource=PRESSURE))


def test_the_resource_is_found_from_an_item_s_own_place() -> None:
    (unit,) = compile_path("component[1].value.unit").nodes(PRESSURE)
    assert compile_path("%resource.status = 'final'").test(unit)


@pytest.mark.parametrize(
    ("invariant", "holds"),
    [
        ("true", True),
        ("false", False),
        ("{}", False),  # as HL7's validator: nothing is not true
        ("photo.url = 'x'", False),
        ("name.exists() or telecom.exists()", True),
        ("id", True),
        ("deceased", False),
    ],
)
def test_an_invariant_holds_only_when_true(invariant: str, *, holds: bool) -> None:
    assert compile_path(invariant).test(WOMAN) is holds


def test_an_invariant_of_many_items_is_an_error() -> None:
    with pytest.raises(PathError, match="One item"):
        compile_path("name").test(WOMAN)


def test_values_are_the_json_itself() -> None:
    weight = INPUTS["weight"]
    (found,) = compile_path("Observation.value as Quantity").values(weight)
    assert found is weight["valueQuantity"]
    assert str(compile_path("value.value").values(weight)[0]) == "70.50"
    assert compile_path("name.given").values(WOMAN) == ["Kari", "Anne", "Kari", "Lise"]
    assert compile_path("gender").values(WOMAN) == []
    assert compile_path("name.count()").values(WOMAN) == [3]


def test_variables_and_hooks_are_given_by_the_caller() -> None:
    asked: list[tuple[str, list[str]]] = []
    scope = Scope(
        variables={
            "week": 20,
            "codes": ["a", "b"],
            "other": {"resourceType": "Patient", "id": "x"},
            "none": None,
        },
        resolve=lambda address: WOMAN if address == "Patient/kari" else None,
        member_of=lambda value, value_set: value == "final" if value_set == "http://vs" else None,
        conforms=lambda _resource, profile: profile == "http://profile" or None,
        trace=lambda label, items: asked.append((label, [item.location for item in items])),
    )

    def given(expression: str, **more: Any) -> list[Any]:  # noqa: ANN401 - JSON
        return [node.value for node in compile_path(expression).nodes(PRESSURE, scope, **more)]

    assert given("%week + 1") == [21]
    assert given("%codes") == ["a", "b"]
    assert given("%other.id | %none") == ["x"]
    assert given("%week + %day", day=3) == [23]
    assert given("subject.resolve().birthDate") == ["1991-04-17"]
    assert given("status.memberOf('http://vs')") == [True]
    assert given("status.memberOf('http://unknown')") == []
    assert given("conformsTo('http://profile')") == [True]
    assert given("component.code.trace('codes').trace('texts', text).count()") == [3]
    assert [label for label, places in asked] == ["codes", "texts"]
    assert asked[1][1][0] == "Observation.component[0].code.text"
    with pytest.raises(PathError, match="what time it is"):
        given("today()")


def test_an_unresolved_reference_is_not_an_error() -> None:
    unnamed = {"resourceType": "Observation", "subject": {"identifier": {"value": "1"}}}
    assert compile_path("subject.where(resolve() is Patient)").nodes(unnamed) == []
    urn = {"resourceType": "Observation", "subject": {"reference": "urn:uuid:0b7a"}}
    found = compile_path("subject.where(resolve() is Patient)").values(
        urn, Scope(resolve=lambda _address: WOMAN)
    )
    assert len(found) == 1


def test_modifier_extensions_that_are_not_known_stop_the_expression() -> None:
    modified = {
        "resourceType": "Observation",
        "modifierExtension": [{"url": "http://a", "valueBoolean": True}],
    }
    assert compile_path("checkModifiers('http://a').exists()").test(modified)
    with pytest.raises(PathError, match="modifier"):
        compile_path("checkModifiers('http://b')").nodes(modified)


def test_an_expression_is_compiled_once_for_a_model() -> None:
    assert compile_path("name.given") is compile_path("name.given")
    assert compile_path("name.given", TYPES) is compile_path("name.given", TYPES)
    assert compile_path("name.given", TYPES) is not compile_path("name.given")
    assert repr(compile_path("name.given")) == "Path('name.given')"


def test_the_model_knows_choices_content_references_and_system_strings() -> None:
    assert TYPES["Patient"]["deceasedBoolean"] == "boolean"
    assert TYPES["Patient"]["id"] == "string"
    assert TYPES["Patient"]["birthDate"] == "date", "a profile does not change it"
    assert TYPES["Questionnaire.item"]["item"] == "Questionnaire.item"
    form = {"resourceType": "Questionnaire", "effectivePeriod": {"start": "2026"}}
    assert answer("effectivePeriod.start", form, TYPES) == "'2026'"
    assert answer("children().count()", form, TYPES) == "1"


def test_an_error_repeats_no_value() -> None:
    secret = {"resourceType": "Patient", "name": [{"family": "Hemmelig"}], "birthDate": "1991"}
    for expression in (
        "name.family + 1",
        "name.family < 1",
        "name.family.memberOf('x')",
        "name.family.abs()",
    ):
        with pytest.raises(PathError) as raised:
            compile_path(expression).nodes(secret)
        assert "Hemmelig" not in str(raised.value)
    assert "Hemmelig" not in repr(root(secret))


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 200 + "1" + ")" * 200,
        "-" * 5000 + "1",
        "1" + " + 1" * 10_000,
        "1" + "+1" * 9_000,
        "a" + ".a" * 9_000,
        "a" + "[0]" * 6_000,
        "'" + "a" * 30_000 + "'",
    ],
)
def test_an_endless_expression_is_refused(expression: str) -> None:
    with pytest.raises(PathError):
        compile_path(expression)


def test_a_clock_in_utc() -> None:
    at = Scope(now=datetime(2026, 3, 9, 12, 0, tzinfo=UTC))
    assert [str(node.value) for node in compile_path("now()").nodes(WOMAN, at)] == [
        "2026-03-09T12:00:00.000Z"
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "dataAbsentReason.empty() or value.empty()",
        "text.`div`.exists()",
        "contained.contained.empty()",
        "clinicalStatus.coding.where(system='http://x' and (code='resolved' or code='remission')).exists()",
        "type in ('boolean' | 'decimal')",
        "(start.exists() and end.exists()) or (status in ('proposed' | 'cancelled'))",
        "entry.all(request.exists() = (%resource.type = 'batch'))",
        "subject.where(resolve() is Patient).exists()",
    ],
)
def test_invariants_of_r4_that_go_the_short_way(expression: str) -> None:
    assert (fast_test(parse_path(expression)) is not None) is ("= (" not in expression)


@pytest.mark.parametrize(
    "expression",
    [
        "Observation.subject.where(resolve() is Patient)",
        "(Observation.value as Quantity) | (Observation.value as SampledData)",
        "Patient.telecom.where(system='phone')",
        "Condition.onset.as(dateTime) | Condition.onset.as(Period)",
        "AllergyIntolerance.code | Observation.code",
    ],
)
def test_searches_of_r4_that_go_the_short_way(expression: str) -> None:
    assert fast_values(parse_path(expression)) is not None
