"""A shelf of a few resources and the search parameters R4 defines, so that a search can be told in one line."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest

from helsekort.basics.refusal import Kind, Refused
from helsekort.basics.strict_json import parse
from helsekort.fhir.definitions import BUILT, Definitions, read
from helsekort.fhir.search.parameter import Offered, standard_parameters
from helsekort.fhir.search.parse import parse_search
from helsekort.fhir.search.run import Found, run
from helsekort.fhir.search.search import Search
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import ListShelf, Shelf

HERE = Path(__file__).parent
BASE = "https://fhir.example/r4"
OSLO = ZoneInfo("Europe/Oslo")
RESOURCES: list[Resource] = parse((HERE / "search_resources.json").read_bytes())
SHELF = ListShelf(RESOURCES)
VALUE_SETS = {"http://sets.example/hb": frozenset({("urn:npu", "HB"), ("urn:local", "ABO")})}


@cache
def definitions() -> Definitions:
    """FHIR's own definitions."""
    return read(BUILT)


@cache
def offered() -> Offered:
    """R4's search parameters of every kind on the shelf."""
    kinds = {one["resourceType"] for one in RESOURCES}
    return {kind: standard_parameters(definitions(), kind) for kind in sorted(kinds)}


def asked(kind: str, query: str | list[tuple[str, str]], **more: Any) -> Search:  # noqa: ANN401 - of parse_search
    """A search as it stands after the question mark of an address."""
    params = (
        parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        if isinstance(query, str)
        else query
    )
    more = {"value_sets": VALUE_SETS.get, **more}
    return parse_search(kind, params, offered(), base=BASE, zone=OSLO, **more)


def found(kind: str, query: str | list[tuple[str, str]], shelf: Shelf = SHELF, offset: int = 0) -> Found:
    """What the search finds."""
    return run(asked(kind, query), shelf, offset)


def ids(kind: str, query: str | list[tuple[str, str]], shelf: Shelf = SHELF) -> list[str]:
    """The ids of the matches in their order."""
    return [one.id for one in found(kind, query, shelf).matches]


def told(kind: str, query: str) -> str:
    """Why a search is refused: each place with its sentence."""
    with pytest.raises(Refused) as caught:
        asked(kind, query)
    assert caught.value.kind is Kind.INVALID_PARAMETER
    return "; ".join(f"{one.where}: {one.what}" for one in caught.value.issues)


def without(*names: str) -> ListShelf:
    """The shelf as it is for somebody from whom these (`Kind/id`) are hidden."""
    return ListShelf(one for one in RESOURCES if f"{one['resourceType']}/{one['id']}" not in names)


def rows(chapter: str) -> list[Any]:
    """The rows of a file's tables as parameters, named by table and number."""
    tables = tomllib.loads((HERE / f"{chapter}.toml").read_text(encoding="utf-8"))["table"]
    return [
        pytest.param(*row, id=f"{table['title']} {number}")
        for table in tables
        for number, row in enumerate(table["rows"], 1)
    ]
