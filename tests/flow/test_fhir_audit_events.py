"""Her access log through FHIR: hers alone, searched like anything else, and read in pages that do not move."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.flow.fhir_service import Fhir, fhir_on
from tests.flow.v1_service import ANNE


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


@pytest.mark.parametrize("by", ["gp", "machine", "secretary"])
async def test_nobody_else_reads_it(fhir: Fhir, by: str) -> None:
    await fhir.record()
    await fhir.client(by, ANNE).refused(Kind.INVALID_USER, "GET", "/AuditEvent")
