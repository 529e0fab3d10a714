"""Chapter: an organisation's own queue. What it must look at, what women report, and nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import httpx
import pytest

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind
from helsekort.access.headers import Naming
from helsekort.api.http.log import RequestLog
from helsekort.api.organisation.app import build
from helsekort.api.organisation.operations import OPERATIONS, PREFIX
from helsekort.api.v1.caller import identify_at
from helsekort.basics.clock import system_clock
from helsekort.basics.ids import new_id
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.view import Wants
from helsekort.sandbox.helseid import practitioner_grant
from helsekort.sandbox.wrong import Ingredients, present
from tests.abuse.switching import hospital
from tests.abuse.world import (
    BASE,
    HELSEID,
    PATIENT,
    PEOPLE,
    SECRET,
    WOMAN,
    World,
    card,
    citizen,
    gate_now,
    gp,
    machine,
    request,
    world,
)
from tests.admitting import admitting


@dataclass
class Queue:
    """The organisation's contract beside the national one, on one database."""

    made: World
    http: httpx.AsyncClient
    record: str

    async def ask(
        self,
        method: str,
        path: str,
        by: Callable[[str, str], Ingredients] = machine,
        body: object = None,
        **headers: str,
    ) -> httpx.Response:
        """One request without a patient."""
        address = f"{PREFIX}{path}"
        found = by(method, address)
        role = {
            "nhn-user-role": "%7B%22system%22%3A%22urn%3Aoid%3A2.16.578.1.12.4.1.1.9060%22%2C%22code%22%3A%22LE%22%7D"
        }
        sent = [
            *present(found).headers,
            *{"nhn-source-system": "Liksom Journal 1.0", **role, **headers}.items(),
        ]
        return await self.http.request(method, address, headers=sent, json=body)

    async def emergency(self) -> None:
        """The GP opens the record in an emergency."""
        path = f"/api/maternity-record/v1/record/{self.record}"
        basis = {"nhn-access-basis": "AKUTT", "nhn-access-reason": "Bevisstl%C3%B8s"}
        answer = await self.made.send(
            "GET", path, presented=present(gp("GET", path)), event="akutt-1", **basis
        )
        assert answer.status_code == 200, answer.text

    async def reported(self) -> str:
        """She reports the newest line of her log; the report's id."""
        herself = Actor(ActorKind.CITIZEN, WOMAN.name, "pages", PATIENT)
        reading = Act(herself, Action.READ_LOG, PATIENT, system_clock(), "log")
        log = (await self.made.door.read(reading, Wants.LOG)).log
        line = next(entry.id for entry in log if entry.detail.event_id == "akutt-1")
        reporting = Act(herself, Action.REPORT_LOOKUP, PATIENT, system_clock(), "report")
        await self.made.door.report(reporting, line, "Jeg var ikke bevisstløs.")
        return str((await self.ask("GET", "/reports")).json()["reports"][0]["id"])


@pytest.fixture
async def queue(database_url: str, keyring: Keyring) -> AsyncIterator[Queue]:
    ledger = await Ledger.open(database_url, keyring, new_id=new_id)
    app = build(
        queues=ledger,
        note=partial(ledger.note, None),
        admission=admitting(ledger),
        identify=identify_at(gate_now(), naming=Naming.NOBODY),
        clock=system_clock,
        new_id=new_id,
        log=RequestLog(list[str]().append, system_clock),
    )
    async with (
        world(database_url, keyring) as made,
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http,
    ):
        yield Queue(made, http, (await card(made))["record"])
    await ledger.close()


async def test_an_emergency_stands_in_the_queue_without_anything_clinical(queue: Queue) -> None:
    assert (await queue.ask("GET", "/reviews")).json() == {"reviews": []}
    await queue.emergency()
    answer = await queue.ask("GET", "/reviews")
    [review] = answer.json()["reviews"]
    assert review["kind"] == "emergency"
    lookup = review["lookup"]
    assert (lookup["recordId"], lookup["eventId"], lookup["reason"]) == (
        queue.record,
        "akutt-1",
        "Bevisstløs",
    )
    assert lookup["practitioner"] == {"name": "Grete Fastlegesen", "role": "LE", "hprNumber": "565900101"}
    assert WOMAN.nin not in answer.text
    assert WOMAN.name not in answer.text
    assert SECRET not in answer.text


async def test_a_user_of_the_organisation_reads_it_too_and_others_see_their_own(queue: Queue) -> None:
    await queue.emergency()
    assert len((await queue.ask("GET", "/reviews", by=gp)).json()["reviews"]) == 1
    assert (await queue.ask("GET", "/reviews", by=hospital)).json() == {"reviews": []}


async def test_a_report_is_answered_once_by_the_organisation_it_is_about(queue: Queue) -> None:
    await queue.emergency()
    report = await queue.reported()
    [shown] = (await queue.ask("GET", "/reports")).json()["reports"]
    assert (shown["state"], shown["text"], shown["answer"]) == ("new", "Jeg var ikke bevisstløs.", None)
    assert shown["lookup"]["eventId"] == "akutt-1"
    answer = {"answer": "Vi har sett på det.\nDu hører fra oss."}
    elsewhere = await queue.ask("POST", f"/reports/{report}/answer", by=hospital, body=answer)
    assert elsewhere.status_code == 404
    first = await queue.ask("POST", f"/reports/{report}/answer", body=answer)
    assert (first.status_code, first.json()) == (200, {"id": report, "state": "answered"})
    assert (await queue.ask("POST", f"/reports/{report}/answer", body=answer)).status_code == 404
    [shown] = (await queue.ask("GET", "/reports")).json()["reports"]
    assert (shown["state"], shown["answer"]) == ("answered", answer["answer"])


BODIES: dict[str, object] = {
    "no answer": {},
    "empty": {"answer": " "},
    "a number": {"answer": 1},
    "a list": [],
    "more than the answer": {"answer": "x", "to": "her"},
    "too long": {"answer": "x" * 2001},
    "control characters": {"answer": "x\u202e"},
    "an identity number": {"answer": f"Gjelder {WOMAN.nin}"},
}


@pytest.mark.parametrize("name", BODIES)
async def test_an_answer_is_words(queue: Queue, name: str) -> None:
    path = f"/reports/{UUID(int=1)}/answer"
    answer = await queue.ask("POST", path, body=BODIES[name])
    assert (answer.status_code, answer.headers["nhn-error-code"]) == (422, "DHG-0012")
    assert WOMAN.nin not in answer.text


@pytest.mark.parametrize("report", [str(UUID(int=1)), "1", "x"])
async def test_an_unknown_report_is_not_found(queue: Queue, report: str) -> None:
    answer = await queue.ask("POST", f"/reports/{report}/answer", body={"answer": "x"})
    assert answer.status_code == 404


async def test_the_woman_herself_has_no_queue(queue: Queue) -> None:
    for each in OPERATIONS:
        path = each.template.replace("{reportId}", str(UUID(int=1)))
        body = {"answer": "x"} if each.writes else None
        assert (await queue.ask(each.method, path, by=citizen, body=body)).status_code == 403


async def test_who_asks_must_be_who_she_says(queue: Queue) -> None:
    nobody = await queue.http.get(f"{PREFIX}/reviews")
    assert nobody.status_code == 401
    wrong_role = {
        "nhn-user-role": "%7B%22system%22%3A%22urn%3Aoid%3A2.16.578.1.12.4.1.1.9060%22%2C%22code%22%3A%22JO%22%7D"
    }
    assert (await queue.ask("GET", "/reviews", by=gp, **wrong_role)).status_code == 403
    proof_elsewhere = request(
        practitioner_grant(PEOPLE, "gp", "gp"), "GET", "/api/maternity-record/v1/status", provider=HELSEID
    )
    assert (await queue.ask("GET", "/reviews", by=lambda *_: proof_elsewhere)).status_code == 401


async def test_each_request_leaves_a_row_under_nobody(queue: Queue) -> None:
    await queue.ask("GET", "/reviews", by=machine, **{"nhn-event-id": "q1"})
    await queue.ask("GET", "/reviews", by=citizen, **{"nhn-event-id": "q2"})
    [read], [refused] = await queue.made.rows("q1"), await queue.made.rows("q2")
    assert (read.action, read.permitted, read.person.int) == ("read-reviews", True, 0)
    assert (refused.permitted, refused.detail.refusal) == (False, "invalid-user")


async def test_its_description_is_served_and_names_every_operation(queue: Queue) -> None:
    described = (await queue.http.get(f"{PREFIX}/openapi.json")).json()
    assert {(method.upper(), path) for path, item in described["paths"].items() for method in item} == {
        (each.method, each.template) for each in OPERATIONS
    }
