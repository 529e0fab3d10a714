"""Writing through FHIR over the real ledger: one resource at a time (https://hl7.org/fhir/R4/http.html)."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from helsekort.access.wishes import WishKind
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.identity import value_id
from helsekort.maternity.uris import RECORD_STATUS
from tests.contract.door_acts import wish
from tests.flow.fhir_bodies import (
    bundle,
    condition,
    entry,
    episode,
    ferritin,
    quantity,
)
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import BASE, Fhir, fhir_on
from tests.flow.v1_service import ANNE, BERIT

Json = dict[str, Any]
SCRIPT = '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>'
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    return fhir_on(ledger)


@pytest.fixture
async def her(fhir: Fhir) -> Her:
    return await her_on(fhir)


def seen(version: int) -> dict[str, str]:
    return {"if-match": f'W/"{version}"'}


class TestCreating:
    async def test_the_answer_tells_where_which_version_and_carries_what_is_stored(self, her: Her) -> None:
        sent = ferritin(her.person) | {"id": "mine", "meta": {"versionId": "7"}}
        answer = await her.gp.send("POST", "/Observation", sent)
        made = answer.json()
        assert answer.status_code == 201, answer.text
        assert made["id"] != "mine"
        assert made["meta"]["versionId"] == "1"
        assert answer.headers["location"] == f"{BASE}/Observation/{made['id']}/_history/1"
        assert answer.headers["etag"] == 'W/"1"'
        changed = datetime.fromisoformat(made["meta"]["lastUpdated"])
        assert parsedate_to_datetime(answer.headers["last-modified"]) == changed.replace(microsecond=0)
        assert await her.gp.ok("GET", f"/Observation/{made['id']}") == made
        assert (await her.fhir.v1.client().ok("GET", f"/record/{her.record}"))["clinicalTests"][
            "ferritin"
        ] == 24

    @pytest.mark.parametrize("wanted", ["minimal", "OperationOutcome", "representation"])
    async def test_what_the_answer_carries_is_as_preferred(self, her: Her, wanted: str) -> None:
        answer = await her.gp.send(
            "POST", "/Observation", ferritin(her.person), headers={"prefer": f"return={wanted}"}
        )
        kinds = {"minimal": None, "OperationOutcome": "OperationOutcome", "representation": "Observation"}
        assert answer.status_code == 201
        assert answer.headers["location"].startswith(BASE)
        assert (answer.json()["resourceType"] if answer.content else None) == kinds[wanted]

    async def test_a_pregnancy_is_begun_by_an_episode_of_care(self, fhir: Fhir) -> None:
        await fhir.v1.consent(ANNE)
        ended = await fhir.v1.client().record()
        person = await fhir.person(ended)
        await fhir.v1.client().ok(
            "POST", f"/record/{ended}/updateStatus", {"status": "TERMINATED", "terminationDate": "2026-03-01"}
        )
        gp = fhir.client()
        made = await gp.ok("POST", "/EpisodeOfCare", episode(person), status=201)
        assert made["id"] != ended
        status = await fhir.v1.client().ok("GET", "/status")
        assert status["latestRecordId"] == made["id"]
        assert (await fhir.v1.log_of())[-2] == ("create-record", "")
        await gp.refused(Kind.ALREADY_EXISTS, "POST", "/EpisodeOfCare", episode(person))

    async def test_what_names_no_record_goes_to_the_active_one(self, her: Her) -> None:
        made = await her.made(condition(her.person))
        assert (await her.gp.ok("GET", f"/Condition/{made['id']}"))["code"] == {"text": "Svangerskapskløe"}
        assert await her.commits() == 2

    async def test_decimals_dates_and_extensions_come_back_as_they_were_sent(self, her: Her) -> None:
        for at, value in (
            ("2026", "1.10"),
            ("2026-03", "24.0"),
            ("2026-03-02", "24.00"),
            ("2026-03-02T08:00:00+01:00", "7e1"),
        ):
            sent = ferritin(
                her.person, at=at, extension=[{"url": "https://example.org/x", "valueDecimal": 1}]
            )
            text = json.dumps(sent).replace('"value": 24', f'"value": {value}').encode()
            answer = await her.gp.send("POST", "/Observation", content=text)
            assert answer.status_code == 201, answer.text
            read = await her.gp.send("GET", f"/Observation/{answer.json()['id']}")
            assert read.content == answer.content
            found = json.loads(read.content, parse_float=str)
            assert found["effectiveDateTime"] == at
            assert found["extension"] == sent["extension"]
            assert float(found["valueQuantity"]["value"]) == float(value)
            if "e" not in value:
                assert found["valueQuantity"]["value"] == value

    async def test_references_by_this_services_address_are_kept_relative(self, her: Her) -> None:
        sent = condition(her.person) | {"subject": {"reference": f"{BASE}/Patient/{her.person}"}}
        assert (await her.made(sent))["subject"] == {"reference": f"Patient/{her.person}"}
        escaped = json.dumps(sent).replace("/", "\\/").encode()
        answer = await her.gp.send("POST", "/Condition", content=escaped)
        assert answer.json()["subject"] == {"reference": f"Patient/{her.person}"}

    async def test_eight_at_once_make_one(self, her: Her) -> None:
        sent = ferritin(her.person)
        criteria = {"if-none-exist": "code=http://loinc.org|2276-4&date=2026-03-02"}
        answers = await asyncio.gather(
            *(her.gp.send("POST", "/Observation", sent, headers=criteria) for _ in range(8))
        )
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert await her.commits() == 2

    async def test_a_condition_that_several_meet_is_refused(self, her: Her) -> None:
        for _ in range(2):
            await her.made(condition(her.person))
        for criteria, kind in (
            (f"patient=Patient/{her.person}", Kind.PRECONDITION_FAILED),
            ("colour=red", Kind.INVALID_PARAMETER),
            ("_count=1", Kind.INVALID),
            ("encounter.unheard=x", Kind.INVALID_PARAMETER),
        ):
            await her.gp.refused(
                kind, "POST", "/Condition", condition(her.person), headers={"if-none-exist": criteria}
            )
        assert await her.commits() == 3

    @pytest.mark.parametrize("header", ["if-match", "if-none-match", "if-unmodified-since"])
    async def test_a_condition_that_is_not_for_it_is_refused(self, her: Her, header: str) -> None:
        sent = condition(her.person)
        await her.gp.refused(Kind.INVALID_HEADER, "POST", "/Condition", sent, headers={header: "*"})
        assert await her.commits() == 1

    async def test_an_episode_that_is_there_is_found_and_not_made_again(self, her: Her) -> None:
        criteria = {"if-none-exist": "status=active"}
        answers = await asyncio.gather(
            *(her.gp.send("POST", "/EpisodeOfCare", episode(her.person), headers=criteria) for _ in range(3))
        )
        assert [(one.status_code, one.json()["id"]) for one in answers] == [(200, her.record)] * 3
        other = {"if-none-exist": "status=planned"}
        await her.gp.refused(
            Kind.ALREADY_EXISTS, "POST", "/EpisodeOfCare", episode(her.person), headers=other
        )


class TestUpdating:
    async def test_the_next_version_has_the_version_seen(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        at = f"/Observation/{made['id']}"
        answer = await her.gp.send("PUT", at, made | {"valueQuantity": quantity(25, "ug/L")}, headers=seen(1))
        assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
        assert answer.json()["valueQuantity"]["value"] == 25
        assert [
            one["resource"]["meta"]["versionId"]
            for one in (await her.gp.ok("GET", f"{at}/_history"))["entry"]
        ] == [
            "2",
            "1",
        ]
        await her.gp.refused(Kind.PRECONDITION_FAILED, "PUT", at, made, headers=seen(1))
        await her.gp.refused(Kind.PRECONDITION_FAILED, "PUT", at, made)

    async def test_the_version_read_may_be_told_by_the_resource_itself(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        at = f"/Observation/{made['id']}"
        changed = made | {"note": [{"text": "Fastende"}]}
        assert (await her.gp.ok("PUT", at, changed))["meta"]["versionId"] == "2"
        unseen = {name: value for name, value in changed.items() if name != "meta"}
        await her.gp.refused(Kind.PRECONDITION_FAILED, "PUT", at, unseen)

    @pytest.mark.parametrize("header", ["if-none-match", "if-none-exist", "if-unmodified-since"])
    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    async def test_a_condition_that_is_not_for_it_is_refused(
        self, her: Her, method: str, header: str
    ) -> None:
        made = await her.made(condition(her.person))
        patch = [{"op": "test", "path": "/meta/versionId", "value": "1"}, {"op": "remove", "path": "/code"}]
        body = {"PUT": made | {"note": [{"text": "x"}]}, "PATCH": patch, "DELETE": None}[method]
        kind = {"content-type": "application/json-patch+json"} if method == "PATCH" else {}
        path = f"/Condition/{made['id']}"
        sent = kind | {header: "*"}
        outcome = await her.gp.refused(Kind.INVALID_HEADER, method, path, body, headers=sent)
        assert [one["location"][0].lower() for one in outcome["issue"]] == [f"http.{header}"]
        assert await her.gp.ok("GET", path) == made

    async def test_what_changes_nothing_makes_no_version(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        again = await her.gp.ok("PUT", f"/Observation/{made['id']}", made)
        assert again == made
        assert await her.commits() == 2
        assert (await her.fhir.v1.log_of())[-2] == ("write-resources", "")

    async def test_of_many_at_once_one_wins_and_nothing_is_lost(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        at = f"/Observation/{made['id']}"
        answers = await asyncio.gather(
            *(her.gp.send("PUT", at, made | {"valueQuantity": quantity(n, "ug/L")}) for n in range(30, 36))
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5

    async def test_the_pregnancy_is_ended_as_in_the_json_contract(self, her: Her) -> None:
        found = await her.gp.ok("GET", f"/EpisodeOfCare/{her.record}")
        told = [one for one in found.get("extension", []) if one["url"] != RECORD_STATUS]
        ended = found | {
            "status": "finished",
            "extension": [*told, {"url": RECORD_STATUS, "valueCode": "TERMINATED"}],
            "period": {"start": "2026-01-01", "end": "2026-06-01"},
        }
        await her.gp.ok("PUT", f"/EpisodeOfCare/{her.record}", ended)
        assert not (await her.fhir.v1.client().ok("GET", "/status"))["hasActiveMaternityRecord"]
        await her.gp.refused(
            Kind.INACTIVE_RECORD, "POST", "/Condition", condition(her.person) | _in(her.record)
        )

    @pytest.mark.parametrize(
        ("change", "kind"),
        [
            ({"id": "another"}, Kind.CONTRADICTION),
            ({"resourceType": "Condition"}, Kind.CONTRADICTION),
            ({"subject": {"reference": f"Patient/{NOBODY}"}}, Kind.INVALID),
            ({"subject": {"display": "Berit"}}, Kind.INVALID),
        ],
    )
    async def test_it_stays_what_and_whose_it_is(self, her: Her, change: Json, kind: Kind) -> None:
        made = await her.made(ferritin(her.person))
        await her.gp.refused(kind, "PUT", f"/Observation/{made['id']}", made | change)

    async def test_an_id_that_was_never_given_is_not_made(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        invented = f"{made['id'][:-8]}aaaaaaaa"
        await her.gp.refused(Kind.NOT_FOUND, "PUT", f"/Observation/{invented}", made | {"id": invented})
        await her.gp.refused(
            Kind.UNKNOWN_RECORD,
            "PUT",
            f"/EpisodeOfCare/{NOBODY}",
            episode(her.person, id=NOBODY, meta={"versionId": "1"}),
        )


def _in(record: str) -> Json:
    url = "http://hl7.org/fhir/StructureDefinition/workflow-episodeOfCare"
    return {"extension": [{"url": url, "valueReference": {"reference": f"EpisodeOfCare/{record}"}}]}


class TestPatching:
    async def patched(
        self, her: Her, at: str, *operations: Json, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return await her.gp.send(
            "PATCH",
            at,
            content=json.dumps(operations).encode(),
            headers={"content-type": "application/json-patch+json"} | (headers or {}),
        )

    async def test_what_it_names_is_changed_and_nothing_else(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        operation = {"op": "replace", "path": "/valueQuantity/value", "value": 26}
        answer = await self.patched(her, f"/Observation/{made['id']}", operation, headers=seen(1))
        assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
        assert answer.json()["valueQuantity"] == quantity(26, "ug/L")
        assert answer.json()["code"] == made["code"]

    @pytest.mark.parametrize(
        ("operation", "status"),
        [
            ({"op": "test", "path": "/status", "value": "preliminary"}, 422),
            ({"op": "replace", "path": "/id", "value": "x"}, 422),
            ({"op": "replace", "path": "/resourceType", "value": "Condition"}, 422),
            ({"op": "replace", "path": "/meta/versionId", "value": "9"}, 422),
            ({"op": "replace", "path": "/subject/reference", "value": f"Patient/{NOBODY}"}, 422),
            ({"op": "remove", "path": "/status"}, 422),
            ({"op": "add", "path": "/unheard", "value": 1}, 422),
            ({"op": "add", "path": "/modifierExtension", "value": [{"url": "https://example.org/no"}]}, 422),
            ({"op": "remove", "path": "/nothing"}, 422),
            ({"op": "remove", "path": "/resourceType"}, 422),
            ({"op": "replace", "path": "/resourceType", "value": 7}, 422),
            ({"op": "replace", "path": "/resourceType", "value": "Sausage"}, 422),
            ({"op": "replace", "path": "", "value": {}}, 422),
            ({"op": "replace", "path": "", "value": []}, 422),
            ({"op": "replace", "path": "", "value": None}, 422),
            ({"op": "replace", "path": "", "value": {"resourceType": []}}, 422),
            ({"op": "replace", "path": "/meta", "value": 7}, 422),
            ({"op": "replace", "path": "/code", "value": 7}, 422),
            ({"op": "replace", "path": "/code", "value": {"coding": {}}}, 422),
            ({"op": "replace", "path": "/subject", "value": []}, 422),
            ({"op": "invent", "path": "/status"}, 400),
        ],
    )
    async def test_what_it_may_not_do(self, her: Her, operation: Json, status: int) -> None:
        made = await her.made(ferritin(her.person))
        answer = await self.patched(her, f"/Observation/{made['id']}", operation, headers=seen(1))
        assert answer.status_code == status, answer.text
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert await her.gp.ok("GET", f"/Observation/{made['id']}") == made

    async def test_it_has_to_say_which_version_it_is_for(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        at = f"/Observation/{made['id']}"
        operation = {"op": "replace", "path": "/valueQuantity/value", "value": 26}
        assert (await self.patched(her, at, operation)).status_code == 412
        tested = {"op": "test", "path": "/meta/versionId", "value": "1"}
        assert (await self.patched(her, at, tested, operation)).status_code == 200
        assert (await self.patched(her, at, tested, operation)).status_code == 412

    async def test_only_json_patch_is_taken(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        for type_ in ("application/fhir+json", "application/xml", "application/merge-patch+json"):
            answer = await her.gp.send(
                "PATCH", f"/Observation/{made['id']}", content=b"{}", headers={"content-type": type_}
            )
            assert answer.status_code == 415


class TestDeleting:
    async def test_what_is_deleted_is_gone_and_its_history_stays(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        at = f"/Observation/{made['id']}"
        for _ in range(2):
            assert (await her.gp.send("DELETE", at)).status_code == 204
        await her.gp.refused(Kind.DELETED, "GET", at)
        await her.gp.refused(Kind.DELETED, "PUT", at, made)
        assert (await her.gp.ok("GET", f"/Observation?patient={her.person}&code=2276-4"))["total"] == 0
        versions = (await her.gp.ok("GET", f"{at}/_history"))["entry"]
        assert [one["request"]["method"] for one in versions] == ["DELETE", "POST"]
        assert (await her.gp.ok("GET", f"{at}/_history/1")) == made
        card = await her.fhir.v1.client().ok("GET", f"/record/{her.record}")
        assert (card["clinicalTests"] or {}).get("ferritin") is None
        assert ("enter-in-error", "") in await her.fhir.v1.log_of()

    async def test_a_version_that_is_not_the_last_is_not_deleted(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        at = f"/Observation/{made['id']}"
        await her.gp.ok("PUT", at, made | {"note": [{"text": "x"}]})
        await her.gp.refused(Kind.PRECONDITION_FAILED, "DELETE", at, headers=seen(1))
        await her.gp.ok("GET", at)

    async def test_what_was_never_there_is_not_found(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        await her.gp.refused(Kind.NOT_FOUND, "DELETE", f"/Observation/{made['id'][:-8]}aaaaaaaa")

    async def test_a_pregnancy_is_ended_and_never_deleted(self, her: Her) -> None:
        await her.gp.refused(Kind.METHOD_NOT_ALLOWED, "DELETE", f"/EpisodeOfCare/{her.record}")


class TestWhoMayWrite:
    async def test_only_clinicians_who_write_and_the_refusal_is_in_her_log(self, her: Her) -> None:
        sent = condition(her.person)
        for by, kind in (
            ("anne", Kind.INVALID_USER),
            ("secretary", Kind.INVALID_ROLE),
            ("machine", Kind.INVALID_USER),
            ("nobody", Kind.UNAUTHENTICATED),
        ):
            await her.fhir.client(by).refused(kind, "POST", "/Condition", sent)
        assert await her.commits() == 1
        rows = await her.fhir.v1.log_of()
        assert ("write-resources", Kind.INVALID_ROLE.value) in rows

    async def test_a_part_she_has_blocked_is_not_written_in(self, her: Her) -> None:
        await _blocked(her, "clinicalTests")
        await her.gp.refused(Kind.BLOCKED, "POST", "/Observation", ferritin(her.person))
        batch = bundle(
            entry("POST", "Condition", condition(her.person)),
            entry("POST", "Observation", ferritin(her.person)),
        )
        await her.gp.refused(Kind.BLOCKED, "POST", "", batch)
        assert await her.commits() == 1
        assert ("write-resources", Kind.BLOCKED.value) in await her.fhir.v1.log_of()

    async def test_what_is_behind_a_block_cannot_be_told_by_writing(self, fhir: Fhir) -> None:
        told = []
        for patient, registered in ((ANNE, True), (BERIT, False)):
            her = await her_on(fhir, patient)
            if registered:
                await her.made(ferritin(her.person))
            await wish(fhir.v1, WishKind.BLOCK_SECTION, "clinicalTests", patient=patient)
            criteria = "code=http://loinc.org|2276-4"
            linked = condition(her.person, evidence=[{"detail": [{"reference": f"Observation?{criteria}"}]}])
            invented = value_id(UUID(her.record), "clinicalTests", "", b"12345")
            sent = ferritin(her.person, id=invented, meta={"versionId": "1"})
            answers = [
                await her.gp.send(
                    "POST", "/Observation", ferritin(her.person), headers={"if-none-exist": criteria}
                ),
                await her.gp.send("POST", "", bundle(entry("POST", "Condition", linked))),
                await her.gp.send("PUT", f"/Observation/{invented}", sent),
                await her.gp.send("DELETE", f"/Observation/{invented}"),
                await her.gp.send("POST", "", bundle(entry("DELETE", f"Observation/{invented}"))),
            ]
            told.append(
                [
                    (one.status_code, [each["details"]["text"] for each in one.json()["issue"]])
                    for one in answers
                ]
            )
        assert told[0] == told[1]
        assert {status for status, _ in told[0]} <= {403, 404, 422}

    async def test_what_is_written_is_told_by_number_in_her_log(self, her: Her) -> None:
        await her.gp.ok("POST", "", bundle(*[entry("POST", "Condition", condition(her.person))] * 3))
        [row] = [row for row in await her.log() if row.action == "write-resources"]
        assert row.detail.resources == {"Condition": 3}


async def _blocked(her: Her, section: str) -> None:
    await wish(her.fhir.v1, WishKind.BLOCK_SECTION, section)
