"""The table of what R4 demands names tests that exist; a row without one says why."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
ROWS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "http_requirements.toml").read_text(encoding="utf-8")
)["row"]


@cache
def names_in(path: str) -> frozenset[str]:
    """Every test of a file: `test_x`, or `TestClass::test_x`."""
    found: set[str] = set()
    for node in ast.parse((TESTS / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{one.name}" for one in node.body if _is_function(one)}  # type: ignore[attr-defined]
        elif _is_function(node):
            found.add(node.name)  # type: ignore[attr-defined]
    return frozenset(found)


def _is_function(node: ast.stmt) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['section']}: {row['says'][:40]}")
def test_each_demand_has_a_test_or_a_reason(row: dict[str, Any]) -> None:
    assert set(row) <= {"section", "says", "tests", "reason"}
    assert row.get("tests") or row.get("reason")
    for test in row.get("tests", ()):
        path, _, name = test.partition("::")
        assert name in names_in(path), test


def test_no_demand_stands_twice() -> None:
    assert len({row["says"] for row in ROWS}) == len(ROWS)
