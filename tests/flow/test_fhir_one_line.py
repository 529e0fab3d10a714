"""One request is one line of her log: also where the answer depends on what is looked up in passing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from uuid import UUID, uuid4

import httpx
import pytest

from helsekort.access.wishes import WishKind
from helsekort.audit.entry import AuditEntry
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.identity import free_id
from helsekort.maternity.uris import RECORD_STATUS
from tests.contract.door_acts import wish
from tests.flow.fhir_bodies import Json, bundle, condition, entry, episode, ferritin
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import Fhir, fhir_on, refusal
from tests.flow.v1_service import ANNE, BERIT, NO_HEADERS

Line = tuple[bool, str, UUID | None]


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    return fhir_on(ledger)


@pytest.fixture
async def her(fhir: Fhir) -> Her:
    return await her_on(fhir)


async def lines_of(her: Her, answer: httpx.Response) -> list[Line]:
    """What her log says of a request: let in, the act and the record; the oldest first."""
    event = answer.headers["nhn-event-id"]
    lines: list[AuditEntry] = [one for one in await her.log() if one.detail.event_id == event]
    return [(one.permitted, one.action, one.record) for one in reversed(lines)]


async def sent(
    her: Her, method: str, path: str, body: object = None, headers: Mapping[str, str] = NO_HEADERS
) -> tuple[httpx.Response, list[Line]]:
    """The answer of a request by the doctor, and its lines."""
    answer = await her.gp.send(method, path, body, headers=headers)
    return answer, await lines_of(her, answer)


async def end(her: Her) -> None:
    """Her pregnancy is ended."""
    at = f"/EpisodeOfCare/{her.record}"
    found = await her.gp.ok("GET", at)
    told = [one for one in found.get("extension", []) if one["url"] != RECORD_STATUS]
    ended = {
        "status": "finished",
        "extension": [*told, {"url": RECORD_STATUS, "valueCode": "TERMINATED"}],
        "period": {"start": "2026-01-01", "end": "2026-06-01"},
    }
    await her.gp.ok("PUT", at, found | ended)


async def block(her: Her) -> None:
    """She blocks the part with the clinical tests."""
    await wish(her.fhir.v1, WishKind.BLOCK_SECTION, "clinicalTests")


class TestReading:
    async def test_what_was_never_there(self, her: Her) -> None:
        answer, lines = await sent(her, "GET", f"/Condition/{free_id(UUID(her.record), uuid4())}")
        refusal(answer, Kind.NO_SUCH_RESOURCE)
        assert lines == [(True, "read-resources", UUID(her.record))]

    async def test_what_was_deleted(self, her: Her) -> None:
        for made in (await her.made(ferritin(her.person)), await her.made(condition(her.person))):
            at = f"/{made['resourceType']}/{made['id']}"
            await her.gp.send("DELETE", at)
            answer, lines = await sent(her, "GET", at)
            refusal(answer, Kind.DELETED)
            assert lines == [(True, "read-resources", UUID(her.record))]

    async def test_what_is_hidden_is_as_if_it_never_was(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        await her.gp.send("DELETE", f"/Observation/{made['id']}")
        await block(her)
        answer, lines = await sent(her, "GET", f"/Observation/{made['id']}")
        refusal(answer, Kind.NO_SUCH_RESOURCE)
        assert lines == [(True, "read-resources", UUID(her.record))]

    async def test_many_at_once_are_told_apart(self, her: Her) -> None:

        there = await her.made(condition(her.person))
        gone = await her.made(condition(her.person, "Halsbrann"))
        await her.gp.send("DELETE", f"/Condition/{gone['id']}")
        never = free_id(UUID(her.record), uuid4())
        ids = [there["id"], gone["id"], never] * 10
        answers = await asyncio.gather(*(her.gp.send("GET", f"/Condition/{one}") for one in ids))
        assert [one.status_code for one in answers] == [200, 410, 404] * 10
        log = [one.detail.event_id for one in await her.log()]
        assert [log.count(one.headers["nhn-event-id"]) for one in answers] == [1] * 30

    @pytest.mark.parametrize("path", ["/Observation?code=2276-4", "/Observation", "/Patient"])
    async def test_a_search_is_one_line_for_each_record_from_the_first(
        self, fhir: Fhir, her: Her, path: str
    ) -> None:
        await end(her)
        second = await her_on(fhir)
        for _ in range(2):
            answer = await fhir.client(patient=ANNE).send("GET", path)
            assert answer.status_code == 200, answer.text
            assert await lines_of(her, answer) == [
                (True, "search-resources", UUID(one.record)) for one in (second, her)
            ]

    async def test_a_record_that_came_since_is_found_and_told(self, fhir: Fhir, her: Her) -> None:
        await fhir.client(patient=ANNE).ok("GET", "/EpisodeOfCare")
        await end(her)
        second = await her_on(fhir)
        answer = await fhir.client(patient=ANNE).send("GET", "/EpisodeOfCare")
        assert answer.json()["total"] == 2
        assert len(await lines_of(her, answer)) == 2
        assert {one["resource"]["id"] for one in answer.json()["entry"]} == {her.record, second.record}

    async def test_a_search_of_a_record_that_is_not_hers(self, fhir: Fhir, her: Her) -> None:
        other = await her_on(fhir, BERIT)
        asked = f"/Observation?episode-of-care=EpisodeOfCare/{other.record}"
        answer = await fhir.client(patient=ANNE).send("GET", asked)
        assert (answer.status_code, answer.json()["total"]) == (200, 0)
        assert len(await lines_of(her, answer)) == 1


class TestWriting:
    async def test_a_deletion_that_is_repeated_changes_nothing_and_is_told(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        first, lines = await sent(her, "DELETE", f"/Observation/{made['id']}")
        commits = await her.commits()
        again, once_more = await sent(her, "DELETE", f"/Observation/{made['id']}")
        assert (first.status_code, again.status_code) == (204, 204)
        assert lines == once_more == [(True, "enter-in-error", UUID(her.record))]
        assert await her.commits() == commits

    @pytest.mark.parametrize("kind", ["batch", "transaction"])
    async def test_it_is_the_same_in_a_bundle(self, her: Her, kind: str) -> None:
        made = await her.made(ferritin(her.person))
        at = f"Observation/{made['id']}"
        await her.gp.send("DELETE", f"/{at}")
        answer, lines = await sent(her, "POST", "", bundle(entry("DELETE", at), kind=kind))
        [told] = answer.json()["entry"]
        assert told["response"]["status"] == "204 No Content"
        assert [permitted for permitted, *_ in lines] == [True]

    async def test_an_update_of_what_is_gone(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        at = f"Observation/{made['id']}"
        await her.gp.send("DELETE", f"/{at}")
        alone, lines = await sent(her, "PUT", f"/{at}", made)
        refusal(alone, Kind.DELETED)
        assert len(lines) == 1
        assert lines[0][0] is False
        together, lines = await sent(her, "POST", "", bundle(entry("PUT", at, made)))
        assert together.status_code == 410, together.text
        assert len(lines) == 1

    @pytest.mark.parametrize("method", ["DELETE", "PUT"])
    async def test_what_was_never_there(self, her: Her, method: str) -> None:
        id_ = free_id(UUID(her.record), uuid4())
        body: Json | None = None
        if method == "PUT":
            body = condition(her.person) | {"id": id_, "meta": {"versionId": "1"}}
        answer, lines = await sent(her, method, f"/Condition/{id_}", body)
        refusal(answer, Kind.NOT_FOUND)
        assert len(lines) == 1

    async def test_behind_a_block_what_was_deleted_never_was(self, her: Her) -> None:
        made = await her.made(ferritin(her.person))
        await her.gp.send("DELETE", f"/Observation/{made['id']}")
        await block(her)
        never = f"{made['id'][:-8]}aaaaaaaa"
        for id_ in (made["id"], never):
            answer, lines = await sent(her, "DELETE", f"/Observation/{id_}")
            refusal(answer, Kind.NOT_FOUND)
            assert len(lines) == 1

    async def test_a_pregnancy_that_is_there_already(self, her: Her) -> None:
        asked = {"if-none-exist": "status=active"}
        answer, lines = await sent(her, "POST", "/EpisodeOfCare", episode(her.person), asked)
        assert answer.status_code == 200, answer.text
        assert len(lines) == 1

    async def test_to_a_woman_with_no_active_record_it_says_so(self, her: Her) -> None:
        await end(her)
        answer, lines = await sent(her, "POST", "/Condition", condition(her.person))
        outcome = refusal(answer, Kind.INACTIVE_RECORD)
        assert "EpisodeOfCare" in outcome["issue"][0]["diagnostics"]
        assert [line[0] for line in lines] == [False]
