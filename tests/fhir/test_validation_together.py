"""Schemas compiled as one answer as each does by itself."""

from __future__ import annotations

from helsekort.fhir.shapes import Resource
from helsekort.fhir.validation.together import Together
from tests.fhir.validating import BASE, with_profiles

NAME = {"title": "Name", "type": "string"}
NUMBER = {"title": "Name", "type": "number"}


def schema(kind: str, name: dict[str, str]) -> dict[str, object]:
    """A schema of objects with a name."""
    properties = {"resourceType": {"const": kind}, "name": {"$ref": "#/$defs/Name"}}
    return {"type": "object", "properties": properties, "required": ["name"], "$defs": {"Name": name}}


def test_each_schema_judges_its_own() -> None:
    together = Together()
    for kind in ("A", "B", "C"):
        together.add(kind, schema(kind, NAME))
    for kind in ("A", "B", "C"):
        assert together.are_valid({kind: [{"resourceType": kind, "name": "x"}]}) is True
        assert together.are_valid({kind: [{"resourceType": "D", "name": "x"}]}) is False
        assert together.are_valid({kind: [{"resourceType": kind, "name": 1}]}) is False
        assert together.are_valid({kind: [{"resourceType": kind}]}) is False


def test_what_is_not_among_them_is_not_judged() -> None:
    together = Together()
    assert together.are_valid({"A": [{}]}) is None
    together.add("A", schema("A", NAME))
    together.add("B", schema("B", NUMBER))  # another thing by the same name
    assert together.are_valid({"B": [{"resourceType": "B", "name": 1}]}) is None
    assert together.are_valid({"A": [{"resourceType": "A", "name": "x"}]}) is True


def test_many_are_taken_in_as_they_come() -> None:
    together = Together()
    answers: list[bool | None] = []
    for n in range(40):
        together.add(str(n), schema(str(n), NAME))
        answers += [
            together.are_valid({str(m): [{"resourceType": str(m), "name": "x"}]}) for m in range(n + 1)
        ]
    assert False not in answers
    assert together.are_valid({"0": [{"resourceType": "1", "name": "x"}]}) is False


def test_the_shapes_of_many_are_judged_as_those_of_each() -> None:
    judge = with_profiles()  # which nothing else has asked
    good: list[Resource] = [{"resourceType": kind} for kind in ("Patient", "Basic", "Patient")]
    good[1]["code"] = {"text": "x"}
    asked = [(one, [f"{BASE}{one['resourceType']}"]) for one in good]
    for one, urls in asked:
        judge.validate(one, urls)  # which compiles its schema
    assert judge.well_shaped(asked) == [good[0], good[2], good[1]]
    for one, urls in asked:
        assert judge.validate(one, urls, shaped=True) == judge.validate(one, urls) == []
    wrong = {"resourceType": "Patient", "gender": 1}
    claiming = {"resourceType": "Patient", "gender": 1, "meta": {"profile": ["x"]}}
    assert judge.well_shaped([*asked, (wrong, [f"{BASE}Patient"])]) == []
    apart = [(claiming, [f"{BASE}Patient"]), (wrong, []), (wrong, [f"{BASE}Basic"]), (wrong, ["unknown"])]
    assert judge.well_shaped([*asked, *apart]) == [good[0], good[2], good[1]]
