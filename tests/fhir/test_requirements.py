"""Each demand of R4's page on HTTP has a test that exists, or a reason why there is none."""

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
TABLE: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "http_requirements.toml").read_text(encoding="utf-8")
)["requirement"]


def names_in(path: Path) -> set[str]:
    """The tests of a file: `test_x` and `Class::test_x`."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            inner = (one for one in node.body if isinstance(one, ast.AsyncFunctionDef | ast.FunctionDef))
            found |= {f"{node.name}::{one.name}" for one in inner}
        elif isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
            found.add(node.name)
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}


@pytest.mark.parametrize("row", TABLE, ids=[f"{row['section']} {row['text'][:40]}" for row in TABLE])
def test_it_has_a_test_or_a_reason(row: dict[str, Any]) -> None:
    assert row.keys() in ({"section", "text", "tests"}, {"section", "text", "why"})
    assert row.get("tests") or row.get("why", "").endswith(".")
    for test in row.get("tests", ()):
        file, _, name = test.partition("::")
        assert name in names_in(TESTS / file), test


def test_no_demand_stands_twice() -> None:
    texts = [row["text"] for row in TABLE]
    assert len(set(texts)) == len(texts) >= 25
