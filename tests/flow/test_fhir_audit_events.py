"""Her access log through FHIR: hers alone, searched like anything else, and read in pages that do not move."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from helsekort.access.act import Action
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import Wants
from helsekort.maternity.identity import log_line_id
from tests.flow.fhir_service import BASE, Fhir, fhir_on
from tests.flow.v1_service import ANNE, BERIT


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    """The API over a ledger of the test's own."""
    return fhir_on(ledger)


def actions(bundle: dict[str, Any]) -> list[str]:
    """What each line tells was done."""
    return [entry["resource"]["subtype"][-1]["code"] for entry in bundle.get("entry", [])]


async def test_she_reads_who_has_opened_her_record(fhir: Fhir) -> None:
    record = await fhir.record()
    person = await fhir.person(record)
    for named in (f"?patient=Patient/{person}", ""):
        log = await fhir.client("anne", ANNE).ok("GET", f"/AuditEvent{named}")
        assert {"create-record", "read-resources"} <= set(actions(log))
    again = await fhir.client("anne", ANNE).ok("GET", "/AuditEvent?subtype=read-log")
    assert actions(again) == ["read-log", "read-log"]


async def test_it_is_searched_by_what_was_done_and_how_it_went(fhir: Fhir) -> None:
    record = await fhir.record()
    await fhir.client("machine").refused(Kind.INVALID_USER, "GET", f"/EpisodeOfCare/{record}")
    her = fhir.client("anne", ANNE)
    assert actions(await her.ok("GET", "/AuditEvent?outcome=8")) == ["read-resources"]
    assert actions(await her.ok("GET", "/AuditEvent?subtype=create-record")) == ["create-record"]


async def test_pages_do_not_move_as_the_log_grows(fhir: Fhir) -> None:
    await fhir.record()
    her = fhir.client("anne", ANNE)
    page = await her.ok("GET", "/AuditEvent?_count=1")
    seen = [page["entry"][0]["resource"]["id"]]
    while following := [one["url"] for one in page["link"] if one["relation"] == "next"]:
        page = await her.ok("GET", following[0])
        seen += [entry["resource"]["id"] for entry in page["entry"]]
    assert len(seen) == len(set(seen)) == page["total"]


async def test_each_line_is_read_by_its_id_which_tells_whose_it_is(fhir: Fhir) -> None:
    await fhir.record()
    log = await fhir.client("anne", ANNE).ok("GET", "/AuditEvent")
    her = fhir.client("anne")
    for entry in log["entry"]:
        assert entry["fullUrl"] == f"{BASE}/AuditEvent/{entry['resource']['id']}"
        assert await her.ok("GET", entry["fullUrl"]) == entry["resource"]
    head = await her.send("HEAD", f"/AuditEvent/{entry['resource']['id']}")
    assert (head.status_code, head.content) == (200, b"")
    part = await her.ok("GET", f"/AuditEvent/{entry['resource']['id']}?_elements=recorded")
    assert "entity" not in part
    assert "recorded" in part


async def test_reading_a_line_is_a_line_too(fhir: Fhir) -> None:
    await fhir.record()
    her = fhir.client("anne", ANNE)
    log = await her.ok("GET", "/AuditEvent")
    await her.ok("GET", f"/AuditEvent/{log['entry'][0]['resource']['id']}")
    after = await her.ok("GET", "/AuditEvent")
    assert actions(after).count("read-log") == 2
    assert after["total"] == log["total"] + 2


async def test_a_line_that_is_not_hers_or_nobodys(fhir: Fhir) -> None:
    await fhir.record()
    await fhir.record(patient=BERIT)
    [of_berit, *_] = (await fhir.v1.door.read(fhir.v1.own_act(Action.READ_LOG, BERIT), Wants.LOG)).log
    her = fhir.client("anne", ANNE)
    log = await her.ok("GET", "/AuditEvent")
    person = UUID(fhir_person(log))
    for line in (of_berit.id, UUID(int=7)):
        answer = await her.refused(Kind.NO_SUCH_RESOURCE, "GET", f"/AuditEvent/{log_line_id(person, line)}")
        assert "newest" in answer["issue"][0]["details"]["text"]
    await her.refused(Kind.NO_SUCH_RESOURCE, "GET", f"/AuditEvent/{UUID(int=7)}")
    for method in ("PUT", "DELETE", "PATCH"):
        refused = await her.send(method, f"/AuditEvent/{log_line_id(person, of_berit.id)}", {})
        assert refused.status_code == 405


def fhir_person(log: dict[str, Any]) -> str:
    """Her id, as a line of her log tells it."""
    [whose] = [one for one in log["entry"][0]["resource"]["entity"] if one.get("role", {}).get("code") == "1"]
    return str(whose["what"]["reference"]).removeprefix("Patient/")


async def test_it_is_searched_by_day_and_cut_into_pages(fhir: Fhir) -> None:
    await fhir.record()
    her = fhir.client("anne", ANNE)
    log = await her.ok("GET", "/AuditEvent")
    moments = [one["resource"]["recorded"] for one in log["entry"]]
    assert moments == sorted(moments, reverse=True)
    since = await her.ok("GET", f"/AuditEvent?date=ge{moments[0][:10]}&_count=1")
    assert len(since["entry"]) == 1
    before = await her.ok("GET", f"/AuditEvent?date=lt{moments[0]}")
    found = [one["resource"]["recorded"] for one in before["entry"]]
    assert (
        {one for one in moments if one < moments[0]}
        <= set(found)
        <= {one for one in found if one < moments[0]}
    )
    assert (await her.ok("GET", "/AuditEvent?date=lt2020"))["total"] == 0
    assert (await her.ok("GET", "/AuditEvent?_summary=count"))["total"] > 0
    line = log["entry"][0]["resource"]["id"]
    assert (await her.ok("GET", f"/AuditEvent?_id={line}"))["total"] == 1


@pytest.mark.parametrize("by", ["gp", "machine", "secretary"])
async def test_nobody_else_reads_it(fhir: Fhir, by: str) -> None:
    await fhir.record()
    await fhir.client(by, ANNE).refused(Kind.INVALID_USER, "GET", "/AuditEvent")
    line = (await fhir.client("anne", ANNE).ok("GET", "/AuditEvent"))["entry"][0]["resource"]["id"]
    await fhir.client(by, ANNE).refused(Kind.INVALID_USER, "GET", f"/AuditEvent/{line}")
    await fhir.client(by).refused(Kind.INVALID_USER, "GET", f"/AuditEvent/{line}")
