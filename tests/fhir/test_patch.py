"""JSON Patch on a resource: https://hl7.org/fhir/R4/http.html#patch and RFC 6902."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from helsekort.basics.refusal import Kind, Refused
from helsekort.fhir.patch import MOST_OPERATIONS, patched, read_patch
from helsekort.fhir.shapes import Resource

RESOURCE: Resource = {
    "resourceType": "Observation",
    "active": True,
    "value": Decimal("1.10"),
    "component": [{"n": 1}, {"n": 2}],
}


@pytest.mark.parametrize(
    ("operation", "element", "becomes"),
    [
        ({"op": "add", "path": "/note", "value": "x"}, "note", "x"),
        (
            {"op": "add", "path": "/component/1", "value": {"n": 9}},
            "component",
            [{"n": 1}, {"n": 9}, {"n": 2}],
        ),
        (
            {"op": "add", "path": "/component/-", "value": {"n": 9}},
            "component",
            [{"n": 1}, {"n": 2}, {"n": 9}],
        ),
        ({"op": "remove", "path": "/component/0"}, "component", [{"n": 2}]),
        ({"op": "replace", "path": "/component/0/n", "value": 7}, "component", [{"n": 7}, {"n": 2}]),
        ({"op": "move", "from": "/component/0", "path": "/component/1"}, "component", [{"n": 2}, {"n": 1}]),
        ({"op": "copy", "from": "/component/0/n", "path": "/n"}, "n", 1),
        ({"op": "test", "path": "/value", "value": Decimal("1.1")}, "value", Decimal("1.10")),
    ],
)
def test_an_operation(operation: dict[str, Any], element: str, becomes: object) -> None:
    before = deepcopy(RESOURCE)
    assert patched(RESOURCE, read_patch([operation]))[element] == becomes
    assert before == RESOURCE


def test_numbers_keep_their_digits() -> None:
    result = patched(RESOURCE, [{"op": "add", "path": "/other", "value": Decimal("7.00")}])
    assert (str(result["value"]), str(result["other"])) == ("1.10", "7.00")


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/active", "value": 1},
        {"op": "test", "path": "/note", "value": None},
        {"op": "remove", "path": "/note"},
        {"op": "replace", "path": "/note", "value": 1},
        {"op": "replace", "path": "/component/2", "value": 1},
        {"op": "replace", "path": "/component/-", "value": 1},
        {"op": "remove", "path": "/component/01"},
        {"op": "add", "path": "/component/x", "value": 1},
        {"op": "add", "path": "/resourceType/0", "value": 1},
        {"op": "add", "path": "/active/x", "value": 1},
        {"op": "add", "path": "/a/b/c", "value": 1},
        {"op": "add", "path": "/a~2b", "value": 1},
        {"op": "move", "from": "/component", "path": "/component/0"},
        {"op": "copy", "from": "/nothing", "path": "/a"},
        {"op": "remove", "path": ""},
        {"op": "replace", "path": "", "value": []},
        {"op": "add", "path": "", "value": None},
    ],
)
def test_an_operation_that_cannot_be_done(operation: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        patched(RESOURCE, read_patch([operation]))
    assert caught.value.kind is Kind.INVALID


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({}, "$"),
        ([], "$"),
        ("add", "$"),
        ([1], "$[0]"),
        ([{"op": "add", "path": "/a", "value": 1}, {}], "$[1].op"),
        ([{"op": ["add"], "path": "/a", "value": 1}], "$[0].op"),
        ([{"op": "add", "path": "a", "value": 1}], "$[0].path"),
        ([{"op": "add", "path": 1, "value": 1}], "$[0].path"),
        ([{"op": "add", "path": "/a"}], "$[0].value"),
        ([{"op": "move", "path": "/a"}], "$[0].from"),
        ([{"op": "test", "path": "/a"}], "$[0].value"),
    ],
)
def test_what_is_no_patch(document: object, where: str) -> None:
    with pytest.raises(Refused) as caught:
        read_patch(document)
    assert (caught.value.kind, caught.value.issues[0].where) == (Kind.MALFORMED, where)


def test_a_patch_that_doubles_the_resource_with_every_operation_is_stopped() -> None:
    doubling = [{"op": "copy", "from": "", "path": "/a"} for _ in range(MOST_OPERATIONS)]
    with pytest.raises(Refused) as caught:
        patched(RESOURCE, read_patch(doubling))
    assert caught.value.kind is Kind.INVALID
    with pytest.raises(Refused):
        read_patch([*doubling, doubling[0]])
