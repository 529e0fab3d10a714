"""Fixed values, patterns, code lists and limits of elements as JSON Schema (https://hl7.org/fhir/R4/profiling.html)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from helsekort.fhir.definitions import CodeList, Definitions, Element
from helsekort.fhir.validation.said import Schema, rule

MOST_NAMED = 20


def pattern(value: Any) -> Schema:  # noqa: ANN401 - any JSON value
    """A value that has at least what is in the pattern: every member, and for each item one that fits it."""
    if isinstance(value, dict):
        return {"required": list(value), "properties": {name: pattern(part) for name, part in value.items()}}
    if isinstance(value, list):
        return {"allOf": [{"contains": pattern(item)} for item in value]}
    return {"const": value}


def named(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """The definition's own value in words: a code with its system, or the bare value."""
    if isinstance(value, dict):
        parts = value.get("coding", [value])
        return " and ".join(f"{one.get('system', '')}|{one.get('code', '')}".strip("|") for one in parts)
    return str(value)


def own_rules(definitions: Definitions, element: Element, kind: str) -> list[Schema]:
    """What an element adds to its type: fixed value, pattern, required code list, length and limits."""
    rules = [rule({"const": value}, f"The value here is fixed: {named(value)}.") for value in element.fixed]
    rules += [
        rule({"allOf": [pattern(value)]}, f"The value here must have: {named(value)}.")
        for value in element.pattern
    ]
    if element.max_length is not None:
        rules.append(
            rule(
                {"maxLength": element.max_length}, f"The text has more than {element.max_length} characters."
            )
        )
    for value in element.min_value:
        rules += limit("minimum", value, "least")
    for value in element.max_value:
        rules += limit("maximum", value, "most")
    bound = bound_codes(definitions, element, kind)
    return [*rules, bound] if bound else rules


def limit(keyword: str, value: Any, word: str) -> list[Schema]:  # noqa: ANN401 - any JSON value
    """A limit of a number, or of a Quantity's value; limits of dates are left to invariants."""
    number = value.get("value") if isinstance(value, dict) else value
    if isinstance(number, str) or number is None:
        return []
    found = rule({keyword: number}, f"The value here is at {word} {number}.")
    return [{"properties": {"value": found}} if isinstance(value, dict) else found]


def bound_codes(definitions: Definitions, element: Element, kind: str) -> Schema | None:
    """The schema of a required binding whose codes can be listed."""
    if element.binding is None or element.binding.strength != "required":
        return None
    lists = definitions.value_set(element.binding.value_set)
    if lists is None:
        return None
    return CODED[kind](lists, element.binding.value_set.partition("|")[0]) if kind in CODED else None


def advice(lists: Iterable[CodeList], url: str) -> str:
    """The codes to choose from when they are few, else where they are listed."""
    codes = [code for one in lists for code in one.codes]
    return f"Use one of {', '.join(codes)}." if len(codes) <= MOST_NAMED else f"Use a code of {url}."


def code_in(lists: tuple[CodeList, ...], url: str) -> Schema:
    """A code of the value set."""
    codes = list(dict.fromkeys(code for one in lists for code in one.codes))
    return rule({"enum": codes}, "The code is not in the value set required here.", advice(lists, url))


def coding_of(lists: tuple[CodeList, ...]) -> Schema:
    """A Coding with system and code of one of the lists."""
    choices = [
        {
            "required": ["system", "code"],
            "properties": {"system": {"const": one.system}, "code": {"enum": list(one.codes)}},
        }
        for one in lists
    ]
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def coding_in(lists: tuple[CodeList, ...], url: str) -> Schema:
    """A Coding of the value set."""
    return rule({"allOf": [coding_of(lists)]}, NOT_IN_SET, coding_advice(lists, url))


def concept_in(lists: tuple[CodeList, ...], url: str) -> Schema:
    """A CodeableConcept with a coding of the value set."""
    inside = {"required": ["coding"], "properties": {"coding": {"contains": coding_of(lists)}}}
    return rule({"allOf": [inside]}, NOT_IN_SET, coding_advice(lists, url))


def coding_advice(lists: tuple[CodeList, ...], url: str) -> str:
    """The advice, with the system when there is one."""
    system = f" The system is {lists[0].system}." if len(lists) == 1 else ""
    return advice(lists, url) + system


NOT_IN_SET = "No coding is in the value set required here."
CODED = {
    "code": code_in,
    "string": code_in,
    "uri": code_in,
    "Coding": coding_in,
    "Quantity": coding_in,
    "CodeableConcept": concept_in,
}
