"""The sections of the patient summary, in its order, and which of the record's resources stand in each.

International Patient Summary 2.0 (https://hl7.org/fhir/uv/ips/): problems, allergies and medication are required. The European
patient summary (eHealth Network guideline, release 3.4) also asks for procedures and devices. Neither has heredity: its section
is that of the European discharge report. The code of a section is LOINC's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helsekort.patient_summary import holding
from helsekort.patient_summary.holding import Holds


@dataclass(frozen=True, slots=True)
class SummarySection:
    """One section: its LOINC code, its title in each language, whether it stands there when empty, and what belongs in it.

    `kinds` are the types the guides let its entries have, and `holds` tells which of them are its own. `words` tells what is
    said in the section's text alone, since an entry may not have that type. `current` where only what is registered in the
    newest record is told, and of each kind of value only the newest.
    """

    code: str
    display: str
    titles: Mapping[str, str]
    kinds: tuple[str, ...]
    required: bool = False
    current: bool = False
    holds: Holds = holding.whatever
    words: Holds = holding.nothing


ALLERGIES, PREGNANCIES = "48765-2", "10162-6"
"""The sections for which something is made that the record does not hold in the guide's form."""


def _titles(nb: str, nn: str, en: str) -> Mapping[str, str]:
    return {"nb": nb, "nn": nn, "en": en}


SECTIONS = (
    SummarySection(
        "11450-4",
        "Problem list - Reported",
        _titles("Sykdommer og plager", "Sjukdommar og plager", "Problems"),
        ("Condition",),
        required=True,
        holds=holding.is_problem,
        words=holding.of_fields("medicalConditions.nothingParticular", "medicalConditions.note"),
    ),
    SummarySection(
        ALLERGIES,
        "Allergies and adverse reactions Document",
        _titles("Allergi og overfølsomhet", "Allergi og overfølsemd", "Allergies and intolerances"),
        ("AllergyIntolerance",),
        required=True,
        holds=holding.is_stated,
        words=holding.of_fields("medicalConditions.allergiesAsthma"),
    ),
    SummarySection(
        "10160-0",
        "History of Medication use Narrative",
        _titles("Legemidler", "Legemiddel", "Medication"),
        ("MedicationStatement",),
        required=True,
        words=holding.of_section("medication"),
    ),
    SummarySection(
        "11369-6",
        "History of Immunization note",
        _titles("Vaksiner", "Vaksinar", "Immunizations"),
        ("Immunization",),
    ),
    SummarySection(
        "30954-2",
        "Relevant diagnostic tests/laboratory data note",
        _titles("Prøvesvar og funn", "Prøvesvar og funn", "Results"),
        ("Observation",),
        current=True,
        holds=holding.is_result,
        words=holding.of_fields("clinicalTests.note", "rhesusDNegative.note"),
    ),
    SummarySection(
        "47519-4",
        "History of Procedures Document",
        _titles("Inngrep og tiltak", "Inngrep og tiltak", "Procedures"),
        ("Procedure",),
        required=True,
        words=holding.of_fields("rhesusDNegative.prophylaxisAtWeek28", "currentPregnancy.antiDAfterBirth"),
    ),
    SummarySection(
        "46264-8",
        "History of medical device use",
        _titles("Medisinsk utstyr", "Medisinsk utstyr", "Medical devices"),
        ("DeviceUseStatement",),
        required=True,
    ),
    SummarySection(
        "11348-0",
        "History of Past illness note",
        _titles("Tidligere sykdommer", "Tidlegare sjukdommar", "Past illness"),
        ("Condition",),
        holds=holding.is_past_problem,
    ),
    SummarySection(
        "10157-6",
        "History of family member diseases note",
        _titles("Arvelige forhold", "Arvelege forhold", "Heredity"),
        ("FamilyMemberHistory",),
        words=holding.of_section("geneticDisorders"),
    ),
    SummarySection(
        PREGNANCIES,
        "History of pregnancies Narrative",
        _titles("Svangerskap", "Svangerskap", "Pregnancies"),
        ("Observation",),
        current=True,
        holds=holding.is_of_pregnancy,
        words=holding.of_fields("previousPregnancies.note"),
    ),
    SummarySection(
        "18776-5",
        "Plan of care note",
        _titles("Plan", "Plan", "Plan of care"),
        ("CarePlan",),
        current=True,
        words=holding.is_plan,
    ),
    SummarySection(
        "29762-2",
        "Social history note",
        _titles("Levevaner og livssituasjon", "Levevanar og livssituasjon", "Social history"),
        ("Observation",),
        current=True,
        holds=holding.is_social,
        words=holding.of_fields("lifestyleFactors.note"),
    ),
    SummarySection(
        "8716-3",
        "Vital signs note",
        _titles("Målinger", "Målingar", "Vital signs"),
        ("Observation",),
        current=True,
        holds=holding.is_vital_sign,
    ),
)
"""No section for what the record never holds: advance directives, alerts, functional status, travel, her own story."""
