"""The audit row: one for each act at the door, refused ones too."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from helsekort.access.act import Act, Basis
from helsekort.access.actor import Actor


class Detail(msgspec.Struct, frozen=True, omit_defaults=True):
    """The circumstances of an act as they are kept: who, role, place, system, why. No identity numbers, no clinical content.

    Pasientjournalforskriften section 14; Normen 5.4.4 and fact sheet 15 (who, role, organisation, what, when, why).
    """

    actor_kind: str
    name: str = ""
    role: str = ""
    hpr_number: str = ""
    organisation_parent: str = ""
    organisation: str = ""
    organisation_name: str = ""
    supplier: str = ""
    client_id: str = ""
    token_id: str = ""
    section: str = ""
    reference: str = ""
    source_system: str = ""
    treatment_facility: str = ""
    purpose: str = ""
    event_id: str = ""
    reason: str = ""  # the decision in words, in bokmål: she reads it
    refusal: str = ""  # Kind value of a refused act, empty for a permitted one
    basis: str = ""  # Basis value where it was another than ordinary treatment
    why: str = ""  # why an emergency was declared or a block lifted, in the clinician's words
    lifted: bool = False  # a block of hers gave way to the basis
    representation: str = ""  # what a proxy acted on
    decision_reference: str = ""  # the EHR's own access decision
    opened_by_hand: bool | None = None  # the clinician opened access herself in the EHR
    resources: dict[str, int] = {}  # how many FHIR resources of each type were written


class AuditEntry(msgspec.Struct, frozen=True):
    """One act as it is told to the woman it concerns."""

    id: UUID
    at: datetime
    action: str
    permitted: bool
    record: UUID | None
    detail: Detail


def describe(act: Act, *, reason: str, refusal: str, lifted: bool = False) -> Detail:
    """What is kept of an act and its decision; `lifted` where a block of hers gave way to the act's basis."""
    actor, organisation = act.actor, act.actor.organisation
    return Detail(
        actor_kind=actor.kind._value_,
        name=actor.name,
        role=actor.role,
        hpr_number=actor.hpr_number,
        organisation_parent=organisation.parent_number if organisation else "",
        organisation=organisation.number if organisation else "",
        organisation_name=organisation.name if organisation else "",
        supplier=organisation.supplier_number if organisation else "",
        client_id=actor.client_id,
        token_id=actor.token_id,
        section=act.section,
        reference=str(act.reference) if act.reference else "",
        source_system=act.source_system,
        treatment_facility=act.treatment_facility,
        purpose=act.purpose,
        event_id=act.event_id,
        reason=reason,
        refusal=refusal,
        basis="" if act.basis is Basis.ORDINARY else act.basis.value,
        why=act.reason,
        lifted=lifted,
        representation=act.representation.value if act.representation else "",
        decision_reference=act.decision_reference,
        opened_by_hand=act.opened_by_hand,
        resources=dict(act.resources),
    )


def describe_attempt(actor: Actor | None, *, event_id: str, reason: str, refusal: str) -> Detail:
    """What is kept of an attempt that names no patient: the actor as far as there is a trustworthy one."""
    if actor is None:
        return Detail(actor_kind="unknown", event_id=event_id, reason=reason, refusal=refusal)
    organisation = actor.organisation
    return Detail(
        actor_kind=actor.kind.value,
        name=actor.name,
        role=actor.role,
        hpr_number=actor.hpr_number,
        organisation_parent=organisation.parent_number if organisation else "",
        organisation=organisation.number if organisation else "",
        organisation_name=organisation.name if organisation else "",
        client_id=actor.client_id,
        token_id=actor.token_id,
        event_id=event_id,
        reason=reason,
        refusal=refusal,
    )


def review_kind(entry: AuditEntry) -> str:
    """Why the organisation has to look at an act afterwards; empty where it has not."""
    if not entry.permitted:
        return ""
    if entry.detail.basis == Basis.EMERGENCY.value:
        return "emergency"
    return "lifted-block" if entry.detail.lifted else ""


def organisation_of(detail: Detail) -> str:
    """The legal entity that answers for an act, else the point of care; empty where there was none."""
    return detail.organisation_parent or detail.organisation
