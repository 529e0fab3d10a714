"""Reading a card: what the pages get, from complete fictional cards."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.basics.strict_json import dump, parse
from helsekort.maternity import card
from helsekort.maternity.catalogue import CATALOGUE, HELSENORGE_SECTIONS
from helsekort.maternity.examples import VISIT_WEEKS, full_card
from helsekort.maternity.reading import Row, read_card
from tests.spec.record_in_memory import KARI, TONE, Record


@pytest.mark.parametrize("seed", range(20))
def test_a_full_example_is_a_valid_record_with_all_sections_and_twelve_visits(seed: int) -> None:
    example = full_card(seed, fetuses=1 + seed % 2)
    record = Record(parse(dump(example)))
    shown = parse(card.card_json(record.segments))
    assert len(shown["antenatalAppointments"]) == 12
    assert all(shown[section.name] for section in CATALOGUE.routed)
    assert dump(full_card(seed, fetuses=1 + seed % 2)) == dump(example)
    assert read_card(record.parts).in_error == ()


def test_an_example_of_an_earlier_week_has_only_the_visits_so_far() -> None:
    example = full_card(7, weeks=24)
    assert [visit["pregnancyWeek"] for visit in example["antenatalAppointments"]] == [
        week for week in VISIT_WEEKS if week <= 24
    ]
    assert example["birthStatus"]["birthStatus"][0]["status"] is None


def test_the_card_has_helsenorges_ten_sections_and_every_value_who_registered_it() -> None:
    record = Record(parse(dump(full_card(3, fetuses=2))))
    read = read_card(record.parts)
    assert tuple(section.title for section in read.sections) == HELSENORGE_SECTIONS
    assert {entry.registered.name for entry in read.entries} == {"Kari"}
    assert len(read.visits) == 12
    assert [_value(row, "pregnancyWeek") for row in read.heights] == [24, 28, 30, 32, 34, 36, 38, 40]
    last = read.visits[-1]
    assert last.fetuses == ("1", "2")
    assert {entry.fetus for entry in last.of_fetus("2")} == {2}
    days = [_value(visit, "appointmentDate") for visit in read.visits]
    assert days == sorted(days)


def _value(row: Row, name: str) -> Any:  # noqa: ANN401 - a value in its normal form
    entry = row.entry(name)
    assert entry is not None
    return entry.value


def test_what_is_not_registered_is_missing_and_not_no() -> None:
    read = read_card(Record({"clinicalTests": {"hiv": False, "syphilis": None}}).parts)
    entry = read.entry("clinicalTests.hiv")
    assert entry is not None
    assert entry.value is False
    assert read.entry("clinicalTests.syphilis") is None
    tests = next(section for section in read.sections if section.title == "Andre prøvesvar")
    assert "clinicalTests.syphilis" in {field.key for field in tests.missing}
    assert "clinicalTests.hiv" not in {field.key for field in tests.missing}


def test_what_is_entered_in_error_is_listed_and_left_out_of_the_values() -> None:
    record = Record()
    key = record.post(
        "antenatalAppointments", {"appointmentDate": "2026-01-16", "bloodPressure": "181/76"}, by=KARI
    )
    record.enter_in_error(key, by=TONE)
    read = read_card(record.parts)
    assert read.visits == ()
    assert read.entry("antenatalAppointments.bloodPressure") is None
    assert [(one.section, one.day, one.by.name) for one in read.in_error] == [
        ("antenatalAppointments", "2026-01-16", "Tone")
    ]


def test_what_she_registers_herself_is_told_as_hers() -> None:
    record = Record()
    her = card.Author("CITIZEN", name="Anne")
    record.do(
        lambda now: card.post_section("mother", {"name": "Anne", "needsLanguageInterpreter": False}, now),
        by=her,
    )
    entry = read_card(record.parts).entry("mother.name")
    assert entry is not None
    assert entry.registered.by_herself
    assert parse(record.segments["mother"])["metadata"]["lastUpdatedBy"]["userType"] == "CITIZEN"


def test_the_status_of_an_ended_record() -> None:
    record = Record()
    body = {"status": "TERMINATED", "terminationDate": "2026-03-02"}
    record.do(lambda now: card.update_status(body, now), by=TONE)
    status = read_card(record.parts).status
    assert status is not None
    assert (status.value, status.registered.name) == ("TERMINATED", "Tone")
