"""Chapter: the record's life (status.toml; printed in docs/handbook/status.md)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from helsekort.maternity import card
from helsekort.maternity.part import decode
from tests.spec.record_in_memory import TONE, Record
from tests.spec.tables import json, refusal, rows


@pytest.mark.parametrize(("registered", "sent", "answer"), rows("status", "Ending a record"))
def test_ending_a_record(registered: str, sent: str, answer: str) -> None:
    record = Record(json(registered))
    refused = refusal(partial(_end, record, json(sent)))
    assert (refused or "ended") == answer
    assert record.active is bool(refused)
    if not refused:
        shown = json(record.segments["record"].decode())
        assert shown["version"] == 2
        assert shown["lastUpdatedBy"]["name"] == "Tone"
        assert decode(record.parts["record"]).resources[0]["status"] == "finished"


def test_what_is_ended_stays_ended() -> None:
    record = Record()
    ended = {"status": "TERMINATED", "terminationDate": "2026-03-02"}
    _end(record, ended)
    for status in ("TERMINATED", "ACTIVE"):
        refused = refusal(partial(_end, record, ended | {"status": status}))
        assert f"A record that is TERMINATED cannot become {status}." in refused


def _end(record: Record, body: Any) -> None:  # noqa: ANN401 - JSON
    record.do(lambda now: card.update_status(body, now), by=TONE)
