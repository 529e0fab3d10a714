"""Complete, realistic, fictional cards as a client would send them, for the sandbox, benchmarks and compression dictionary.

The same seed gives the same card. Nobody's data: names, places and numbers are made up.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from helsekort.maternity.gestation import LMP_LENGTH

Card = dict[str, Any]

_GIVEN = (
    "Anne",
    "Ingrid",
    "Maja",
    "Sara",
    "Amina",
    "Nora",
    "Elin",
    "Fatima",
    "Silje",
    "Hanna",
    "Ida",
    "Zofia",
)
_FAMILY = ("Solberg", "Haugen", "Lie", "Moen", "Nilsen", "Berge", "Strand", "Warsame", "Kowalska", "Dahl")
_STREETS = ("Bjørkeveien", "Kirkegata", "Fjellstien", "Havnegata", "Skogveien")
_TOWNS = (
    ("0001", "Oslo"),
    ("5003", "Bergen"),
    ("7010", "Trondheim"),
    ("9008", "Tromsø"),
    ("4006", "Stavanger"),
)
_WORK = (
    "Lærer, videregående skole",
    "Sykepleier, sykehus",
    "Ingeniør, energi",
    "Butikkmedarbeider",
    "Student",
)
_LANGUAGES = ("NO", "NO", "NO", "EN", "PL", "AR", "SO")
_COUNTRIES = ("NO", "NO", "NO", "GB", "PL", "SY", "SO")
_HOSPITALS = ("Fjordbyen sykehus, fødeavdelingen", "Nordre sykehus, føden", "Bymarka fødestue")
_NOTES = (
    "Fin kontroll. Informert om fosterbevegelser.",
    "Litt vondt i bekkenet, råd om øvelser. Ny time avtalt.",
    "Trøtt, ellers bra. Snakket om søvn og hvile.",
    "Har kjent mye liv. Ingen plager.",
    "Ønsker å snakke om fødselsangst neste gang.",
)
_EARLY_NOTES = (
    "Fin kontroll. Snakket om levevaner og videre oppfølging.",
    "Litt kvalm om morgenen, ellers bra. Ny time avtalt.",
    "Trøtt, ellers bra. Snakket om søvn og hvile.",
    "Ingen plager.",
    "Ønsker å snakke om fødselsangst neste gang.",
)
"""As many as the others; nobody feels movements in the first weeks."""
MOVEMENTS_FROM = 24
VISIT_WEEKS = (8, 12, 18, 24, 28, 30, 32, 34, 36, 38, 40, 41)
"""Completed weeks of the twelve visits (national programme: 6-12, 18, 24, 28, 32, 36, 38, 40, 41; two more)."""


def full_card(seed: int, *, fetuses: int = 1, last_period: date | None = None, weeks: int = 41) -> Card:
    """A record with all fourteen sections, and the visits up to `weeks` completed weeks (all twelve by default)."""
    chance = random.Random(seed)  # noqa: S311 - the same card for the same seed, no secrets
    start = last_period or date(2025, 9, 1) + timedelta(days=chance.randrange(365))
    height, weight = chance.randrange(155, 184), Decimal(chance.randrange(520, 980)) / 10
    visits = [_visit(chance, start, week, weight, fetuses) for week in VISIT_WEEKS if week <= weeks]
    return {
        "mother": _mother(chance),
        "pointsOfContact": _contacts(chance),
        "currentPregnancy": _pregnancy(chance, start, fetuses),
        "previousPregnancies": _previous(chance),
        "geneticDisorders": {
            "noneKnown": True,
            "parentsAreRelatives": False,
            "hipDysplasia": False,
            "other": None,
            "note": None,
        },
        "medicalConditions": _conditions(chance),
        "medication": _medication(chance),
        "lifestyleFactors": _lifestyle(chance),
        "vitalMeasurementsBeforePregnancy": _measures(height, weight),
        "clinicalTests": _tests(chance, start),
        "rhesusDNegative": _rhesus(chance, start),
        "antenatalAppointments": visits,
        "symphysisFundalHeights": [
            _height(chance, start, week) for week in VISIT_WEEKS if 24 <= week <= min(weeks, 40)
        ],
        "birthStatus": {
            "birthStatus": [_birth(start, number + 1, born=weeks >= 41) for number in range(fetuses)]
        },
    }


def _day(start: date, week: int, days: int = 0) -> str:
    return (start + timedelta(weeks=week, days=days)).isoformat()


def _coded(code: str) -> Card:
    return {"code": code}


def _mother(chance: random.Random) -> Card:
    place = chance.randrange(len(_TOWNS))
    spoken = chance.randrange(len(_LANGUAGES))
    return {
        "name": f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)}",
        "address": f"{chance.choice(_STREETS)} {chance.randrange(1, 90)}",
        "postNumber": _TOWNS[place][0],
        "postName": _TOWNS[place][1],
        "employedLast6Months": True,
        "employmentPercentage": chance.choice((100, 100, 80, 50)),
        "occupationAndIndustry": chance.choice(_WORK),
        "language": _coded(_LANGUAGES[spoken]),
        "countryOfBirth": _coded(_COUNTRIES[spoken]),
        "needsLanguageInterpreter": spoken > 3,
        "cohabitingCoparent": True,
        "cohabitingCoparentNote": None,
    }


def _contacts(chance: random.Random) -> Card:
    return {
        "generalPractitioner": {
            "name": f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)}",
            "organizationName": "Fjordbyen legesenter",
            "organizationId": "999977774",
            "hprNr": str(chance.randrange(7000000, 9999999)),
        },
        "midwife": {
            "name": f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)}",
            "organizationName": "Fjordbyen helsestasjon",
            "organizationId": "999977775",
            "hprNr": str(chance.randrange(7000000, 9999999)),
        },
        "birthInstitute": chance.choice(_HOSPITALS),
        "maternityHealthcareCentre": "Fjordbyen helsestasjon",
    }


def _pregnancy(chance: random.Random, start: date, fetuses: int) -> Card:
    by_period = start + timedelta(days=LMP_LENGTH.days)
    return {
        "dateLastPeriod": start.isoformat(),
        "dueDate": by_period.isoformat(),
        "dueDateBasedOnUltrasound": (by_period + timedelta(days=chance.randrange(-6, 7))).isoformat(),
        "dueDateCorrectedDate": None,
        "hasPrenatalDiagnosticsTests": True,
        "numberOfFetuses": fetuses,
        "assistedConception": {"hadAssistedConception": False, "dateAssistedConception": None},
        "birthPreparationTalk": True,
        "breastfeedingGuidance": chance.choice((True, None)),
    }


def _previous(chance: random.Random) -> Card:
    births = chance.choice((0, 0, 1, 1, 2))
    lost = chance.choice((0, 0, 0, 1))
    return {
        "numberOfPreviousPregnancies": births + lost,
        "numberOfPreviousLiveBirths": births,
        "spontaneousMiscarriages": lost,
        "stillBirths22weeks": 0,
        "numberOfEctopicPregnancies": 0,
        "note": "Vanlig fødsel til termin." if births else None,
    }


def _conditions(chance: random.Random) -> Card:
    names = (
        "heartDisease",
        "highBloodPressure",
        "kidneyUrinaryTractDiseases",
        "diabetes",
        "allergiesAsthma",
        "epilepsy",
        "thrombosis",
        "autoimmuneDisease",
        "gynecologicalConditions",
        "mentalHealth",
        "other",
    )
    asked = dict.fromkeys(names, False)
    asked["allergiesAsthma"] = chance.random() < 0.2
    note = "Pollenallergi." if asked["allergiesAsthma"] else None
    return {"nothingParticular": not asked["allergiesAsthma"]} | asked | {"note": note}


def _medication(chance: random.Random) -> Card:
    return {
        "medicationFrequency": chance.choice(("Ingen", "Av og til", "Daglig")),
        "drugAllergy": False,
        "folate": {"takenBefore": chance.random() < 0.5, "takenDuring": True},
        "note": None,
    }


def _lifestyle(chance: random.Random) -> Card:
    smokes = chance.random() < 0.1
    smoking = {
        "stimuliType": _coded("1"),
        "stimuliFrequencyFirstConsultation": {
            "stimuliFrequency": _coded("3" if smokes else "1"),
            "dailyCount": chance.randrange(1, 10) if smokes else None,
        },
        "stimuliFrequencyAtWeek36": {"stimuliFrequency": _coded("4" if smokes else "1"), "dailyCount": None},
    }
    others = [
        {"stimuliType": _coded(code), "stimuliFrequencyFirstConsultation": {"stimuliFrequency": _coded("1")}}
        for code in ("2", "3", "4")
    ]
    return {"stimuli": [smoking, *others], "note": None}


def _measures(height: int, weight: Decimal) -> Card:
    index = (weight / (Decimal(height) / 100) ** 2).quantize(Decimal("0.1"))
    return {"height": Decimal(height), "prePregnancyWeight": weight, "bMI": index}


def _tests(chance: random.Random, start: date) -> Card:
    negative = (
        "hbv",
        "hiv",
        "syphilis",
        "bloodAntibodies",
    )
    return {
        "hemoglobin": Decimal(chance.randrange(112, 141)) / 10,
        "hemoglobinAt3rdTrimester": Decimal(chance.randrange(105, 130)) / 10,
        "ferritin": chance.randrange(12, 110),
        **dict.fromkeys(negative, False),
        **dict.fromkeys(
            ("hbvCore", "hepatitisC", "chlamydia", "gonorrhea", "toxoplasmosis", "cytomegaloVirus")
        ),
        "rubellaAntigen": chance.choice((True, None)),
        "mrsaVreEsbl": None,
        "asymptomaticBacteriuria": None,
        "groupBStreptococci": None,
        "aboRh": {"aboType": chance.choice("AABOO"), "rhesusDType": chance.choice(("POSTIVE", "NEGATIVE"))},
        "bHbA1c": chance.randrange(28, 40),
        "glucoseTolerance": {
            "fastingGlucoseLevel": Decimal(chance.randrange(40, 53)) / 10,
            "post2hGlucoseLevel": Decimal(chance.randrange(50, 88)) / 10,
            "testDate": _day(start, 26, 2),
        },
        "note": None,
    }


def _rhesus(chance: random.Random, start: date) -> Card:
    return {
        "consentFetalRhesusTyping": True,
        "fetusRhDPositiveAtWeek24": chance.random() < 0.6,
        "prophylaxisAtWeek28": True,
        "dateForResult": _day(start, 25),
        "note": None,
    }


def _visit(chance: random.Random, start: date, week: int, weight: Decimal, fetuses: int) -> Card:
    days = chance.randrange(7)
    upper, lower = chance.randrange(100, 136), chance.randrange(58, 85)
    late = week >= MOVEMENTS_FROM
    return {
        "appointmentDate": _day(start, week, days),
        "pregnancyWeek": week,
        "daysAfterFullPregnancyWeek": days,
        "motherWeight": weight + Decimal(chance.randrange(3, 5) * max(week - 10, 0)) / 10,
        "bloodPressure": f"{upper}/{lower}",
        "proteinInUrineTestResult": chance.choice(("Neg", "Neg", "Neg", "Spor")),
        "edema": chance.choice((0, 0, 0, 1)),
        "medication": False,
        "employmentRate": chance.choice((100, 80, 50)) if week < 36 else 0,
        "note": chance.choice(_NOTES if late else _EARLY_NOTES),
        "fetusesVitalSigns": [_signs(chance, number + 1, week) for number in range(fetuses)] if late else [],
    }


def _signs(chance: random.Random, number: int, week: int) -> Card:
    return {
        "fosterId": number,
        "fetalHeartRate": chance.randrange(120, 158),
        "fetalPresentationLie": _coded(chance.choice(("1", "1", "1", "2"))) if week >= 32 else None,
        "motherFeelsBabyMovements": True,
        "note": None,
    }


def _height(chance: random.Random, start: date, week: int) -> Card:
    return {
        "pregnancyWeek": week,
        "measurement": week - 2 + chance.randrange(-1, 3),
        "measurementDate": _day(start, week),
    }


def _birth(start: date, number: int, *, born: bool) -> Card:
    moment = f"{_day(start, 41, 3)}T0{number}:24:00+02:00"
    return {"fosterId": number, "status": _coded("1") if born else None, "datetime": moment if born else None}
