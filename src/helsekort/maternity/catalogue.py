"""The catalogue: every field of the maternity record, from catalogue.toml, checked when it is loaded.

The JSON contract's checks, the FHIR resources, the pages, the generated tests and the field reference all read it here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helsekort.maternity.fields import Field, NeverOnCard, Section
from helsekort.maternity.rows import HELSENORGE_SECTIONS, BadCatalogue, Row, build_field, build_never
from helsekort.terminology.code_systems import LANGUAGES

__all__ = ["CATALOGUE", "HELSENORGE_SECTIONS", "BadCatalogue", "Catalogue", "load_catalogue"]

FILE = Path(__file__).with_name("catalogue.toml")
_CODE = re.compile("[a-z]{2,3}")
_SECTION_KEYS = frozenset(
    [
        "name",
        "code",
        "root",
        "routed",
        "list",
        "items",
        "helsenorge",
        "scope",
        "visibility",
        "weeks",
        "effective",
        "source",
        "paper",
    ]
).union(LANGUAGES)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Fields by key and sections by name, in the order of the file; what is never on the card; the sources cited."""

    fields: Mapping[str, Field]
    sections: Mapping[str, Section]
    never: tuple[NeverOnCard, ...]
    sources: Mapping[str, str]

    @property
    def routed(self) -> tuple[Section, ...]:
        """The fourteen sections a client can write, by the names the contract's addresses use."""
        return tuple(section for section in self.sections.values() if section.routed)


def load_catalogue(text: str) -> Catalogue:
    """Reads and checks the catalogue; raises `BadCatalogue` with the row named."""
    tables = tomllib.loads(text)
    sources: dict[str, str] = tables["sources"]
    rows = {row["name"]: row for row in tables["section"]}
    if len(rows) != len(tables["section"]):
        raise BadCatalogue("A section stands twice.")
    fields: dict[str, Field] = {}
    for row in tables["field"]:
        if row.get("section") not in rows:
            raise BadCatalogue(f"{row.get('section')}.{row.get('name')}: there is no such section.")
        made = build_field(row, rows[row["section"]], sources)
        if made.key in fields:
            raise BadCatalogue(f"{made.key}: stands twice.")
        fields[made.key] = made
    _check_collisions(fields.values())
    _check_dates(fields)
    sections = {name: _section(row, fields.values()) for name, row in rows.items()}
    if len({section.code for section in sections.values()}) != len(sections):
        raise BadCatalogue("Two sections have the same code.")
    never = tuple(build_never(row, sources) for row in tables["never"])
    return Catalogue(fields, sections, never, sources)


def _section(row: Row, fields: Iterable[Field]) -> Section:
    name = row["name"]
    if unknown := row.keys() - _SECTION_KEYS:
        raise BadCatalogue(f"{name}: unknown keys {sorted(unknown)}.")
    if missing := [language for language in LANGUAGES if not row.get(language)]:
        raise BadCatalogue(f"{name}: no label in {', '.join(missing)}.")
    own = tuple(field for field in fields if field.section == name)
    items: dict[str, str] = row.get("items", {})
    arrays = {field.array for field in own if field.in_contract} - {""}
    if arrays != items.keys() or not own:
        raise BadCatalogue(f"{name}: every array needs its row in items, and the section a field.")
    labels = {language: row[language] for language in LANGUAGES}
    is_list = row.get("list", False)
    root = row.get("root", f"{name}[]" if is_list else name)
    code = row.get("code", "")
    if not _CODE.fullmatch(code):
        raise BadCatalogue(f"{name}: code must be two or three lower-case letters.")
    return Section(name, code, root, row.get("routed", True), is_list, items, labels, row["helsenorge"], own)


def _check_collisions(fields: Iterable[Field]) -> None:
    """A path is either a value, an object or an array, never two of them."""
    shapes: dict[str, tuple[str, Any]] = {}
    for field in fields:
        steps = field.path.split(".")
        for depth in range(1, len(steps) + 1):
            path = ".".join(steps[:depth])
            shape = "value" if depth == len(steps) else "array" if path.endswith("[]") else "object"
            known, owner = shapes.setdefault(path.removesuffix("[]"), (shape, field.key))
            if known != shape or (shape == "value" and owner != field.key):
                raise BadCatalogue(f"{field.key}: its path collides with {owner}.")


def _check_dates(fields: Mapping[str, Field]) -> None:
    for field in fields.values():
        if field.effective and (field.effective not in fields or fields[field.effective].type != "date"):
            raise BadCatalogue(f"{field.key}: {field.effective} is not a date field.")


CATALOGUE = load_catalogue(FILE.read_text(encoding="utf-8"))
"""The catalogue in use."""
