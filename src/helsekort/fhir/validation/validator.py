"""Validation of FHIR resources against R4 and profiles, everything wrong at once (https://hl7.org/fhir/R4/validation.html)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import jsonschema_rs

from helsekort.basics.once import once
from helsekort.basics.refusal import Issue
from helsekort.basics.strict_json import MAX_DEPTH
from helsekort.fhir.definitions import Definitions, Structure
from helsekort.fhir.shapes import Resource
from helsekort.fhir.validation.bundles import entries
from helsekort.fhir.validation.plan import Plan, Planner, walk
from helsekort.fhir.validation.run import Run, inside
from helsekort.fhir.validation.said import Schema
from helsekort.fhir.validation.schema import schema_of
from helsekort.fhir.validation.together import Together
from helsekort.fhir.validation.wording import issues_of, place

RESOURCE_TYPES = "http://hl7.org/fhir/ValueSet/resource-types"
MOST_VALUES = 5000
CONTAINERS = frozenset({dict, list})


def is_too_deep(value: Resource) -> bool:
    """Whether a value is nested deeper than a reader of JSON here lets pass: the schemas' engine has no limit of its own."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        parts = (one.values() if type(one) is dict else one for one in level)
        level = [part for inside in parts for part in inside if type(part) in CONTAINERS]
        if not level:
            return False
    return True


def errors_of(
    shape: jsonschema_rs.Draft202012Validator, resource: Resource, *, whole: bool
) -> list[jsonschema_rs.ValidationError]:
    """Every error of a resource, or only the first: in a very large one, all of them could take seconds to find."""
    if whole:
        return list(shape.iter_errors(resource))
    try:
        shape.validate(resource)
    except jsonschema_rs.ValidationError as error:
        return [error]
    return []


def is_within(value: object, most: int) -> bool:
    """Whether a value has no more parts than that."""
    waiting = [value]
    while waiting and most >= 0:
        one = waiting.pop()
        parts = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        most -= len(parts)
        waiting += [part for part in parts if type(part) in CONTAINERS]
    return most >= 0


def _claims(resource: Resource) -> bool:
    """Whether a resource says what profiles it keeps to."""
    meta = resource.get("meta")
    return isinstance(meta, dict) and "profile" in meta


class Compiled:
    """A type or profile made ready: its schema, and the walk for what the schema cannot say."""

    def __init__(self, url: str, schema: Schema, plan: Plan) -> None:
        self.url = url
        self.schema = schema
        self.plan = plan

    @once
    def shape(self) -> jsonschema_rs.Draft202012Validator:
        """The schema by itself, which tells every error; made when it is needed."""
        return jsonschema_rs.Draft202012Validator(self.schema, pattern_options=jsonschema_rs.RegexOptions())


class Validator:
    """Validates resources by the definitions given; each type and profile is made ready when it is first met."""

    def __init__(
        self, definitions: Definitions, *, modifier_extensions: frozenset[str] = frozenset()
    ) -> None:
        self.definitions = definitions
        lists = definitions.value_set(RESOURCE_TYPES) or ()
        known = frozenset(code for one in lists for code in one.codes)
        self._planner = Planner(definitions, known, modifier_extensions)
        self._compiled: dict[str, Compiled] = {}
        self._together = Together()

    def validate(
        self,
        resource: Resource,
        profiles: Sequence[str] = (),
        *,
        where: str = "",
        bundle: dict[str, Resource] | None = None,
        measured: bool = False,
        shaped: bool = False,
    ) -> list[Issue]:
        """Every error of a resource, none when it is valid.

        It is judged by its type, by the profiles asked for and by those it claims in `meta.profile` that are known here.
        `where` is the FHIRPath location of the resource when it stands inside something; otherwise its type's name.
        `bundle` are the `entries` of the Bundle that the resource came in, which it may refer to; `measured` says that its depth
        is known to be within limits, since it was read as a part of that; `shaped` that its schema holds, as `well_shaped` tells.
        No issue repeats a value.
        """
        if not measured and is_too_deep(resource):
            what = f"Objects and arrays are nested more than {MAX_DEPTH} deep."
            return [Issue(what, where or "Resource", "Send what is nested as resources of their own.")]
        issues: list[Issue] = []
        run = Run(
            resource, issues=issues, inner=self._inner, by_definition=self._by_definition, bundle=bundle
        )
        run.shaped = shaped
        self._resource(resource, profiles, where, run)
        return issues

    def well_shaped(self, asked: Iterable[tuple[Resource, Sequence[str]]]) -> list[Resource]:
        """The resources whose schema holds, each with the profiles asked for: asked of all at once, which costs much less.

        None where one is wrong; and none that claims a profile or has not just one, which are asked by themselves.
        """
        by_url: dict[str, list[Resource]] = {}
        for resource, urls in asked:
            structure = self.definitions.structure(urls[0]) if len(urls) == 1 else None
            if structure is not None and structure.type == resource["resourceType"] and not _claims(resource):
                by_url.setdefault(self._ready(structure).url, []).append(resource)
        known = {url: resources for url, resources in by_url.items() if self._together.has(url)}
        well = self._together.are_valid(known)
        return [one for resources in known.values() for one in resources] if well else []

    def _inner(self, value: Any, where: str, outer: Run) -> None:  # noqa: ANN401 - what was sent
        """A resource inside another: contained, in an entry, or in a parameter."""
        if not isinstance(value, dict):
            return
        contained = ".contained[" in where
        run = Run(
            value,
            issues=outer.issues,
            inner=self._inner,
            by_definition=self._by_definition,
            container=outer.container if contained else None,
            bundle=outer.bundle,
        )
        self._resource(value, (), where, run)

    def _by_definition(self, url: str, value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
        """A value by its data type, or an extension by its own definition when that is known."""
        structure = self.definitions.structure(url)
        if structure is not None and structure.kind == "complex-type":
            self._judge(self._ready(structure), value, where, run)

    def _resource(self, resource: Resource, profiles: Sequence[str], where: str, run: Run) -> None:
        kind = resource.get("resourceType")
        structure = self.definitions.type(kind) if isinstance(kind, str) else None
        if (
            not isinstance(kind, str)
            or structure is None
            or structure.kind != "resource"
            or structure.abstract
        ):
            run.find(
                inside(where or "Resource", "resourceType"),
                "This is not a type of resource known here.",
                "Check the name.",
            )
            return
        if kind == "Bundle":
            run.bundle = entries(resource)
        for one in self._wanted(structure, resource, profiles, where or kind, run):
            self._judge(self._ready(one), resource, where or kind, run)

    def _wanted(
        self, base: Structure, resource: Resource, profiles: Sequence[str], where: str, run: Run
    ) -> list[Structure]:
        """The profiles to judge by, or the type itself when there is none: a profile's snapshot holds all of its type."""
        meta = resource.get("meta")
        claimed = meta.get("profile") if isinstance(meta, dict) else None
        urls = (
            [*profiles, *(url for url in claimed if isinstance(url, str))]
            if isinstance(claimed, list)
            else profiles
        )
        found: dict[str, Structure] = {}
        for url in urls:
            one = self.definitions.structure(url)
            if one is not None and one.type == base.type:
                found[one.url] = one
            elif one is not None or url in profiles:
                run.find(
                    f"{where}.meta.profile",
                    "The profile is not one of this type of resource.",
                    "Name another profile.",
                )
        return list(found.values()) or [base]

    def _ready(self, structure: Structure) -> Compiled:
        found = self._compiled.get(structure.url)
        if found is None:
            schema = schema_of(self.definitions, structure)
            found = Compiled(structure.url, schema, self._planner.plan(structure))
            self._compiled[structure.url] = found
            self._together.add(structure.url, schema)
        return found

    def _judge(self, compiled: Compiled, resource: Resource, where: str, run: Run) -> None:
        if not (run.shaped and resource is run.resource) and not self._is_valid(compiled, resource):
            whole = is_within(resource, MOST_VALUES)
            self._tell(compiled, errors_of(compiled.shape, resource, whole=whole), resource, where, run)
            if not whole:
                return
        walk(compiled.plan, resource, where, run)

    def _is_valid(self, compiled: Compiled, resource: Resource) -> bool:
        valid = self._together.are_valid({compiled.url: [resource]})
        return compiled.shape.is_valid(resource) if valid is None else valid

    def _tell(
        self,
        compiled: Compiled,
        errors: Sequence[jsonschema_rs.ValidationError],
        resource: Resource,
        where: str,
        run: Run,
    ) -> None:
        """Note each error of the schema in FHIR's words, and where a value has the wrong JSON type."""
        for error in errors:
            for issue in issues_of(error, compiled.schema, resource, where):
                run.find(issue.where, issue.what, issue.hint)
        wrong = (one for one in errors if one.schema_path[-1] == "type")
        run.misshapen += tuple(place(where, one.instance_path) for one in wrong)
