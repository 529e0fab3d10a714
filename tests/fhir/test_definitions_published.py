"""The elements of R4's types are those that FHIR has published, no more and no fewer: compared with another reader's models."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import fhirclient.models
import pytest
from fhirclient.models.fhirabstractbase import FHIRAbstractBase

from helsekort.fhir.definitions import BUILT, read
from helsekort.fhir.validation.tree import Node, json_names, tree

EVERYWHERE = frozenset({"id", "extension", "modifierExtension", "resourceType"})
"""What the models leave to a base class, in part."""

Model = type[FHIRAbstractBase]


def models() -> dict[str, Model]:
    """Each type's model, by the type's name: SMART's client for Python has them made from FHIR's own files."""
    names = [one.name for one in pkgutil.iter_modules(fhirclient.models.__path__) if "test" not in one.name]
    modules = [importlib.import_module(f"fhirclient.models.{name}") for name in names]
    return {
        name: found
        for module in modules
        for name, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, FHIRAbstractBase) and found.__module__ == module.__name__
    }


R4 = read(BUILT)
MODELS = models()
TYPES = sorted(url.rpartition("/")[2] for url in R4.urls() if url.rpartition("/")[2] in MODELS)


def differences(model: Model, node: Node, path: str) -> Iterator[str]:
    """The places of elements that one of them has and the other has not."""
    rows = {row[1]: row[2] for row in model().elementProperties()}
    ours = {name for child in node.children for name in json_names(child.element) if name[0] != "_"}
    yield from (f"{path}.{name}" for name in sorted((ours ^ rows.keys()) - EVERYWHERE))
    for child in node.children:
        if child.children and child.element.name in rows:
            yield from differences(rows[child.element.name], child, f"{path}.{child.element.name}")


def test_there_are_types_to_compare() -> None:
    assert {"Observation", "Meta", "Binary", "Dosage", "Bundle"} <= set(TYPES)


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_has_the_elements_that_fhir_has_published(kind: str) -> None:
    structure = R4.type(kind)
    assert structure is not None
    assert list(differences(MODELS[kind], tree(structure), kind)) == []
