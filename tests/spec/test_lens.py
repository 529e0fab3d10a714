"""Chapter: two clients, one truth (lens.toml; printed in docs/handbook/lens.md)."""

from __future__ import annotations

import pytest

from helsekort.maternity.part import decode
from helsekort.maternity.reading import read_card
from tests.spec.record_in_memory import KARI, TONE, Record
from tests.spec.tables import json, rows


@pytest.mark.parametrize(
    ("section", "kari", "tone", "behind"), rows("lens", "Who has registered what, after both")
)
def test_who_has_registered_what_after_both(section: str, kari: str, tone: str, behind: str) -> None:
    record = Record()
    key = record.post(section, json(kari), by=KARI)
    record.put(key, json(tone), by=TONE)
    entries = [one for one in read_card(record.parts).entries if one.part == key]
    said = sorted(
        " ".join(filter(None, (_short(one.field.name), one.item, one.registered.name))) for one in entries
    )
    assert said == sorted(behind.split("; "))
    assert json(record.segments[key].decode())["metadata"]["lastUpdatedBy"]["name"] == "Tone"


def _short(name: str) -> str:
    return name.rpartition(".")[2] if "[]" in name else name


def test_a_visits_values_follow_when_its_date_is_corrected_and_keep_their_author() -> None:
    record = Record()
    key = record.post("antenatalAppointments", {"appointmentDate": "2026-01-16", "edema": 1}, by=KARI)
    record.put(key, {"appointmentDate": "2026-01-15", "edema": 1}, by=TONE)
    oedema = decode(record.parts[key]).resources[1]
    assert oedema["effectiveDateTime"] == "2026-01-15"
    assert oedema["meta"]["versionId"] == "2"
    assert oedema["performer"][0]["display"] == "Kari"
    assert oedema["issued"] < oedema["meta"]["lastUpdated"]


def test_a_value_that_is_taken_away_has_no_resource_and_absence_is_not_no() -> None:
    record = Record()
    key = record.post("clinicalTests", {"hiv": False, "syphilis": None})
    assert [one["valueBoolean"] for one in decode(record.parts[key]).resources] == [False]
    record.put(key, {"hiv": None}, by=TONE)
    assert decode(record.parts[key]).resources == []
    missing = {one.key for section in read_card(record.parts).sections for one in section.missing}
    assert {"clinicalTests.hiv", "clinicalTests.syphilis"} <= missing
