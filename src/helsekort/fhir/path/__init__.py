"""FHIRPath (N1, as R4 uses it) compiled to Python functions: invariants, search parameters and places in a resource. Pure.

Pieces: lexer and parser make a tree (syntax), compiling makes it functions on items (node), functions/ holds what can be called.
"""

from helsekort.fhir.path.errors import PathError
from helsekort.fhir.path.node import Node, root
from helsekort.fhir.path.path import Path, compile_path
from helsekort.fhir.path.scope import Scope
from helsekort.fhir.path.types import NO_MODEL, TypeModel, type_model

__all__ = [
    "NO_MODEL",
    "Node",
    "Path",
    "PathError",
    "Scope",
    "TypeModel",
    "compile_path",
    "root",
    "type_model",
]
