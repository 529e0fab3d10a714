"""The sections of the patient summary, in its order, and which of the record's resources stand in each.

International Patient Summary 2.0 (https://hl7.org/fhir/uv/ips/): problems, allergies and medication are required. The European
patient summary (eHealth Network guideline, release 3.4) also asks for procedures and devices. The code of a section is LOINC's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from helsekort.fhir.shapes import Resource, code_in
from helsekort.maternity.due_dates import ADOPTED
from helsekort.maternity.resources import slot_of
from helsekort.maternity.uris import OBSERVATION_CODE

_VITAL_SIGNS = frozenset(
    {
        "antenatalAppointments.bloodPressure",
        "antenatalAppointments.motherWeight",
        "vitalMeasurementsBeforePregnancy.height",
        "vitalMeasurementsBeforePregnancy.prePregnancyWeight",
        "vitalMeasurementsBeforePregnancy.bMI",
    }
)
_PREGNANCY = frozenset(
    {
        "currentPregnancy.dueDate",
        "currentPregnancy.dueDateBasedOnUltrasound",
        "currentPregnancy.dueDateCorrectedDate",
        "currentPregnancy.dateLastPeriod",
        "currentPregnancy.numberOfFetuses",
        "currentPregnancy.gravida",
        "previousPregnancies.numberOfPreviousPregnancies",
        "previousPregnancies.numberOfPreviousLiveBirths",
        "previousPregnancies.spontaneousMiscarriages",
        "previousPregnancies.stillBirths22weeks",
        "previousPregnancies.numberOfEctopicPregnancies",
    }
)


@dataclass(frozen=True, slots=True)
class SummarySection:
    """One section: its LOINC code, its title in each language, whether it stands there when empty, and what belongs in it.

    `newest` where only the newest resource of each kind of value is told.
    """

    code: str
    display: str
    titles: Mapping[str, str]
    kinds: tuple[str, ...]
    required: bool = False
    newest: bool = False
    holds: Callable[[Resource], bool] = lambda _: True


def _stated(resource: Resource) -> bool:
    """A condition that is stated to be there: not refuted, not entered in error."""
    codings = resource.get("verificationStatus", {}).get("coding", ())
    return {"refuted", "entered-in-error"}.isdisjoint(one.get("code") for one in codings)


def _of_fields(keys: frozenset[str]) -> Callable[[Resource], bool]:
    return lambda resource: slot_of(resource).key in keys


def _of_pregnancy(resource: Resource) -> bool:
    """A value of the pregnancy on the card, or the due date that a named person has adopted."""
    return slot_of(resource).key in _PREGNANCY or code_in(resource.get("code"), OBSERVATION_CODE) == ADOPTED


def _laboratory(resource: Resource) -> bool:
    """A laboratory test: of the card's own section, or one that says so by its category."""
    key = slot_of(resource).key
    if key:
        return (
            key.startswith("clinicalTests.") or key == "antenatalAppointments.hemoglobin"
        ) and not key.endswith((".note", ".testDate"))
    codings = [one for category in resource.get("category", ()) for one in category.get("coding", ())]
    return any(one.get("code") == "laboratory" for one in codings)


def _titles(nb: str, nn: str, en: str) -> Mapping[str, str]:
    return {"nb": nb, "nn": nn, "en": en}


SECTIONS = (
    SummarySection(
        "11450-4",
        "Problem list - Reported",
        _titles("Sykdommer og plager", "Sjukdommar og plager", "Problems"),
        ("Condition",),
        required=True,
        holds=_stated,
    ),
    SummarySection(
        "48765-2",
        "Allergies and adverse reactions Document",
        _titles("Allergi og overfølsomhet", "Allergi og overfølsemd", "Allergies and intolerances"),
        ("AllergyIntolerance",),
        required=True,
        holds=_stated,
    ),
    SummarySection(
        "10160-0",
        "History of Medication use Narrative",
        _titles("Legemidler", "Legemiddel", "Medication"),
        ("MedicationStatement",),
        required=True,
    ),
    SummarySection(
        "11369-6",
        "History of Immunization note",
        _titles("Vaksiner", "Vaksinar", "Immunizations"),
        ("Immunization",),
    ),
    SummarySection(
        "47519-4",
        "History of Procedures Document",
        _titles("Inngrep", "Inngrep", "Procedures"),
        ("Procedure",),
        required=True,
    ),
    SummarySection(
        "46264-8",
        "History of medical device use",
        _titles("Medisinsk utstyr", "Medisinsk utstyr", "Medical devices"),
        ("DeviceUseStatement",),
        required=True,
    ),
    SummarySection(
        "30954-2",
        "Relevant diagnostic tests/laboratory data note",
        _titles("Prøvesvar", "Prøvesvar", "Results"),
        ("Observation",),
        holds=_laboratory,
    ),
    SummarySection(
        "8716-3",
        "Vital signs note",
        _titles("Målinger", "Målingar", "Vital signs"),
        ("Observation",),
        newest=True,
        holds=_of_fields(_VITAL_SIGNS),
    ),
    SummarySection(
        "10162-6",
        "History of pregnancies Narrative",
        _titles("Svangerskap", "Svangerskap", "Pregnancies"),
        ("Observation",),
        newest=True,
        holds=_of_pregnancy,
    ),
    SummarySection(
        "18776-5",
        "Plan of care note",
        _titles("Plan", "Plan", "Plan of care"),
        ("CarePlan",),
    ),
)
