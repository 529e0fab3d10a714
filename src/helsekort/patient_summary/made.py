"""Resources the patient summary asks for in a form the record does not hold them in: made for one document, and never stored.

Each says no more than what it is made from, and refers to that where FHIR has an element for it. The codes are those of the
International Patient Summary 2.0: its value sets pregnancy-status-uv-ips, edd-method-uv-ips and
absent-or-unknown-snomed-uv-ips.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from helsekort.basics.clock import to_wire
from helsekort.fhir.shapes import Json, Resource, coding, concept, logical_reference
from helsekort.fhir.shelf import Entry, entry_of
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.due_dates import last_adopted
from helsekort.maternity.gestation import LAST_WEEK
from helsekort.maternity.moments import day_of
from helsekort.maternity.resources import UNKNOWN, value_of
from helsekort.maternity.uris import PROFILE
from helsekort.patient_summary.holding import DUE_DATES, Item, is_outcome, is_stated
from helsekort.terminology.code_systems import HPR_NUMBER, LOINC, SNOMED_CT

IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_EDD_CODES = {
    "11778-8": "Delivery date Estimated",
    "11779-6": "Delivery date Estimated from last menstrual period",
    "11780-4": "Delivery date Estimated from ovulation date",
}
_NAMES = {
    "status": {"nb": "Gravid nå", "nn": "Gravid no", "en": "Pregnancy status"},
    "pregnant": {"nb": "Gravid", "nn": "Gravid", "en": "Pregnant"},
    "unknown": {"nb": "Ikke kjent", "nn": "Ikkje kjent", "en": "Not known"},
    "drug-allergy": {"nb": "Legemiddelallergi", "nn": "Legemiddelallergi", "en": "Drug allergy"},
    "no-drug-allergy": {
        "nb": "Ingen kjent legemiddelallergi",
        "nn": "Ingen kjend legemiddelallergi",
        "en": "No known drug allergy",
    },
}
_WHY = {
    "nb": "Laget av statusen for helsekortet og terminen på det.",
    "nn": "Laga av statusen for helsekortet og terminen på det.",
    "en": "Made from the status of the maternity record and its due dates.",
}
_LATEST = timedelta(weeks=LAST_WEEK - 40)
"""How long after a due date nobody is pregnant any more."""


@dataclass(frozen=True, slots=True)
class Document:
    """What the made resources are for: the document's id, its moment and language, and the woman's Patient."""

    id: str
    at: datetime
    language: str
    patient: Resource

    @property
    def subject(self) -> Json:
        """The woman, as a reference."""
        return {"reference": f"Patient/{self.patient['id']}"}


def pregnancy(
    document: Document, episode: Resource, observations: Sequence[Item]
) -> tuple[Entry, list[Entry]]:
    """Whether she is pregnant now, and the due dates that this refers to; of the newest record."""
    due_dates = [_due_date(document, number, one) for number, one in enumerate(_chosen(observations), 1)]
    goes_on = _goes_on(document, episode, observations, due_dates)
    return _status(document, due_dates if goes_on else [], pregnant=goes_on), due_dates


def _chosen(observations: Sequence[Item]) -> list[Item]:
    """The due date that somebody has adopted; where nobody has, each that is registered: the service never chooses."""
    adopted = last_adopted(one.resource for one in observations)
    if adopted is None:
        return [one for one in observations if _is_due_date(one)]
    return [one for one in observations if one.resource is adopted]


def _is_due_date(item: Item) -> bool:
    return item.key in DUE_DATES and day_of(item.resource.get("valueDateTime")) is not None


def _due_date(document: Document, number: int, item: Item) -> Entry:
    resource = item.resource
    codes = [one.get("code") for one in resource["code"]["coding"] if one.get("system") == LOINC]
    code = next((one for one in codes if one in _EDD_CODES), "11778-8")
    dated = "effectiveDateTime" in resource
    return entry_of(
        {
            "resourceType": "Observation",
            "id": f"{document.id}-d{number}",
            "meta": claims("Observation-pregnancy-edd-uv-ips", "expected-delivery-date"),
            "status": "final",
            "code": concept(coding(LOINC, code, _EDD_CODES[code])),
            "subject": document.subject,
            **(
                {"effectiveDateTime": resource["effectiveDateTime"]}
                if dated
                else {"_effectiveDateTime": UNKNOWN}
            ),
            **({"performer": resource["performer"]} if "performer" in resource else {}),
            "valueDateTime": resource["valueDateTime"],
            "derivedFrom": [{"reference": f"Observation/{item.entry.id}"}],
        }
    )


def _status(document: Document, members: Sequence[Entry], *, pregnant: bool) -> Entry:
    """A record that is ended, or has stood too long, says only that nobody knows."""
    said: Json = (
        {"valueCodeableConcept": _worded("pregnant", document, coding(SNOMED_CT, "77386006", "Pregnant"))}
        if pregnant
        else {"dataAbsentReason": _worded("unknown", document, coding(_ABSENT, "unknown", "Unknown"))}
    )
    made: Resource = {
        "resourceType": "Observation",
        "id": f"{document.id}-p",
        "meta": claims("Observation-pregnancy-status-uv-ips", "pregnancy-status"),
        "status": "final",
        "code": _worded("status", document, coding(LOINC, "82810-3", "Pregnancy status")),
        "subject": document.subject,
        "effectiveDateTime": to_wire(document.at),
        **said,
        "note": [{"text": _WHY[document.language]}],
    }
    links = [{"reference": f"Observation/{one.id}"} for one in members]
    return entry_of(made | ({"hasMember": links} if links else {}))


def _goes_on(
    document: Document, episode: Resource, observations: Iterable[Item], due_dates: Sequence[Entry]
) -> bool:
    """True where the record is active, tells of no birth, and it is not too long since she was due or the record was begun."""
    if episode.get("status") != "active" or document.patient.get("deceasedBoolean"):
        return False
    if any(is_outcome(one) for one in observations):
        return False
    today = document.at.date()
    told = (day_of(one.resource["valueDateTime"]) for one in due_dates)
    if days := [date.fromisoformat(one) for one in told if one]:
        return today < max(days) + _LATEST
    begun = day_of(episode.get("period", {}).get("start"))
    return begun is not None and today < date.fromisoformat(begun) + timedelta(weeks=LAST_WEEK)


def general_practitioner(observations: Iterable[Item]) -> Json:
    """Patient.generalPractitioner: who the card names as hers, by name, place and HPR number as far as it tells them."""
    told = {one.key: one.resource for one in observations if one.key.startswith(_GP)}
    names = [_text(told.get(f"{_GP}{one}")) for one in ("name", "organizationName")]
    number = _text(told.get(f"{_GP}hprNr"))
    if not (names[0] or number):
        return {}
    made = logical_reference(
        "Practitioner", system=HPR_NUMBER, value=number, display=", ".join(one for one in names if one)
    )
    return {"generalPractitioner": [made]}


_GP = "pointsOfContact.generalPractitioner."


def _text(resource: Resource | None) -> str:
    return str((resource or {}).get("valueString", ""))


def drug_allergies(document: Document, conditions: Iterable[Item], *, others: Iterable[Item]) -> list[Entry]:
    """The card's answer about drug allergy, which is a condition there, as the guide has it: an allergy, or that none is known.

    The newest yes there is; a no only where nothing else tells of an allergy (`others`).
    """
    field = CATALOGUE.fields["medication.drugAllergy"]
    answered = [one.resource for one in conditions if one.key == field.key]
    yes, no = ([one for one in answered if value_of(field, one) is answer] for answer in (True, False))
    if yes:
        return [
            _drug_allergy(document, yes[0], "drug-allergy", coding(SNOMED_CT, "416098002", "Allergy to drug"))
        ]
    if no and not any(is_stated(one) for one in others):
        none_known = coding(SNOMED_CT, "409137002", "No known drug allergy")
        return [_drug_allergy(document, no[0], "no-drug-allergy", none_known)]
    return []


def _drug_allergy(document: Document, resource: Resource, name: str, code: Json) -> Entry:
    made: Resource = {
        "resourceType": "AllergyIntolerance",
        "id": f"{document.id}-a",
        "meta": claims("AllergyIntolerance-uv-ips"),
        "clinicalStatus": concept(coding(_ALLERGY_CLINICAL, "active")),
        "verificationStatus": concept(coding(_ALLERGY_VERIFICATION, "confirmed")),
        "code": _worded(name, document, code),
        "patient": document.subject,
    }
    return entry_of(
        made | {name: resource[name] for name in ("recordedDate", "recorder") if name in resource}
    )


_ALLERGY_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
_ALLERGY_VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"


def claims(theirs: str, *ours: str) -> Json:
    """The `meta` that claims a profile of the International Patient Summary, and our own ones that state what it asks for."""
    return {"profile": [f"{IPS}/{theirs}", *(f"{PROFILE}/{one}" for one in ours)]}


def _worded(name: str, document: Document, code: Json) -> Json:
    return concept(code) | {"text": _NAMES[name][document.language]}
