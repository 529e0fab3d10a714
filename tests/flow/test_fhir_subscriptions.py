"""Subscriptions over HTTP: asked for, read, listed, replayed and ended, by whoever asked and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.subscriptions import MOST_OF_ONE
from tests.flow.fhir_service import HOOK, Fhir, fhir_on
from tests.flow.v1_service import ANNE, BERIT

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
TOPIC = "https://w3id.org/helsekort/fhir/SubscriptionTopic/record-changed"
Json = dict[str, Any]


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    """The API over a ledger of the test's own."""
    return fhir_on(ledger)


def asked(person: str, **changes: Any) -> Json:  # noqa: ANN401 - of a Subscription
    """A Subscription to her records, with changes to its channel under the name `channel`."""
    content = {"extension": [{"url": f"{BACKPORT}/backport-payload-content", "valueCode": "id-only"}]}
    criteria = [
        {
            "url": f"{BACKPORT}/backport-filter-criteria",
            "valueString": f"EpisodeOfCare?patient=Patient/{person}",
        }
    ]
    channel = {
        "type": "rest-hook",
        "endpoint": HOOK,
        "payload": "application/fhir+json",
        "_payload": content,
    }
    made = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "To know when to read",
        "criteria": TOPIC,
        "_criteria": {"extension": criteria},
        "channel": channel | changes.pop("channel", {}),
    }
    return made | changes


async def made(fhir: Fhir) -> tuple[Json, str]:
    """A subscription of the GP's, and the record it is to."""
    record = await fhir.record()
    body = asked(await fhir.person(record))
    return await fhir.client().ok("POST", "/Subscription", body, status=201), record


async def test_it_is_created_read_and_listed(fhir: Fhir) -> None:
    created, _ = await made(fhir)
    assert created["status"] == "requested"
    assert created["meta"]["profile"] == [f"{BACKPORT}/backport-subscription"]
    assert await fhir.client().ok("GET", f"/Subscription/{created['id']}") == created
    listed = await fhir.client(patient=ANNE).ok("GET", "/Subscription")
    assert [one["resource"] for one in listed["entry"]] == [created]


async def test_they_are_listed_of_the_woman_that_is_named(fhir: Fhir) -> None:
    created, _ = await made(fhir)
    anne = created["_criteria"]["extension"][0]["valueString"].partition("=")[2]
    berit = f"Patient/{await fhir.person(await fhir.record(patient=BERIT))}"
    listed = await fhir.client().ok("GET", f"/Subscription?patient={anne}")
    assert [one["resource"] for one in listed["entry"]] == [created]
    assert (await fhir.client().ok("GET", f"/Subscription?patient={berit}"))["total"] == 0
    await fhir.client(patient=ANNE).refused(Kind.UNKNOWN_RECORD, "GET", f"/Subscription?patient={berit}")


async def test_a_parameter_is_never_left_out_without_a_word(fhir: Fhir) -> None:
    created, _ = await made(fhir)
    for more in ("$status?_since=2026-01-01", "$status?x=1", "$events?_count=1"):
        await fhir.client().refused(Kind.INVALID_PARAMETER, "GET", f"/Subscription/{created['id']}/{more}")


async def test_its_events_are_told_by_number_and_can_be_replayed(fhir: Fhir) -> None:
    created, record = await made(fhir)
    ledger = fhir.v1.ledger
    await fhir.v1.client().ok("POST", f"/record/{record}/mother", {"name": "Anne"}, status=201)
    for happened in await ledger.outbox():
        if happened.t is not None:
            await ledger.note_change(happened)
    events = await fhir.client().ok("GET", f"/Subscription/{created['id']}/$events?eventsSinceNumber=1")
    [told] = [
        one for one in events["entry"][0]["resource"]["parameter"] if one["name"] == "notification-event"
    ]
    assert [part.get("valueString") for part in told["part"][:1]] == ["1"]
    assert told["part"][2]["valueReference"]["reference"] == f"EpisodeOfCare/{record}"
    none = await fhir.client().ok("GET", f"/Subscription/{created['id']}/$events?eventsSinceNumber=2")
    assert len(none["entry"]) == 1
    status = await fhir.client().ok("GET", f"/Subscription/{created['id']}/$status")
    told = {one["name"]: one for one in status["entry"][0]["resource"]["parameter"]}
    assert told["events-since-subscription-start"]["valueString"] == "1"


async def test_ended_it_is_gone(fhir: Fhir) -> None:
    created, _ = await made(fhir)
    path = f"/Subscription/{created['id']}"
    assert (await fhir.client().send("DELETE", path)).status_code == 204
    await fhir.client().refused(Kind.DELETED, "GET", path)
    listed = await fhir.client(patient=ANNE).ok("GET", "/Subscription")
    assert listed["total"] == 0


async def test_one_place_of_care_follows_a_woman_so_many_times_at_most(fhir: Fhir) -> None:
    """Each change is sent, and told in her log, once for each subscription: a client that asks again and again is stopped."""
    created, record = await made(fhir)
    body = asked(await fhir.person(record))
    for _ in range(MOST_OF_ONE - 1):
        await fhir.client().ok("POST", "/Subscription", body, status=201)
    outcome = await fhir.client().refused(Kind.INVALID, "POST", "/Subscription", body)
    assert outcome["issue"][0]["expression"] == ["Subscription"]
    lines = [refusal for action, refusal in await fhir.v1.log_of(ANNE) if action == "subscribe"]
    assert lines == [*[""] * MOST_OF_ONE, "invalid"]
    assert (await fhir.client(patient=ANNE).ok("GET", "/Subscription"))["total"] == MOST_OF_ONE
    assert (await fhir.client().send("DELETE", f"/Subscription/{created['id']}")).status_code == 204
    await fhir.client().ok("POST", "/Subscription", body, status=201)


async def test_those_that_are_ended_hide_none_that_is_not(
    fhir: Fhir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helsekort.ledger.subscriptions.MOST", 3)
    created, record = await made(fhir)
    body = asked(await fhir.person(record))
    for _ in range(4):
        assert (await fhir.client().send("DELETE", f"/Subscription/{created['id']}")).status_code == 204
        created = await fhir.client().ok("POST", "/Subscription", body, status=201)
    assert await fhir.client().ok("GET", f"/Subscription/{created['id']}") == created


async def test_another_place_of_care_finds_nothing(fhir: Fhir) -> None:
    created, _ = await made(fhir)
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/$status"), ("GET", "/$events")):
        await fhir.client("hospital").refused(
            Kind.NO_SUCH_RESOURCE, method, f"/Subscription/{created['id']}{path}"
        )
    assert (await fhir.client("hospital", ANNE).ok("GET", "/Subscription"))["total"] == 0


@pytest.mark.parametrize(("by", "kind"), [("anne", Kind.INVALID), ("machine", Kind.INVALID_USER)])
async def test_only_clinicians_follow(fhir: Fhir, by: str, kind: Kind) -> None:
    """No address can be registered for her own client; a machine has nobody behind it."""
    record = await fhir.record()
    body = asked(await fhir.person(record))
    await fhir.client(by).refused(kind, "POST", "/Subscription", body)


async def test_every_fault_is_told_at_once_with_its_place(fhir: Fhir) -> None:
    record = await fhir.record()
    wrong = asked(await fhir.person(record), status="off")
    wrong["channel"] = {
        "type": "websocket",
        "endpoint": "ftp://x",
        "payload": "text/plain",
        "header": ["a: b"],
    }
    outcome = await fhir.client().refused(Kind.INVALID, "POST", "/Subscription", wrong)
    assert {one["expression"][0] for one in outcome["issue"]} == {
        "Subscription.status",
        "Subscription.channel.type",
        "Subscription.channel.endpoint",
        "Subscription.channel.payload",
        "Subscription.channel.payload.extension.value",
        "Subscription.channel.header",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"criteria": "Observation?code=1"},
        {"_criteria": None},
        {"_criteria": {"extension": "x"}},
        {
            "_criteria": {
                "extension": [{"url": f"{BACKPORT}/backport-filter-criteria", "valueString": "Patient/1"}]
            }
        },
        {"_criteria": {"extension": [7]}},
        {"channel": {"_payload": {"extension": [None]}}},
        {"channel": {"extension": [{"url": f"{BACKPORT}/backport-heartbeat-period", "valueUnsignedInt": 1}]}},
        {"channel": {"extension": [{"url": f"{BACKPORT}/backport-max-count", "valuePositiveInt": "many"}]}},
        {"channel": {"extension": 5}},
        {"channel": {"endpoint": "https://elsewhere.example/hook"}},
        {"channel": {"endpoint": "https://["}},
        {"channel": {"endpoint": 9}},
    ],
)
async def test_what_cannot_be_is_refused(fhir: Fhir, change: Json) -> None:
    record = await fhir.record()
    body = asked(await fhir.person(record), **change)
    answer = await fhir.client(patient=ANNE).send("POST", "/Subscription", body)
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "query", ["eventsSinceNumber=x", "eventsSinceNumber=-1", "content=full-resource", "foo=1"]
)
async def test_a_wrong_parameter_is_refused(fhir: Fhir, query: str) -> None:
    created, _ = await made(fhir)
    await fhir.client().refused(
        Kind.INVALID_PARAMETER, "GET", f"/Subscription/{created['id']}/$events?{query}"
    )


@pytest.mark.parametrize("id_", ["x", "a.b", "agq74r5fp5yj5dygygkqhq67ha.agq74r5fp5yj5dygygkqhq67ha"])
async def test_what_is_no_subscription_is_not_found(fhir: Fhir, id_: str) -> None:
    await fhir.record()
    answer = await fhir.client(patient=ANNE).send("GET", f"/Subscription/{id_}")
    assert answer.status_code == 404


async def test_each_request_is_one_line_of_her_log(fhir: Fhir) -> None:
    created, _ = await made(fhir)
    path = f"/Subscription/{created['id']}"
    for method, more in (("GET", ""), ("GET", "/$status"), ("GET", "/$events"), ("DELETE", "")):
        assert (await fhir.client().send(method, path + more)).status_code in {200, 204}
    assert [action for action, _ in await fhir.v1.log_of()].count("subscribe") == 5
