"""What a FHIR API offers: resource types with their interactions and search parameters, and operations. Data.

https://hl7.org/fhir/R4/capabilitystatement.html. The routes, the CapabilityStatement and the documentation are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Interaction(Enum):
    """What can be done with resources of a type, by its code in the CapabilityStatement."""

    READ = "read"
    VREAD = "vread"
    UPDATE = "update"
    PATCH = "patch"
    DELETE = "delete"
    HISTORY = "history-instance"
    CREATE = "create"
    SEARCH = "search-type"


READS = frozenset({Interaction.READ, Interaction.VREAD, Interaction.HISTORY, Interaction.SEARCH})
MADE = frozenset({Interaction.READ, Interaction.SEARCH})
"""The interactions of what is made when it is asked for, and has no versions."""
ALL = frozenset(Interaction)


@dataclass(frozen=True, slots=True)
class Offered:
    """One resource type: its profiles by canonical URL, its search parameters by code, and what a reader has to know."""

    kind: str
    interactions: frozenset[Interaction]
    parameters: tuple[str, ...]
    profiles: tuple[str, ...] = ()
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class OperationOffered:
    """One operation, by name without `$`: on which types, on the type or on one instance, and where it is defined.

    `affects_state` is false where it only reads; such an operation can be asked for with GET too. `parameters` are the input
    parameters by name.
    """

    name: str
    kinds: tuple[str, ...]
    definition: str
    documentation: str
    on_instance: bool = True
    on_type: bool = False
    affects_state: bool = False
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offering:
    """Everything an API offers; `bundles` are the kinds of Bundle that can be sent to the base address."""

    types: tuple[Offered, ...]
    operations: tuple[OperationOffered, ...] = ()
    bundles: tuple[str, ...] = ()

    def offers(self, kind: str, interaction: str) -> bool:
        """Whether resources of a kind can be used so; `interaction` is its code."""
        return any(
            one.kind == kind and interaction in {each.value for each in one.interactions}
            for one in self.types
        )
