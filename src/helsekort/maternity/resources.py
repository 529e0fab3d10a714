"""One value as one FHIR R4 resource: Observation, Condition, Encounter or EpisodeOfCare; written and read side by side.

Each resource says who registered it: the practitioner by HPR number and the organisation by organisation number, as logical
references. A value nobody has registered has no resource: absence is never "no".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from helsekort.basics.clock import to_wire
from helsekort.fhir.shapes import (
    Json,
    Resource,
    code_in,
    coding,
    concept,
    extension,
    extension_value,
    logical_reference,
    reference,
)
from helsekort.maternity.body import FETUS_NUMBER
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.part import Author, Stamp
from helsekort.maternity.tree import Slot
from helsekort.maternity.uris import (
    AUTHOR_ORGANISATION,
    AUTHOR_ROLE,
    CARD_FIELD,
    CARD_ITEM,
    FETUS,
    RECORD_STATUS,
    TREATMENT_FACILITY,
)
from helsekort.maternity.values import Normal
from helsekort.terminology.code_systems import CODE_SYSTEMS, HPR_NUMBER, ORGANISATION_NUMBER

VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_CONFIRMED = concept(coding(VERIFICATION, "confirmed"))
_REFUTED = concept(coding(VERIFICATION, "refuted"))
_ENTERED_IN_ERROR = concept(coding(VERIFICATION, "entered-in-error"))
_CARRIERS = {
    one.resource: one.key
    for one in CATALOGUE.fields.values()
    if one.resource in {"Encounter", "EpisodeOfCare"}
}


@dataclass(frozen=True)
class Setting:
    """What the resources of one change have in common: record, woman, visit, the commit's number, when and by whom."""

    record: UUID
    person: UUID
    t: int
    stamp: Stamp
    visit: str = ""

    @cached_property
    def at(self) -> str:
        """The moment of the change as FHIR writes an instant."""
        return to_wire(self.stamp.at)

    @cached_property
    def meta(self) -> Json:
        """Resource.meta: the version is the number of the commit in which the value last changed."""
        return {"versionId": str(self.t), "lastUpdated": self.at}

    @cached_property
    def subject(self) -> Json:
        """The pregnant woman, by an id that tells nothing of her."""
        return reference(str(self.person))

    @cached_property
    def person_reference(self) -> Json:
        """Who registered it, as a reference."""
        author = self.stamp.author
        if author.user_type == "CITIZEN":
            return self.subject | {"type": "Patient", "display": author.name}
        made = logical_reference("Practitioner", system=HPR_NUMBER, value=author.hpr_nr, display=author.name)
        if author.hpr_role:
            role = coding(CODE_SYSTEMS["9060"].uri, author.hpr_role)
            made["extension"] = [extension(AUTHOR_ROLE, valueCoding=role)]
        return made

    @cached_property
    def organisation_reference(self) -> Json | None:
        """Where it was registered, as a reference; None for what she registered herself."""
        author = self.stamp.author
        if not (author.org_nr or author.org_name):
            return None
        made = logical_reference(
            "Organization", system=ORGANISATION_NUMBER, value=author.org_nr, display=author.org_name
        )
        if author.treatment_facility_name:
            facility = extension(TREATMENT_FACILITY, valueString=author.treatment_facility_name)
            made["extension"] = [facility]
        return made

    @cached_property
    def performers(self) -> list[Json]:
        """Who and where, for an Observation."""
        where = self.organisation_reference
        return [self.person_reference] if where is None else [self.person_reference, where]

    def fetus(self, number: str) -> Json:
        """A reference to a fetus of this pregnancy, by an id worked out from the record's and the fetus's number."""
        to = reference(str(uuid5(self.record, f"fetus/{number}")))
        return to | {"identifier": {"system": FETUS, "value": number}}


def make_resource(
    field: Field, item: str, value: Normal, setting: Setting, *, old: Resource | None, effective: str
) -> Resource:
    """The value as a resource: the next version of `old` where there is one, else a new resource."""
    if field.resource == "Observation":
        made = _observation(field, item, value, setting, old=old)
        return made | {"effectiveDateTime": effective} if effective else made
    if field.resource == "Condition":
        return _condition(field, value, setting, old)
    if field.resource == "Encounter":
        return _encounter(value, setting)
    return _episode(value, setting, old)


def _id(setting: Setting, old: Resource | None) -> str:
    return str(setting.stamp.new_id()) if old is None else str(old["id"])


def _observation(
    field: Field, item: str, value: Normal, setting: Setting, *, old: Resource | None
) -> Resource:
    made: Resource = {
        "resourceType": "Observation",
        "id": _id(setting, old),
        "meta": setting.meta,
        "status": "final",
        "code": field.concept,
        "subject": setting.subject,
    }
    if item:
        by_fetus = CATALOGUE.sections[field.section].items[field.array] == FETUS_NUMBER and item.isdigit()
        if by_fetus:
            made["focus"] = [setting.fetus(item)]
        else:
            made["identifier"] = [{"system": CARD_ITEM, "value": item}]
    if setting.visit:
        made["encounter"] = reference(setting.visit)
    made["issued"] = setting.at
    made["performer"] = setting.performers
    made.update(field.value.to_fhir(value))
    return made


def _condition(field: Field, value: Normal, setting: Setting, old: Resource | None) -> Resource:
    """Yes is a confirmed condition, no a refuted one."""
    made: Resource = {"resourceType": "Condition", "id": _id(setting, old), "meta": setting.meta}
    if setting.organisation_reference is not None:
        made["extension"] = [extension(AUTHOR_ORGANISATION, valueReference=setting.organisation_reference)]
    made["verificationStatus"] = _CONFIRMED if value else _REFUTED
    made["code"] = field.concept
    made["subject"] = setting.subject
    made["recordedDate"] = setting.at
    made["recorder"] = setting.person_reference
    return made


def _encounter(value: Normal, setting: Setting) -> Resource:
    """A visit; its id is the visit's, its period starts on the date of the visit."""
    made: Resource = {
        "resourceType": "Encounter",
        "id": setting.visit,
        "meta": setting.meta,
        "status": "finished",
        "class": coding(ACT_CODE, "AMB"),
        "subject": setting.subject,
        "episodeOfCare": [reference(str(setting.record))],
        "participant": [{"individual": setting.person_reference}],
        "period": {"start": value},
    }
    if setting.organisation_reference is not None:
        made["serviceProvider"] = setting.organisation_reference
    return made


def _episode(value: Normal, setting: Setting, old: Resource | None) -> Resource:
    """The record itself; finished once it is delivered or terminated, which of the two in an extension."""
    started = old["period"]["start"] if old else setting.at
    made: Resource = {
        "resourceType": "EpisodeOfCare",
        "id": str(setting.record),
        "meta": setting.meta,
        "extension": [extension(RECORD_STATUS, valueCode=value)],
        "status": "active" if value == "ACTIVE" else "finished",
        "patient": setting.subject,
        "period": {"start": started},
    }
    if setting.organisation_reference is not None:
        made["managingOrganization"] = setting.organisation_reference
    if setting.stamp.author.user_type != "CITIZEN":
        made["careManager"] = setting.person_reference
    return made


def slot_of(resource: Resource) -> Slot:
    """Which field, and in an array which item, a resource is the value of; an empty key where the card has no field for it."""
    carried = _CARRIERS.get(resource["resourceType"])
    if carried:
        return Slot(carried, "")
    key = code_in(resource.get("code"), CARD_FIELD) or ""
    for one in resource.get("identifier", ()):
        if one.get("system") == CARD_ITEM:
            return Slot(key, one["value"])
    for one in resource.get("focus", ()):
        if one.get("identifier", {}).get("system") == FETUS:
            return Slot(key, one["identifier"]["value"])
    return Slot(key, "")


def value_of(field: Field, resource: Resource) -> Normal | None:
    """The value a resource holds for its field, in normal form; None where it holds none."""
    if field.resource == "Observation":
        return field.value.from_fhir(resource)
    if field.resource == "Condition":
        return {"confirmed": True, "refuted": False}.get(
            code_in(resource.get("verificationStatus"), VERIFICATION) or ""
        )
    if field.resource == "Encounter":
        return resource["period"]["start"]
    return extension_value(resource, RECORD_STATUS, "valueCode")


def marked_in_error(resource: Resource, setting: Setting) -> Resource:
    """The resource's next version, entered in error; who registered it stays."""
    made = resource | {"meta": setting.meta}
    if resource["resourceType"] == "Condition":
        return made | {"verificationStatus": _ENTERED_IN_ERROR}
    return made | {"status": "entered-in-error"}


@dataclass(frozen=True, slots=True)
class Registered:
    """Who registered a value, where and when, as a page tells it. Empty where not known."""

    name: str
    role: str
    organisation: str
    at: str
    by_herself: bool


def registered(resource: Resource) -> Registered:
    """Who registered the value of a resource, and when."""
    person, where = _signature(resource)
    role: Any = extension_value(person, AUTHOR_ROLE, "valueCoding") or {}
    return Registered(
        name=person.get("display", ""),
        role=role.get("code", ""),
        organisation=where.get("display", ""),
        at=resource.get("issued") or resource.get("recordedDate") or resource["meta"]["lastUpdated"],
        by_herself=person.get("type") == "Patient",
    )


def _signature(resource: Resource) -> tuple[Json, Json]:
    kind = resource["resourceType"]
    if kind == "Observation":
        performers = [*resource.get("performer", ()), {}, {}]
        return performers[0], performers[1]
    if kind == "Condition":
        return resource.get("recorder", {}), extension_value(
            resource, AUTHOR_ORGANISATION, "valueReference"
        ) or {}
    if kind == "Encounter":
        participants = resource.get("participant") or [{}]
        return participants[0].get("individual", {}), resource.get("serviceProvider", {})
    return resource.get("careManager", {}), resource.get("managingOrganization", {})


__all__ = [
    "Author",
    "Registered",
    "Setting",
    "make_resource",
    "marked_in_error",
    "registered",
    "slot_of",
    "value_of",
]
