"""Each value of the fullest resource of every type as a value of another kind: refused with its place, and no fault of ours."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from helsekort.ledger.ledger import Ledger
from helsekort.maternity.belonging import SUBJECTS, WITHOUT_SUBJECT
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import DEFINITIONS, fhir_on
from tests.flow.fullest import fullest
from tests.flow.v1_service import ANNE

Json = dict[str, Any]
Way = tuple[str | int, ...]

KINDS = sorted(SUBJECTS.keys() | WITHOUT_SUBJECT)
OTHERS: list[Any] = [7, "x", ["x"], {"x": 1}]
UNKNOWN = {"modifierExtension": [{"url": "https://x.example", "valueBoolean": True}]}
"""For this alone the whole is refused, whatever else is right in it."""


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


@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_refused_with_its_place(her: Her, kind: str) -> None:
    client = her.fhir.client(patient=ANNE)
    whole = fullest(DEFINITIONS, kind, lambda _targets: "") | UNKNOWN
    for way in list(ways(whole)):
        for value in OTHERS:
            sent = with_another(whole, way, value)
            answer = await client.send("POST", f"/{kind}", sent)
            told = (way, value, answer.text[:600])
            assert 400 <= answer.status_code < 500, told
            for issue in answer.json()["issue"]:
                assert issue["details"]["text"], told
                assert issue.get("expression") or issue.get("location"), told
