"""Chapter: versions (versions.toml; printed in docs/handbook/versions.md)."""

from __future__ import annotations

import msgspec
import pytest

from helsekort.basics.refusal import Kind, Refused
from helsekort.maternity import card
from helsekort.maternity.part import decode, encode
from tests.spec.record_in_memory import KARI, TONE, Record
from tests.spec.tables import json, refusal, rows

VISIT = {"appointmentDate": "2026-01-16", "bloodPressure": "118/76"}


@pytest.mark.parametrize(("latest", "metadata", "answer"), rows("versions", "Writing over a section"))
def test_writing_over_a_section(latest: int, metadata: str, answer: str) -> None:
    record = Record({"mother": {"name": "Anne"}})
    record.parts["mother"] = encode(msgspec.structs.replace(decode(record.parts["mother"]), version=latest))
    body = {"name": "Anne Lie", "metadata": json(metadata)}
    refused = refusal(lambda: record.do(lambda now: card.put_section("mother", None, body, now), by=TONE))
    if refused:
        assert refused == answer
        assert decode(record.parts["mother"]).version == latest
        return
    shown = json(record.segments["mother"].decode())
    assert f"version {shown['metadata']['version']}" == answer
    assert shown["metadata"]["lastUpdatedBy"]["name"] == "Tone"
    assert shown["metadata"]["enteredInError"] is False


def test_a_section_is_registered_once_and_then_written_over() -> None:
    record = Record({"mother": {}})
    with pytest.raises(Refused) as refused:
        record.post("mother", {})
    assert refused.value.kind is Kind.ALREADY_EXISTS
    with pytest.raises(Refused) as refused:
        record.do(
            lambda now: card.put_section("medication", None, {"metadata": {"version": 1}}, now), by=KARI
        )
    assert refused.value.kind is Kind.NOT_FOUND


def test_a_visit_entered_in_error_stays_marked_and_cannot_be_changed() -> None:
    record = Record()
    key = record.post("antenatalAppointments", VISIT)
    record.enter_in_error(key, by=TONE)
    shown = json(record.segments[key].decode())
    assert shown["metadata"] | {"id": "", "lastUpdated": "", "lastUpdatedBy": ""} == {
        "id": "",
        "version": 2,
        "lastUpdated": "",
        "lastUpdatedBy": "",
        "enteredInError": True,
    }
    assert shown["bloodPressure"] == "118/76"
    marked = {
        one.get("status") or one["verificationStatus"]["coding"][0]["code"]
        for one in decode(record.parts[key]).resources
    }
    assert marked == {"entered-in-error"}
    assert refusal(lambda: record.put(key, VISIT, by=KARI)).startswith("DHG-0017")
    assert refusal(lambda: record.enter_in_error(key, by=KARI)).startswith("DHG-0017")


def test_the_records_own_version_counts_changes_of_the_record_and_its_last_update_any_change() -> None:
    record = Record()
    created = json(record.segments["record"].decode())
    record.post("mother", {})
    changed = json(record.segments["record"].decode())
    assert (created["version"], changed["version"]) == (1, 1)
    assert changed["lastUpdated"] == created["lastUpdated"] < changed["recordLastUpdated"]
