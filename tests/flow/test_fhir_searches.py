"""Searches through the FHIR API over the real ledger: whose, which records, pages that stay, and no number in any link."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from helsekort.access.act import Action
from helsekort.access.wishes import Wish, WishKind
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.identity import visit_id
from tests.flow.fhir_service import BASE, Client, Fhir, fhir_on
from tests.flow.v1_service import ANNE, BERIT

WEIGHTS = [70.5, 71.0, 71.4, 72.0, 72.9]
CARD: dict[str, Any] = {
    "mother": {"name": "Anne Antonsen"},
    "antenatalAppointments": [
        {"appointmentDate": f"2026-03-{n:02}", "motherWeight": weight}
        for n, weight in enumerate(WEIGHTS, start=2)
    ],
}
WEIGHT = "29463-7"
NUMBERS = "urn:oid:2.16.578.1.12.4.1.4.1"


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    return fhir_on(ledger)


def found(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    """The resources of a searchset, what was ignored left out."""
    entries = bundle.get("entry", [])
    return [one["resource"] for one in entries if one["search"]["mode"] != "outcome"]


def link(bundle: dict[str, Any], relation: str) -> str:
    """The address of a relation; the empty text where there is none."""
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), "")


async def every_page(client: Client, bundle: dict[str, Any]) -> list[str]:
    """The ids on a page and on all that follow."""
    ids = [one["id"] for one in found(bundle)]
    while following := link(bundle, "next"):
        bundle = await client.ok("GET", following)
        ids += [one["id"] for one in found(bundle)]
    return ids


class TestWhose:
    async def test_a_woman_not_met_before_is_found_with_each_of_her_records(
        self, fhir: Fhir, ledger: Ledger
    ) -> None:
        first = await fhir.record(CARD)
        ended = {"status": "TERMINATED", "terminationDate": "2026-03-20"}
        gp = fhir.v1.client(patient=ANNE)
        assert (await gp.send("POST", f"/record/{first}/updateStatus", ended)).status_code < 300
        alone = await fhir_on(ledger).client(patient=ANNE).ok("GET", f"/Observation?code={WEIGHT}")
        assert alone["total"] == len(WEIGHTS)
        second = await fhir.v1.client(patient=ANNE).record(CARD)
        stranger = fhir_on(ledger).client(patient=ANNE)
        for _ in ("met for the first time", "known"):
            episodes = await stranger.ok("GET", "/EpisodeOfCare")
            assert [one["id"] for one in found(episodes)] == [second, first]
            assert (await stranger.ok("GET", f"/Observation?code={WEIGHT}"))["total"] == 2 * len(WEIGHTS)

    async def test_by_her_id_her_record_or_her_visit(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        person = await fhir.person(record)
        client = fhir.client()
        visits = await client.ok("GET", f"/Encounter?patient=Patient/{person}")
        assert visits["total"] == 5
        encounter = found(visits)[0]["id"]
        for query in (
            f"patient={person}",
            f"patient={BASE}/Patient/{person}",
            f"subject:Patient={person}",
            f"encounter.episode-of-care=EpisodeOfCare/{record}",
            f"episode-of-care=EpisodeOfCare/{record}",
        ):
            bundle = await client.ok("GET", f"/Observation?{query}&code={WEIGHT}")
            assert bundle["total"] == 5, query
        assert (await client.ok("GET", f"/Observation?encounter={encounter}&code={WEIGHT}"))["total"] == 1
        assert (await client.ok("GET", f"/Encounter?_id={encounter}"))["total"] == 1
        assert (await client.ok("GET", f"/Encounter?_id={encounter},{found(visits)[1]['id']}"))["total"] == 2
        assert (await client.ok("GET", f"/Encounter?episode-of-care={record}"))["total"] == 5

    async def test_by_the_header_alone(self, fhir: Fhir) -> None:
        await fhir.record(CARD)
        client = fhir.client(patient=ANNE)
        assert (await client.ok("GET", f"/Observation?code={WEIGHT}"))["total"] == 5
        assert [one["id"] for one in found(await client.ok("GET", "/Patient"))]

    async def test_in_her_compartment(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        client = fhir.client()
        bundle = await client.ok("GET", f"/Patient/{person}/Observation?code={WEIGHT}")
        assert bundle["total"] == 5
        assert link(bundle, "self").startswith(f"{BASE}/Patient/{person}/Observation?code=")
        posted = await client.search(f"/Patient/{person}/Encounter/_search", {"date": "lt2026-03-04"})
        assert posted["total"] == 2

    async def test_parameters_of_address_and_body_together(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        path = f"/Encounter/_search?patient={person}&_format=json"
        found_ = await fhir.client().search(path, {"date": "lt2026-03-04", "_sort": "-date"})
        assert found_["total"] == 2
        assert link(found_, "self") == f"{BASE}/Encounter?patient={person}&date=lt2026-03-04&_sort=-date"

    async def test_somebody_has_to_be_meant(self, fhir: Fhir) -> None:
        await fhir.record()
        client = fhir.client()
        outcome = await client.refused(Kind.INVALID_HEADER, "GET", "/Observation?code=x")
        assert outcome["issue"][0]["location"] == ["http.nhn-patient-nin"]
        await client.refused(Kind.UNKNOWN_RECORD, "GET", f"/Observation?patient={uuid4()}")
        await client.refused(
            Kind.INVALID_PARAMETER, "GET", f"/Observation?patient={uuid4()},{uuid4()}&code=x"
        )

    async def test_a_woman_who_has_no_record_has_nothing_but_herself(self, fhir: Fhir) -> None:
        await fhir.v1.consent()
        client = fhir.client(patient=ANNE)
        assert (await client.ok("GET", "/Observation"))["total"] == 0
        assert (await client.ok("GET", "/EpisodeOfCare"))["total"] == 0
        assert (await client.ok("GET", "/Patient"))["total"] == 1

    async def test_what_is_of_another_woman_is_not_found(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        other = await fhir.record(patient=BERIT)
        client = fhir.client(patient=BERIT)
        assert (await client.ok("GET", f"/EpisodeOfCare?_id={record},{other}"))["total"] == 1
        assert (await client.ok("GET", f"/Encounter?episode-of-care={record}"))["total"] == 0
        await client.refused(Kind.UNKNOWN_RECORD, "GET", f"/Encounter?patient={await fhir.person(record)}")


class TestByNumber:
    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("/Patient", "identifier"),
            ("/Observation", "patient.identifier"),
            ("/Observation", "subject:Patient.identifier"),
            ("/EpisodeOfCare", "patient:identifier"),
        ],
    )
    @pytest.mark.parametrize("system", [NUMBERS + "|", ""])
    async def test_in_a_body_and_never_in_a_link(self, fhir: Fhir, path: str, name: str, system: str) -> None:
        await fhir.record(CARD)
        bundle = await fhir.client().search(f"{path}/_search", {name: system + ANNE.reveal(), "_count": "1"})
        assert bundle["total"] >= 1
        assert ANNE.reveal() not in str(bundle["link"])
        again = await fhir.client().ok("GET", link(bundle, "self"))
        assert found(again) == found(bundle)
        if following := link(bundle, "next"):
            assert (await fhir.client().ok("GET", following))["total"] == bundle["total"]
        fhir.log.flush()
        assert ANNE.reveal() not in "".join(fhir.lines)

    async def test_of_nobody_or_of_two(self, fhir: Fhir) -> None:
        await fhir.record()
        client = fhir.client()
        for form, kind in (
            ({"identifier": f"{NUMBERS}|12345678901"}, "invalid-nin"),
            ({"identifier": [ANNE.reveal(), BERIT.reveal()]}, "invalid-parameter"),
            ({"identifier": ANNE.reveal(), "name": BERIT.reveal()}, "invalid-nin"),
            ({"name": ANNE.reveal()}, "invalid-header"),
        ):
            answer = await client.http.post("/fhir/r4/Patient/_search", data=form)
            assert answer.status_code == 400
            assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == kind
            assert ANNE.reveal() not in answer.text
        answer = await fhir.client(patient=BERIT).http.post(
            "/fhir/r4/Patient/_search", data={"identifier": ANNE.reveal()}
        )
        assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "contradiction"

    async def test_a_body_that_is_no_form(self, fhir: Fhir) -> None:
        client = fhir.client(patient=ANNE)
        answer = await client.send("POST", "/Observation/_search", {"code": "x"})
        assert answer.status_code == 415
        for content in (b"a=%ff", b"\xff\xfe", b"a" * 3_000_000):
            answer = await client.http.post(
                "/fhir/r4/Observation/_search",
                content=content,
                headers={"content-type": "application/x-www-form-urlencoded"},
            )
            assert answer.status_code in {400, 413}


class TestPages:
    async def test_they_stay_as_they_were_when_the_first_was_read(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        person = await fhir.person(record)
        client = fhir.client()
        whole = await client.ok("GET", f"/Encounter?patient={person}&_sort=-date")
        first = await client.ok("GET", f"/Encounter?patient={person}&_sort=-date&_count=2")
        late = {"appointmentDate": "2026-04-01"}
        await fhir.v1.client().ok("POST", f"/record/{record}/antenatalAppointments", late, status=201)
        assert await every_page(client, first) == [one["id"] for one in found(whole)]
        assert (await client.ok("GET", f"/Encounter?patient={person}"))["total"] == 6

    async def test_a_page_of_another_search_is_none(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        client = fhir.client()
        first = await client.ok("GET", f"/Encounter?patient={person}&_count=2")
        page = link(first, "next").rpartition("_page=")[2]
        for query in (f"patient={person}&_count=2&_page=x", f"patient={person}&_count=3&_page={page}"):
            await client.refused(Kind.INVALID_PARAMETER, "GET", f"/Encounter?{query}")

    async def test_links_are_absolute_and_of_the_service_itself(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        answer = await fhir.client().send(
            "GET", f"/Encounter?patient={person}&_count=2", headers={"host": "evil.example"}
        )
        assert {one["url"].startswith(f"{BASE}/Encounter?") for one in answer.json()["link"]} == {True}
        assert {one["fullUrl"].startswith(f"{BASE}/") for one in answer.json()["entry"]} == {True}


class TestSeveralRecords:
    async def test_all_of_hers_are_searched(self, fhir: Fhir) -> None:
        first = await fhir.record(CARD)
        api = fhir.v1.client()
        end = {"status": "TERMINATED", "terminationDate": "2026-05-01"}
        await api.ok("POST", f"/record/{first}/updateStatus", end)
        client = fhir.client(patient=ANNE)
        assert (await client.ok("GET", "/EpisodeOfCare"))["total"] == 1
        second = await api.record({"antenatalAppointments": [{"appointmentDate": "2026-11-02"}]})
        episodes = await client.ok("GET", "/EpisodeOfCare")
        assert {one["id"] for one in found(episodes)} == {first, second}
        assert (await client.ok("GET", "/Encounter"))["total"] == 6
        assert (await client.ok("GET", f"/Encounter?episode-of-care={first}"))["total"] == 5
        assert (await client.ok("GET", "/Patient"))["total"] == 1
        page = await client.ok("GET", "/Encounter?_count=4")
        assert len(await every_page(client, page)) == 6

    async def test_a_new_beginning_after_a_withdrawal(self, fhir: Fhir) -> None:
        first = await fhir.record(CARD)
        client = fhir.client(patient=ANNE)
        assert (await client.ok("GET", "/Encounter"))["total"] == 5
        await fhir.v1.door.withdraw_consent(fhir.v1.own_act(Action.WITHDRAW_CONSENT, ANNE))
        await client.refused(Kind.NO_CONSENT, "GET", "/Encounter")
        second = await fhir.record()
        assert [one["id"] for one in found(await client.ok("GET", "/EpisodeOfCare"))] == [second]
        assert (await client.ok("GET", "/Encounter"))["total"] == 0
        refused = [
            refusal for action, refusal in await fhir.v1.log_of() if action == "search-resources" and refusal
        ]
        assert refused == ["no-consent"]
        for path in (f"/EpisodeOfCare/{first}", f"/EpisodeOfCare/{first}/_history"):
            await fhir.client().refused(Kind.UNKNOWN_RECORD, "GET", path)


class TestWhatIsHidden:
    async def test_no_search_finds_or_counts_it(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        wish = Wish(WishKind.BLOCK_SECTION, on=True, target="antenatalAppointments")
        await fhir.v1.door.set_wish(fhir.v1.own_act(Action.SET_WISH, ANNE), wish)
        for query in (
            f"/Encounter?patient={person}",
            f"/Observation?patient={person}&code={WEIGHT}",
            f"/Observation?patient={person}&encounter.date=2026-03-02",
            f"/Encounter?patient={person}&_has:Observation:encounter:code={WEIGHT}",
            f"/Patient/{person}/Encounter",
        ):
            answer = await fhir.client().send("GET", query)
            assert answer.status_code == 200, answer.text
            assert answer.json()["total"] == 0, query
            assert answer.headers["helsekort-something-hidden"] == "true"
            assert [one["code"] for one in answer.json()["meta"]["security"]] == ["REDACTED"]
        included = await fhir.client().ok("GET", f"/Patient?_id={person}&_revinclude=Encounter:patient")
        assert len(found(included)) == 1
        assert (await fhir.client(by="anne").ok("GET", f"/Encounter?patient={person}"))["total"] == 5

    async def test_each_search_is_in_her_log(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        client = fhir.client()
        await client.ok("GET", f"/Encounter?patient={person}")
        await client.refused(Kind.INVALID_PARAMETER, "GET", f"/Encounter?patient={person}&nonsense=1")
        told = [one for one in await fhir.v1.log_of() if one[0] == "search-resources"]
        assert told[-1] == ("search-resources", "invalid-parameter")
        assert set(told[:-1]) == {("search-resources", "")}


class TestWhatIsIgnored:
    async def test_an_unknown_filter_never_and_a_result_parameter_with_a_warning(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        client = fhir.client()
        for wrong in (
            "nonsense=1",
            "code:nonsense=1",
            "_text=x",
            "_sort=nonsense",
            "_include=Encounter:nonsense",
        ):
            await client.refused(Kind.INVALID_PARAMETER, "GET", f"/Encounter?patient={person}&{wrong}")
        bundle = await client.ok("GET", f"/Encounter?patient={person}&_totalMethod=count&_count=0")
        assert bundle["total"] == 5
        assert "_totalMethod" in str(bundle["entry"])
        strict = await client.send(
            "GET", f"/Encounter?patient={person}&_unknown=1", headers={"prefer": "handling=strict"}
        )
        assert strict.status_code == 400

    async def test_parts_of_resources(self, fhir: Fhir) -> None:
        person = await fhir.person(await fhir.record(CARD))
        client = fhir.client()
        [one] = found(
            await client.ok("GET", f"/Observation?patient={person}&code={WEIGHT}&_count=1&_elements=code")
        )
        assert "valueQuantity" not in one
        assert one["meta"]["tag"][0]["code"] == "SUBSETTED"
        assert (await client.ok("GET", f"/Observation?patient={person}&_summary=count")).keys() >= {"total"}


async def test_a_visit_of_hers_that_never_was(fhir: Fhir) -> None:
    record = UUID(await fhir.record(CARD))
    bundle = await fhir.client().ok("GET", f"/Observation?encounter={visit_id(record, uuid4())}")
    assert bundle["total"] == 0
