"""The audit row: one for each act at the door, refused ones too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from helsekort.access.act import Act
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


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act as it is told to the woman it concerns."""

    id: UUID
    at: datetime
    action: str
    permitted: bool
    record: UUID | None
    detail: Detail


def describe(act: Act, *, reason: str, refusal: str) -> Detail:
    """What is kept of an act and its decision."""
    actor, organisation = act.actor, act.actor.organisation
    return Detail(
        actor_kind=actor.kind.value,
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
