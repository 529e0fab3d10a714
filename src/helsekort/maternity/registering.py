"""Who registered what a FHIR resource holds, read back from it: from where it came by FHIR, else from its own signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helsekort.fhir.shapes import Json, Resource, extension_value
from helsekort.maternity.replacing import came_by_fhir, extension_holder
from helsekort.maternity.uris import AUTHOR_ORGANISATION, AUTHOR_ROLE, RECORDED_BY


@dataclass(frozen=True, slots=True)
class Registered:
    """Who registered a value, where and when, and how it came to be (`origin_of`), as a page tells it. Empty where not known."""

    name: str
    role: str
    organisation: str
    at: str
    by_herself: bool
    origin: str = ""


def registered(resource: Resource) -> Registered:
    """Who registered the value of a resource, and when."""
    person, where = recorded(resource) or signature(resource)
    role: Any = extension_value(person, AUTHOR_ROLE, "valueCoding") or {}
    return Registered(
        name=person.get("display", ""),
        role=role.get("code", ""),
        organisation=where.get("display", ""),
        at=_registered_at(resource),
        by_herself=person.get("type") == "Patient",
        origin=origin_of(resource),
    )


def _registered_at(resource: Resource) -> str:
    updated: str = resource["meta"]["lastUpdated"]
    if came_by_fhir(resource):
        return updated
    return resource.get("issued") or resource.get("recordedDate") or updated


def recorded(resource: Resource) -> tuple[Json, Json] | None:
    """Who and where, of what came by FHIR: who measured it may be somebody else."""
    told = extension_holder(resource["meta"], RECORDED_BY)
    if told is None:
        return None
    who, where = (extension_value(told, url, "valueReference") for url in ("who", "where"))
    return who or {}, where or {}


def origin_of(resource: Resource) -> str:
    """How a value came to be, where that is told: a code of RECORD_ORIGIN, or empty."""
    told = extension_holder(resource["meta"], RECORDED_BY)
    if told is not None:
        return extension_value(told, "origin", "valueCode") or ""
    return "self-reported" if signature(resource)[0].get("type") == "Patient" else ""


def signature(resource: Resource) -> tuple[Json, Json]:
    """Who answers for a resource, and where, as the references it holds; empty where it holds none."""
    kind = resource["resourceType"]
    if kind == "Observation":
        performers = [*resource.get("performer", ()), {}, {}]
        return performers[0], performers[1]
    if kind == "Condition":
        return resource.get("recorder", {}), extension_value(
            resource, AUTHOR_ORGANISATION, "valueReference"
        ) or {}
    if kind == "Encounter":
        participants = resource.get("participant") or [{}]
        return participants[0].get("individual", {}), resource.get("serviceProvider", {})
    return resource.get("careManager", {}), resource.get("managingOrganization", {})
