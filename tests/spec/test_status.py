"""Chapter: the record's life (status.toml; printed in docs/handbook/status.md)."""

from __future__ import annotations

import pytest

from helsekort.basics.refusal import Refused
from helsekort.maternity import card
from helsekort.maternity.part import decode
from tests.spec.record_in_memory import TONE, Record
from tests.spec.tables import json, refusal, rows


@pytest.mark.parametrize(("registered", "sent", "answer"), rows("status", "Ending a record"))
def test_ending_a_record(registered: str, sent: str, answer: str) -> None:
    record = Record(json(registered))
    refused = refusal(lambda: record.do(lambda now: card.update_status(json(sent), now), by=TONE))
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
    record.do(lambda now: card.update_status(ended, now), by=TONE)
    for body in (ended, {"status": "ACTIVE"}):
        with pytest.raises(Refused) as refused:
            record.do(lambda now, body=body: card.update_status(body, now), by=TONE)
        assert "A record that is TERMINATED cannot become" in refused.value.sentence
