"""Schemas compiled as one answer as each does by itself."""

from __future__ import annotations

from helsekort.fhir.validation.together import Together

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
        assert together.is_valid(kind, {"resourceType": kind, "name": "x"}) is True
        assert together.is_valid(kind, {"resourceType": "D", "name": "x"}) is False
        assert together.is_valid(kind, {"resourceType": kind, "name": 1}) is False
        assert together.is_valid(kind, {"resourceType": kind}) is False


def test_what_is_not_among_them_is_not_judged() -> None:
    together = Together()
    assert together.is_valid("A", {}) is None
    together.add("A", schema("A", NAME))
    together.add("B", schema("B", NUMBER))  # another thing by the same name
    assert together.is_valid("B", {"resourceType": "B", "name": 1}) is None
    assert together.is_valid("A", {"resourceType": "A", "name": "x"}) is True


def test_many_are_taken_in_as_they_come() -> None:
    together = Together()
    answers: list[bool | None] = []
    for n in range(40):
        together.add(str(n), schema(str(n), NAME))
        answers += [together.is_valid(str(m), {"resourceType": str(m), "name": "x"}) for m in range(n + 1)]
    assert False not in answers
    assert together.is_valid("0", {"resourceType": "1", "name": "x"}) is False
