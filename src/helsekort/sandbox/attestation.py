"""The attestation of the trust framework (tillitsrammeverket) at the provider: what an EHR states, and what the token says.

Tillitsrammeverk specification 1.1; names as HelseID writes them (`care_relationship`, `patients`). The EHR sends it in the pushed
request, where it lasts as long as the refresh token, or in a client assertion, where it lasts for one token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import msgspec

from helsekort.sandbox.oauth import OAuthError
from helsekort.sandbox.people import Organisation, Practitioner

TYPE: Literal["nhn:tillitsrammeverk:parameters"] = "nhn:tillitsrammeverk:parameters"
PURPOSES = "urn:oid:2.16.840.1.113883.1.11.20448"
FNR, DNR = "urn:oid:2.16.578.1.12.4.1.4.1", "urn:oid:2.16.578.1.12.4.1.4.2"
HPR, ORGANISATION = "urn:oid:2.16.578.1.12.4.1.4.4", "urn:oid:2.16.578.1.12.4.1.4.101"
ROLES, SERVICES = "urn:oid:2.16.578.1.12.4.1.1.9060", "urn:oid:2.16.578.1.12.4.1.1.8666"


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of what is attested; what was not stated is left out again."""


class Identified(_Part, frozen=True):
    """Somebody or something with a number."""

    id: str
    system: str
    name: str = ""
    authority: str = ""


class Coded(_Part, frozen=True):
    """A code of a code system."""

    code: str
    system: str
    text: str = ""
    assigner: str = ""


class Decision(_Part, frozen=True):
    """The EHR's own decision to give access: its id, whether the clinician opened it herself, and why."""

    id: str
    user_selected: bool
    description: str = ""


class AttestedPractitioner(_Part, frozen=True):
    """Who opens the record, and where. Number and HPR number are the provider's to fill where somebody is logged in."""

    legal_entity: Identified
    point_of_care: Identified
    identifier: Identified | None = None
    hpr_nr: Identified | None = None
    authorization: Coded | None = None
    department: Identified | None = None


class CareRelationship(_Part, frozen=True):
    """Why the record is opened."""

    purpose_of_use: Coded
    decision_ref: Decision
    healthcare_service: Coded | None = None
    purpose_of_use_details: Coded | None = None


class AttestedPatient(_Part, frozen=True):
    """Whose record it is."""

    identifier: Identified | None = None
    point_of_care: Identified | None = None
    department: Identified | None = None


class Parameters(_Part, frozen=True):
    """One attestation as an EHR sends it."""

    type: Literal["nhn:tillitsrammeverk:parameters"]
    practitioner: AttestedPractitioner
    care_relationship: CareRelationship
    patients: list[AttestedPatient]


@dataclass(frozen=True, slots=True)
class Attested:
    """Parameters that the provider has taken, and when (Unix seconds): the token's `toa`. `once`: for one token alone."""

    parameters: Parameters
    at: int
    once: bool = False


def taken_apart(details: object) -> tuple[object, Parameters | None]:
    """`authorization_details` without the attestation, and the attestation; raises OAuthError where there are two."""
    entries: list[Any] = details if isinstance(details, list) else [details]
    stated = [entry for entry in entries if isinstance(entry, dict) and entry.get("type") == TYPE]
    if len(stated) > 1:
        raise double("two attestations")
    if not stated:
        return details, None
    others = [entry for entry in entries if entry is not stated[0]]
    try:
        return others or None, msgspec.convert(stated[0], Parameters)
    except msgspec.ValidationError as error:
        raise OAuthError("invalid_request", f"authorization_details {TYPE}: {error}") from error


def double(what: str) -> OAuthError:
    """HelseID's refusal of the same thing said twice."""
    return OAuthError("access_denied", f"HID-DOUBLE-STRUCTURE: {what}")


def emitted(attested: Attested, practitioner: Practitioner | None) -> list[dict[str, Any]]:
    """The claim `authorization_details` of the access token; the practitioner is whoever has logged in."""
    told = attested.parameters
    if practitioner is not None:
        system = DNR if practitioner.nin[0] > "3" else FNR
        number = Identified(practitioner.nin, system, practitioner.name, "Skatteetaten")
        hpr = Identified(practitioner.hpr_number, HPR, practitioner.name, "Helsedirektoratet")
        person = msgspec.structs.replace(told.practitioner, identifier=number, hpr_nr=hpr)
        told = msgspec.structs.replace(told, practitioner=person)
    return [{**cast("dict[str, Any]", msgspec.to_builtins(told)), "attestation": {"toa": attested.at}}]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an EHR opens a record: purpose (TREAT, COC, ETREAT, BTG), its decision's id, and a text that she can read."""

    purpose: str = "TREAT"
    decision: str = "beslutning-1"
    description: str = ""
    by_hand: bool = True


def parameters(
    organisation: Organisation, *, role: str, patient: str = "", reason: Reason | None = None
) -> dict[str, Any]:
    """What an EHR sends: its organisation, its user's role, the patient where she is known, and why."""
    reason = reason or Reason()
    unit = Identified(organisation.number, ORGANISATION, organisation.name)
    whose = Identified(patient, DNR if patient[:1] > "3" else FNR) if patient else None
    told = Parameters(
        TYPE,
        AttestedPractitioner(
            Identified(organisation.parent_number, ORGANISATION, organisation.parent_name),
            unit,
            authorization=Coded(role, ROLES) if role else None,
        ),
        CareRelationship(
            Coded(reason.purpose, PURPOSES),
            Decision(reason.decision, reason.by_hand, reason.description),
            healthcare_service=Coded("01", SERVICES),
        ),
        [AttestedPatient(whose, unit)],
    )
    return dict(cast("Mapping[str, Any]", msgspec.to_builtins(told)))
