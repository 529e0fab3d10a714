"""Three FHIR clients from npm against the running service: each does what it is for, and gets what it needs back."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.flow.fhir_bodies import Json, bundle, condition, entry, ferritin, urn, visit, weight
from tests.interop.clinic import Clinic
from tests.interop.node import needs_node, run_node

pytestmark = [pytest.mark.node, needs_node]

CHANGES = [["1", None], ["2", "endret"], ["3", "lappet"]]
"""Versions and notes of a resource that is created, updated and patched."""


def sent(here: Clinic, name: str) -> Json:
    """What a client writes."""
    her, record = here.person, f"EpisodeOfCare/{here.record}"
    return {
        "observation": ferritin(her, 24.5),
        "condition": condition(her, identifier=[{"system": f"https://{name}.example", "value": "1"}]),
        "transaction": bundle(
            entry("POST", "Encounter", visit(her, record), fullUrl=urn(1)),
            entry("POST", "Observation", weight(her, urn(1), 71.5)),
        ),
        "batch": bundle(
            entry("GET", f"Patient/{her}"), entry("GET", "Observation/there-is-none"), kind="batch"
        ),
    }


async def run(here: Clinic, script: str, name: str) -> dict[str, Any]:
    """What the client tells."""
    return await run_node(script, {**here.given(), "sent": sent(here, name)})


async def test_fhir_kit_client(here: Clinic) -> None:
    told = await run(here, "fhir_kit_client.mjs", "kit")
    assert told["smart"]["tokenUrl"] == f"{here.address.sandbox}/helseid/connect/token"
    assert told["capability"] == "4.0.1"
    assert told["episode"]["patient"]["reference"] == here.given()["patient"]
    assert told["woman"]["resourceType"] == "Patient"
    ids = [one for page in told["pages"] for one in page]
    assert len(told["pages"]) > 3
    assert len(set(ids)) == len(ids)
    assert told["back"] == told["pages"][-2]
    assert told["compartment"] > 3
    assert told["posted"] == told["got"] > 3
    assert told["unknown"] == {"status": 400, "codes": ["invalid-parameter"]}
    assert told["versions"] == CHANGES
    assert told["stale"] == {"status": 412, "codes": ["precondition-failed"]}
    assert told["first"] == "1"
    assert told["history"] == ["PUT", "PUT", "POST"]
    assert told["gone"] == {"status": 410, "codes": ["deleted"]}
    assert len(set(told["conditional"])) == 1
    assert told["transaction"] == ["201 Created", "201 Created"]
    assert told["batch"] == ["200 OK", "404 Not Found"]
    assert told["everything"] > len(ids)
    assert told["card"] == "document"
    assert told["valid"] == ["information"]
    assert told["invalid"] == [["Observation.status"]]


async def test_smarts_own_client(here: Clinic) -> None:
    told = await run(here, "fhirclient.mjs", "smart")
    authorize = urlsplit(told["authorize"])
    assert authorize._replace(query="").geturl() == f"{here.address.sandbox}/helseid/connect/authorize"
    assert parse_qs(authorize.query)["code_challenge_method"] == ["S256"]
    assert len(told["observations"]) == len(set(told["observations"])) == told["total"] > 90
    assert told["resolved"] == [["Encounter", "Patient"]] * 3
    assert told["woman"] == "Patient"
    assert told["versions"] == CHANGES
    assert told["gone"] == {"status": 410, "codes": ["deleted"]}
    assert told["refused"] == {"status": 422, "codes": ["invalid"]}


async def test_medplum(here: Clinic) -> None:
    told = await run(here, "medplum.mjs", "medplum")
    assert told["capability"] == "4.0.1"
    assert told["woman"] == "Patient"
    ids = [one for page in told["pages"] for one in page]
    assert len(told["pages"]) > 3
    assert len(set(ids)) == len(ids) == told["total"]
    assert told["included"] == ["include Encounter", "match Observation"]
    [first, second] = told["conditional"]
    assert first == second == [first[0], "a"]
    assert told["cached"] == "2"
    assert told["versions"] == CHANGES
    assert told["stale"] == ["precondition-failed"]
    assert told["history"] == ["3", "2", "1"]
    assert told["first"] == "1"
    assert told["gone"] == ["deleted"]
    assert told["transaction"] == ["201 Created", "201 Created"]
    assert told["batch"] == ["200 OK", "404 Not Found"]
    assert told["atBase"] == 2
    assert told["everything"] > len(ids)
    assert told["summary"] == "document"
    assert told["valid"] == ["information"]
    assert told["binary"] == ["unsupported-media-type"]
