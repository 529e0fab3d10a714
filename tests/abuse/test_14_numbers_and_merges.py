"""Abuse 14: changed numbers and merged persons. An old number finds the same woman only; a merge unites no records by itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.persons import NumberTaken
from tests.contract.ledger_acts import a_woman
from tests.flow.v1_service import ANNE, BERIT, service_on


async def test_an_old_number_finds_the_same_record_and_nobody_elses(ledger: Ledger) -> None:
    service = service_on(ledger)
    await service.consent(ANNE)
    record = await service.client("gp", ANNE).record()
    newer = a_woman()
    assert await ledger.add_number(ANNE, newer)
    for number in (ANNE, newer):
        await service.client("gp", number).ok("GET", f"/record/{record}")
    await service.consent(BERIT)
    await service.client("gp", BERIT).refused(Kind.UNKNOWN_RECORD, "GET", f"/record/{record}")
    with pytest.raises(NumberTaken):  # a number is never handed on
        await ledger.add_number(BERIT, newer)
    await service.client("gp", newer).ok("GET", f"/record/{record}")


async def test_a_merge_shows_both_logs_and_unites_no_records(ledger: Ledger) -> None:
    service = service_on(ledger)
    records = {}
    for woman in (ANNE, BERIT):
        await service.consent(woman)
        records[woman] = await service.client("gp", woman).record({"mother": {"name": "En"}})
    assert await ledger.merge(BERIT, ANNE, at=datetime.now(UTC))
    for number in (ANNE, BERIT):
        await service.client("gp", number).ok("GET", f"/record/{records[ANNE]}")
        await service.client("gp", number).refused(Kind.UNKNOWN_RECORD, "GET", f"/record/{records[BERIT]}")
        listed = (await service.client("gp", number).ok("GET", "/history"))["history"]
        assert [each["recordId"] for each in listed] == [records[ANNE]]
    created = [action for action, _ in await service.log_of(ANNE) if action == "create-record"]
    assert len(created) == 2
