"""Each value of the examples of every type in turn as a value of another kind: refused with its place, never a fault of ours."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helsekort.ledger.ledger import Ledger
from helsekort.maternity.belonging import SUBJECTS
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import fhir_on
from tests.flow.v1_service import ANNE

Json = dict[str, Any]
Way = tuple[str | int, ...]

FOLDER = Path(__file__).parents[2] / "guide" / "fsh-generated" / "examples"
OTHERS: list[Any] = [None, True, 7, "x", [], ["x"], [{}], {}, {"x": 1}, [["x"]]]
WITHOUT_EXAMPLE: list[Json] = [
    {"resourceType": "Binary", "contentType": "text/plain", "data": "aGVp"},
    {"resourceType": "Questionnaire", "status": "active", "item": [{"linkId": "1", "type": "string"}]},
]
UNKNOWN = {"modifierExtension": [{"url": "https://x.example", "valueBoolean": True}]}


def examples() -> dict[str, Json]:
    """The largest example of each type."""
    bundles = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    found = [one["resource"] for each in bundles for one in each["entry"]] + WITHOUT_EXAMPLE
    found = [one for one in found if one["resourceType"] in SUBJECTS or one in WITHOUT_EXAMPLE]
    found.sort(key=lambda one: len(json.dumps(one)))
    return {one["resourceType"]: one | UNKNOWN for one in found}


EXAMPLES = examples()


def ways(value: object, way: Way = ()) -> Iterator[Way]:
    """The way to every value inside a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in pairs:
        yield (*way, name)
        yield from ways(one, (*way, name))


def with_another(resource: Json, way: Way, value: object) -> Json:
    """The resource with another value there."""
    made = copy.deepcopy(resource)
    holder: Any = made
    for name in way[:-1]:
        holder = holder[name]
    holder[way[-1]] = value
    return made


@pytest.fixture(scope="module")
async def her(module_ledger: Ledger) -> Her:
    return await her_on(fhir_on(module_ledger))


def test_there_is_an_example_of_every_type_that_is_written() -> None:
    assert EXAMPLES.keys() == SUBJECTS.keys() | {one["resourceType"] for one in WITHOUT_EXAMPLE}


@pytest.mark.parametrize("kind", EXAMPLES)
async def test_it_is_refused_with_its_place(her: Her, kind: str) -> None:
    client = her.fhir.client(patient=ANNE)
    for way in list(ways(EXAMPLES[kind])):
        for value in OTHERS:
            sent = with_another(EXAMPLES[kind], way, value)
            answer = await client.send("POST", f"/{kind}", sent)
            told = (way, value, answer.text[:600])
            assert 400 <= answer.status_code < 500, told
            for issue in answer.json()["issue"]:
                assert issue["details"]["text"], told
                assert issue.get("expression") or issue.get("location"), told
