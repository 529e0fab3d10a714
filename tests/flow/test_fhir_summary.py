"""The patient summary: what it tells, and that it is what the international one asks for (ips_requirements.toml)."""

from __future__ import annotations

import copy
import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonpatch import JsonPatch

from helsekort.basics.refusal import Issue
from helsekort.basics.strict_json import dump
from helsekort.fhir.shelf import ListShelf
from helsekort.fhir.validation import Validator
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.examples import full_card
from helsekort.maternity.identity import short
from helsekort.maternity.resources import UNKNOWN
from helsekort.maternity.uris import CARD_FIELD, OBSERVATION_CODE, PROFILE
from helsekort.patient_summary.document import named
from helsekort.patient_summary.document import summary as summary_of
from tests.flow.fhir_bodies import Json, observation, quantity
from tests.flow.fhir_service import DEFINITIONS, Fhir, fhir_on
from tests.flow.v1_service import BERIT

ROWS: list[Json] = tomllib.loads(
    (Path(__file__).parent / "ips_requirements.toml").read_text(encoding="utf-8")
)["row"]
VALIDATOR = Validator(DEFINITIONS)
IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition"
SNOMED = "http://snomed.info/sct"


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    return fhir_on(ledger)


@dataclass(frozen=True)
class Summary:
    """A summary as it was answered."""

    document: Json

    @property
    def composition(self) -> Json:
        """What it begins with."""
        found: Json = self.document["entry"][0]["resource"]
        return found

    def section(self, code: str) -> Json:
        """The section with that LOINC code."""
        [found] = [one for one in self.composition["section"] if one["code"]["coding"][0]["code"] == code]
        return dict(found)

    def place(self, name: str) -> int:
        """Which entry is meant by a name."""
        ends = {"status": "-p", "due-date": "-d1"}[name]
        ids = [one["resource"]["id"] for one in self.document["entry"]]
        return next(index for index, id_ in enumerate(ids) if id_.endswith(ends))

    def named(self, name: str) -> Json:
        """The resource that is made for the summary and called that."""
        found: Json = self.document["entry"][self.place(name)]["resource"]
        return found

    def resources(self, code: str) -> list[Json]:
        """What a section refers to; each is in the document."""
        there = {
            f"{one['resource']['resourceType']}/{one['resource']['id']}": one
            for one in self.document["entry"]
        }
        return [there[one["reference"]]["resource"] for one in self.section(code).get("entry", ())]

    def text(self, code: str) -> str:
        """What a person reads of a section."""
        return str(self.section(code)["text"]["div"])


async def asked(fhir: Fhir, record: str, language: str = "nb") -> Summary:
    person = await fhir.person(record)
    answer = await fhir.client().send(
        "GET", f"/Patient/{person}/$summary", headers={"accept-language": language}
    )
    assert answer.status_code == 200, answer.text
    return Summary(answer.json())


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def of_her(kind: str, person: str, **more: Any) -> Json:  # noqa: ANN401 - any element
    who = "patient" if kind in {"AllergyIntolerance", "FamilyMemberHistory", "Immunization"} else "subject"
    return {"resourceType": kind, who: {"reference": f"Patient/{person}"}} | more


CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ALLERGY_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"


def more_of_her(person: str, record: str) -> list[Json]:
    """One of everything the card has no place for, and a summary has."""
    fetus = {"reference": f"RelatedPerson/{short(UUID(record))}.fetus1"}
    rhd, birth = ({"code": concept(OBSERVATION_CODE, one)} for one in ("fetal-rhd", "earlier-birth"))
    year = {
        "code": concept(CARD_FIELD, "previousPregnancies.births.weight"),
        "valueQuantity": quantity(3450, "g"),
    }
    confirmed = {"verificationStatus": concept(VERIFIED, "confirmed")}
    return [
        of_her("Condition", person, code={"text": "Preeklampsi"}, clinicalStatus=concept(CLINICAL, "active"), **confirmed),
        of_her("Condition", person, code={"text": "Anoreksi"}, clinicalStatus=concept(CLINICAL, "resolved"), **confirmed),
        of_her("Condition", person, code={"text": "Lupus"}, verificationStatus=concept(VERIFIED, "refuted")),
        of_her("AllergyIntolerance", person, code={"text": "Penicillin"}, clinicalStatus=concept(ALLERGY_CLINICAL, "active")),
        of_her("MedicationStatement", person, status="stopped", medicationCodeableConcept={"text": "Labetalol"}),
        of_her("Immunization", person, status="not-done", vaccineCode={"text": "Kikhostevaksine"}, occurrenceDateTime="2026-03"),
        of_her("Procedure", person, status="completed", code={"text": "Ultralyd"}, performedDateTime="2026-02-01"),
        of_her("FamilyMemberHistory", person, status="completed", date="2026-02",
               relationship=concept("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "MTH") | {"text": "Mor"},
               condition=[{"code": {"text": "Diabetes type 2"}}, {"code": {"text": "Preeklampsi"}}]),
        of_her("FamilyMemberHistory", person, status="health-unknown", relationship={"text": "Far"}),
        of_her("FamilyMemberHistory", person, status="entered-in-error", relationship={"text": "Søster"}),
        of_her("CarePlan", person, status="active", intent="plan", title="Fødsel på Fjordbyen sykehus"),
        {"resourceType": "Task", "status": "requested", "intent": "order", "description": "Ny kontroll av blodtrykk",
         "for": {"reference": f"Patient/{person}"}},
        {"resourceType": "Task", "status": "completed", "intent": "order", "description": "Gammel oppgave",
         "for": {"reference": f"Patient/{person}"}},
        observation(person, "-") | rhd | {"focus": [fetus], "valueCodeableConcept": {"text": "RhD-positiv"}},
        observation(person, "-", at="2021", component=[year]) | birth,
        observation(person, "-", at="2018", component=[year]) | birth,
        observation(person, "777-3", valueQuantity=quantity(210, "10*9/L"),
                    category=[concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory")]),
        observation(person, "8867-4", performer=[{"reference": f"Patient/{person}"}], valueQuantity=quantity(71, "/min"),
                    category=[concept("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs")]),
    ]  # fmt: skip


def card(weeks: int = 30, **sections: Any) -> Json:  # noqa: ANN401 - JSON
    """A full card of a pregnancy that has come so far today."""
    begun = date.today() - timedelta(weeks=weeks)  # noqa: DTZ011
    made = full_card(7, last_period=begun, weeks=weeks)
    made["medicalConditions"] |= {"diabetes": True, "nothingParticular": False}
    return plain(made | sections)


def plain(body: Json) -> Json:
    """A body with decimals as JSON's own numbers."""
    found: Json = json.loads(dump(body))
    return found


async def full(fhir: Fhir) -> Summary:
    """The summary of a woman with everything a summary has."""
    record = await fhir.record(card())
    person = await fhir.person(record)
    for one in more_of_her(person, record):
        await fhir.client().ok("POST", f"/{one['resourceType']}", one, status=201)
    return await asked(fhir, record)


def wrong(document: Json) -> list[Issue]:
    return VALIDATOR.validate(document)


def broken(summary: Summary, row: Json) -> tuple[Json, str]:
    """The document without what a row demands, and where that has to be noticed."""
    places = {"composition": "/entry/0/resource", "patient": "/entry/1/resource"}
    places |= {
        one["code"]["coding"][0]["code"]: f"/entry/0/resource/section/{index}"
        for index, one in enumerate(summary.composition["section"])
    }
    numbers = {name: str(summary.place(name)) for name in ("status", "due-date")}
    kinds = [one["resource"]["resourceType"] for one in summary.document["entry"]]
    numbers |= {kind: str(kinds.index(kind)) for kind in kinds}
    places |= {name: f"/entry/{at}/resource" for name, at in numbers.items()}
    links = {"her": summary.composition["subject"]["reference"]}
    links["device"] = summary.composition["author"][0]["reference"]
    ops = json.loads(_filled(json.dumps(row["breaks"]), places | links))
    return JsonPatch(ops).apply(copy.deepcopy(summary.document)), _filled(row["at"], numbers)


def _filled(text: str, places: Json) -> str:
    for name, place in places.items():
        text = text.replace("{" + name + "}", place)
    return text


class TestRequirements:
    async def test_each_is_kept_and_would_be_noticed(self, fhir: Fhir) -> None:
        summary = await full(fhir)
        assert wrong(summary.document) == []
        for row in ROWS:
            assert set(row) in ({"says", "source", "breaks", "at"}, {"says", "source", "reason"}), row
            if "breaks" in row:
                document, at = broken(summary, row)
                places = [one.where for one in wrong(document)]
                assert any(one.startswith(at) for one in places), (row["says"], at, places)

    def test_none_stands_twice(self) -> None:
        assert len({row["says"] for row in ROWS}) == len(ROWS)

    async def test_what_is_claimed_is_what_is_stated(self, fhir: Fhir) -> None:
        """Every claim of the guide's profile goes with one of ours, which states it; what is stored claims neither."""
        summary = await full(fhir)
        claims = {
            one["resource"]["resourceType"]: one["resource"].get("meta", {}).get("profile")
            for one in summary.document["entry"]
            if one["resource"]["id"].startswith(summary.document["id"])
            or one["resource"]["resourceType"] == "Patient"
        }
        assert summary.document["meta"]["profile"] == [f"{IPS}/Bundle-uv-ips", f"{PROFILE}/patient-summary"]
        assert claims["Composition"] == [
            f"{IPS}/Composition-uv-ips",
            f"{PROFILE}/patient-summary-composition",
        ]
        assert claims["Patient"] == [f"{IPS}/Patient-uv-ips", f"{PROFILE}/summary-patient"]
        assert summary.named("status")["meta"]["profile"] == [
            f"{IPS}/Observation-pregnancy-status-uv-ips",
            f"{PROFILE}/pregnancy-status",
        ]
        assert summary.named("due-date")["meta"]["profile"] == [
            f"{IPS}/Observation-pregnancy-edd-uv-ips",
            f"{PROFILE}/expected-delivery-date",
        ]

    @pytest.mark.parametrize("seed", range(12))
    async def test_of_any_card(self, fhir: Fhir, seed: int) -> None:
        """From no more than a beginning to a birth, of one or several fetuses, in each language."""
        weeks = (6, 12, 20, 30, 38, 41)[seed % 6]
        begun = date.today() - timedelta(weeks=weeks, days=seed)  # noqa: DTZ011
        made = full_card(seed, fetuses=1 + seed % 3, last_period=begun, weeks=weeks)
        sections = list(made)[: 1 + seed * 2] if seed < 6 else list(made)
        record = await fhir.record(plain({name: made[name] for name in sections}))
        summary = await asked(fhir, record, ("nb", "nn", "en")[seed % 3])
        assert [str(one) for one in wrong(summary.document)] == []


class TestWhatItTells:
    async def test_every_part_of_the_record_in_its_section(self, fhir: Fhir) -> None:
        summary = await full(fhir)
        told = {
            "11450-4": ("Diabetes", "Preeklampsi"),
            "48765-2": ("Penicillin", "Allergi eller astma"),
            "10160-0": ("Labetalol: avsluttet", "Bruk av legemidler: ", "Folat i svangerskapet: Ja"),
            "11369-6": ("Kikhostevaksine: ikke gitt (2026-03)",),
            "30954-2": ("RhD-type", "RhD-positiv", "Foster 1", "210 10*9/L", "Ferritin", "Hiv: Ikke påvist"),
            "47519-4": ("Ultralyd (2026-02-01)",),
            "11348-0": ("Anoreksi",),
            "10157-6": (
                "Mor: Diabetes type 2, Preeklampsi (2026-02)",
                "Far: helse ikke kjent",
                "Hofteleddsdysplasi i familien: ",
            ),
            "10162-6": (
                "Gravid nå: Gravid",
                "Termin etter ultralyd",
                "Tidligere fødsel",
                "3450 g",
                "(2018)",
                "(2021)",
            ),
            "18776-5": ("Fødsel på Fjordbyen sykehus", "Ny kontroll av blodtrykk"),
            "29762-2": ("Røyk",),
            "8716-3": ("71 /min", "oppgitt av henne selv", "Blodtrykk", "Vekt"),
        }
        for code, words in told.items():
            for one in words:
                assert one in summary.text(code), (code, one, summary.text(code))
        everything = str(summary.composition)
        assert "Lupus" not in everything
        assert "Gammel oppgave" not in everything
        assert "Søster" not in everything
        assert "Anoreksi" not in summary.text("11450-4")

    async def test_heredity_is_of_the_family_and_of_the_card(self, fhir: Fhir) -> None:
        """In words alone where the card alone tells of it; of an earlier pregnancy it may be another father's."""
        record = await fhir.record(
            card(geneticDisorders={"parentsAreRelatives": False, "note": "Farfar"}) | BORN
        )
        summary = await asked(fhir, record, "en")
        section = summary.section("10157-6")
        assert section["title"] == "Heredity"
        assert section["emptyReason"]["coding"][0]["code"] == "unavailable"
        assert section["text"]["status"] == "additional"
        assert "The parents are related: No" in summary.text("10157-6")
        assert "Note: Farfar" in summary.text("10157-6")
        api = fhir.v1.client()
        ended = {"status": "DELIVERED", "deliveryDate": "2026-03-01", "liveBirth": True}
        await api.ok("POST", f"/record/{record}/updateStatus", ended)
        later = await asked(fhir, await api.record({}), "en")
        assert "The parents are related: No (earlier pregnancy)" in later.text("10157-6")
        assert wrong(later.document) == []

    async def test_fetal_rhd_and_earlier_births_are_in_the_document_itself(self, fhir: Fhir) -> None:
        summary = await full(fhir)
        results = [one["code"]["coding"][0]["code"] for one in summary.resources("30954-2")]
        births = [one["effectiveDateTime"] for one in summary.resources("10162-6") if "component" in one]
        assert "fetal-rhd" in results
        assert sorted(births) == ["2018", "2021"]

    async def test_her_general_practitioner_is_named_as_on_the_card(self, fhir: Fhir) -> None:
        gp = {"name": "Grete Fastlege", "organizationName": "Fjordby legesenter", "hprNr": "7654321"}
        record = await fhir.record(card(pointsOfContact={"generalPractitioner": gp}))
        summary = await asked(fhir, record)
        assert summary.document["entry"][1]["resource"]["generalPractitioner"] == [
            {
                "type": "Practitioner",
                "identifier": {"system": "urn:oid:2.16.578.1.12.4.1.4.4", "value": "7654321"},
                "display": "Grete Fastlege, Fjordby legesenter",
            }
        ]
        assert wrong(summary.document) == []
        nobody = await asked(fhir, await fhir.record({}, patient=BERIT))
        assert "generalPractitioner" not in nobody.document["entry"][1]["resource"]

    async def test_nothing_registered_is_never_a_no(self, fhir: Fhir) -> None:
        summary = await asked(fhir, await fhir.record())
        for one in summary.composition["section"]:
            if one["code"]["coding"][0]["code"] == "10162-6":
                continue
            assert one["emptyReason"]["coding"][0]["code"] == "unavailable"
            assert "Det betyr ikke at det ikke finnes noen" in one["text"]["div"]
        codes = [one["code"]["coding"][0]["code"] for one in summary.composition["section"]]
        assert codes == ["11450-4", "48765-2", "10160-0", "47519-4", "46264-8", "10162-6"]

    @pytest.mark.parametrize(("answer", "code"), [(True, "416098002"), (False, "409137002")])
    async def test_an_answer_about_drug_allergy_is_told_as_an_allergy(
        self, fhir: Fhir, *, answer: bool, code: str
    ) -> None:
        record = await fhir.record(card(medication={"drugAllergy": answer}))
        summary = await asked(fhir, record)
        [allergy] = summary.resources("48765-2")
        assert allergy["code"]["coding"][0]["code"] == code
        assert VALIDATOR.validate(allergy, [f"{PROFILE}/maternity-allergy"]) == []
        assert allergy["recorder"]["type"] == "Practitioner"
        assert ("Legemiddelallergi" in summary.text("11450-4")) is answer

    async def test_no_drug_allergy_is_not_told_beside_an_allergy(self, fhir: Fhir) -> None:
        record = await fhir.record(card(medication={"drugAllergy": False}))
        penicillin = of_her(
            "AllergyIntolerance",
            await fhir.person(record),
            code={"text": "Penicillin"},
            clinicalStatus=concept(ALLERGY_CLINICAL, "active"),
        )
        await fhir.client().ok("POST", "/AllergyIntolerance", penicillin, status=201)
        told = (await asked(fhir, record)).resources("48765-2")
        assert [one["code"].get("text") for one in told] == ["Penicillin"]

    def test_a_name_nobody_knows_is_said_to_be_unknown(self) -> None:
        patient = named({"resourceType": "Patient", "id": "her"}, name="", born=None)
        at, id_ = datetime(2026, 3, 2, tzinfo=UTC), UUID(int=1)
        shelf = ListShelf([patient])
        raw = summary_of(shelf, patient=patient, base="http://test/fhir/r4", at=at, id_=id_, language="nb")
        told = Summary(json.loads(raw))
        assert patient["name"] == [{"_text": UNKNOWN}]
        assert patient["_birthDate"] == UNKNOWN
        assert wrong(told.document) == []
        assert "10162-6" not in str(told.composition)


BORN: Json = {"birthStatus": {"birthStatus": [{"fosterId": 1, "status": {"code": "1"}}]}}


class TestPregnantNow:
    """Whether she is pregnant, as far as the record tells: it never says that she is not."""

    async def of(self, fhir: Fhir, body: Json) -> Json:
        return (await asked(fhir, await fhir.record(body))).named("status")

    async def test_while_it_goes_on(self, fhir: Fhir) -> None:
        status = await self.of(fhir, card())
        assert status["valueCodeableConcept"]["coding"] == [
            {"system": SNOMED, "code": "77386006", "display": "Pregnant"}
        ]
        assert len(status["hasMember"]) == 2

    async def test_with_no_due_date_yet(self, fhir: Fhir) -> None:
        status = await self.of(fhir, {})
        assert status["valueCodeableConcept"]["text"] == "Gravid"
        assert "hasMember" not in status

    @pytest.mark.parametrize(
        "body",
        [
            {"currentPregnancy": {"dueDate": "2024-03-01"}},
            BORN,
        ],
        ids=["long overdue", "born"],
    )
    async def test_not_known_where_it_cannot_go_on(self, fhir: Fhir, body: Json) -> None:
        status = await self.of(fhir, body)
        assert "valueCodeableConcept" not in status
        assert "hasMember" not in status
        assert status["dataAbsentReason"]["coding"][0]["code"] == "unknown"

    async def test_not_known_when_the_record_is_ended(self, fhir: Fhir) -> None:
        record = await fhir.record(card() | BORN)
        ended = {"status": "DELIVERED", "deliveryDate": "2026-03-01", "liveBirth": True}
        await fhir.v1.client().ok("POST", f"/record/{record}/updateStatus", ended)
        summary = await asked(fhir, record)
        assert "Gravid nå: Ikke kjent" in summary.text("10162-6")
        assert wrong(summary.document) == []

    async def test_a_newer_record_is_what_counts(self, fhir: Fhir) -> None:
        """What is of an earlier pregnancy alone, as what was found of its fetuses, is not told of this one."""
        first = await fhir.record(card(rhesusDNegative={"fetusRhDPositiveAtWeek24": True}) | BORN)
        api = fhir.v1.client()
        ended = {"status": "DELIVERED", "deliveryDate": "2026-03-01", "liveBirth": True}
        await api.ok("POST", f"/record/{first}/updateStatus", ended)
        second = await api.record({})
        summary = await asked(fhir, second)
        assert "Gravid nå: Gravid" in summary.text("10162-6")
        assert "Født levende (tidligere svangerskap)" in summary.text("10162-6")
        assert "RhD" not in str(summary.composition)
        assert "Diabetes" in summary.text("11450-4")
