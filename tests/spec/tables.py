"""The tables of the handbook's chapters: each row of each is a test, and the handbook prints the same rows."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helsekort.basics.refusal import Refused
from helsekort.basics.strict_json import parse

HERE = Path(__file__).parent


def rows(chapter: str, table: str) -> list[Any]:
    """The rows of one table as parameters, named by their number so that a failing one is found in the handbook."""
    tables = tomllib.loads((HERE / f"{chapter}.toml").read_text(encoding="utf-8"))["table"]
    found = next(one for one in tables if one["title"] == table)
    return [pytest.param(*row, id=f"row {number}") for number, row in enumerate(found["rows"], 1)]


def json(text: str) -> Any:  # noqa: ANN401 - JSON
    """A cell of JSON as the service would read it."""
    return parse(text.encode())


def answer_of(refused: Refused) -> str:
    """The contract's code with every place and sentence, as the tables write it."""
    said = "; ".join(
        f"{issue.where}: {issue.what}" if issue.where else issue.what for issue in refused.issues
    )
    return f"{refused.outcome.contract_code} {said}".strip()


def refusal(act: Callable[[], object]) -> str:
    """The answer where the act is refused, empty where it is done."""
    try:
        act()
    except Refused as refused:
        return answer_of(refused)
    return ""
