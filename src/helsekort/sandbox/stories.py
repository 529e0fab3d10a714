"""What has been written on each woman's card so far: pure, from her story and today's date to the calls of three EHRs.

The unremarkable rest of a card comes from `maternity.examples`; what makes her story is here.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from helsekort.maternity.examples import full_card
from helsekort.maternity.gestation import LMP_LENGTH, ULTRASOUND_LENGTH
from helsekort.sandbox.people import Organisation, People, Practitioner, Woman

Json = dict[str, Any]
FIRST_VISIT_WEEK, ULTRASOUND_WEEK, THIRD_TRIMESTER_WEEK = 8, 18, 28
DATED = {"antenatalAppointments": "appointmentDate", "symphysisFundalHeights": "measurementDate"}


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

    def reached(self, week: int) -> bool:
        """Whether it got that far."""
        return self.first_day + timedelta(weeks=week) <= self.last_day

    def example(self) -> Json:
        """A full card of a pregnancy with these dates and the visits there have been, always the same for the same woman."""
        seed, woman = zlib.crc32(self.woman.key.encode()), self.woman
        card = full_card(seed, fetuses=woman.fetuses, last_period=self.first_day, weeks=woman.week or 0)
        return card | {
            section: [v for v in card[section] if self._was(v[dated])] for section, dated in DATED.items()
        }

    def _was(self, day: str) -> bool:
        return date.fromisoformat(day) <= self.last_day


def first_sections(pregnancy: Pregnancy, people: People) -> Json:
    """What the GP registers when the card is created."""
    woman, example = pregnancy.woman, pregnancy.example()
    sections: Json = {"mother": _mother(woman, example), "currentPregnancy": _current(pregnancy)}
    if pregnancy.reached(FIRST_VISIT_WEEK):
        usual = ("geneticDisorders", "medicalConditions", "medication", "vitalMeasurementsBeforePregnancy")
        sections |= {
            **{name: example[name] for name in usual},
            "pointsOfContact": _contacts(people),
            "previousPregnancies": _EARLIER.get(woman.key, _FIRST_PREGNANCY),
            "lifestyleFactors": _lifestyle(example),
            "clinicalTests": _tests(pregnancy, example),
        }
    return sections


def later_steps(pregnancy: Pregnancy) -> Iterator[Step]:
    """Every call after the card was created, in the order it happened."""
    example, woman = pregnancy.example(), pregnancy.woman
    if pregnancy.reached(ULTRASOUND_WEEK):
        by_ultrasound = _iso(pregnancy.first_day + timedelta(days=ULTRASOUND_LENGTH.days))
        scanned = {**_current(pregnancy), "dueDateBasedOnUltrasound": by_ultrasound}
        yield Step("hospital", "currentPregnancy", scanned, replaces=True)
    if woman.key == "guro":
        yield Step("midwife", "rhesusDNegative", example["rhesusDNegative"])
    for section in DATED:
        for item in example[section]:
            yield Step(_who(item["pregnancyWeek"]), section, item)
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
        "note": "Akutt keisersnitt i uke 39 ved forrige fødsel. Ønsker samtale om fødselsmåte.",
    },
    "guro": {"numberOfPreviousPregnancies": 2, "numberOfPreviousLiveBirths": 1, "spontaneousMiscarriages": 1},
}
_LANGUAGES = {"maryam": ("AR", "SY"), "olena": ("UK", "UA")}


def _who(week: int) -> str:
    """The GP first, the hospital for the ultrasound, the midwife from there on."""
    if week == ULTRASOUND_WEEK:
        return "hospital"
    return "gp" if week < ULTRASOUND_WEEK else "midwife"


def _mother(woman: Woman, example: Json) -> Json:
    language, country = _LANGUAGES.get(woman.key, ("NO", "NO"))
    return {
        **example["mother"],
        "name": woman.name,
        "language": {"code": language, "codeSystem": "VOLVEN_3303"},
        "countryOfBirth": {"code": country, "codeSystem": "VOLVEN_9043"},
        "needsLanguageInterpreter": language != "NO",
    }


def _current(pregnancy: Pregnancy) -> Json:
    return {
        "dateLastPeriod": _iso(pregnancy.first_day),
        "dueDate": _iso(pregnancy.first_day + timedelta(days=LMP_LENGTH.days)),
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


def _lifestyle(example: Json) -> Json:
    """The first consultation's answers; those of week 36 are not asked for yet."""
    asked = ("stimuliType", "stimuliFrequencyFirstConsultation")
    return {
        "stimuli": [{name: each[name] for name in asked} for each in example["lifestyleFactors"]["stimuli"]]
    }


def _tests(pregnancy: Pregnancy, example: Json) -> Json:
    """What has been taken so far; RhD-negative is one woman's story and nobody else's."""
    rhesus = "NEGATIVE" if pregnancy.woman.key == "guro" else "POSTIVE"  # spelt as in the contract
    tests = {
        **example["clinicalTests"],
        "aboRh": {**example["clinicalTests"]["aboRh"], "rhesusDType": rhesus},
    }
    if not pregnancy.reached(THIRD_TRIMESTER_WEEK):
        tests |= {"hemoglobinAt3rdTrimester": None, "glucoseTolerance": None}
    return tests


def _birth(pregnancy: Pregnancy) -> Json:
    alive = {"code": "1", "codeSystem": "VOLVEN_8522"}
    born = f"{_iso(pregnancy.last_day)}T06:42:00Z"
    return {"birthStatus": [{"fosterId": 1, "status": alive, "datetime": born}]}


def _iso(day: date) -> str:
    return day.isoformat()
