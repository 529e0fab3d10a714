"""What has been written on each woman's card so far: pure, from her story and today's date to the calls of three EHRs.

Numbers are invented and unremarkable on purpose. The visits follow the weeks of the national guideline's basic programme
(Helsedirektoratet, Svangerskapsomsorgen: first visit by week 12, then 24, 28, 32, 36, 38, 40; ultrasound about week 18).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from helsekort.sandbox.people import Organisation, People, Practitioner, Woman

Json = dict[str, Any]
FIRST_VISIT_WEEK, ULTRASOUND_WEEK = 8, 18
VISIT_WEEKS = (24, 28, 32, 36, 38)
PREGNANCY = timedelta(days=280)  # Naegele; the due date by ultrasound is set two days later


@dataclass(frozen=True, slots=True)
class Step:
    """One call: which EHR, which section, what it says. `replaces` a single section that is there already."""

    ehr: str
    section: str
    content: Json
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Pregnancy:
    """A woman's pregnancy in dates: `first_day` of the last period, and the last day it went on, today or when it ended."""

    woman: Woman
    first_day: date
    last_day: date

    @classmethod
    def of(cls, woman: Woman, today: date) -> Pregnancy:
        """Counted back from how far she is, or was when it ended."""
        last = today - timedelta(days=woman.ended_days_ago)
        return cls(woman, last - timedelta(weeks=woman.week or 0, days=woman.days), last)

    def day(self, week: int, days: int = 0) -> date:
        """The date of that gestation."""
        return self.first_day + timedelta(weeks=week, days=days)

    def reached(self, week: int) -> bool:
        """Whether it got that far."""
        return self.day(week) <= self.last_day


def first_sections(pregnancy: Pregnancy, people: People) -> Json:
    """What the GP registers when the card is created."""
    woman = pregnancy.woman
    sections: Json = {"mother": _mother(woman), "currentPregnancy": _current(pregnancy)}
    if pregnancy.reached(FIRST_VISIT_WEEK):
        sections |= {
            "pointsOfContact": _contacts(people),
            "previousPregnancies": _EARLIER.get(woman.key, _FIRST_PREGNANCY),
            "medicalConditions": {"nothingParticular": True},
            "geneticDisorders": {"noneKnown": True},
            "medication": {"drugAllergy": False, "folate": {"takenBefore": True, "takenDuring": True}},
            "lifestyleFactors": _lifestyle(),
            "vitalMeasurementsBeforePregnancy": _before(),
            "clinicalTests": _first_tests(woman),
        }
    return sections


def later_steps(pregnancy: Pregnancy) -> Iterator[Step]:
    """Every call after the card was created, in the order it happened."""
    woman = pregnancy.woman
    if pregnancy.reached(FIRST_VISIT_WEEK):
        yield Step("gp", "antenatalAppointments", _visit(pregnancy, FIRST_VISIT_WEEK, "Første kontroll."))
    if pregnancy.reached(ULTRASOUND_WEEK):
        scanned = {"dueDateBasedOnUltrasound": _iso(pregnancy.first_day + PREGNANCY + timedelta(days=2))}
        yield Step("hospital", "currentPregnancy", {**_current(pregnancy), **scanned}, replaces=True)
    if woman.key == "guro":
        yield Step("midwife", "rhesusDNegative", _rhesus(pregnancy))
    for week in filter(pregnancy.reached, VISIT_WEEKS):
        yield Step("midwife", "antenatalAppointments", _visit(pregnancy, week, ""))
        yield Step("midwife", "symphysisFundalHeights", _height(pregnancy, week))
    if woman.plan == "delivered":
        yield Step("hospital", "birthStatus", _birth(pregnancy))


def ending(pregnancy: Pregnancy) -> Json | None:
    """How the record was ended, None where it goes on."""
    ended = _iso(pregnancy.last_day)
    if pregnancy.woman.plan == "delivered":
        return {"status": "DELIVERED", "deliveryDate": ended, "liveBirth": True}
    if pregnancy.woman.plan == "terminated":
        return {"status": "TERMINATED", "terminationDate": ended}
    return None


_FIRST_PREGNANCY: Json = {"numberOfPreviousPregnancies": 0, "numberOfPreviousLiveBirths": 0}
_EARLIER: dict[str, Json] = {
    "dina": {"numberOfPreviousPregnancies": 1, "numberOfPreviousLiveBirths": 1, "spontaneousMiscarriages": 0},
    "ida": {
        "numberOfPreviousPregnancies": 1,
        "numberOfPreviousLiveBirths": 1,
        "note": "Akutt keisersnitt i 2023, uke 39. Ønsker samtale om fødselsmåte.",
    },
    "guro": {"numberOfPreviousPregnancies": 2, "numberOfPreviousLiveBirths": 1, "spontaneousMiscarriages": 1},
}
_LANGUAGES = {"maryam": ("AR", "SY"), "olena": ("UK", "UA")}


def _mother(woman: Woman) -> Json:
    language, country = _LANGUAGES.get(woman.key, ("NO", "NO"))
    return {
        "name": woman.name,
        "address": "Oppdiktet vei 1",
        "postNumber": "0001",
        "postName": "FJORDBY",
        "employedLast6Months": language == "NO",
        "language": {"code": language, "codeSystem": "VOLVEN_3303"},
        "countryOfBirth": {"code": country, "codeSystem": "VOLVEN_9043"},
        "needsLanguageInterpreter": language != "NO",
        "cohabitingCoparent": True,
    }


def _current(pregnancy: Pregnancy) -> Json:
    return {
        "dateLastPeriod": _iso(pregnancy.first_day),
        "dueDate": _iso(pregnancy.first_day + PREGNANCY),
        "numberOfFetuses": pregnancy.woman.fetuses,
        "assistedConception": {"hadAssistedConception": False},
        "hasPrenatalDiagnosticsTests": True,
    }


def _contacts(people: People) -> Json:
    gp, midwife = people.practitioner("gp"), people.practitioner("midwife")
    clinic, station = people.organisation(gp.organisation), people.organisation(midwife.organisation)
    return {
        "generalPractitioner": _contact(gp, clinic),
        "midwife": _contact(midwife, station),
        "birthInstitute": people.organisation("fjordby-sykehus").name,
        "maternityHealthcareCentre": station.name,
    }


def _contact(person: Practitioner, place: Organisation) -> Json:
    return {
        "name": person.name,
        "organizationName": place.name,
        "organizationId": place.number,
        "hprNr": person.hpr_number,
    }


def _lifestyle() -> Json:
    no = {"stimuliFrequency": {"code": "1", "codeSystem": "VOLVEN_8537"}, "dailyCount": 0}
    smoking = {"code": "1", "codeSystem": "VOLVEN_8536"}
    return {"stimuli": [{"stimuliType": smoking, "stimuliFrequencyFirstConsultation": no}]}


def _before() -> Json:
    return {"height": Decimal("168.0"), "prePregnancyWeight": Decimal("64.5"), "bMI": Decimal("22.9")}


def _first_tests(woman: Woman) -> Json:
    negative = woman.key == "guro"
    return {
        "hemoglobin": Decimal("12.8"),
        "ferritin": Decimal(41),
        "hbv": False,
        "hiv": False,
        "syphilis": False,
        "bloodAntibodies": False,
        "aboRh": {"aboType": "O" if negative else "A", "rhesusDType": "NEGATIVE" if negative else "POSTIVE"},
    }


def _rhesus(pregnancy: Pregnancy) -> Json:
    return {
        "consentFetalRhesusTyping": True,
        "fetusRhDPositiveAtWeek24": True,
        "prophylaxisAtWeek28": True,
        "dateForResult": _iso(pregnancy.day(25, 3)),
    }


def _visit(pregnancy: Pregnancy, week: int, note: str) -> Json:
    weight = Decimal("65.0") + Decimal("0.4") * max(0, week - FIRST_VISIT_WEEK)
    visit: Json = {
        "appointmentDate": _iso(pregnancy.day(week)),
        "pregnancyWeek": week,
        "daysAfterFullPregnancyWeek": 0,
        "motherWeight": weight,
        "bloodPressure": f"{112 + week // 4}/{70 + week // 8}",
        "proteinInUrineTestResult": "Neg",
    }
    if note:
        visit["note"] = note
    if week >= VISIT_WEEKS[0]:
        visit["fetusesVitalSigns"] = [
            _fetus(number, week) for number in range(1, pregnancy.woman.fetuses + 1)
        ]
    return visit


def _fetus(number: int, week: int) -> Json:
    signs: Json = {"fosterId": number, "fetalHeartRate": 138 + 4 * number, "motherFeelsBabyMovements": True}
    if week >= 36:
        lie = "1" if number == 1 else "2"
        signs["fetalPresentationLie"] = {"code": lie, "codeSystem": "VOLVEN_8534"}
    return signs


def _height(pregnancy: Pregnancy, week: int) -> Json:
    return {
        "measurementDate": _iso(pregnancy.day(week)),
        "pregnancyWeek": week,
        "measurement": week - 2 + 5 * (pregnancy.woman.fetuses - 1),
    }


def _birth(pregnancy: Pregnancy) -> Json:
    born = f"{_iso(pregnancy.last_day)}T06:42:00Z"
    alive = {"code": "1", "codeSystem": "VOLVEN_8522"}
    return {"birthStatus": [{"fosterId": 1, "status": alive, "datetime": born}]}


def _iso(day: date) -> str:
    return day.isoformat()
