"""What EHRs send through FHIR, for tests: resources of a woman's pregnancy, and bundles of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

Json = dict[str, Any]

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def urn(n: int) -> str:
    """What an entry is called in its bundle."""
    return f"urn:uuid:{UUID(int=n, version=4)}"


def quantity(value: object, unit: str) -> Json:
    """A Quantity in UCUM."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def observation(person: str, code: str, *, at: str = "2026-03-02", **more: Any) -> Json:  # noqa: ANN401 - any element
    """A result by its LOINC code."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{person}"},
        "effectiveDateTime": at,
    } | more


def ferritin(person: str, value: object = 24, **more: Any) -> Json:  # noqa: ANN401 - any element
    """A result that stands in the section of clinical tests."""
    return observation(person, "2276-4", valueQuantity=quantity(value, "ug/L"), **more)


def weight(person: str, visit: str, value: object = 72.5, **more: Any) -> Json:  # noqa: ANN401 - any element
    """Her weight at a visit."""
    return observation(
        person, "29463-7", valueQuantity=quantity(value, "kg"), encounter={"reference": visit}, **more
    )


def visit(person: str, record: str, day: str = "2026-03-02", **more: Any) -> Json:  # noqa: ANN401 - any element
    """An antenatal visit."""
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": ACT_CODE, "code": "AMB"},
        "subject": {"reference": f"Patient/{person}"},
        "episodeOfCare": [{"reference": record}],
        "period": {"start": day},
    } | more


def episode(person: str, **more: Any) -> Json:  # noqa: ANN401 - any element
    """A pregnancy under care."""
    return {
        "resourceType": "EpisodeOfCare",
        "status": "active",
        "patient": {"reference": f"Patient/{person}"},
        "period": {"start": "2026-02-01"},
    } | more


def condition(person: str, text: str = "Svangerskapskløe", **more: Any) -> Json:  # noqa: ANN401 - any element
    """Something that the JSON contract has no place for."""
    return {
        "resourceType": "Condition",
        "subject": {"reference": f"Patient/{person}"},
        "code": {"text": text},
    } | more


def entry(method: str, url: str, resource: Json | None = None, **more: Any) -> Json:  # noqa: ANN401 - any element
    """An entry of a batch or transaction; `fullUrl` stands beside the request."""
    full = {"fullUrl": more.pop("fullUrl")} if "fullUrl" in more else {}
    body = {} if resource is None else {"resource": resource}
    return full | body | {"request": {"method": method, "url": url} | more}


def bundle(*entries: Json, kind: str = "transaction") -> Json:
    """A Bundle for the base address."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}
