"""One validation as it goes: what is validated, what may be referred to, and the issues found so far."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from helsekort.basics.refusal import Issue
from helsekort.fhir.path import Scope

if TYPE_CHECKING:
    from helsekort.fhir.shapes import Resource

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

MOST_ISSUES = 100

Check = Callable[[Any, str, "Run"], None]
"""A rule of a value at a location; what it finds goes into the run."""


class Run:
    """What the checks of one resource know: its container, what is contained, the other entries of its bundle."""

    __slots__ = (
        "_scope",
        "bundle",
        "by_definition",
        "contained",
        "container",
        "inner",
        "issues",
        "misshapen",
        "resource",
        "shaped",
    )

    def __init__(
        self,
        resource: Resource,
        *,
        issues: list[Issue],
        inner: Callable[[Any, str, Run], None],
        by_definition: Callable[[str, Any, str, Run], None],
        container: Resource | None = None,
        bundle: dict[str, Resource] | None = None,
    ) -> None:
        self.resource = resource
        self.container = container if container is not None else resource
        self.issues = issues
        self.inner = inner
        self.by_definition = by_definition
        self.bundle = bundle
        self.shaped = False
        self._scope: Scope | None = None
        self.misshapen: tuple[str, ...] = ()
        self.contained: dict[str, Resource] | None = None

    @property
    def scope(self) -> Scope:
        """What invariants of this resource may reach; made when the first is evaluated."""
        if self._scope is None:
            self._scope = Scope(resource=self.resource, root=self.container, resolve=self.resolve)
        return self._scope

    def find(self, where: str, what: str, hint: str = "") -> None:
        """Note an issue, once, as long as there is room."""
        if len(self.issues) >= MOST_ISSUES:
            return
        issue = Issue(what, where, hint)
        if issue not in self.issues:
            self.issues.append(issue)

    def is_misshapen(self, where: str) -> bool:
        """Whether a value at or inside a location has the wrong JSON type, so that a rule about it cannot be judged."""
        return any(place.startswith(where) for place in self.misshapen)

    def resolve(self, reference: str) -> Resource | None:
        """The resource a reference is to, when it is contained or in the same bundle."""
        if reference.startswith("#"):
            return self.contained_resources().get(reference[1:])
        return (self.bundle or {}).get(reference)

    def contained_resources(self) -> dict[str, Resource]:
        """The contained resources by their ids."""
        if self.contained is None:
            rows = self.container.get("contained")
            found = [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
            self.contained = {str(one.get("id")): one for one in found}
        return self.contained


def inside(where: str, name: str) -> str:
    """The FHIRPath location of a member; a name that is not a plain word is not repeated.

    >>> inside("Patient", "name"), inside("Patient", "01819012345")
    ('Patient.name', 'Patient.(a name that is not a word)')
    """
    return f"{where}.{name if _PLAIN_NAME.fullmatch(name) else '(a name that is not a word)'}"
