"""A field and a section of the card, as the catalogue states them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helsekort.fhir.shapes import Json
from helsekort.maternity.values import Choice, ValueType


@dataclass(frozen=True, slots=True)
class CodeReference:
    """A code for a field in a published system; only those whose `status` is confirmed are put on resources."""

    system: str  # LOINC, SCT, NLK or a Volven number
    uri: str
    code: str
    status: str


@dataclass(frozen=True, slots=True)
class Field:
    """One row of the catalogue.

    `key` names the field everywhere ("clinicalTests.hemoglobin"); `name` is its path inside the section ("hemoglobin"),
    `path` in the whole record of the JSON contract, both with [] for arrays. `effective` is the key of the field with the
    clinical date. `concept` is the ready-made FHIR code. `value` reads and writes it.
    """

    key: str
    section: str
    name: str
    path: str
    type: str
    value: ValueType
    concept: Json
    resource: str
    unit: str
    limits: str
    code_system: str
    choices: tuple[Choice, ...]
    codes: tuple[CodeReference, ...]
    effective: str
    scope: str
    visibility: str
    weeks: str
    helsenorge: str
    in_contract: bool
    paper: str
    required: bool
    labels: Mapping[str, str]
    explanation: str
    source: tuple[str, ...]

    @property
    def array(self) -> str:
        """The array the field stands in inside its section ("stimuli"), or empty."""
        return self.name.split("[]")[0] if "[]" in self.name else ""


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the JSON contract (its resource type). `items` names what tells the items of an array apart.

    `code` stands for the section in the ids of its FHIR resources, and never changes.
    """

    name: str
    code: str
    root: str
    routed: bool
    list: bool
    items: Mapping[str, str]
    labels: Mapping[str, str]
    helsenorge: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class NeverOnCard:
    """What is deliberately not on the card (visibility class C), and why.

    `codes` say it in published systems, `names` in a property's name (in lower-case letters only): a body with one is refused.
    """

    name: str
    reason: str
    source: tuple[str, ...]
    codes: tuple[CodeReference, ...]
    names: tuple[str, ...]
