"""One value as one FHIR R4 resource: Observation, Condition, Encounter or EpisodeOfCare; written and read side by side.

Each resource is what the FHIR API answers, byte for byte: its id tells where it is kept (`identity`), its references are relative
to the API's base. It says who registered it: the practitioner by HPR number, the organisation by organisation number. A value
nobody has registered has no resource: absence is never "no".
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from helsekort.basics.clock import to_wire
from helsekort.basics.once import once
from helsekort.fhir.shapes import (
    Json,
    Resource,
    code_in,
    coding,
    concept,
    each,
    extension,
    extension_value,
    local_reference,
    logical_reference,
)
from helsekort.maternity import identity
from helsekort.maternity.body import FETUS_NUMBER
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.moments import day_of
from helsekort.maternity.part import Stamp
from helsekort.maternity.replacing import came_by_fhir, replaced_by
from helsekort.maternity.tree import Slot
from helsekort.maternity.uris import (
    ASIDE,
    AUTHOR_ORGANISATION,
    AUTHOR_ROLE,
    CARD_FIELD,
    CARD_ITEM,
    CARD_PLACE,
    FETUS,
    RECORD_STATUS,
    TREATMENT_FACILITY,
)
from helsekort.maternity.values import Normal
from helsekort.terminology.code_systems import CODE_SYSTEMS, HPR_NUMBER, LOINC, ORGANISATION_NUMBER, SNOMED_CT

VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
STRUCTURES = "http://hl7.org/fhir/StructureDefinition"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_CONFIRMED = concept(coding(VERIFICATION, "confirmed"))
_REFUTED = concept(coding(VERIFICATION, "refuted"))
_ENTERED_IN_ERROR = concept(coding(VERIFICATION, "entered-in-error"))
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
VITAL_SIGNS = concept(coding(CATEGORY, "vital-signs"))
UNKNOWN = {"extension": [extension(f"{STRUCTURES}/data-absent-reason", valueCode="unknown")]}
"""What stands for a value that is not known."""
_UNDATED = "_effectiveDateTime"
_VITAL_CODES = {"85354-9", "29463-7", "8302-2", "39156-5"}
_VITAL_SIGNS = {
    one.key
    for one in CATALOGUE.fields.values()
    if any(
        code.uri == LOINC and code.code in _VITAL_CODES and code.status == "confirmed" for code in one.codes
    )
}
"""Blood pressure, weight, height and BMI: FHIR R4 has a profile of its own that every such Observation must follow."""
_CARRIERS = {
    one.resource: one.key
    for one in CATALOGUE.fields.values()
    if one.resource in {"Encounter", "EpisodeOfCare"}
}

PREGNANCY = coding(SNOMED_CT, "364320009", "Pregnancy observable")
"""What kind of episode it is, as the Dutch maternal record (Nictiz, zib MaternalRecord) says it and its clients search for it."""


NOWHERE = Slot("", "")


@dataclass(frozen=True)
class Setting:
    """What the resources of one change of a part have in common: record, woman, when and by whom, and the part.

    `item` is the id of the visit or measurement; in a section there is one of it means nothing.
    """

    record: UUID
    person: UUID
    stamp: Stamp
    section: str
    item: str = ""

    @once
    def at(self) -> str:
        """The moment of the change as FHIR writes an instant."""
        return to_wire(self.stamp.at)

    def meta(self, old: Resource | None) -> Json:
        """Resource.meta of the next version of `old`: each resource counts its own versions, from 1."""
        version = 1 if old is None else int(old["meta"]["versionId"]) + 1
        return {"versionId": str(version), "lastUpdated": self.at}

    def new_value_id(self) -> str:
        """The id of a value that is registered for the first time."""
        return self._place + identity.random_text(self.stamp.new_id().bytes)

    @once
    def _place(self) -> str:
        return identity.place(self.record, self.section, self.item)

    @once
    def subject(self) -> Json:
        """The pregnant woman, by an id that tells nothing of her."""
        return local_reference("Patient", str(self.person))

    @once
    def encounter(self) -> Json | None:
        """The visit that the values are of, or None."""
        if self.section != identity.VISITS:
            return None
        return local_reference("Encounter", identity.visit_id(self.record, UUID(self.item)))

    @once
    def person_reference(self) -> Json:
        """Who registered it, as a reference."""
        author = self.stamp.author
        if author.user_type == "CITIZEN":
            return self.subject | {"type": "Patient", "display": author.name}
        made = practitioner_reference(self.record, author.hpr_nr, author.name)
        if author.hpr_role:
            role = coding(CODE_SYSTEMS["9060"].uri, author.hpr_role)
            made["extension"] = [extension(AUTHOR_ROLE, valueCoding=role)]
        return made

    @once
    def organisation_reference(self) -> Json | None:
        """Where it was registered, as a reference; None for what she registered herself."""
        author = self.stamp.author
        if not (author.org_nr or author.org_name):
            return None
        made = organisation_reference(self.record, author.org_nr, author.org_name)
        if author.treatment_facility_name:
            facility = extension(TREATMENT_FACILITY, valueString=author.treatment_facility_name)
            made["extension"] = [facility]
        return made

    @once
    def recorded_by(self) -> list[Json]:
        """Who registered it and where, as the parts of the extension RECORDED_BY."""
        told = [extension("who", valueReference=self.person_reference)]
        where = self.organisation_reference
        return told if where is None else [*told, extension("where", valueReference=where)]

    @once
    def performers(self) -> list[Json]:
        """Who and where, for an Observation."""
        where = self.organisation_reference
        return [self.person_reference] if where is None else [self.person_reference, where]


def practitioner_reference(record: UUID, hpr_number: str, name: str) -> Json:
    """A reference to a practitioner, by HPR number where it is known."""
    known = identity.is_number(hpr_number)
    id_ = identity.practitioner_id(record, hpr_number) if known else ""
    return logical_reference("Practitioner", system=HPR_NUMBER, value=hpr_number, display=name, id_=id_)


def organisation_reference(record: UUID, number: str, name: str) -> Json:
    """A reference to an organisation, by its number in the register of legal entities where it is known."""
    id_ = identity.organization_id(record, number) if identity.is_number(number) else ""
    return logical_reference("Organization", system=ORGANISATION_NUMBER, value=number, display=name, id_=id_)


def fetus_reference(record: UUID, number: str) -> Json:
    """A reference to a fetus of this pregnancy, by its number."""
    to = local_reference("RelatedPerson", identity.fetus_id(record, number))
    return to | {"type": "RelatedPerson", "identifier": {"system": FETUS, "value": number}}


def make_resource(
    field: Field, item: str, value: Normal, setting: Setting, *, old: Resource | None, effective: str
) -> Resource:
    """The value as a resource: the next version of `old` where there is one, else a new resource.

    Of what came by FHIR, everything stays that does not tell of the value that is gone.
    """
    made = _made(field, item, value, setting, old=old, effective=effective)
    return made if old is None or not came_by_fhir(old) else replaced_by(old, made, setting.recorded_by)


def _made(
    field: Field, item: str, value: Normal, setting: Setting, *, old: Resource | None, effective: str
) -> Resource:
    if field.resource == "Observation":
        return dated(_observation(field, item, value, setting, old=old), effective)
    if field.resource == "Condition":
        return _condition(field, value, setting, old)
    if field.resource == "Encounter":
        return _encounter(value, setting, old)
    return _episode(value, setting, old)


def dated(observation: Resource, day: str) -> Resource:
    """The Observation with that clinical date; of a vital sign without one, as its profile asks, that it is not known."""
    made = {name: one for name, one in observation.items() if name not in {"effectiveDateTime", _UNDATED}}
    if day:
        made["effectiveDateTime"] = day
    elif any(code_in(one, CATEGORY) == "vital-signs" for one in made.get("category", ())):
        made[_UNDATED] = UNKNOWN
    return made


def _id(setting: Setting, old: Resource | None) -> str:
    return setting.new_value_id() if old is None else str(old["id"])


def _observation(
    field: Field, item: str, value: Normal, setting: Setting, *, old: Resource | None
) -> Resource:
    made: Resource = {
        "resourceType": "Observation",
        "id": _id(setting, old),
        "meta": setting.meta(old),
        "status": "final",
        **({"category": [VITAL_SIGNS]} if field.key in _VITAL_SIGNS else {}),
        "code": field.concept,
        "subject": setting.subject,
    }
    if item:
        by_fetus = CATALOGUE.sections[field.section].items[field.array] == FETUS_NUMBER and item.isdigit()
        if by_fetus:
            made["focus"] = [fetus_reference(setting.record, item)]
        else:
            made["identifier"] = [{"system": CARD_ITEM, "value": item}]
    if setting.encounter:
        made["encounter"] = setting.encounter
    made["issued"] = setting.at
    made["performer"] = setting.performers
    made.update(field.value.to_fhir(value))
    return made


def _condition(field: Field, value: Normal, setting: Setting, old: Resource | None) -> Resource:
    """Yes is a confirmed condition, no a refuted one."""
    made: Resource = {"resourceType": "Condition", "id": _id(setting, old), "meta": setting.meta(old)}
    if setting.organisation_reference is not None:
        made["extension"] = [extension(AUTHOR_ORGANISATION, valueReference=setting.organisation_reference)]
    made["verificationStatus"] = _CONFIRMED if value else _REFUTED
    made["code"] = field.concept
    made["subject"] = setting.subject
    made["recordedDate"] = setting.at
    made["recorder"] = setting.person_reference
    return made


def _encounter(value: Normal, setting: Setting, old: Resource | None) -> Resource:
    """A visit; its id is the visit's, its period is the day of the visit: without an end it would still go on."""
    made: Resource = {
        "resourceType": "Encounter",
        "id": identity.visit_id(setting.record, UUID(setting.item)),
        "meta": setting.meta(old),
        "status": "finished",
        "class": coding(ACT_CODE, "AMB"),
        "subject": setting.subject,
        "episodeOfCare": [local_reference("EpisodeOfCare", identity.episode_id(setting.record))],
        "period": {"start": value, "end": value},
    }
    if setting.stamp.author.user_type != "CITIZEN":  # she is the subject
        made["participant"] = [{"individual": setting.person_reference}]
    if setting.organisation_reference is not None:
        made["serviceProvider"] = setting.organisation_reference
    return made


def _episode(value: Normal, setting: Setting, old: Resource | None) -> Resource:
    """The record itself; finished once it is delivered or terminated, which of the two in an extension."""
    started = old["period"]["start"] if old else setting.at
    made: Resource = {
        "resourceType": "EpisodeOfCare",
        "id": identity.episode_id(setting.record),
        "meta": setting.meta(old),
        "extension": [extension(RECORD_STATUS, valueCode=value)],
        "status": "active" if value == "ACTIVE" else "finished",
        "type": [concept(PREGNANCY)],
        "patient": setting.subject,
        "period": {"start": started},
    }
    if setting.organisation_reference is not None:
        made["managingOrganization"] = setting.organisation_reference
    if setting.stamp.author.user_type != "CITIZEN":
        made["careManager"] = setting.person_reference
    return made


def slot_of(resource: Resource) -> Slot:
    """Which field, and in an array which item, a resource is the value of; an empty key where the card has no field for it.

    What came by FHIR says it in `meta` (CARD_PLACE), so that its codes stay as they were sent.
    """
    placed = extension_value(resource.get("meta", {}), CARD_PLACE, "valueString")
    if placed is not None:
        key, _, item = placed.partition("/")
        return NOWHERE if key == ASIDE else Slot(key, item)
    carried = _CARRIERS.get(resource["resourceType"])
    if carried:
        return Slot(carried, "")
    key = code_in(resource.get("code"), CARD_FIELD) or ""
    items = each(resource, "identifier")
    fetuses = [one.get("identifier", {}) for one in each(resource, "focus")]
    of_it = [one for one in items if one.get("system") == CARD_ITEM]
    of_it += [one for one in fetuses if one.get("system") == FETUS]
    return Slot(key, next((one["value"] for one in of_it if "value" in one), ""))


def value_of(field: Field, resource: Resource) -> Normal | None:
    """The value a resource holds for its field, in normal form; None where it holds none."""
    if field.resource == "Observation":
        return field.value.from_fhir(resource)
    if field.resource == "Condition":
        return {"confirmed": True, "refuted": False}.get(
            code_in(resource.get("verificationStatus"), VERIFICATION) or ""
        )
    if field.resource == "Encounter":
        return day_of(resource.get("period", {}).get("start"))
    said = extension_value(resource, RECORD_STATUS, "valueCode")
    return "ACTIVE" if said is None and resource.get("status") == "active" else said


def marked_in_error(resource: Resource, setting: Setting) -> Resource:
    """The resource's next version, entered in error; who registered it stays."""
    made = resource | {"meta": resource["meta"] | setting.meta(resource)}
    if resource["resourceType"] == "Condition":
        return made | {"verificationStatus": _ENTERED_IN_ERROR}
    return made | {"status": "entered-in-error"}
