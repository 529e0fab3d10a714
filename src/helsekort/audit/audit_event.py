"""An audit row as a FHIR R4 AuditEvent, for whoever collects such from many systems. Pure; never a national identity number.

In the shape of HL7 Norge's trust framework AuditEvent (hl7.fhir.no.domain.auditevent, package at http://hl7.no/fhir): contained
PractitionerRole with Practitioner, legal entity and point of care, purposeOfEvent, and the extensions for patient and care
relation. Codes and the other agents and entities are those of IHE BALP 1.1 (PatientRead/Create/Update/Delete, AuthZconsent for a
refusal, OAUTHaccessTokenUse for the token). No profile is claimed: BALP demands network addresses, which are not kept, and HL7
Norge allows no agent but the practitioner, whom BALP's client and server stand beside.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from helsekort.access.act import Action, Basis
from helsekort.access.actor import ActorKind
from helsekort.audit.entry import AuditEntry, Detail
from helsekort.basics.clock import to_wire
from helsekort.fhir.shapes import (
    Json,
    Resource,
    coding,
    concept,
    extension,
    local_reference,
    logical_reference,
)
from helsekort.terminology.code_systems import HPR_NUMBER, ORGANISATION_NUMBER, VOLVEN

DCM = "http://dicom.nema.org/resources/ontology/DCM"
INTERACTION = "http://hl7.org/fhir/restful-interaction"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ROLE_CLASS = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
PURPOSE = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
OBJECT_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
SOURCE_TYPE = "http://terminology.hl7.org/CodeSystem/security-source-type"
BALP = "https://profiles.ihe.net/ITI/BALP/CodeSystem"
NO_EXTENSION = "http://hl7.no/fhir/StructureDefinition/auditevent-"
DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ROLE_OF_PROFESSIONAL = f"urn:oid:{VOLVEN}9060"
ACTION = "urn:helsekort:audit-action"
"""Our own words for what was done (access.act.Action)."""

INTERACTIONS = {
    Action.READ_STATUS: ("R", "read"),
    Action.READ_HISTORY: ("R", "search-type"),
    Action.READ_RECORD: ("R", "read"),
    Action.READ_RECORD_HISTORY: ("R", "history-instance"),
    Action.CREATE_RECORD: ("C", "create"),
    Action.UPDATE_STATUS: ("U", "update"),
    Action.WRITE_SECTION: ("U", "update"),
    Action.ENTER_IN_ERROR: ("U", "update"),  # nothing is deleted: it is marked
    Action.GIVE_CONSENT: ("C", "create"),
    Action.WITHDRAW_CONSENT: ("D", "delete"),
    Action.READ_LOG: ("R", "read"),
    Action.SET_WISH: ("U", "update"),
    Action.REPORT_LOOKUP: ("C", "create"),
    Action.READ_RESOURCES: ("R", "read"),
    Action.SEARCH_RESOURCES: ("R", "search-type"),
    Action.WRITE_RESOURCES: ("U", "update"),
    Action.SUBSCRIBE: ("R", "read"),
    Action.NOTIFY: ("R", "read"),
}
"""AuditEvent.action and the RESTful interaction that comes nearest."""
_BY_VALUE = {action.value: codes for action, codes in INTERACTIONS.items()}

PURPOSES = {
    "TREAT": "treatment",
    "ETREAT": "Emergency Treatment",
    "COC": "coordination of care",
    "BTG": "break the glass",
    "PATRQT": "patient requested",
}
"""HL7's v3 PurposeOfUse: those of the trust framework (ATT-38 to 41), and the one of an act of her own."""


def audit_event(entry: AuditEntry, *, person: UUID, site: str) -> Resource:
    """The row as an AuditEvent about the person, by her opaque id; `site` is the address of this service."""
    detail = entry.detail
    action, interaction = _BY_VALUE.get(entry.action, ("E", ""))
    contained = _practitioner(detail) if detail.actor_kind == ActorKind.PRACTITIONER.value else []
    made: Resource = {
        "resourceType": "AuditEvent",
        "id": str(entry.id),
        "extension": _extensions(detail, person),
        "type": coding(DCM, "110110", "Patient Record"),
        "subtype": [coding(INTERACTION, interaction)] if interaction else [],
        "action": action,
        "recorded": to_wire(entry.at),
        "outcome": "0",
        "purposeOfEvent": _purpose(detail),
        "agent": _agents(detail, person, site, reads=action == "R"),
        "source": {
            "site": site,
            "observer": _device(site),
            "type": [coding(SOURCE_TYPE, "4", "Application Server")],
        },
        "entity": _entities(entry, person),
    }
    made["subtype"].append(coding(ACTION, entry.action))
    if contained:
        made["contained"] = contained
    if not entry.permitted:
        made |= _refusal(detail, made["subtype"])
    return {name: value for name, value in made.items() if value != []}


def log_bundle(log: Iterable[AuditEntry], *, person: UUID, site: str, at: datetime) -> Resource:
    """A person's whole log at a moment as a Bundle of AuditEvents (type collection), in the order given."""
    entries = [
        {"fullUrl": f"urn:uuid:{entry.id}", "resource": audit_event(entry, person=person, site=site)}
        for entry in log
    ]
    made: Resource = {"resourceType": "Bundle", "type": "collection", "timestamp": to_wire(at)}
    return made | {"entry": entries} if entries else made


def _refusal(detail: Detail, subtype: list[Json]) -> Json:
    """What differs where the act was refused (IHE BALP, AuthZconsent with a deny)."""
    return {
        "type": coding(DCM, "110113", "Security Alert"),
        "subtype": [coding(f"{BALP}/AuthZsubType", "AuthZ-Consent"), *subtype],
        "action": "E",
        "outcome": "8",
        "outcomeDesc": detail.reason or detail.refusal,
    }


def _practitioner(detail: Detail) -> list[Json]:
    """PractitionerRole and what it points at, as HL7 Norge's profile contains them."""
    practitioner: Json = {"resourceType": "Practitioner", "id": "practitioner"}
    if detail.hpr_number:
        practitioner["identifier"] = [{"system": HPR_NUMBER, "value": detail.hpr_number}]
    if detail.name:
        practitioner["name"] = [{"text": detail.name}]
    if detail.role:
        practitioner["qualification"] = [{"code": concept(coding(ROLE_OF_PROFESSIONAL, detail.role))}]
    role: Json = {
        "resourceType": "PractitionerRole",
        "id": "role",
        "practitioner": {"reference": "#practitioner"},
    }
    if not detail.organisation_parent:
        return [practitioner, role]
    place: Json = {"resourceType": "Location", "id": "place", "managingOrganization": {"reference": "#unit"}}
    if detail.treatment_facility:
        place["name"] = detail.treatment_facility
    role |= {"organization": {"reference": "#legal-entity"}, "location": [{"reference": "#place"}]}
    return [
        practitioner,
        _organisation("legal-entity", detail.organisation_parent, ""),
        _organisation("unit", detail.organisation, detail.organisation_name),
        place,
        role,
    ]


def _organisation(name: str, number: str, display: str) -> Json:
    made: Json = {
        "resourceType": "Organization",
        "id": name,
        "identifier": [{"system": ORGANISATION_NUMBER, "value": number}],
    }
    return made | {"name": display} if display else made


def _agents(detail: Detail, person: UUID, site: str, *, reads: bool) -> list[Json]:
    """Who acted, for which organisation, through which system, and this service (BALP's user, userorg, client and server)."""
    user: Json = {
        "type": concept(
            coding(f"{BALP}/UserAgentTypes", "UserOauthAgent"), _participation(detail, reads=reads)
        ),
        "who": _who(detail, person),
        "requestor": True,
    }
    if detail.role:
        user["role"] = [concept(coding(ROLE_OF_PROFESSIONAL, detail.role))]
    if detail.name:
        user["name"] = detail.name
    if detail.token_id:
        user["policy"] = [f"urn:ietf:params:oauth:jti:{detail.token_id}"]
    agents = [user]
    if detail.organisation:
        who = logical_reference(
            "Organization",
            system=ORGANISATION_NUMBER,
            value=detail.organisation,
            display=detail.organisation_name,
        )
        agents.append(
            {
                "type": concept(coding(ROLE_CLASS, "PROV", "healthcare provider")),
                "who": who,
                "requestor": False,
            }
        )
    source, destination = (
        coding(DCM, "110153", "Source Role ID"),
        coding(DCM, "110152", "Destination Role ID"),
    )
    if detail.client_id:
        agents.append(
            {"type": concept(destination if reads else source), "who": _client(detail), "requestor": False}
        )
    agents.append(
        {"type": concept(source if reads else destination), "who": _device(site), "requestor": False}
    )
    return agents


def _participation(detail: Detail, *, reads: bool) -> Json:
    """How the user took part (BALP, UserAgentTypes): the patient herself, who receives, or who writes."""
    if detail.actor_kind == ActorKind.CITIZEN.value:
        return coding(ROLE_CLASS, "PAT", "patient")
    if reads:
        return coding(PARTICIPATION, "IRCP", "information recipient")
    return coding(PARTICIPATION, "AUT", "author (originator)")


def _who(detail: Detail, person: UUID) -> Json:
    match detail.actor_kind:
        case ActorKind.PRACTITIONER.value:
            return {"reference": "#role"}
        case ActorKind.CITIZEN.value:
            return _patient(person)
        case ActorKind.PROXY.value:
            return logical_reference("RelatedPerson", system="", value="", display=detail.name)
        case ActorKind.MACHINE.value:
            return _client(detail)
        case ActorKind.SYSTEM.value:
            return {"type": "Device", "display": "Digitalt helsekort"}
        case _:
            return {"display": "Ukjent"}


def _purpose(detail: Detail) -> list[Json]:
    """Why: what the EHR stated; break the glass for an emergency; her own wish for what she or her proxy does."""
    own = detail.actor_kind in {ActorKind.CITIZEN.value, ActorKind.PROXY.value}
    codes = ["PATRQT"] if own else [detail.purpose] if detail.purpose else []
    if detail.basis == Basis.EMERGENCY.value and "BTG" not in codes:
        codes.append("BTG")
    purposes = [concept(coding(PURPOSE, code, PURPOSES.get(code))) for code in codes]
    if purposes and detail.why:
        purposes[-1]["text"] = detail.why
    return purposes


def _entities(entry: AuditEntry, person: UUID) -> list[Json]:
    """Whose record, which, and the request it came with."""
    detail = entry.detail
    patient = {
        "what": _patient(person),
        "type": coding(ENTITY_TYPE, "1", "Person"),
        "role": coding(OBJECT_ROLE, "1", "Patient"),
    }
    facts = {
        "section": detail.section,
        "reference": detail.reference,
        "basis": detail.basis,
        "blockLifted": "true" if detail.lifted else "",
        "representation": detail.representation,
        "decision": detail.reason,
        "resources": ", ".join(f"{count} {kind}" for kind, count in sorted(detail.resources.items())),
    }
    data: Json = {
        "type": coding(ENTITY_TYPE, "2", "System Object"),
        "role": coding(OBJECT_ROLE, "4", "Domain Resource"),
        "detail": [{"type": name, "valueString": value} for name, value in facts.items() if value],
    }
    if entry.record is not None:
        data["what"] = {"type": "EpisodeOfCare", **local_reference("EpisodeOfCare", str(entry.record))}
    entities = [patient, {name: value for name, value in data.items() if value}]
    if detail.event_id:
        transaction = {"identifier": {"value": detail.event_id}}
        entities.append({"what": transaction, "type": coding(f"{BALP}/BasicAuditEntityType", "XrequestId")})
    return entities


def _extensions(detail: Detail, person: UUID) -> list[Json]:
    """HL7 Norge's extensions: the patient, and what is known of the care relation.

    The time of the attestation is a part of it that must be there and is not kept: it says that it is unknown.
    """
    made = [extension(f"{NO_EXTENSION}patient-extension", valueReference=_patient(person))]
    parts: list[Json] = []
    if detail.decision_reference:
        parts.append(extension("decision-ref-id", valueString=detail.decision_reference))
    if detail.opened_by_hand is not None:
        parts.append(extension("decision-ref-user-selected", valueBoolean=detail.opened_by_hand))
    if parts:
        unknown = {"extension": [extension(DATA_ABSENT, valueCode="unknown")]}
        parts.append(extension("toa", _valueUnsignedInt=unknown))
        made.append({"url": f"{NO_EXTENSION}carerelation-metadata-extension", "extension": parts})
    return made


def _client(detail: Detail) -> Json:
    """The system that called, by its id at the login service."""
    made = logical_reference("Device", system="", value="", display=detail.source_system)
    return made | {"identifier": {"value": detail.client_id}} if detail.client_id else made


def _patient(person: UUID) -> Json:
    return {"type": "Patient", **local_reference("Patient", str(person))}


def _device(site: str) -> Json:
    return {"type": "Device", "display": f"Digitalt helsekort, {site}"}
