"""FHIR's own definitions as this service uses them: types, profiles, code lists of required bindings, search parameters.

`tools/definitions.py` writes the compact files from FHIR's published StructureDefinitions with snapshots; nothing here is
typed by hand. A structure is decoded when it is first asked for, so that opening the files costs milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

BASE = "http://hl7.org/fhir/StructureDefinition/"
BUILT = Path(__file__).parent / "built" / "r4.json"


class TypeChoice(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A type an element may have: the code, profiles it must follow, and for a Reference the types it may point to."""

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


class Constraint(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An invariant in FHIRPath, with FHIR's key (`obs-7`) and its sentence."""

    key: str
    human: str
    expression: str
    severity: str = "error"


class Binding(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How firmly a coded element keeps to a value set, and which."""

    strength: str
    value_set: str


class Discriminator(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What tells one slice from another: `value`, `pattern`, `exists`, `type` or `profile`, of the element at a path."""

    type: str
    path: str


class Slicing(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How a repeating element is divided into slices; `rules` is open, closed or openAtEnd."""

    discriminators: tuple[Discriminator, ...] = ()
    rules: str = "open"
    ordered: bool = False


class Element(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One row of a snapshot.

    `max` None is `*`; `repeats` says whether the JSON is an array, which a profile's `max` does not change; `fixed`,
    `pattern`, `min_value` and `max_value` hold one JSON value, or nothing.
    """

    id: str
    path: str
    min: int = 0
    max: int | None = None
    repeats: bool = False
    types: tuple[TypeChoice, ...] = ()
    fixed: tuple[Any, ...] = ()
    pattern: tuple[Any, ...] = ()
    binding: Binding | None = None
    constraints: tuple[Constraint, ...] = ()
    slicing: Slicing | None = None
    slice_name: str = ""
    content: str = ""
    regex: str = ""
    max_length: int | None = None
    min_value: tuple[Any, ...] = ()
    max_value: tuple[Any, ...] = ()
    modifier: bool = False
    summary: bool = False

    @property
    def name(self) -> str:
        """The element's own name, without `[x]`: `value` of `Observation.value[x]`."""
        return self.path.rpartition(".")[2].removesuffix("[x]")

    @property
    def is_choice(self) -> bool:
        """Whether the element's type is part of its JSON name."""
        return self.path.endswith("[x]")


class Structure(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A StructureDefinition's snapshot: a type (`derivation` is not constraint) or a profile of one."""

    url: str
    name: str
    type: str
    kind: str
    abstract: bool = False
    derivation: str = ""
    base: str = ""
    version: str = ""
    title: str = ""
    elements: tuple[Element, ...] = ()


class CodeList(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The codes of one code system in a value set."""

    system: str
    codes: tuple[str, ...]


class SearchParameter(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A SearchParameter: code, type, FHIRPath expression, and for references the types pointed to."""

    code: str
    url: str
    type: str
    bases: tuple[str, ...]
    expression: str = ""
    targets: tuple[str, ...] = ()
    description: str = ""
    components: tuple[tuple[str, str], ...] = ()


class File(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A definitions file as it is written."""

    structures: dict[str, msgspec.Raw] = {}
    extensions: tuple[str, ...] = ()
    value_sets: dict[str, tuple[CodeList, ...]] = {}
    search_parameters: tuple[SearchParameter, ...] = ()
    compartment: dict[str, tuple[str, ...]] = {}
    types: dict[str, dict[str, str]] = {}


class Definitions:
    """Every definition the service knows, by canonical URL; a version after `|` is not looked at."""

    def __init__(self, files: Iterable[File]) -> None:
        self._raw: dict[str, msgspec.Raw] = {}
        self._structures: dict[str, Structure] = {}
        self._extensions: frozenset[str] = frozenset()
        self._value_sets: dict[str, tuple[CodeList, ...]] = {}
        self._parameters: dict[str, list[SearchParameter]] = {}
        self._compartment: dict[str, tuple[str, ...]] = {}
        self.types: dict[str, dict[str, str]] = {}
        """The type of each element of each type, as FHIRPath wants it (`fhir.path.TypeModel`)."""
        self._decoder = msgspec.json.Decoder(Structure)
        for file in files:
            self._raw.update(file.structures)
            self._extensions |= frozenset(file.extensions)
            self._value_sets.update(file.value_sets)
            self._compartment.update(file.compartment)
            self.types.update(file.types)
            for parameter in file.search_parameters:
                for base in parameter.bases:
                    self._parameters.setdefault(base, []).append(parameter)

    def structure(self, url: str) -> Structure | None:
        """The type or profile with a canonical URL, or None when it is not known here."""
        found = self._structures.get(url)
        if found is not None:
            return found
        key = url.partition("|")[0]
        if key not in self._structures:
            if key not in self._raw:
                return None
            self._structures[key] = self._decoder.decode(self._raw[key])
        return self._structures[key]

    def type(self, code: str) -> Structure | None:
        """FHIR's own definition of a type, by its name: `Observation`, `Quantity`, `code`."""
        return self.structure(BASE + code)

    def urls(self) -> frozenset[str]:
        """The canonical URLs of every structure."""
        return frozenset(self._raw)

    def extensions(self) -> frozenset[str]:
        """The canonical URLs of the extensions that are defined here."""
        return self._extensions

    def value_set(self, url: str) -> tuple[CodeList, ...] | None:
        """The codes of a value set, or None when it is not one that can be listed (UCUM, MIME types)."""
        return self._value_sets.get(url.partition("|")[0])

    def search_parameters(self, kind: str) -> Mapping[str, SearchParameter]:
        """The search parameters FHIR defines for a resource type, those of every resource included, by code."""
        rows = (
            row for base in ("Resource", "DomainResource", kind) for row in self._parameters.get(base, ())
        )
        return {row.code: row for row in rows}

    def compartment(self, kind: str) -> tuple[str, ...]:
        """The search parameters by which a resource type belongs to a patient (CompartmentDefinition/patient)."""
        return self._compartment.get(kind, ())


def read(*paths: Path) -> Definitions:
    """The definitions in compact files, those of R4 (`BUILT`) first. Raises `FileNotFoundError` when they are not built."""
    decoder = msgspec.json.Decoder(File)
    return Definitions(decoder.decode(path.read_bytes()) for path in paths)
