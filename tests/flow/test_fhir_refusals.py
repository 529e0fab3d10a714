"""What cannot be stored through FHIR is refused as a whole: what is wrong, where, and never by a fault of ours."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.flow.fhir_bodies import (
    condition,
    ferritin,
)
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import Fhir, fhir_on
from tests.flow.v1_service import ANNE, BERIT

Json = dict[str, Any]
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    return fhir_on(ledger)


@pytest.fixture
async def her(fhir: Fhir) -> Her:
    return await her_on(fhir)


class TestBadInput:
    async def test_a_type_that_is_not_kept_is_not_there(self, her: Her) -> None:
        client = her.fhir.client(patient=ANNE)
        await client.refused(Kind.NO_SUCH_ROUTE, "POST", "/Basic", {"resourceType": "Basic"})
        await client.refused(
            Kind.METHOD_NOT_ALLOWED, "POST", "/Practitioner", {"resourceType": "Practitioner"}
        )

    @pytest.mark.parametrize(
        ("body", "headers", "status"),
        [
            (b"\xff\xfe{}", {}, 400),
            (b"", {}, 400),
            (b"[" * 3000 + b"]" * 3000, {}, 400),
            (b'{"resourceType":"Observation","x":' + b"1" * 5000 + b"}", {}, 400),
            (b'{"resourceType":"Observation","status":NaN}', {}, 400),
            (b'{"resourceType":"Observation","status":"final","status":"final"}', {}, 400),
            (b"[]", {}, 422),
            (b'"Observation"', {}, 422),
            (b"null", {}, 422),
            (b"{}", {"content-encoding": "gzip"}, 415),
            (b"{}", {"content-type": "application/xml"}, 415),
            (b"{}", {"content-type": "text/html"}, 415),
            (b'{"resourceType":"Observation","status":{},"code":[[]],"subject":7,"meta":[]}', {}, 422),
            (b'{"resourceType":"Observation","code":{"coding":{"system":[]}}}', {}, 422),
            (b'{"resourceType":"Observation","contained":[1,{"resourceType":[]}],"extension":"x"}', {}, 422),
            (b'{"resourceType":"Binary","data":"' + b"A" * 20_000_000 + b'"}', {}, 413),
        ],
        ids=lambda one: one[:40].decode("latin-1") if isinstance(one, bytes) else None,
    )
    async def test_an_outcome_whatever_is_sent(
        self, her: Her, body: bytes, headers: dict[str, str], status: int
    ) -> None:
        client = her.fhir.client(patient=ANNE)
        for path in ("/Observation", ""):
            answer = await client.send("POST", path, content=body, headers=headers)
            assert answer.status_code == (
                400 if status == 422 and path == "" and not body.startswith(b"{") else status
            ) or (path == "" and answer.status_code == 422), answer.text
            assert answer.json()["resourceType"] == "OperationOutcome"
        assert await her.commits() == 1

    @pytest.mark.parametrize(
        ("more", "where"),
        [
            (
                {"modifierExtension": [{"url": "https://example.org/x", "valueBoolean": True}]},
                "modifierExtension",
            ),
            ({"unheard": 1}, "unheard"),
            ({"status": "good"}, "status"),
            ({"effectiveDateTime": "2026-02-30"}, "effective"),
            ({"contained": [{"resourceType": "Patient", "id": "p"}]}, "contained"),
            ({"encounter": {"reference": "#none"}}, "encounter"),
            ({"encounter": {"reference": "https://evil.example/Encounter/1"}}, "encounter"),
            (
                {"derivedFrom": [{"reference": "urn:uuid:0b8e3e4f-4b8a-4c1a-9d5e-3f1f0c3f7a01"}]},
                "derivedFrom",
            ),
            ({"note": [{"text": ANNE.reveal()}]}, "note"),
            ({"category": []}, "category"),
            ({"issued": None}, "issued"),
        ],
    )
    async def test_what_is_wrong_in_a_resource_is_told_with_its_place(
        self, her: Her, more: Json, where: str
    ) -> None:
        outcome = (await her.gp.send("POST", "/Observation", ferritin(her.person) | more)).json()
        places = [
            place
            for issue in outcome["issue"]
            for place in (*issue.get("expression", ()), *issue.get("location", ()))
        ]
        assert any(place.startswith(f"Observation.{where}") for place in places), outcome
        assert ANNE.reveal() not in json.dumps(outcome)
        assert await her.commits() == 1

    async def test_everything_of_a_binary_is_kept_as_data(self, her: Her) -> None:
        script = b64encode(b"<script>alert(1)</script>").decode()
        attachment = {"contentType": "text/html", "data": script}
        sent = {
            "resourceType": "DocumentReference",
            "status": "current",
            "subject": {"reference": f"Patient/{her.person}"},
            "content": [{"attachment": attachment}],
        }
        made = await her.made(sent)
        read = await her.gp.send("GET", f"/DocumentReference/{made['id']}")
        assert read.json()["content"] == sent["content"]
        assert read.headers["content-type"].startswith("application/fhir+json")

    async def test_nothing_of_another_woman_is_named_at_any_depth(self, her: Her) -> None:
        berit = await her.fhir.record(patient=BERIT)
        other = await her.fhir.person(berit)
        links = (f"Patient/{other}", f"EpisodeOfCare/{berit}")
        for link in links:
            reference = {"reference": link}
            for more in (
                {"subject": reference},
                {"focus": [reference]},
                {"performer": [reference]},
                {
                    "extension": [
                        {
                            "url": "https://example.org/a",
                            "extension": [{"url": "b", "valueReference": reference}],
                        }
                    ]
                },
                {
                    "contained": [condition(other) | {"id": "c", "encounter": reference}],
                    "derivedFrom": [{"reference": "#c"}],
                },
                {"note": [{"authorReference": reference, "text": "x"}]},
            ):
                sent = ferritin(her.person) | more
                whose = sent["subject"] != reference
                for client in (her.gp, her.fhir.client(patient=ANNE))[0 if whose else 1 :]:
                    answer = await client.send("POST", "/Observation", sent)
                    assert answer.status_code in {404, 422}, (link, more, answer.text)
                    assert answer.json()["resourceType"] == "OperationOutcome"
        assert await her.commits() == 1
        history = await her.fhir.v1.client(patient=BERIT).ok("GET", f"/history/{berit}")
        assert len(history["history"]) == 1
