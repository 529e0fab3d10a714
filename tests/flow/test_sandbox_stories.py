"""The stories in dates: plausible on any day they are told, and exactly as far along as they say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsekort.maternity.gestation import ULTRASOUND_LENGTH
from helsekort.sandbox.people import Woman, fictional_people
from helsekort.sandbox.stories import DATED, Pregnancy, Step, ending, first_sections, later_steps

PEOPLE = fictional_people()
WRITTEN = [w for w in PEOPLE.women if w.plan != "nothing"]
days = st.dates(date(2026, 1, 1), date(2036, 12, 31))


@pytest.mark.parametrize("woman", WRITTEN, ids=lambda w: w.key)
@given(today=days)
def test_a_story_is_plausible_on_any_day(woman: Woman, today: date) -> None:
    pregnancy = Pregnancy.of(woman, today)
    assert pregnancy.last_day - pregnancy.first_day == timedelta(weeks=woman.week or 0, days=woman.days)
    first, steps = first_sections(pregnancy, PEOPLE), list(later_steps(pregnancy))
    assert first["mother"]["name"] == woman.name
    assert first["currentPregnancy"]["dateLastPeriod"] == pregnancy.first_day.isoformat()
    for step in steps:
        if step.section in DATED:
            when = date.fromisoformat(step.content[DATED[step.section]])
            assert pregnancy.first_day < when <= pregnancy.last_day <= today
    for scanned in (s for s in steps if s.replaces):
        due = date.fromisoformat(scanned.content["dueDateBasedOnUltrasound"])
        assert due - pregnancy.first_day == timedelta(days=ULTRASOUND_LENGTH.days)
    assert (ending(pregnancy) is None) is woman.has_active_record or woman.plan == "withdrawn"


def told(key: str) -> list[Step]:
    woman = PEOPLE.woman(key)
    assert woman is not None
    return list(later_steps(Pregnancy.of(woman, date(2026, 11, 21))))


def test_what_makes_each_story() -> None:
    visits = {w.key: [s for s in told(w.key) if s.section == "antenatalAppointments"] for w in WRITTEN}
    assert visits["cecilie"] == []
    assert {key: len(visits[key]) for key in ("dina", "elin")} == {"dina": 2, "elin": 4}
    twins = visits["frida"][-1].content["fetusesVitalSigns"]
    assert [each["fosterId"] for each in twins] == [1, 2]
    assert any(s.section == "rhesusDNegative" for s in told("guro"))
    assert not any(s.section == "birthStatus" for s in told("hanne"))
    assert any(s.section == "birthStatus" for s in told("nora"))
    assert {s.ehr for s in told("ida")} == {"gp", "hospital", "midwife"}


@pytest.mark.parametrize("woman", WRITTEN, ids=lambda w: w.key)
def test_nobody_feels_movements_in_the_first_weeks(woman: Woman) -> None:
    for step in told(woman.key):
        if step.section == "antenatalAppointments" and step.content["pregnancyWeek"] < 24:
            assert not {"fosterbevegelser", "kjent"} & set(
                step.content["note"].lower().replace(".", "").split()
            )
            assert step.content["fetusesVitalSigns"] == []
