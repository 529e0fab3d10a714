"""The attestation of the trust framework (tillitsrammeverket): what an organisation vouches for when it opens a record.

Specification 1.1, rules ATT-n. Both wire shapes in use are read: `care_relation`/`patient` of the written specification and
`care_relationship`/`patients` of HelseID; ours to send is the latter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from helsekort.access.act import Basis
from helsekort.access.jose import NotAccepted
from helsekort.basics.refusal import Issue, Kind, Refused

TYPE = "nhn:tillitsrammeverk:parameters"
LONGEST_AGE = 60 * 60.0
"""Seconds an attestation is good for (ATT-58); it is copied into every token while a refresh token lives."""

_FNR, _DNR = "urn:oid:2.16.578.1.12.4.1.4.1", "urn:oid:2.16.578.1.12.4.1.4.2"
_PURPOSES = {
    "TREAT": Basis.ORDINARY,
    "COC": Basis.ORDINARY,
    "ETREAT": Basis.EMERGENCY,
    "BTG": Basis.EMERGENCY,
}
"""ATT-38 to 41, codes of 2.16.840.1.113883.1.11.20448: emergencies count as breaking the glass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """What was attested. Empty text is what was not stated; `at` is in seconds since 1970, None where missing."""

    at: float | None
    practitioner: str = field(repr=False)
    practitioner_system: str
    hpr_number: str
    authorization: str
    legal_entity: str
    point_of_care: str
    healthcare_service: str
    purpose: str
    purpose_details: str
    decision_reference: str
    decision_text: str
    opened_by_hand: bool | None
    patient: str = field(repr=False)

    @property
    def basis(self) -> Basis:
        """The ground its purpose stands for."""
        return _PURPOSES.get(self.purpose, Basis.ORDINARY)


def read_attestation(payload: Mapping[str, Any]) -> Attestation | None:
    """The attestation in a token's verified claims, None where there is none; NotAccepted where there are two or it is broken."""
    found = list(_attestations(payload))
    if not found:
        return None
    if len(found) > 1:
        raise NotAccepted("It carries two attestations.")
    return _read(found[0], payload)


def _attestations(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    details = payload.get("authorization_details", [])
    for detail in details if isinstance(details, list) else [details]:
        if isinstance(detail, dict) and detail.get("type") == TYPE:
            yield detail
    alone = payload.get("attestation")
    if isinstance(alone, dict) and "practitioner" in alone:
        yield alone


def _read(told: Mapping[str, Any], payload: Mapping[str, Any]) -> Attestation:
    practitioner = _object(told, "practitioner")
    relation = _object(told, "care_relationship", "care_relation")
    identifier, decision = _object(practitioner, "identifier"), _object(relation, "decision_ref")
    return Attestation(
        at=_moment(told, payload),
        practitioner=_text(identifier, "id"),
        practitioner_system=_text(identifier, "system"),
        hpr_number=_text(_object(practitioner, "hpr_nr"), "id"),
        authorization=_text(_object(practitioner, "authorization"), "code"),
        legal_entity=_text(_object(practitioner, "legal_entity"), "id"),
        point_of_care=_text(_object(practitioner, "point_of_care"), "id"),
        healthcare_service=_text(_object(relation, "healthcare_service"), "code"),
        purpose=_text(_object(relation, "purpose_of_use"), "code"),
        purpose_details=_text(_object(relation, "purpose_of_use_details"), "code"),
        decision_reference=_text(decision, "id"),
        decision_text=_text(decision, "description"),
        opened_by_hand=_flag(decision, "user_selected"),
        patient=_text(_object(_patient(told), "identifier"), "id"),
    )


def _patient(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one patient: an object, or a list with one; several patients are no attestation for opening a record (ATT-6)."""
    patients = told.get("patients", told.get("patient", []))
    several: list[Any] = patients if isinstance(patients, list) else [patients]
    if len(several) > 1:
        raise NotAccepted("The attestation names several patients.")
    if several and not isinstance(several[0], dict):
        raise NotAccepted("The attestation is not well formed.")
    return several[0] if several else {}


def _object(told: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    value: Any = next((told[name] for name in names if told.get(name) is not None), {})
    if not isinstance(value, dict):
        raise NotAccepted("The attestation is not well formed.")
    return value


def _text(told: Mapping[str, Any], name: str) -> str:
    """A short printable text: it will stand in her access log, and whoever wrote it may be hostile (ATT-3)."""
    value = told.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 500 or not value.isprintable():
        raise NotAccepted("The attestation is not well formed.")
    return value


def _flag(told: Mapping[str, Any], name: str) -> bool | None:
    value = told.get(name)
    if value is not None and not isinstance(value, bool):
        raise NotAccepted("The attestation is not well formed.")
    return value


def _moment(told: Mapping[str, Any], payload: Mapping[str, Any]) -> float | None:
    for place in (told, told.get("attestation"), payload.get("attestation")):
        if isinstance(place, dict) and "toa" in place:
            return _seconds(place["toa"])
    return None


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value < 2**40:
        raise NotAccepted("The attestation's time (toa) is not a time.")
    return float(value)


@dataclass(frozen=True, slots=True)
class Attested:
    """What the token, the headers and the registers say, to hold the attestation against."""

    pid: str = field(repr=False)
    hpr_number: str
    authorisations: frozenset[str]
    parent_number: str
    child_number: str
    patient: str = field(repr=False)
    now: float


def check_attestation(told: Attestation | None, known: Attested, *, demanded: bool) -> Refused | None:
    """Why the attestation is refused, every reason at once; None where it holds, or is missing and not demanded."""
    if told is None:
        missing = Issue("An attestation is demanded here and the token has none.", "Authorization")
        return Refused(Kind.FORBIDDEN, [missing]) if demanded else None
    issues = [Issue(sentence, "Authorization") for sentence, holds in _rules(told, known) if not holds]
    return Refused(Kind.FORBIDDEN, issues) if issues else None


def _rules(told: Attestation, known: Attested) -> Iterator[tuple[str, bool]]:
    """Each rule: the sentence when it is broken, and whether it holds."""
    age = None if told.at is None else known.now - told.at
    yield (
        "attestation_has_expired: it is older than 60 minutes (ATT-58).",
        age is not None and age <= LONGEST_AGE,
    )
    yield "The attestation's time lies in the future (ATT-58).", age is None or age >= -60
    yield "The attested patient is another (ATT-4).", told.patient in ("", known.patient)
    yield (
        "The attested practitioner has no fødselsnummer or D-nummer (ATT-10).",
        not told.practitioner or told.practitioner_system in (_FNR, _DNR),
    )
    yield (
        "The attested practitioner is not the token's person (ATT-11).",
        told.practitioner in ("", known.pid),
    )
    yield "The attested HPR number is not the token's (ATT-11).", told.hpr_number in ("", known.hpr_number)
    yield (
        "The attested authorization does not exist for the HPR number (ATT-32).",
        not told.authorization or told.authorization in known.authorisations,
    )
    yield "The attested legal entity is not the token's (ATT-15).", told.legal_entity == known.parent_number
    yield "The attested point of care is not the token's (ATT-18).", told.point_of_care == known.child_number
    yield "The purpose of use is missing or unknown (ATT-38).", told.purpose in _PURPOSES
    yield (
        "Healthcare service or details of the purpose are missing (ATT-43).",
        bool(told.healthcare_service or told.purpose_details),
    )
    yield "The decision reference is missing (ATT-46).", bool(told.decision_reference)
    yield "The decision reference does not say who selected (ATT-47).", told.opened_by_hand is not None
