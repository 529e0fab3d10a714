"""Every route of the FHIR API, made from what is offered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from helsekort.access.act import Action
from helsekort.api.fhir import (
    audit_events,
    bundles,
    histories,
    metadata,
    operations,
    reads,
    searches,
    subscriptions,
    validate,
    writes,
)
from helsekort.api.fhir.media import FORM, JSON_BODIES, PATCH
from helsekort.api.fhir.naming import by_compartment, by_id, by_parameters, plain_path, read_id
from helsekort.api.fhir.sent import named_by_bundle, named_by_resource
from helsekort.api.fhir.work import PREFIX, Handle, Names, Open, Route
from helsekort.api.http.routing import Router
from helsekort.fhir.definitions import Definitions
from helsekort.fhir.offering import Interaction, Offered, Offering

_READS = {
    Interaction.READ: ("/{id}", reads.read),
    Interaction.VREAD: ("/{id}/_history/{version}", reads.vread),
    Interaction.HISTORY: ("/{id}/_history", histories.history),
}


_WRITES = {
    Interaction.CREATE: ("POST", "", named_by_resource, Action.WRITE_RESOURCES, JSON_BODIES),
    Interaction.UPDATE: ("PUT", "/{id}", by_id, Action.WRITE_RESOURCES, JSON_BODIES),
    Interaction.PATCH: ("PATCH", "/{id}", by_id, Action.WRITE_RESOURCES, frozenset({PATCH})),
    Interaction.DELETE: ("DELETE", "/{id}", by_id, Action.ENTER_IN_ERROR, frozenset[str]()),
}


_OF_THEIR_OWN = frozenset({subscriptions.KIND, audit_events.KIND})
"""Types that are not of a record: they have handlers of their own."""


def routes(offering: Offering, definitions: Definitions) -> tuple[Route, ...]:
    """The interactions that need a caller."""
    types = [one for one in offering.types if one.kind not in _OF_THEIR_OWN]
    reading = tuple(
        _with_head(
            [*_of_types(types), *_searches(types, definitions), *operations.routes(offering.operations)]
        )
    )
    own = _with_head([*subscriptions.routes(), *audit_events.ROUTES])
    return (*reading, *_writes(types), _bundles(reading, offering), *own)


def _writes(types: Iterable[Offered]) -> Iterator[Route]:
    for one in types:
        for interaction, (method, template, names, action, takes) in _WRITES.items():
            if interaction in one.interactions:
                yield Route(
                    method,
                    f"/{one.kind}{template}",
                    interaction.value,
                    action,
                    writes.write,
                    names,
                    one.kind,
                    takes,
                    body_required=bool(takes),
                )
        if Interaction.CREATE in one.interactions:
            yield from _validations(one.kind)


def _validations(kind: str) -> Iterator[Route]:
    """$validate of what would be created, and of what is to become of one that is there."""
    for template, handle, names in (("", validate.of_type, None), ("/{id}", validate.of_instance, by_id)):
        yield Route(
            "POST",
            f"/{kind}{template}/$validate",
            "operation",
            Action.READ_RESOURCES,
            handle,
            names,
            kind,
            JSON_BODIES,
        )


def _bundles(reading: Iterable[Route], offering: Offering) -> Route:
    """Batch and transaction, at the base."""
    answer = bundles.handler(Router(PREFIX, reading, read_id, plain_path), offering)
    return Route(
        "POST",
        "/",
        "transaction",
        Action.WRITE_RESOURCES,
        answer,
        named_by_bundle,
        "",
        JSON_BODIES,
        body_required=True,
    )


def rows(offering: Offering, definitions: Definitions) -> tuple[Route | Open, ...]:
    """Everything that has an address: the interactions, what needs no token, and OPTIONS at each address."""
    found: list[Route | Open] = [*routes(offering, definitions), *metadata.ROUTES]
    methods: dict[str, list[str]] = {}
    for one in found:
        methods.setdefault(one.template, ["OPTIONS"]).append(one.method)
    asked = (Open("OPTIONS", at, metadata.options, ", ".join(sorted(names))) for at, names in methods.items())
    return (*found, *asked)


def _of_types(types: Iterable[Offered]) -> Iterator[Route]:
    for one in types:
        for interaction, (template, handle) in _READS.items():
            if interaction in one.interactions:
                yield Route(
                    "GET",
                    f"/{one.kind}{template}",
                    interaction.value,
                    Action.READ_RESOURCES,
                    handle,
                    by_id,
                    kind=one.kind,
                )


def _searches(types: Iterable[Offered], definitions: Definitions) -> Iterator[Route]:
    """By GET, and by POST for what does not belong in an address; in her compartment too, of what belongs to a woman."""
    for one in types:
        if Interaction.SEARCH not in one.interactions:
            continue
        yield from _both_ways(one.kind, f"/{one.kind}", searches.of_type, by_parameters)
        if set(definitions.compartment(one.kind)) & set(one.parameters):
            yield from _both_ways(
                one.kind, f"/Patient/{{id}}/{one.kind}", searches.in_compartment, by_compartment
            )


def _both_ways(kind: str, template: str, handle: Handle, names: Names) -> Iterator[Route]:
    found = Route(
        "GET",
        template,
        Interaction.SEARCH.value,
        Action.SEARCH_RESOURCES,
        handle,
        names,
        kind=kind,
        of_record=False,
    )
    yield found
    yield replace(found, method="POST", template=f"{template}/_search", takes=frozenset({FORM}))


def _with_head(found: Iterable[Route]) -> Iterator[Route]:
    """HEAD wherever GET is (https://hl7.org/fhir/R4/http.html#summary)."""
    for one in found:
        yield one
        if one.method == "GET":
            yield replace(one, method="HEAD")
