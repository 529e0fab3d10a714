"""Reads of the FHIR API over the real ledger: one resource, one version, its history; in which form, and of whom."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from helsekort.access.act import Action
from helsekort.access.wishes import Wish, WishKind
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.identity import free_id, visit_id
from tests.flow.fhir_service import BASE, Client, Fhir, fhir_on
from tests.flow.v1_service import ANNE, BERIT

VISIT = {"appointmentDate": "2026-03-02", "motherWeight": 70.5, "bloodPressure": "118/76"}
CARD: dict[str, Any] = {"mother": {"name": "Anne Antonsen"}, "antenatalAppointments": [VISIT]}
ROWS = tomllib.loads((Path(__file__).parents[1] / "fhir" / "negotiation.toml").read_text(encoding="utf-8"))[
    "row"
]


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    return fhir_on(ledger)


async def visit_of(fhir: Fhir, record: str) -> tuple[str, str]:
    """The id of the record's first visit in the JSON contract, and of its Encounter."""
    card = await fhir.v1.client().ok("GET", f"/record/{record}")
    visit = card["antenatalAppointments"][0]["metadata"]["id"]
    return visit, visit_id(UUID(record), UUID(visit))


class TestReading:
    async def test_the_episode_has_the_records_own_id(self, fhir: Fhir) -> None:
        record = await fhir.record()
        answer = await fhir.client().send("GET", f"/EpisodeOfCare/{record}")
        episode = answer.json()
        assert (answer.status_code, episode["id"]) == (200, record)
        assert answer.headers["etag"] == f'W/"{episode["meta"]["versionId"]}"' == 'W/"1"'
        changed = datetime.fromisoformat(episode["meta"]["lastUpdated"])
        assert parsedate_to_datetime(answer.headers["last-modified"]) == changed.replace(microsecond=0)
        assert answer.headers["cache-control"] == "no-store"

    async def test_nobody_needs_to_say_whose_it_is_where_the_id_does(self, fhir: Fhir) -> None:
        record = await fhir.record()
        for patient in (None, ANNE):
            await fhir.client(patient=patient).ok("GET", f"/EpisodeOfCare/{record}")
        assert (await fhir.v1.log_of())[-2:] == [("read-resources", ""), ("read-resources", "")]

    async def test_a_visit_and_what_was_measured_at_it(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        _, encounter = await visit_of(fhir, record)
        client = fhir.client()
        assert (await client.ok("GET", f"/Encounter/{encounter}"))["subject"] == {
            "reference": f"Patient/{await fhir.person(record)}"
        }

    async def test_a_woman_with_no_record_is_read_all_the_same(self, fhir: Fhir) -> None:
        await fhir.v1.consent(BERIT)
        found = await fhir.client(patient=BERIT).ok("GET", "/Patient")
        [person] = [one["resource"]["id"] for one in found["entry"]]
        patient = await fhir.client().ok("GET", f"/Patient/{person}")
        assert patient["identifier"][0]["value"] == BERIT.reveal()
        await fhir.v1.consent(ANNE)
        await fhir.client(patient=ANNE).refused(Kind.UNKNOWN_RECORD, "GET", f"/Patient/{person}")

    async def test_head_is_get_without_the_body(self, fhir: Fhir) -> None:
        record = await fhir.record()
        got, head = [await fhir.client().send(m, f"/EpisodeOfCare/{record}") for m in ("GET", "HEAD")]
        assert (head.status_code, head.content) == (200, b"")
        for name in ("etag", "last-modified", "content-type", "content-length"):
            assert head.headers[name] == got.headers[name]

    async def test_options_tells_the_methods_to_anybody(self, fhir: Fhir) -> None:
        client = fhir.client(by="")
        answer = await client.send("OPTIONS", f"/EpisodeOfCare/{uuid4()}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["allow"].split(", "))


class TestNotThere:
    async def test_ids_that_are_nobodys(self, fhir: Fhir) -> None:
        await fhir.record()
        client = fhir.client()
        for path in (
            f"/EpisodeOfCare/{uuid4()}",
            f"/Patient/{uuid4()}",
            f"/Observation/{free_id(uuid4(), uuid4())}",
        ):
            await client.refused(Kind.UNKNOWN_RECORD, "GET", path)
        for path in ("/EpisodeOfCare/1", "/Observation/abc", "/Patient/x.y", f"/Observation/{uuid4()}"):
            await client.refused(Kind.NO_SUCH_RESOURCE, "GET", path)

    async def test_an_id_of_hers_that_is_no_resource(self, fhir: Fhir) -> None:
        record = UUID(await fhir.record())
        outcome = await fhir.client().refused(
            Kind.NO_SUCH_RESOURCE, "GET", f"/Observation/{free_id(record, uuid4())}"
        )
        assert outcome["issue"][0]["location"] == ["http.id"]

    async def test_a_resource_of_another_kind_under_the_same_id(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        _, encounter = await visit_of(fhir, record)
        await fhir.client().refused(Kind.NO_SUCH_RESOURCE, "GET", f"/Observation/{encounter}")

    async def test_another_womans_id_with_her_own_number_in_the_header(self, fhir: Fhir) -> None:
        record = await fhir.record()
        await fhir.v1.consent(BERIT)
        client = fhir.client(patient=BERIT)
        await client.refused(Kind.UNKNOWN_RECORD, "GET", f"/EpisodeOfCare/{record}")
        await client.refused(Kind.UNKNOWN_RECORD, "GET", f"/Patient/{await fhir.person(record)}")
        assert (await fhir.v1.log_of(BERIT))[-2:] == [("read-resources", "unknown-record")] * 2

    async def test_what_was_deleted_is_gone_and_not_unknown(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        visit, encounter = await visit_of(fhir, record)
        await fhir.v1.client().ok("DELETE", f"/record/{record}/antenatalAppointments/{visit}")
        answer = await fhir.client().send("GET", f"/Encounter/{encounter}")
        assert answer.status_code in {200, 410}
        if answer.status_code == 200:
            assert answer.json()["status"] == "entered-in-error"

    async def test_addresses_and_methods_that_do_not_exist(self, fhir: Fhir) -> None:
        client = fhir.client()
        for path in (
            "/Nonsense",
            "/Observation/a/b/c",
            "/observation/1",
            "/Patient/1/$nonsense",
            "/$nonsense",
        ):
            await client.refused(Kind.NO_SUCH_ROUTE, "GET", path)
        answer = await client.send("POST", "/metadata", {})
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        assert answer.json()["resourceType"] == "OperationOutcome"


class TestConditionalReads:
    async def test_nothing_is_sent_again_that_is_known(self, fhir: Fhir) -> None:
        record = await fhir.record()
        path = f"/EpisodeOfCare/{record}"
        for known in ('W/"1"', '"1"', 'W/"7", W/"1"', "*"):
            answer = await fhir.client().send("GET", path, headers={"if-none-match": known})
            assert (answer.status_code, answer.content) == (304, b"")
            assert answer.headers["etag"] == 'W/"1"'
            assert "content-type" not in answer.headers
        for other in ('W/"2"', "1", "nonsense"):
            assert (
                await fhir.client().send("GET", path, headers={"if-none-match": other})
            ).status_code == 200

    async def test_by_time(self, fhir: Fhir) -> None:
        path = f"/EpisodeOfCare/{await fhir.record()}"
        now = datetime.now(UTC)
        for at, status in ((now + timedelta(hours=1), 304), (now - timedelta(hours=1), 200)):
            since = format_datetime(at, usegmt=True)
            assert (
                await fhir.client().send("GET", path, headers={"if-modified-since": since})
            ).status_code == status
        for nonsense in ("yesterday", "", "2026-03-02", "Mon, 02 Mar 2026 12:00:00 -0000"):
            answer = await fhir.client().send("GET", path, headers={"if-modified-since": nonsense})
            assert answer.status_code == 200

    async def test_the_version_goes_before_the_time(self, fhir: Fhir) -> None:
        path = f"/EpisodeOfCare/{await fhir.record()}"
        later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
        headers = {"if-none-match": 'W/"9"', "if-modified-since": later}
        assert (await fhir.client().send("GET", path, headers=headers)).status_code == 200

    async def test_an_unchanged_answer_is_in_her_log_too(self, fhir: Fhir) -> None:
        path = f"/EpisodeOfCare/{await fhir.record()}"
        await fhir.client().send("GET", path, headers={"if-none-match": "*"})
        assert (await fhir.v1.log_of())[-1] == ("read-resources", "")


class TestForm:
    @pytest.mark.parametrize("row", ROWS, ids=[f"{row['accept']} {row.get('format', '')}" for row in ROWS])
    async def test_which_form(self, fhir: Fhir, row: dict[str, str]) -> None:
        query = f"?_format={row['format']}" if "format" in row else ""
        answer = await fhir.client().send("GET", f"/metadata{query}", headers={"accept": row["accept"]})
        assert answer.status_code == (200 if row["type"] else 406)
        assert (
            answer.headers["content-type"] == row["type"]
            or answer.json()["resourceType"] == "OperationOutcome"
        )

    async def test_no_patient_is_asked_for_in_a_form_that_is_not_given(self, fhir: Fhir) -> None:
        record = await fhir.record()
        await fhir.client().refused(
            Kind.NOT_ACCEPTABLE, "GET", f"/EpisodeOfCare/{record}", headers={"accept": "application/fhir+xml"}
        )
        assert "read-resources" not in {action for action, _ in await fhir.v1.log_of()}

    async def test_a_parameter_that_is_not_known_is_never_taken_for_one_that_was(self, fhir: Fhir) -> None:
        record = await fhir.record()
        client = fhir.client()
        outcome = await client.refused(
            Kind.INVALID_PARAMETER, "GET", f"/EpisodeOfCare/{record}?status=active"
        )
        assert outcome["issue"][0]["location"] == ["http.status"]
        await client.ok("GET", f"/EpisodeOfCare/{record}?_pretty=true&_unknown=1")
        for query in ("%ff", "a=%e9", "&".join(f"a{n}=1" for n in range(101))):
            await client.refused(Kind.INVALID_PARAMETER, "GET", f"/EpisodeOfCare/{record}?{query}")

    async def test_parts_of_one_resource(self, fhir: Fhir) -> None:
        path = f"/EpisodeOfCare/{await fhir.record()}"
        client = fhir.client()
        whole = await client.ok("GET", path)
        part = await client.ok("GET", f"{path}?_elements=status")
        assert part.keys() == {"resourceType", "id", "meta", "status", "patient"}
        assert part["meta"]["tag"][0]["code"] == "SUBSETTED"
        assert (await client.ok("GET", f"{path}/_history/1?_elements=status")) == part
        assert (await client.ok("GET", f"{path}?_summary=false")) == whole
        for wrong in ("_summary=count", "_summary=x", "_elements=a b", "_summary=true&_elements=status"):
            await client.refused(Kind.INVALID_PARAMETER, "GET", f"{path}?{wrong}")


class TestNumbersInAddresses:
    @pytest.mark.parametrize(
        "path",
        [
            "/Patient?identifier={}",
            "/Patient?identifier=urn:oid:2.16.578.1.12.4.1.4.1|{}",
            "/Patient?_format=json&whatever={}",
            "/Patient/{}",
            "/Observation/{}/_history/1",
            "/Patient/1/Observation?code={}",
            "/Patient?identifier=%30{}",
            "/{}",
            "/metadata?x={}",
        ],
    )
    async def test_they_are_refused_and_never_logged(self, fhir: Fhir, path: str) -> None:
        number = ANNE.reveal()
        address = path.format(number[1:] if "%30" in path else number)
        answer = await fhir.client(patient=ANNE).send("GET", address)
        assert answer.status_code == 400
        assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "invalid-nin"
        fhir.log.flush()
        assert number not in answer.text + "".join(fhir.lines)


class TestWhoMay:
    async def test_who_is_let_in_and_what_she_reads_of_it(self, fhir: Fhir) -> None:
        path = f"/EpisodeOfCare/{await fhir.record()}"
        for by, status in (("gp", 200), ("secretary", 200), ("anne", 200), ("machine", 403), ("", 401)):
            answer = await fhir.client(by=by).send("GET", path)
            assert answer.status_code == status, by
            assert ("www-authenticate" in answer.headers) == (status == 401)
        refused = await fhir.client().send("GET", path, headers={"x-forged": "1"})
        assert refused.status_code == 403

    async def test_a_woman_reads_her_own_alone(self, fhir: Fhir) -> None:
        record = await fhir.record(patient=BERIT)
        await fhir.v1.consent()
        await fhir.client(by="anne").refused(Kind.INVALID_USER, "GET", f"/EpisodeOfCare/{record}")
        assert (await fhir.v1.log_of(BERIT))[-1] == ("read-resources", "invalid-user")

    async def test_a_withdrawn_consent_closes_at_once(self, fhir: Fhir) -> None:
        path = f"/EpisodeOfCare/{await fhir.record()}"
        await fhir.v1.door.withdraw_consent(fhir.v1.own_act(Action.WITHDRAW_CONSENT, ANNE))
        answer = await fhir.client().send("GET", path)
        assert answer.status_code in {403, 404}

    async def test_what_she_has_blocked_is_not_there_and_something_is_said_to_be_hidden(
        self, fhir: Fhir
    ) -> None:
        record = await fhir.record(CARD)
        _, encounter = await visit_of(fhir, record)
        before = await fhir.client().send("GET", f"/Encounter/{encounter}")
        assert (before.status_code, "helsekort-something-hidden" in before.headers) == (200, False)
        wish = Wish(WishKind.BLOCK_SECTION, on=True, target="antenatalAppointments")
        await fhir.v1.door.set_wish(fhir.v1.own_act(Action.SET_WISH, ANNE), wish)
        for path in (
            f"/Encounter/{encounter}",
            f"/Encounter/{encounter}/_history",
            f"/Encounter/{encounter}/_history/1",
        ):
            await fhir.client().refused(Kind.NO_SUCH_RESOURCE, "GET", path)
        episode = await fhir.client().send("GET", f"/EpisodeOfCare/{record}")
        assert episode.headers["helsekort-something-hidden"] == "true"
        assert (await fhir.client(by="anne").send("GET", f"/Encounter/{encounter}")).status_code == 200


class TestVersions:
    async def test_each_version_can_be_read_and_history_has_them_newest_first(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        visit, encounter = await visit_of(fhir, record)
        changed = VISIT | {"appointmentDate": "2026-03-03", "metadata": {"version": 1}}
        await fhir.v1.client().ok("PUT", f"/record/{record}/antenatalAppointments/{visit}", changed)
        client = fhir.client()
        now = await client.ok("GET", f"/Encounter/{encounter}")
        assert now["meta"]["versionId"] == "2"
        versions = [await client.ok("GET", f"/Encounter/{encounter}/_history/{n}") for n in (1, 2)]
        assert versions[1] == now
        assert versions[0] != now
        bundle = await client.ok("GET", f"/Encounter/{encounter}/_history")
        assert (bundle["type"], bundle["total"]) == ("history", 2)
        assert [one["resource"] for one in bundle["entry"]] == [now, versions[0]]
        assert [one["request"] for one in bundle["entry"]] == [
            {"method": "PUT", "url": f"Encounter/{encounter}"},
            {"method": "POST", "url": "Encounter"},
        ]
        assert [one["response"]["etag"] for one in bundle["entry"]] == ['W/"2"', 'W/"1"']
        assert {one["fullUrl"] for one in bundle["entry"]} == {f"{BASE}/Encounter/{encounter}"}
        await client.refused(Kind.NO_SUCH_RESOURCE, "GET", f"/Encounter/{encounter}/_history/3")

    async def test_history_comes_in_pages_that_stay(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        visit, encounter = await visit_of(fhir, record)
        for version in (1, 2, 3, 4):
            await _change(fhir, record, visit, version)
        client = fhir.client()
        first = await client.ok("GET", f"/Encounter/{encounter}/_history?_count=2")
        await _change(fhir, record, visit, 5)
        numbers = _numbers(first)
        page = first
        while following := [one["url"] for one in page["link"] if one["relation"] == "next"]:
            page = await client.ok("GET", following[0])
            numbers += _numbers(page)
        assert numbers == ["5", "4", "3", "2", "1"]
        only_count = await client.ok("GET", f"/Encounter/{encounter}/_history?_count=0")
        assert only_count["total"] == 6
        assert "entry" not in only_count

    async def test_since_and_at(self, fhir: Fhir) -> None:
        record = await fhir.record(CARD)
        visit, encounter = await visit_of(fhir, record)
        await _change(fhir, record, visit, 1)
        client = fhir.client()
        newest, oldest = (await client.ok("GET", f"/Encounter/{encounter}/_history"))["entry"]
        then = newest["response"]["lastModified"]
        since = await client.ok("GET", f"/Encounter/{encounter}/_history?_since={then}")
        assert _numbers(since) == ["2"]
        at = await client.ok(
            "GET", f"/Encounter/{encounter}/_history?_at={oldest['response']['lastModified']}"
        )
        assert _numbers(at) == ["1"]
        for wrong in ("_since=2026", "_at=nonsense", "_count=-1", "_count=a", "_since=2026-01-01T00:00:00"):
            await client.refused(Kind.INVALID_PARAMETER, "GET", f"/Encounter/{encounter}/_history?{wrong}")

    async def test_an_unknown_id_has_no_history(self, fhir: Fhir) -> None:
        record = UUID(await fhir.record())
        await fhir.client().refused(
            Kind.NO_SUCH_RESOURCE, "GET", f"/Encounter/{visit_id(record, uuid4())}/_history"
        )


async def _change(fhir: Fhir, record: str, visit: str, version: int) -> None:
    body = VISIT | {"appointmentDate": f"2026-03-{10 + version}", "metadata": {"version": version}}
    await fhir.v1.client().ok("PUT", f"/record/{record}/antenatalAppointments/{visit}", body)


def _numbers(bundle: dict[str, Any]) -> list[str]:
    return [one["resource"]["meta"]["versionId"] for one in bundle["entry"]]


class TestWhatItSaysOfItself:
    async def test_to_anybody(self, fhir: Fhir) -> None:
        client = fhir.client(by="")
        stated = await client.ok("GET", "/metadata")
        assert (stated["fhirVersion"], stated["kind"]) == ("4.0.1", "instance")
        [rest] = stated["rest"]
        [uris] = rest["security"]["extension"]
        assert {one["url"]: one["valueUri"] for one in uris["extension"]} == {
            "authorize": "https://sts.test/authorize",
            "token": "https://sts.test/token",
        }
        smart = (await client.send("GET", "/.well-known/smart-configuration")).json()
        assert smart["code_challenge_methods_supported"] == ["S256"]
        assert smart["token_endpoint"] == "https://sts.test/token"

    async def test_what_it_states_is_what_there_is(self, fhir: Fhir) -> None:
        stated = await fhir.client(by="").ok("GET", "/metadata")
        options: Client = fhir.client(by="")
        of_one = {"read": "GET", "update": "PUT", "patch": "PATCH", "delete": "DELETE"}
        of_all = {"create": "POST", "search-type": "GET"}
        for kind in stated["rest"][0]["resource"]:
            codes = {one["code"] for one in kind["interaction"]}
            for path, methods in ((f"/{kind['type']}/{uuid4()}", of_one), (f"/{kind['type']}", of_all)):
                wanted = {method for code, method in methods.items() if code in codes}
                answer = await options.send("OPTIONS", path)
                there = set(answer.headers.get("allow", "").split(", "))
                assert there & {*of_one.values(), *of_all.values()} == wanted, (path, codes)

    async def test_what_can_come_along_is_as_stated(self, fhir: Fhir) -> None:
        await fhir.record(CARD)
        client = fhir.client(patient=ANNE)
        stated = await fhir.client(by="").ok("GET", "/metadata")
        asked = [
            f"/{kind['type']}?{name}={value}"
            for kind in stated["rest"][0]["resource"]
            for name, element in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude"))
            for value in kind.get(element, [])
            if kind["type"] not in {"AuditEvent", "Subscription"}  # which are of no record
        ]
        assert "/Observation?_include=*" in asked
        assert "/Encounter?_revinclude=Observation:encounter" in asked
        for path in asked[:: len(asked) // 60]:
            await client.ok("GET", path)
