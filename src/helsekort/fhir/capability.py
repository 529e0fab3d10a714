"""The CapabilityStatement, made from what is offered: it cannot say anything else.

https://hl7.org/fhir/R4/capabilitystatement.html and https://hl7.org/fhir/R4/security.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from helsekort.fhir.offering import Interaction, Offered, Offering, OperationOffered
from helsekort.fhir.shapes import Json, Resource, coding, concept, extension

FORMATS = ("application/fhir+json", "json")
OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_SERVICES = "http://terminology.hl7.org/CodeSystem/restful-security-service"


class Parameter(Protocol):
    """A search parameter as far as it is stated: FHIR's type of it, its canonical URL, and what it finds."""

    @property
    def type(self) -> str: ...

    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class About:
    """What the statement says of the service itself; `date` is when what it offers last changed."""

    url: str
    base: str
    name: str
    version: str
    date: str
    guide: str = ""
    security: str = ""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a client gets its tokens (https://hl7.org/fhir/smart-app-launch/conformance.html)."""

    issuer: str
    authorize: str
    token: str
    jwks: str
    register: str = ""


def statement(
    offering: Offering,
    parameters: Mapping[str, Mapping[str, Parameter]],
    about: About,
    endpoints: Endpoints | None,
) -> Resource:
    """The statement of what one running service offers; `parameters` by kind and code has every one that is offered."""
    made: Resource = {
        "resourceType": "CapabilityStatement",
        "url": about.url,
        "version": about.version,
        "name": about.name,
        "status": "active",
        "date": about.date,
        "kind": "instance",
        "software": {"name": about.name, "version": about.version},
        "implementation": {"description": f"{about.name}: FHIR R4", "url": about.base},
        "fhirVersion": "4.0.1",
        "format": list(FORMATS),
        "patchFormat": ["application/json-patch+json"],
    }
    if about.guide:
        made["implementationGuide"] = [about.guide]
    return made | {"rest": [_rest(offering, parameters, about, endpoints)]}


def _rest(
    offering: Offering,
    parameters: Mapping[str, Mapping[str, Parameter]],
    about: About,
    endpoints: Endpoints | None,
) -> Json:
    kinds = [_type(one, offering, parameters) for one in sorted(offering.types, key=lambda one: one.kind)]
    made: Json = {"mode": "server", "security": _security(about, endpoints), "resource": kinds}
    if offering.bundles:
        made["interaction"] = [{"code": code} for code in offering.bundles]
    of_the_system = [_operation(one) for one in offering.operations if not one.kinds]
    return made | ({"operation": of_the_system} if of_the_system else {})


def _security(about: About, endpoints: Endpoints | None) -> Json:
    made: Json = {"cors": False, "service": [concept(coding(_SERVICES, "OAuth"))]}
    if about.security:
        made["description"] = about.security
    if endpoints is None:
        return made
    uris = [
        extension("authorize", valueUri=endpoints.authorize),
        extension("token", valueUri=endpoints.token),
    ]
    if endpoints.register:
        uris.append(extension("register", valueUri=endpoints.register))
    return {"extension": [{"url": OAUTH_URIS, "extension": uris}]} | made


def _type(one: Offered, offering: Offering, parameters: Mapping[str, Mapping[str, Parameter]]) -> Json:
    made: Json = {"type": one.kind}
    if one.profiles:
        made["supportedProfile"] = list(one.profiles)
    if one.documentation:
        made["documentation"] = one.documentation
    made["interaction"] = [{"code": each.value} for each in Interaction if each in one.interactions]
    made |= _writing(one)
    known = parameters.get(one.kind, {})
    made |= _search(one, offering, parameters, known)
    operations = [_operation(each) for each in offering.operations if one.kind in each.kinds]
    return made | ({"operation": operations} if operations else {})


def _writing(one: Offered) -> Json:
    versioned = Interaction.VREAD in one.interactions
    written = Interaction.UPDATE in one.interactions
    made: Json = {
        "versioning": "versioned-update" if written else "versioned" if versioned else "no-version",
        "readHistory": versioned,
        "updateCreate": False,
    }
    made["conditionalCreate"] = Interaction.CREATE in one.interactions
    return made | {
        "conditionalRead": "full-support",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "referencePolicy": ["literal", "local"],
    }


def _search(
    one: Offered,
    offering: Offering,
    parameters: Mapping[str, Mapping[str, Parameter]],
    known: Mapping[str, Parameter],
) -> Json:
    if Interaction.SEARCH not in one.interactions:
        return {}
    made: Json = {}
    if includes := [f"{one.kind}:{code}" for code in _references(one.parameters, known)]:
        made["searchInclude"] = ["*", *includes]
    if reverse := list(_reverse(one.kind, offering, parameters)):
        made["searchRevInclude"] = ["*", *reverse]
    if one.parameters:
        made["searchParam"] = [
            {"name": code, "definition": known[code].url, "type": known[code].type} for code in one.parameters
        ]
    return made


def _references(codes: Iterable[str], known: Mapping[str, Parameter]) -> list[str]:
    return [code for code in codes if known[code].type == "reference"]


def _reverse(
    kind: str, offering: Offering, parameters: Mapping[str, Mapping[str, Parameter]]
) -> Iterable[str]:
    """The references of other types that can point here."""
    for other in sorted(offering.types, key=lambda one: one.kind):
        known = parameters.get(other.kind, {})
        for code in _references(other.parameters, known):
            if kind in getattr(known[code], "targets", ()):
                yield f"{other.kind}:{code}"


def _operation(one: OperationOffered) -> Json:
    told = [one.documentation, *([f"Parameters: {', '.join(one.parameters)}."] if one.parameters else [])]
    return {"name": one.name, "definition": one.definition, "documentation": " ".join(told)}
