"""Everything of a record and of a woman: by type, change and dates of care, whole or in pages; by GET and by POST."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.offering import OFFERING
from tests.flow.fhir_service import Client, Fhir, fhir_on
from tests.flow.test_fhir_operations import CARD, VISIT, kinds

Json = dict[str, Any]


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    return fhir_on(ledger)


def names(bundle: Json) -> list[str]:
    """What is in a Bundle, by type and id."""
    told = [one["resource"] for one in bundle.get("entry", ()) if one["search"]["mode"] == "match"]
    return [f"{one['resourceType']}/{one['id']}" for one in told]


def link(bundle: Json, relation: str) -> str:
    """The address of another page, empty where there is none."""
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), "")


def body(**asked: str | int) -> Json:
    """The same parameters for POST."""
    listed = [
        {"name": name, "valueInteger" if isinstance(value, int) else "valueString": value}
        for name, value in asked.items()
    ]
    return {"resourceType": "Parameters", "parameter": listed}


async def pages_of(client: Client, first: Json) -> list[list[str]]:
    found, page = [names(first)], first
    while following := link(page, "next"):
        page = await client.ok("GET", following)
        found.append(names(page))
    return found


class TestPages:
    @pytest.mark.parametrize("of_her", [True, False])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_they_are_the_whole(self, fhir: Fhir, method: str, *, of_her: bool) -> None:
        record = await fhir.record(CARD)
        at = f"/Patient/{await fhir.person(record)}" if of_her else f"/EpisodeOfCare/{record}"
        client = fhir.client()
        whole = await client.ok("GET", f"{at}/$everything")
        first = (
            await client.ok("GET", f"{at}/$everything?_count=3")
            if method == "GET"
            else await client.ok("POST", f"{at}/$everything", body(_count=3))
        )
        assert first["total"] == whole["total"] == len(names(whole))
        found = await pages_of(client, first)
        assert {len(one) for one in found[:-1]} == {3}
        assert [name for page in found for name in page] == names(whole)

    async def test_they_stay_as_more_is_written(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        client = fhir.client()
        at = f"/Patient/{await fhir.person(record)}/$everything"
        before = names(await client.ok("GET", at))
        first = await client.ok("GET", f"{at}?_count=4")
        await fhir.v1.client().ok("POST", f"/record/{record}/antenatalAppointments", VISIT, status=201)
        assert [name for page in await pages_of(client, first) for name in page] == before
        assert len(names(await client.ok("GET", at))) > len(before)

    async def test_there_and_back(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        client = fhir.client()
        first = await client.ok("GET", f"/EpisodeOfCare/{record}/$everything?_count=2&_type=Observation")
        assert link(first, "self").endswith("/$everything?_count=2&_type=Observation")
        second = await client.ok("GET", link(first, "next"))
        assert names(await client.ok("GET", link(second, "previous"))) == names(first)
        assert names(await client.ok("GET", link(second, "self"))) == names(second)
        other = link(first, "next").replace("_type=Observation", "_type=Encounter")
        await client.refused(Kind.INVALID_PARAMETER, "GET", other)

    async def test_none_at_all_is_the_number_alone(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        client = fhir.client()
        found = await client.ok("GET", f"/EpisodeOfCare/{record}/$everything?_count=0")
        whole = await client.ok("GET", f"/EpisodeOfCare/{record}/$everything")
        assert found["total"] == whole["total"]
        assert "entry" not in found
        assert not link(found, "next")


class TestDatesOfCare:
    async def test_only_what_was_done_then_and_what_has_no_date(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        client = fhir.client()
        at = f"/EpisodeOfCare/{record}/$everything"
        dated = {"2026-03-02": 70.5, "2026-04-02": 72.0}
        for asked, days in (
            ("start=2026-04", ["2026-04-02"]),
            ("end=2026-03", ["2026-03-02"]),
            ("start=2026-03-02&end=2026-03-02", ["2026-03-02"]),
            ("start=2026&end=2026", list(dated)),
            ("start=2026-03-03&end=2026-04-01", []),
        ):
            found = await client.ok("GET", f"{at}?{asked}")
            weights = [
                one["resource"]["valueQuantity"]["value"]
                for one in found["entry"]
                if one["resource"]["resourceType"] == "Observation" and "valueQuantity" in one["resource"]
            ]
            assert sorted(weights) == [dated[day] for day in days], asked
            assert kinds(found).count("Encounter") == len(days)
            assert "Patient" in kinds(found)
            assert any("mother.name" in str(one) for one in found["entry"]), "what has no date comes along"

    async def test_the_provenance_follows_its_target(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        found = await fhir.client().ok(
            "GET", f"/EpisodeOfCare/{record}/$everything?start=2026-04&end=2026-04"
        )
        there = set(names(found))
        targets = [
            one["resource"]["target"][0]["reference"].partition("/_history/")[0]
            for one in found["entry"]
            if one["resource"]["resourceType"] == "Provenance"
        ]
        assert targets
        assert set(targets) <= there

    async def test_the_visits_of_an_earlier_pregnancy_are_left_out(self, fhir: Fhir) -> None:
        born = {"birthStatus": {"birthStatus": [{"fosterId": 1, "status": {"code": "1"}}]}}
        first = await fhir.record(CARD | born)
        api = fhir.v1.client()
        ended = {"status": "DELIVERED", "deliveryDate": "2026-03-01", "liveBirth": True}
        await api.ok("POST", f"/record/{first}/updateStatus", ended)
        second = await api.record({})
        at = f"/Patient/{await fhir.person(second)}/$everything"
        found = names(await fhir.client().ok("GET", f"{at}?start=2100"))
        assert {f"EpisodeOfCare/{first}", f"EpisodeOfCare/{second}"} <= set(found)
        assert not any(name.startswith("Encounter/") for name in found)


class TestChangedSince:
    async def test_what_was_changed_who_did_it_and_nothing_else(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        client = fhir.client()
        episode = await client.ok("GET", f"/EpisodeOfCare/{record}")
        visit = VISIT | {"motherWeight": 73.5}
        await fhir.v1.client().ok("POST", f"/record/{record}/antenatalAppointments", visit, status=201)
        whole = await client.ok("GET", f"/EpisodeOfCare/{record}/$everything")
        moments = sorted(
            {one["resource"]["meta"]["lastUpdated"] for one in whole["entry"] if "meta" in one["resource"]}
            - {episode["meta"]["lastUpdated"]}
        )
        found = await client.ok("GET", f"/EpisodeOfCare/{record}/$everything?_since={moments[-1]}")
        told = set(kinds(found))
        assert {"Encounter", "Observation", "Practitioner", "Patient", "Provenance"} <= told
        assert len(names(found)) < len(names(whole))
        assert "70.5" not in str(found)
        none = await client.ok("GET", f"/EpisodeOfCare/{record}/$everything?_since=2100-01-01T00:00:00Z")
        assert none["total"] == 0


class TestWhatIsWrong:
    async def test_everything_at_once(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        asked = "_count=-1&_since=2026&start=yesterday&end=2026-13&_type=Sausage&at=now&name=x&_tag=y"
        refused = await fhir.client().refused(
            Kind.INVALID_PARAMETER, "GET", f"/EpisodeOfCare/{record}/$everything?{asked}"
        )
        told = {one["location"][0].removeprefix("http.") for one in refused["issue"]}
        assert told == {"_count", "_since", "start", "end", "_type", "at", "name", "_tag"}

    @pytest.mark.parametrize(
        "asked",
        [
            "start=2026-04&end=2026-03",
            "start=2026-04-02T12:00:00Z",
            "_count=1&_count=2",
            "start=2026&start=2027",
            "_page=x",
        ],
    )
    async def test_one_by_one(self, fhir: Fhir, asked: str) -> None:
        record = await fhir.record(CARD)
        at = f"/EpisodeOfCare/{record}/$everything?{asked}"
        await fhir.client().refused(Kind.INVALID_PARAMETER, "GET", at)

    async def test_what_is_about_looks_alone_is_left_out_and_that_is_told(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        at = f"/EpisodeOfCare/{record}/$everything"
        client = fhir.client()
        found = await client.ok("GET", f"{at}?_sort=date&_elements=code&_strange=1")
        outcome = found["entry"][-1]
        assert outcome["search"]["mode"] == "outcome"
        told = str(outcome["resource"])
        assert all(name in told for name in ("_sort", "_elements", "_strange"))
        assert len(names(found)) == found["total"]
        strict = await client.send("GET", f"{at}?_sort=date", headers={"prefer": "handling=strict"})
        assert strict.status_code == 400

    async def test_in_the_body_too(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        client = fhir.client()
        at = f"/EpisodeOfCare/{record}/$everything"
        found = await client.ok("POST", at, body(start="2026-04", end="2026-04", _type="Encounter"))
        assert kinds(found) == ["Encounter"]
        twice = await client.ok("GET", f"{at}?_type=Encounter&_type=Patient")
        assert set(kinds(twice)) == {"Encounter", "Patient"}
        await client.refused(Kind.INVALID_PARAMETER, "POST", at, body(start="soon"))


class TestOtherOperations:
    @pytest.mark.parametrize("operation", ["$card", "$history"])
    async def test_of_a_record_nothing_is_left_out_unsaid(self, fhir: Fhir, operation: str) -> None:
        record = await fhir.record(CARD)
        for asked in ("_elements=code", "_strange=1", "x=1", "_list=42"):
            await fhir.client().refused(
                Kind.INVALID_PARAMETER, "GET", f"/EpisodeOfCare/{record}/{operation}?{asked}"
            )

    async def test_a_summary_is_of_the_profile_asked_for(self, fhir: Fhir) -> None:
        client = fhir.client()
        at = f"/Patient/{await fhir.person(await fhir.record(CARD))}/$summary"
        claimed = (await client.ok("GET", at))["meta"]["profile"]
        for profile in (*claimed, f"{claimed[0]}|2.0.0"):
            await client.ok("GET", f"{at}?profile={profile}")
        for asked in ("profile=http://example.org/other", "graph=x", "_count=2", "identifier=x"):
            await client.refused(Kind.INVALID_PARAMETER, "GET", f"{at}?{asked}")

    async def test_the_newest_of_each_in_pages(self, fhir: Fhir) -> None:
        client = fhir.client()
        at = f"/Observation/$lastn?patient=Patient/{await fhir.person(await fhir.record(CARD))}&max=2"
        whole = await client.ok("GET", at)
        first = await client.ok("GET", f"{at}&_count=2")
        assert first["total"] == whole["total"] == len(names(whole))
        assert [name for page in await pages_of(client, first) for name in page] == names(whole)
        some = await client.ok(
            "GET", f"{at}&_elements=status&_include=Observation:encounter&_sort=code&_strange=1"
        )
        assert "valueQuantity" not in str(some["entry"][0])
        assert "Encounter" in kinds(some)
        told = str(some["entry"][-1]["resource"])
        assert "_sort" in told
        assert "_strange" in told


RIGHT = {
    "_type": "Observation",
    "_since": "2026-01-01T00:00:00Z",
    "_at": "2030",
    "start": "2026",
    "end": "2026",
    "_count": "2",
    "max": "2",
    "at": "2100-01-01T00:00:00Z",
    "profile": "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips",
}


class TestWhatIsToldOfThem:
    async def test_every_parameter_that_is_told_of_is_taken(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        client = fhir.client()
        ids = {"EpisodeOfCare": f"/{record}", "Patient": f"/{await fhir.person(record)}", "Observation": ""}
        stated = await client.ok("GET", "/metadata")
        told = {
            (kind["type"], one["name"]): one["documentation"]
            for kind in stated["rest"][0]["resource"]
            for one in kind.get("operation", ())
        }
        for one in OFFERING.operations:
            for kind in one.kinds if one.parameters else ():
                words = told[kind, one.name].partition("Parameters: ")[2].rstrip(".").split(", ")
                assert words == list(one.parameters)
                asked = [f"{name}={RIGHT[name]}" for name in one.parameters]
                hers = [f"patient=Patient{ids['Patient']}"] if kind == "Observation" else []
                path = f"/{kind}{ids[kind]}/${one.name}?{'&'.join([*asked, *hers])}"
                await client.ok("GET", path)

    async def test_what_is_of_a_record_is_defined_by_us(self, fhir: Fhir) -> None:
        stated = await fhir.client().ok("GET", "/metadata")
        told = {
            kind["type"]: one["definition"]
            for kind in stated["rest"][0]["resource"]
            for one in kind.get("operation", ())
            if one["name"] == "everything"
        }
        assert told == {
            "Patient": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
            "EpisodeOfCare": "https://w3id.org/helsekort/fhir/OperationDefinition/everything",
        }


class TestHistory:
    async def test_a_period_is_what_was_current_at_some_time_in_it(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        client = fhir.client()
        whole = await client.ok("GET", f"/EpisodeOfCare/{record}/$history?_count=500")
        year = whole["entry"][0]["response"]["lastModified"][:4]
        for period in (year, whole["entry"][0]["response"]["lastModified"][:10]):
            assert (await client.ok("GET", f"/EpisodeOfCare/{record}/$history?_at={period}"))[
                "total"
            ] == whole["total"]
        before = await client.ok("GET", f"/EpisodeOfCare/{record}/$history?_at={int(year) - 1}")
        assert before["total"] == 0

    async def test_what_was_deleted_before_was_not_current(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        client = fhir.client()
        sent = {
            "resourceType": "Condition",
            "subject": {"reference": f"Patient/{person}"},
            "code": {"text": "Lupus"},
        }
        made = await client.ok("POST", "/Condition", sent, status=201)
        at = f"/Condition/{made['id']}"
        await client.send("DELETE", at)
        history = await client.ok("GET", f"{at}/_history")
        assert [one["request"]["method"] for one in history["entry"]] == ["DELETE", "POST"]
        when = history["entry"][0]["response"]["lastModified"]
        deleted = await client.ok("GET", f"{at}/_history?_at={when}")
        assert [one["request"]["method"] for one in deleted["entry"]] == ["DELETE", "POST"]
        assert (await client.ok("GET", f"{at}/_history?_at=2100"))["total"] == 0

    async def test_all_that_is_wrong_at_once(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        refused = await fhir.client().refused(
            Kind.INVALID_PARAMETER,
            "GET",
            f"/EpisodeOfCare/{record}/_history?_count=x&_since=y&_at=z&_list=w&_page=v",
        )
        assert len(refused["issue"]) == 5
