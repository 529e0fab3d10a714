"""Every route of the FHIR API, made from what is offered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from helsekort.access.act import Action
from helsekort.api.fhir import histories, metadata, reads
from helsekort.api.fhir.naming import by_id
from helsekort.api.fhir.work import Open, Route
from helsekort.fhir.offering import Interaction, Offered, Offering

_READS = {
    Interaction.READ: ("/{id}", reads.read),
    Interaction.VREAD: ("/{id}/_history/{version}", reads.vread),
    Interaction.HISTORY: ("/{id}/_history", histories.history),
}


def routes(offering: Offering) -> tuple[Route, ...]:
    """The interactions that need a caller."""
    return tuple(_with_head(_of_types(offering.types)))


def rows(offering: Offering) -> tuple[Route | Open, ...]:
    """Everything that has an address: the interactions, what needs no token, and OPTIONS at each address."""
    found: list[Route | Open] = [*routes(offering), *metadata.ROUTES]
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


def _with_head(found: Iterable[Route]) -> Iterator[Route]:
    """HEAD wherever GET is (https://hl7.org/fhir/R4/http.html#summary)."""
    for one in found:
        yield one
        if one.method == "GET":
            yield replace(one, method="HEAD")
