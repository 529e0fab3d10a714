"""What belongs in which section of the patient summary: of the card by its field, of what has no field by its codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from helsekort.fhir.shapes import Resource, code_in
from helsekort.fhir.shelf import Entry
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.places import fields_meant
from helsekort.maternity.resources import CATEGORY, slot_of
from helsekort.maternity.uris import OBSERVATION_CODE


class Item(NamedTuple):
    """A resource of the record, opened, with the key of the card's field it is of (`field_key`), empty where it is of none."""

    entry: Entry
    resource: Resource
    key: str


Holds = Callable[[Item], bool]
"""Whether something is told in a section."""
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_OVER = frozenset({"inactive", "remission", "resolved"})
_NOT_STATED = frozenset({"refuted", "entered-in-error"})
_DONE_WITH = frozenset({"completed", "cancelled", "rejected", "failed", "entered-in-error"})
"""The statuses of a Task that is no longer to be done."""
_VITAL_SIGNS = frozenset(
    {
        "antenatalAppointments.bloodPressure",
        "antenatalAppointments.motherWeight",
        "vitalMeasurementsBeforePregnancy.height",
        "vitalMeasurementsBeforePregnancy.prePregnancyWeight",
        "vitalMeasurementsBeforePregnancy.bMI",
    }
)
_FINDINGS = frozenset(
    {
        "rhesusDNegative.fetusRhDPositiveAtWeek24",
        "antenatalAppointments.hemoglobin",
        "antenatalAppointments.proteinInUrineTestResult",
        "antenatalAppointments.glucoseInUrine",
        "antenatalAppointments.nitriteInUrine",
        "antenatalAppointments.leukocytesInUrine",
        "antenatalAppointments.edema",
        "antenatalAppointments.fetusesVitalSigns.fetalHeartRate",
        "antenatalAppointments.fetusesVitalSigns.fetalPresentationLie",
        "antenatalAppointments.fetusesVitalSigns.motherFeelsBabyMovements",
        "symphysisFundalHeights.measurement",
    }
)
DUE_DATES = frozenset(
    {
        "currentPregnancy.dueDate",
        "currentPregnancy.dueDateBasedOnUltrasound",
        "currentPregnancy.dueDateCorrectedDate",
    }
)
_PREGNANCY = DUE_DATES | frozenset(
    {
        "currentPregnancy.dateLastPeriod",
        "currentPregnancy.numberOfFetuses",
        "currentPregnancy.gravida",
        "currentPregnancy.assistedConception.hadAssistedConception",
        "birthStatus.birthStatus.status",
        "birthStatus.birthStatus.datetime",
        "record.deliveryDate",
        "record.liveBirth",
        "record.terminationDate",
    }
)
_SOCIAL = frozenset(
    {
        "mother.employedLast6Months",
        "mother.employmentPercentage",
        "mother.occupationAndIndustry",
        "mother.education",
        "mother.maritalStatus",
        "mother.cohabitingCoparent",
        "mother.language",
        "mother.needsLanguageInterpreter",
    }
)
_PLAN = frozenset({"currentPregnancy.birthWishes", "pointsOfContact.birthInstitute"})
_PREGNANCY_CODES = frozenset({"adopted-due-date", "earlier-birth"})


def whatever(item: Item) -> bool:
    """Every resource."""
    return True


def nothing(item: Item) -> bool:
    """No resource."""
    return False


def item_of(entry: Entry) -> Item:
    """An entry, opened."""
    return Item(entry, entry.resource, field_key(entry.resource))


def field_key(resource: Resource) -> str:
    """The card's field a resource is of: by its place, else by its codes where they mean only one; empty where none is."""
    if key := slot_of(resource).key:
        return key
    meant = fields_meant(resource) if resource["resourceType"] in {"Observation", "Condition"} else ()
    return next(iter(meant)) if len(meant) == 1 else ""


def of_fields(*keys: str) -> Holds:
    """The values of some fields."""
    return lambda item: item.key in keys


def of_section(section: str) -> Holds:
    """What is registered in one section of the card, but for conditions: these are problems."""
    return lambda item: item.entry.kind == "Observation" and item.key.startswith(f"{section}.")


def is_stated(item: Item) -> bool:
    """What is stated to be there: not refuted, not entered in error."""
    codings = item.resource.get("verificationStatus", {}).get("coding", ())
    return _NOT_STATED.isdisjoint(one.get("code") for one in codings)


def is_past_problem(item: Item) -> bool:
    """A condition that is said to be over. What the card says nothing of in time is not."""
    over = code_in(item.resource.get("clinicalStatus"), CLINICAL) in _OVER
    return is_stated(item) and (over or any(name.startswith("abatement") for name in item.resource))


def is_problem(item: Item) -> bool:
    """A condition that is stated, and not said to be over."""
    return is_stated(item) and not is_past_problem(item)


def is_result(item: Item) -> bool:
    """A test, a finding or an ultrasound measure: of the card's fields, by a code of ours, or by its category."""
    key, resource = item.key, item.resource
    if key in _FINDINGS or key.startswith("antenatalAppointments.ultrasound."):
        return True
    if key:
        return key.startswith("clinicalTests.") and not key.endswith((".note", ".testDate"))
    if own := code_in(resource.get("code"), OBSERVATION_CODE):
        return own == "fetal-rhd"
    return not {"laboratory", "imaging"}.isdisjoint(_categories(resource)) or _may_be_a_test(resource)


def _may_be_a_test(resource: Resource) -> bool:
    """Whether its codes leave open only which of several tests it is, as haemoglobin without a trimester."""
    meant = fields_meant(resource)
    return bool(meant) and all(
        one in _FINDINGS or CATALOGUE.fields[one].section == "clinicalTests" for one in meant
    )


def is_vital_sign(item: Item) -> bool:
    """A vital sign of hers, also one she has measured herself."""
    return item.key in _VITAL_SIGNS or (not item.key and "vital-signs" in _categories(item.resource))


def is_of_pregnancy(item: Item) -> bool:
    """A value of this pregnancy or an earlier one, a due date, or the one that a named person has adopted."""
    key, resource = item.key, item.resource
    if key:
        earlier = key.startswith("previousPregnancies.") and key != "previousPregnancies.note"
        return key in _PREGNANCY or earlier
    own = code_in(resource.get("code"), OBSERVATION_CODE) in _PREGNANCY_CODES
    return own or (bool(meant := fields_meant(resource)) and meant <= _PREGNANCY)


def is_social(item: Item) -> bool:
    """Stimulants, work, education and how she lives."""
    key = item.key
    if key.endswith(".stimuliType"):  # it names the stimulant of the rows beside it
        return False
    lived = key.startswith("lifestyleFactors.") and key != "lifestyleFactors.note"
    return lived or key in _SOCIAL or (not key and "social-history" in _categories(item.resource))


def is_plan(item: Item) -> bool:
    """An agreement that is still to be kept, her wishes for the birth, and where it is to be."""
    if item.entry.kind == "Task":
        return item.resource.get("status") not in _DONE_WITH
    return item.key in _PLAN


def _categories(resource: Resource) -> set[str]:
    told = (one for category in resource.get("category", ()) for one in category.get("coding", ()))
    return {one["code"] for one in told if one.get("system") == CATEGORY and "code" in one}


def is_outcome(item: Item) -> bool:
    """How a pregnancy ended: also of an earlier record, it is part of her history."""
    return item.key.startswith("birthStatus.")


def stands_alone(resource: Resource) -> bool:
    """One of several that do not replace each other: earlier births, and due dates beside the card's."""
    own = code_in(resource.get("code"), OBSERVATION_CODE)
    return own == "earlier-birth" or bool((meant := fields_meant(resource)) and meant <= DUE_DATES)
