"""Odd requests that somebody thought of, each with the one answer it should have: what is wrong, where, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.ledger.ledger import Ledger
from tests.flow.fhir_bodies import bundle, condition, entry, ferritin, urn
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import fhir_on
from tests.flow.v1_service import ANNE

Json = dict[str, Any]


@pytest.fixture(scope="module")
async def her(module_ledger: Ledger) -> Her:
    return await her_on(fhir_on(module_ledger))


def refused(outcome: Json, where: str) -> None:
    """An OperationOutcome that says what is wrong, what to do, and where."""
    assert outcome["resourceType"] == "OperationOutcome"
    for issue in outcome["issue"]:
        assert issue["details"]["text"]
        assert issue["diagnostics"]
        places = [*issue.get("expression", ()), *issue.get("location", ())]
        assert not where or any(where in place for place in places), outcome


@pytest.mark.parametrize(
    ("path", "status", "where"),
    [
        (f"/Observation?status={'final,' * 2000}final", 400, "query"),
        (f"/Observation/{'x' * 5000}", 404, ""),
        ("/Observation/%41%42", 404, "id"),
        ("/Observation/%2e%2e%2fetc", 404, "id"),
        ("//Observation", 404, ""),
        ("/Observation?code=%ff", 400, "query"),
        ("/Observation?code", 400, "code"),
        ("/Observation?_elements=status&_summary=true", 400, "_elements"),
        ("/Observation?_elements=status,,code", 400, "_elements"),
        ("/Observation?encounter:missing=maybe&_include=*", 400, "encounter:missing"),
        ("/Observation?_include:missing=true", 400, "_include:missing"),
        ("/Observation?_revinclude=*:*", 400, "_revinclude"),
        ("/Observation?date=2026-03-02T10", 400, "date"),
        ("/Observation?date=ge2026-02-30", 400, "date"),
        ("/Observation?date=2026-03-02T10:00:00+01:00", 400, "date"),
        ("/Observation?value-quantity=1e999999", 400, "value-quantity"),
        ("/Observation?value-quantity=24|a|b|c", 400, "value-quantity"),
        ("/Observation?_sort=--date", 400, "_sort"),
        ("/Observation?_has::::=x", 400, "_has"),
        ("/EpisodeOfCare/{record}/$everything?_type=Sausage", 400, "_type"),
        ("/EpisodeOfCare/{record}/$everything?_type=", 400, "_type"),
        ("/EpisodeOfCare/{record}/$history?_count=1&_count=2", 400, "_count"),
        ("/EpisodeOfCare/{record}/_history?_page=1&_page=2", 400, "_page"),
        ("/EpisodeOfCare/{record}/$card?at=0001-01-01T00:00:00Z", 404, "at"),
        ("/Observation/$lastn?max=0", 400, "max"),
        ("/metadata?_format=xml", 406, "_format"),
    ],
)
async def test_addresses(her: Her, path: str, status: int, where: str) -> None:
    client = her.fhir.client(patient=ANNE)
    answer = await client.send("GET", path.replace("{record}", her.record))
    assert answer.status_code == status, answer.text
    refused(answer.json(), where)


@pytest.mark.parametrize(
    ("headers", "status", "where"),
    [
        ({"if-match": 'W/"1", W/"2"'}, 400, "If-Match"),
        ({"if-match": "*"}, 400, "If-Match"),
        ({"if-match": 'W/"99"'}, 412, "If-Match"),
        ({"if-match": ""}, 412, "If-Match"),
        ({"if-match": 'w/"1"'}, 400, "If-Match"),
        ({"accept": "application/fhir+json;q=0"}, 406, "Accept"),
        ({"accept": "application/fhir+json;fhirVersion=3.0"}, 406, "Accept"),
        ({"accept": "*/*;q=0"}, 406, "Accept"),
    ],
)
async def test_headers_of_an_update(her: Her, headers: dict[str, str], status: int, where: str) -> None:
    made = await her.made(ferritin(her.person))
    sent = {name: value for name, value in made.items() if name != "meta"}
    answer = await her.gp.send("PUT", f"/Observation/{made['id']}", sent, headers=headers)
    assert answer.status_code == status, answer.text
    refused(answer.json(), where)


@pytest.mark.parametrize(
    ("sent", "status", "where"),
    [
        (bundle(*[entry("POST", "Condition")] * 5000), 413, "Bundle.entry"),
        (bundle(kind="history"), 422, "Bundle.type"),
        (bundle(entry("post", "Condition")), 422, "Bundle.entry[0].request.method"),
        (bundle(entry("POST", "Condition?x=1")), 422, "Bundle.entry[0].request.url"),
        (bundle(entry("DELETE", "Condition?code=x")), 422, "Bundle.entry[0].request.url"),
        (bundle(entry("GET", "../../etc")), 404, "Bundle.entry[0].request.url"),
        (bundle(entry("POST", "Condition", ifMatch='W/"1"')), 422, "Bundle.entry[0].request.ifMatch"),
    ],
)
async def test_bundles(her: Her, sent: Json, status: int, where: str) -> None:
    for one in sent["entry"]:
        if one["request"]["method"].upper() == "POST":
            one["resource"] = condition(her.person)
    answer = await her.fhir.client(patient=ANNE).send("POST", "", sent)
    assert answer.status_code == status, answer.text
    refused(answer.json(), where)


async def test_full_urls_that_are_the_same_or_lead_in_a_circle(her: Her) -> None:
    def of(own: int, other: int) -> Json:
        linked = condition(her.person, evidence=[{"detail": [{"reference": urn(other)}]}])
        return entry("POST", "Condition", linked, fullUrl=urn(own))

    twice = await her.gp.send("POST", "", bundle(of(1, 1), of(1, 1)))
    assert twice.status_code == 400
    refused(twice.json(), "Bundle.entry[1]")
    circle = await her.gp.ok("POST", "", bundle(of(1, 2), of(2, 1)))
    one, other = (each["resource"] for each in circle["entry"])
    for made, target in ((one, other), (other, one)):
        [link] = made["evidence"][0]["detail"]
        assert link["reference"] == f"Condition/{target['id']}"
    alone = await her.gp.ok("POST", "", bundle(of(1, 2), of(2, 1), kind="batch"))
    assert [each["response"]["status"][:3] for each in alone["entry"]] == ["422", "422"]
