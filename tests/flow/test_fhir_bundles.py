"""Batch and transaction over the real ledger (https://hl7.org/fhir/R4/http.html#transaction)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.uris import CARD_FIELD
from tests.flow.fhir_bodies import (
    Json,
    bundle,
    condition,
    entry,
    episode,
    ferritin,
    quantity,
    urn,
    visit,
    weight,
)
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import Fhir, fhir_on
from tests.flow.v1_service import ANNE, BERIT


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    return fhir_on(ledger)


@pytest.fixture
async def her(fhir: Fhir) -> Her:
    return await her_on(fhir)


def strings(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, str):
        yield value


class TestTransaction:
    async def test_a_visit_with_what_was_measured_is_one_commit(self, her: Her) -> None:
        sent = bundle(
            entry("POST", "Observation", weight(her.person, urn(1)), fullUrl=urn(2)),
            entry("POST", "Encounter", visit(her.person, f"EpisodeOfCare/{her.record}"), fullUrl=urn(1)),
            entry("POST", "Condition", condition(her.person, evidence=[{"detail": [{"reference": urn(2)}]}])),
        )
        answer = await her.gp.ok("POST", "", sent)
        assert answer["type"] == "transaction-response"
        assert [one["response"]["status"] for one in answer["entry"]] == ["201 Created"] * 3
        value, at, problem = (one["resource"] for one in answer["entry"])
        assert value["encounter"]["reference"] == f"Encounter/{at['id']}"
        assert problem["evidence"][0]["detail"][0]["reference"] == f"Observation/{value['id']}"
        assert not [one for one in strings(answer) if one.startswith("urn:uuid")]
        for one in answer["entry"]:
            response, made = one["response"], one["resource"]
            assert response["etag"] == 'W/"1"'
            assert response["location"].endswith(f"/{made['resourceType']}/{made['id']}/_history/1")
            assert await her.gp.ok("GET", f"/{made['resourceType']}/{made['id']}") == made
        assert await her.commits() == 2
        assert (await her.card())["antenatalAppointments"][0]["motherWeight"] == 72.5
        [row] = [one for one in await her.log() if one.action == "write-resources"]
        assert row.detail.resources == {"Condition": 1, "Encounter": 1, "Observation": 1}

    async def test_a_pregnancy_begins_with_everything_of_its_first_visit(self, fhir: Fhir) -> None:
        await fhir.v1.consent(ANNE)
        found = await fhir.client(patient=ANNE).search("/Patient/_search", {"identifier": ANNE.reveal()})
        person = found["entry"][0]["resource"]["id"]
        sent = bundle(
            entry("POST", "Observation", weight(person, urn(2))),
            entry("POST", "Encounter", visit(person, urn(1)), fullUrl=urn(2)),
            entry("POST", "EpisodeOfCare", episode(person), fullUrl=urn(1)),
        )
        client = fhir.client()
        answer = await client.ok("POST", "/", sent)
        record = answer["entry"][2]["resource"]["id"]
        assert answer["entry"][1]["resource"]["episodeOfCare"] == [{"reference": f"EpisodeOfCare/{record}"}]
        card = await fhir.v1.client().ok("GET", f"/record/{record}")
        assert card["antenatalAppointments"][0]["motherWeight"] == 72.5
        assert len((await fhir.v1.client().ok("GET", f"/history/{record}"))["history"]) == 1
        assert ("create-record", "") in await fhir.v1.log_of()
        await client.refused(Kind.ALREADY_EXISTS, "POST", "", sent)

    async def test_one_wrong_entry_and_nothing_is_stored(self, her: Her) -> None:
        good = entry("POST", "Condition", condition(her.person))
        for wrong in (
            entry("POST", "Observation", ferritin(her.person) | {"status": "good"}),
            entry("POST", "Observation", ferritin(her.person, encounter={"reference": urn(9)})),
            entry("PUT", f"EpisodeOfCare/{her.record}", episode(her.person, id=her.record), ifMatch='W/"9"'),
            entry("DELETE", f"EpisodeOfCare/{her.record}"),
            entry("DELETE", f"Observation/{her.record}"),
            entry("POST", "Patient", {"resourceType": "Patient"}),
            entry("GET", "Unheard/1"),
            entry("GET", f"Observation?patient={ANNE.reveal()}"),
        ):
            answer = await her.gp.send("POST", "", bundle(good, wrong, good))
            assert 400 <= answer.status_code < 500, (wrong, answer.text)
            outcome = answer.json()
            assert outcome["resourceType"] == "OperationOutcome"
            assert ANNE.reveal() not in answer.text
        assert await her.commits() == 1

    async def test_everything_wrong_is_told_at_once_with_its_entry(self, her: Her) -> None:
        wrong = ferritin(her.person) | {"status": "good", "unheard": 1}
        sent = bundle(
            entry("POST", "Observation", wrong),
            entry("POST", "Condition", condition(her.person)),
            entry("DELETE", "Observation"),
            entry("POST", "Observation", wrong),
        )
        outcome = (await her.gp.send("POST", "", sent)).json()
        places = {place for issue in outcome["issue"] for place in issue["expression"]}
        assert {
            "Bundle.entry[0].resource.status",
            "Bundle.entry[0].resource.unheard",
            "Bundle.entry[2].request.url",
            "Bundle.entry[3].resource.status",
            "Bundle.entry[3].resource.unheard",
        } <= places
        assert not [place for place in places if place.startswith("Bundle.entry[1]")]

    async def test_every_method_at_once_and_reads_see_what_was_written(self, her: Her) -> None:
        old = await her.made(ferritin(her.person))
        gone = await her.made(condition(her.person))
        sent = bundle(
            entry("GET", f"Observation/{old['id']}"),
            entry("PUT", f"Observation/{old['id']}", old | {"valueQuantity": quantity(30, "ug/L")}),
            entry("POST", "Condition", condition(her.person, "Bekkenløsning")),
            entry("DELETE", f"Condition/{gone['id']}", ifMatch='W/"1"'),
            entry("GET", f"Condition/{gone['id']}"),
        )
        answer = await her.gp.ok("POST", "", sent)
        statuses = [one["response"]["status"][:3] for one in answer["entry"]]
        assert statuses == ["200", "200", "201", "204", "410"]
        assert answer["entry"][0]["resource"] == answer["entry"][1]["resource"]
        assert answer["entry"][0]["resource"]["valueQuantity"]["value"] == 30
        assert answer["entry"][4]["response"]["outcome"]["resourceType"] == "OperationOutcome"
        assert await her.commits() == 4

    async def test_the_same_again_adds_nothing(self, her: Her) -> None:
        sent = bundle(
            entry("POST", "Observation", ferritin(her.person), ifNoneExist="code=http://loinc.org|2276-4"),
        )
        first, second = await her.gp.ok("POST", "", sent), await her.gp.ok("POST", "", sent)
        assert [one["entry"][0]["response"]["status"] for one in (first, second)] == ["201 Created", "200 OK"]
        assert first["entry"][0]["resource"] == second["entry"][0]["resource"]
        assert await her.commits() == 2

    async def test_what_the_answer_carries_is_as_preferred(self, her: Her) -> None:
        sent = bundle(entry("POST", "Condition", condition(her.person)))
        answer = await her.gp.send("POST", "", sent, headers={"prefer": "return=minimal"})
        assert "resource" not in answer.json()["entry"][0]
        assert answer.json()["entry"][0]["response"]["location"]

    async def test_one_woman_and_one_record(self, her: Her) -> None:
        berit = await her.fhir.record(patient=BERIT)
        other = await her.fhir.person(berit)
        mine = entry("POST", "Condition", condition(her.person))
        for theirs in (
            entry("POST", "Condition", condition(other)),
            entry("POST", "Encounter", visit(other, f"EpisodeOfCare/{berit}")),
            entry("DELETE", f"EpisodeOfCare/{berit}"),
            entry("POST", "Encounter", visit(her.person, f"EpisodeOfCare/{berit}")),
        ):
            for client in (her.gp, her.fhir.client(patient=ANNE), her.fhir.client(patient=BERIT)):
                answer = await client.send("POST", "", bundle(mine, theirs))
                assert answer.status_code in {404, 405, 422}, answer.text
        assert await her.commits() == 1
        assert len((await her.fhir.v1.client(patient=BERIT).ok("GET", f"/history/{berit}"))["history"]) == 1

    @pytest.mark.parametrize("count", [501, 5000])
    async def test_too_many_entries(self, her: Her, count: int) -> None:
        sent = bundle(*[{"request": {"method": "GET", "url": "Patient/x"}}] * count)
        await her.fhir.client(patient=ANNE).refused(Kind.TOO_LARGE, "POST", "", sent)

    async def test_as_many_as_are_taken(self, her: Her) -> None:
        sent = bundle(*[entry("POST", "Condition", condition(her.person, f"x{n}")) for n in range(500)])
        answer = await her.gp.ok("POST", "", sent)
        assert len({one["resource"]["id"] for one in answer["entry"]}) == 500
        assert await her.commits() == 2

    async def test_nothing_asked_nothing_done(self, her: Her) -> None:
        client = her.fhir.client(patient=ANNE)
        for kind in ("transaction", "batch"):
            answer = await client.ok("POST", "", bundle(kind=kind))
            assert answer == {"resourceType": "Bundle", "type": f"{kind}-response"}
        assert await her.commits() == 1


class TestBatch:
    async def test_each_entry_by_itself(self, her: Her) -> None:
        sent = bundle(
            entry("POST", "Condition", condition(her.person)),
            entry("POST", "Observation", ferritin(her.person) | {"status": "good"}),
            entry("GET", f"EpisodeOfCare/{her.record}"),
            entry("GET", "Unheard/1"),
            entry("DELETE", "x"),
            entry("POST", "Condition", condition(her.person, "x"), ifNoneExist="colour=red"),
            entry("POST", "Condition", condition(her.person, "y")),
            kind="batch",
        )
        answer = await her.gp.ok("POST", "", sent)
        assert answer["type"] == "batch-response"
        statuses = [one["response"]["status"][:3] for one in answer["entry"]]
        assert statuses == ["201", "422", "200", "404", "422", "400", "201"]
        told = [one["response"].get("outcome", {}).get("resourceType") for one in answer["entry"]]
        assert told == [None, "OperationOutcome", None, *["OperationOutcome"] * 3, None]
        assert answer["entry"][2]["resource"]["id"] == her.record
        assert await her.commits() == 3

    async def test_updates_deletions_and_reads_under_conditions(self, her: Her) -> None:
        made, gone = await her.made(condition(her.person)), await her.made(condition(her.person, "x"))
        at = f"Condition/{made['id']}"
        sent = bundle(
            entry("GET", at, ifNoneMatch='W/"1"'),
            entry("HEAD", at),
            entry("PUT", at, made | {"code": {"text": "endret"}}),
            entry("GET", at, ifNoneMatch='W/"1"'),
            entry("DELETE", f"Condition/{gone['id']}"),
            entry("GET", f"{at}?colour=red"),
            entry("GET", f"{at}/_history/1"),
            kind="batch",
        )
        answer = await her.gp.ok("POST", "", sent)
        statuses = [one["response"]["status"][:3] for one in answer["entry"]]
        assert statuses == ["304", "200", "200", "200", "204", "400", "200"]
        carried = [one.get("resource", {}).get("meta", {}).get("versionId") for one in answer["entry"]]
        assert carried == [None, None, "2", "2", None, None, "1"]

    async def test_each_entry_is_in_her_log(self, her: Her) -> None:
        before = len(await her.log())
        sent = bundle(
            entry("POST", "Condition", condition(her.person)),
            entry("POST", "Condition", condition(her.person) | {"code": []}),
            entry("GET", f"EpisodeOfCare/{her.record}"),
            kind="batch",
        )
        await her.gp.ok("POST", "", sent)
        rows = (await her.log())[: -before or None]
        acts = [(one.action, one.permitted) for one in rows if one.action != "read-log"]
        assert acts == [("read-resources", True), ("write-resources", False), ("write-resources", True)]

    async def test_an_entry_of_another_woman_is_refused_and_the_others_are_not(self, her: Her) -> None:
        berit = await her.fhir.record(patient=BERIT)
        other = await her.fhir.person(berit)
        sent = bundle(
            entry("POST", "Condition", condition(her.person)),
            entry("POST", "Condition", condition(other)),
            entry("GET", f"EpisodeOfCare/{berit}"),
            entry("GET", f"Patient/{other}"),
            kind="batch",
        )
        answer = await her.fhir.client(patient=ANNE).ok("POST", "", sent)
        assert [one["response"]["status"][:3] for one in answer["entry"]] == ["201", "404", "404", "404"]
        assert other not in json.dumps([one.get("resource") for one in answer["entry"]])
        assert len((await her.fhir.v1.client(patient=BERIT).ok("GET", f"/history/{berit}"))["history"]) == 1

    async def test_a_read_that_cannot_be_is_a_read_in_her_log(self, her: Her) -> None:
        number = BERIT.reveal()
        paths = ("Nonsense", f"Patient?identifier={number}", "Observation?nonsense=1")
        sent = bundle(*[entry("GET", path) for path in paths], kind="batch")
        answer = await her.fhir.client(patient=ANNE).ok("POST", "", sent)
        assert [one["response"]["status"][:3] for one in answer["entry"]] == ["404", "400", "400"]
        assert number not in json.dumps(answer)
        told = [one for one in await her.fhir.v1.log_of() if one[1]]
        assert told == [
            ("read-resources", "no-such-route"),
            ("read-resources", "invalid-nin"),
            ("search-resources", "invalid-parameter"),
        ]

    async def test_a_search_finds_what_the_entries_before_it_made(self, her: Her) -> None:
        sent = bundle(
            entry("POST", "Condition", condition(her.person)),
            entry("GET", f"Condition?patient=Patient/{her.person}"),
            kind="batch",
        )
        answer = await her.gp.ok("POST", "", sent)
        assert answer["entry"][1]["resource"]["total"] == 1


class TestValidating:
    async def test_a_good_resource_and_nothing_is_stored(self, her: Her) -> None:
        sent = ferritin(her.person)
        for body in (sent, parameters(resource=sent), parameters(resource=sent, mode="create")):
            outcome = await her.gp.ok("POST", "/Observation/$validate", body)
            assert [one["severity"] for one in outcome["issue"]] == ["information"]
        assert await her.commits() == 1

    async def test_everything_wrong_with_its_place(self, her: Her) -> None:
        sent = ferritin(her.person) | {"status": "good", "unheard": 1, "effectiveDateTime": "2026-02-30"}
        outcome = await her.gp.ok("POST", "/Observation/$validate", parameters(resource=sent))
        places = {one["expression"][0] for one in outcome["issue"]}
        assert places >= {"Observation.status", "Observation.unheard"}
        assert {one["severity"] for one in outcome["issue"]} == {"error"}

    async def test_what_may_not_stand_on_the_card_is_told_too(self, her: Her) -> None:
        sent = ferritin(her.person, note=[{"text": ANNE.reveal()}])
        outcome = await her.gp.ok("POST", "/Observation/$validate", sent)
        assert [one["expression"] for one in outcome["issue"]] == [["Observation.note[0].text"]]
        assert ANNE.reveal() not in json.dumps(outcome)

    @pytest.mark.parametrize(
        ("key", "value", "place"),
        [
            ("clinicalTests.unheard", {"valueBoolean": True}, "Observation.code"),
            ("mother.postNumber", {"valueString": "7" * 21}, "Observation.valueString"),
            ("medicalConditions.epilepsy", {"valueBoolean": True}, "Observation.code"),
            ("antenatalAppointments.medication", {"valueBoolean": True}, "Observation.encounter"),
            (
                "symphysisFundalHeights.pregnancyWeek",
                {"valueQuantity": quantity(24, "wk")},
                "Observation.derivedFrom",
            ),
        ],
    )
    async def test_what_cannot_be_true_of_the_field_is_told_as_when_it_is_sent(
        self, her: Her, key: str, value: Json, place: str
    ) -> None:
        coded = {"code": {"coding": [{"system": CARD_FIELD, "code": key}]}}
        sent = ferritin(her.person) | {"valueQuantity": None} | coded | value
        sent = {name: one for name, one in sent.items() if one is not None}
        told = await her.gp.ok("POST", "/Observation/$validate", sent)
        answer = await her.gp.send("POST", "/Observation", sent)
        assert answer.status_code == 422, answer.text
        for outcome in (told, answer.json()):
            assert [one["expression"] for one in outcome["issue"]] == [[place]], outcome

    async def test_what_it_refers_to_is_taken_to_be_right(self, her: Her) -> None:
        week = {"coding": [{"system": CARD_FIELD, "code": "symphysisFundalHeights.pregnancyWeek"}]}
        measured = ferritin(her.person) | {"code": week, "valueQuantity": quantity(24, "wk")}
        for sent in (weight(her.person, urn(1)), measured | {"derivedFrom": [{"reference": urn(2)}]}):
            outcome = await her.gp.ok("POST", "/Observation/$validate", sent)
            assert [one["severity"] for one in outcome["issue"]] == ["information"], outcome

    async def test_by_the_profile_named(self, her: Her) -> None:
        profile = "https://w3id.org/helsekort/fhir/StructureDefinition/hemoglobin"
        outcome = await her.gp.ok(
            "POST", "/Observation/$validate", parameters(resource=ferritin(her.person), profile=profile)
        )
        assert {one["severity"] for one in outcome["issue"]} == {"error"}
        address = "/Observation/$validate?profile=https://example.org/unheard"
        await her.gp.refused(Kind.INVALID_PARAMETER, "POST", address, ferritin(her.person))
        await her.gp.refused(
            Kind.INVALID_PARAMETER, "POST", "/Observation/$validate?mode=x", ferritin(her.person)
        )

    async def test_as_the_next_version_of_what_is_there(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        at = f"/Observation/{made['id']}/$validate"
        for body, severities in (
            (made, ["information"]),
            (parameters(mode="delete"), ["information"]),
            (parameters(mode="profile"), ["information"]),
            (made | {"id": "another"}, ["error"]),
            (parameters(resource=made | {"status": "good"}, mode="update"), ["error"]),
        ):
            outcome = await her.gp.ok("POST", at, body)
            assert [one["severity"] for one in outcome["issue"]] == severities, outcome
        unknown = f"/Observation/{made['id'][:-8]}aaaaaaaa/$validate"
        await her.gp.refused(Kind.NO_SUCH_RESOURCE, "POST", unknown, made)

    @pytest.mark.parametrize(
        "body",
        [
            {"resourceType": "Condition"},
            {"resourceType": "Parameters"},
            {"resourceType": "Parameters", "parameter": [{"name": "mode", "valueCode": "create"}]},
            {},
            [],
            7,
        ],
    )
    async def test_what_is_no_such_resource_is_told_as_an_outcome(self, her: Her, body: object) -> None:
        outcome = await her.gp.ok("POST", "/Observation/$validate", body)
        assert [one["severity"] for one in outcome["issue"]] == ["error"]

    @pytest.mark.parametrize(
        "parameter",
        ["x", [1], [{}], [{"name": "unheard", "valueCode": "x"}], [{"name": ["mode"]}], [{"name": "mode"}]],
    )
    async def test_parameters_that_cannot_be_read(self, her: Her, parameter: object) -> None:
        body = {"resourceType": "Parameters", "parameter": parameter}
        await her.gp.refused(Kind.INVALID, "POST", "/Observation/$validate", body)


def parameters(**given: Any) -> Json:  # noqa: ANN401 - by its name
    types = {"resource": "resource", "mode": "valueCode", "profile": "valueUri"}
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": name, types[name]: value} for name, value in given.items()],
    }
