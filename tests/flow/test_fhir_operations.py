"""Operations of the FHIR API over the real ledger: the card, everything, the newest of each, every change; and as it was."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from helsekort.access.act import Action
from helsekort.access.wishes import Wish, WishKind
from helsekort.basics.refusal import Kind
from helsekort.fhir.validation import Validator
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.uris import OBSERVATION_CODE
from tests.flow.fhir_service import DEFINITIONS, Fhir, fhir_on
from tests.flow.v1_service import ANNE

VISIT = {"appointmentDate": "2026-03-02", "motherWeight": 70.5}
CARD: dict[str, Any] = {
    "mother": {"name": "Anne Antonsen"},
    "antenatalAppointments": [VISIT, VISIT | {"appointmentDate": "2026-04-02", "motherWeight": 72.0}],
}
WEIGHT = "29463-7"


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    return fhir_on(ledger)


def kinds(bundle: dict[str, Any]) -> list[str]:
    """The types of a Bundle's resources in their order."""
    return [one["resource"]["resourceType"] for one in bundle["entry"]]


class TestTheCard:
    async def test_it_is_a_document(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        client = fhir.client()
        for method, body in (("GET", None), ("POST", {"resourceType": "Parameters"}), ("POST", None)):
            document = await client.ok(method, f"/EpisodeOfCare/{record}/$card", body)
            assert document["type"] == "document"
            assert kinds(document)[0] == "Composition"
            assert {"Patient", "EpisodeOfCare", "Encounter", "Observation"} <= set(kinds(document))

    async def test_in_the_language_asked_for(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        for sent, title in (
            ("en-GB, nb;q=0.5", "Maternity record"),
            ("fr", "Helsekort for gravide"),
            ("no", "Helsekort for gravide"),
        ):
            answer = await fhir.client().send(
                "GET", f"/EpisodeOfCare/{record}/$card", headers={"accept-language": sent}
            )
            assert answer.json()["entry"][0]["resource"]["title"] == title

    async def test_as_it_was(self, fhir: Fhir) -> None:
        record = await fhir.record()
        episode = await fhir.client().ok("GET", f"/EpisodeOfCare/{record}")
        then = episode["meta"]["lastUpdated"]
        await fhir.v1.client().ok("POST", f"/record/{record}/antenatalAppointments", VISIT, status=201)
        client = fhir.client()
        now = await client.ok("GET", f"/EpisodeOfCare/{record}/$card")
        was = await client.ok("GET", f"/EpisodeOfCare/{record}/$card?at={quote(then)}")
        assert "Encounter" in kinds(now)
        assert "Encounter" not in kinds(was)
        encounter = next(
            one["resource"]["id"] for one in now["entry"] if one["resource"]["resourceType"] == "Encounter"
        )
        await client.ok("GET", f"/Encounter/{encounter}")
        await client.refused(Kind.NO_SUCH_RESOURCE, "GET", f"/Encounter/{encounter}?at={quote(then)}")
        assert (await client.ok("GET", f"/Encounter?episode-of-care={record}&at={quote(then)}"))["total"] == 0
        earlier = "2020-01-01T00:00:00Z"
        await client.refused(Kind.NO_SUCH_RESOURCE, "GET", f"/EpisodeOfCare/{record}/$card?at={earlier}")
        for wrong in ("2026", "2026-03-02", "now", "2026-03-02T12:00:00", "&at="):
            await client.refused(Kind.INVALID_PARAMETER, "GET", f"/EpisodeOfCare/{record}/$card?at={wrong}")


class TestEverything:
    async def test_of_a_record_and_of_all_of_hers(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        person = await fhir.person(record)
        client = fhir.client()
        of_record = await client.ok("GET", f"/EpisodeOfCare/{record}/$everything")
        of_her = await client.ok("GET", f"/Patient/{person}/$everything")
        assert of_record["total"] == of_her["total"] == len(of_record["entry"])
        assert {"Patient", "EpisodeOfCare", "Encounter", "Observation", "Provenance"} <= set(kinds(of_her))
        some = await client.ok("GET", f"/Patient/{person}/$everything?_type=Encounter,Patient")
        assert set(kinds(some)) == {"Encounter", "Patient"}
        later = await client.ok("GET", f"/Patient/{person}/$everything?_since=2100-01-01T00:00:00Z")
        assert later["total"] == 0
        await client.refused(Kind.INVALID_PARAMETER, "GET", f"/Patient/{person}/$everything?begin=2026")

    async def test_by_parameters_in_the_body(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        asked = {"resourceType": "Parameters", "parameter": [{"name": "_type", "valueString": "Encounter"}]}
        found = await fhir.client().ok("POST", f"/Patient/{person}/$everything", asked)
        assert set(kinds(found)) == {"Encounter"}
        for wrong in (
            {"resourceType": "Patient"},
            {"resourceType": "Parameters", "parameter": [{"name": "x"}]},
            {"resourceType": "Parameters", "parameter": 1},
        ):
            await fhir.client().refused(Kind.INVALID, "POST", f"/Patient/{person}/$everything", wrong)


class TestNewest:
    async def test_of_each_code(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        client = fhir.client()
        newest = await client.ok("GET", f"/Observation/$lastn?patient={person}&code={WEIGHT}")
        assert [one["resource"]["valueQuantity"]["value"] for one in newest["entry"]] == [72.0]
        two = await client.ok("GET", f"/Observation/$lastn?patient={person}&code={WEIGHT}&max=2")
        assert len(two["entry"]) == 2
        asked = {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "patient", "valueReference": {"reference": f"Patient/{person}"}},
                {"name": "max", "valuePositiveInt": 2},
            ],
        }
        assert len((await client.ok("POST", "/Observation/$lastn", asked))["entry"]) >= 2
        await client.refused(Kind.INVALID_PARAMETER, "GET", f"/Observation/$lastn?patient={person}&max=0")


class TestEveryChange:
    async def test_of_a_record_newest_first(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        await fhir.v1.client().ok("POST", f"/record/{record}/antenatalAppointments", VISIT, status=201)
        client = fhir.client()
        history = await client.ok("GET", f"/EpisodeOfCare/{record}/$history")
        moments = [one["response"]["lastModified"] for one in history["entry"]]
        assert moments == sorted(moments, reverse=True)
        assert history["total"] == len(history["entry"])
        assert {"EpisodeOfCare", "Encounter", "Observation"} <= set(kinds(history))
        first = await client.ok("GET", f"/EpisodeOfCare/{record}/$history?_count=3")
        assert first["entry"] == history["entry"][:3]
        [following] = [one["url"] for one in first["link"] if one["relation"] == "next"]
        assert (await client.ok("GET", following))["entry"] == history["entry"][3:6]


class TestTheSummary:
    async def test_it_is_a_document_of_her(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        document = await fhir.client().ok("GET", f"/Patient/{person}/$summary")
        assert (document["type"], kinds(document)[0]) == ("document", "Composition")
        patient = document["entry"][1]["resource"]
        assert (patient["name"], patient["birthDate"]) == ([{"text": "Anne Antonsen"}], "1990-01-01")
        assert patient["identifier"][0]["value"] == ANNE.reveal()

    async def test_the_due_date_that_somebody_has_adopted_is_told(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        soon = (date.today() + timedelta(days=60)).isoformat()  # noqa: DTZ011
        due: dict[str, Any] = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "11778-8"}]},
            "subject": {"reference": f"Patient/{person}"},
            "valueDateTime": soon,
        }
        client = fhir.client()
        made = await client.ok("POST", "/Observation", due, status=201)
        adopted = due | {
            "code": {"coding": [{"system": OBSERVATION_CODE, "code": "adopted-due-date"}]},
            "performer": [{"display": "Lege Legesen"}],
            "derivedFrom": [{"reference": f"Observation/{made['id']}"}],
        }
        stored = await client.ok("POST", "/Observation", adopted, status=201)
        document = await client.ok("GET", f"/Patient/{person}/$summary")
        sections = document["entry"][0]["resource"]["section"]
        [section] = [one for one in sections if one["code"]["coding"][0]["code"] == "10162-6"]
        told = [one["reference"].removeprefix("Observation/") for one in section["entry"]]
        assert sorted(told[1:]) == sorted([stored["id"], made["id"]])
        assert f"Fastsatt termin: {soon}" in section["text"]["div"]
        by_id = {one["resource"]["id"]: one["resource"] for one in document["entry"]}
        [member] = by_id[told[0]]["hasMember"]
        due_date = by_id[member["reference"].removeprefix("Observation/")]
        assert due_date["derivedFrom"] == [{"reference": f"Observation/{stored['id']}"}]
        assert due_date["valueDateTime"] == soon


class TestWhatIsHidden:
    async def test_a_bundle_says_that_it_may_not_have_everything(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        person = await fhir.person(record)
        paths = [
            f"/EpisodeOfCare/{record}/$card",
            f"/EpisodeOfCare/{record}/$everything",
            f"/EpisodeOfCare/{record}/$history",
            f"/EpisodeOfCare/{record}/_history",
            f"/Patient/{person}/$summary",
            f"/Observation/$lastn?patient={person}",
        ]
        whole = [await fhir.client().ok("GET", path) for path in paths]
        wish = Wish(WishKind.BLOCK_SECTION, on=True, target="antenatalAppointments")
        await fhir.v1.door.set_wish(fhir.v1.own_act(Action.SET_WISH, ANNE), wish)
        for path, before in zip(paths, whole, strict=True):
            answer = await fhir.client().send("GET", path)
            bundle = answer.json()
            assert answer.headers["helsekort-something-hidden"] == "true"
            assert "REDACTED" in [one["code"] for one in bundle["meta"]["security"]], path
            assert bundle.keys() - before.keys() <= {"meta"}
            assert "security" not in before.get("meta", {})
            assert "72.0" not in answer.text

    async def test_a_questionnaire_is_hidden_with_any_part(self, fhir: Fhir) -> None:
        """It is about nobody; yet that she was asked may tell."""
        record = await fhir.record(CARD)
        form = {
            "resourceType": "Questionnaire",
            "status": "active",
            "url": "https://example.org/Questionnaire/violence",
            "title": "Vold i nære relasjoner",
            "item": [{"linkId": "1", "type": "text", "text": "Er du trygg hjemme?"}],
        }
        by_number = fhir.client(patient=ANNE)
        await by_number.ok("POST", "/Questionnaire", form, status=201)
        at = f"/Questionnaire?episode-of-care={record}&url={form['url']}"
        assert (await fhir.client().ok("GET", at))["total"] == 1
        wish = Wish(WishKind.BLOCK_SECTION, on=True, target="medication")
        await fhir.v1.door.set_wish(fhir.v1.own_act(Action.SET_WISH, ANNE), wish)
        assert (await fhir.client().ok("GET", at))["total"] == 0
        assert "Vold" not in str(await fhir.client().ok("GET", f"/EpisodeOfCare/{record}/$everything"))


class TestValid:
    """By the service's own validator, what it answers is FHIR."""

    async def test_every_bundle_and_what_it_says_of_itself(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        person = await fhir.person(record)
        client = fhir.client()
        answers = [
            await client.ok("GET", path)
            for path in (
                "/metadata",
                f"/EpisodeOfCare/{record}/$card",
                f"/EpisodeOfCare/{record}/$everything",
                f"/EpisodeOfCare/{record}/$history?_count=500",
                f"/EpisodeOfCare/{record}/_history?_count=0",
                f"/Patient/{person}/$summary",
                f"/Encounter?patient={person}&_include=Encounter:patient",
                f"/Encounter?patient={person}&_count=0",
            )
        ]
        answers.append(
            await client.refused(Kind.INVALID_PARAMETER, "GET", f"/Encounter?patient={person}&x=1")
        )
        validator = Validator(DEFINITIONS)
        assert [[str(one) for one in validator.validate(answer)] for answer in answers] == [[]] * len(answers)


class TestSubscriptions:
    async def test_they_are_of_this_api(self, fhir: Fhir) -> None:
        await fhir.record()
        found = await fhir.client(patient=ANNE).ok("GET", "/Subscription")
        assert found["total"] == 0
