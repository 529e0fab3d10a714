"""Why a record is opened: what the caller states in headers and what its organisation attests, put together.

An emergency is believed wherever it is stated, because it opens under a louder log; nothing stated takes one back.
"""

from __future__ import annotations

from dataclasses import dataclass

from helsekort.access.act import Basis
from helsekort.access.actor import ActorKind
from helsekort.access.attestation import Attestation
from helsekort.access.headers import BASIS, REASON, CallHeaders
from helsekort.basics.number_in_text import holds_national_identity_number
from helsekort.basics.refusal import Issue, Kind, Refused


@dataclass(frozen=True, slots=True)
class Ground:
    """The purpose and basis of an act, the reason in the clinician's words, and the EHR's own decision behind it."""

    purpose: str = "TREAT"
    basis: Basis = Basis.ORDINARY
    reason: str = ""
    decision_reference: str = ""
    opened_by_hand: bool | None = None


ORDINARY = Ground()


def ground_of(headers: CallHeaders, told: Attestation | None) -> Ground:
    """The ground of a call: headers and attestation; where either says emergency, it is one."""
    if told is None:
        purpose = "BTG" if headers.basis is Basis.EMERGENCY else "TREAT"
        return Ground(purpose, headers.basis, headers.reason)
    basis = Basis.EMERGENCY if told.basis is Basis.EMERGENCY else headers.basis
    return Ground(
        purpose=told.purpose,
        basis=basis,
        reason=headers.reason or (told.decision_text if basis is not Basis.ORDINARY else ""),
        decision_reference=told.decision_reference,
        opened_by_hand=told.opened_by_hand,
    )


def wrong_ground(kind: ActorKind, ground: Ground) -> Refused | None:
    """Why a ground cannot stand: only a person opens with consent or in an emergency, and an emergency has a reason."""
    if kind is not ActorKind.PRACTITIONER and ground.basis is not Basis.ORDINARY:
        return _refused(
            "Only a practitioner's own token can open with her consent or in an emergency.", BASIS
        )
    if ground.basis is Basis.EMERGENCY and not ground.reason.strip():
        return _refused("An emergency (AKUTT) needs a reason.", REASON, "Send the reason, URL-encoded.")
    if holds_national_identity_number(f"{ground.reason}\n{ground.decision_reference}"):
        return _refused(
            "A national identity number does not belong in the attested decision.", "Authorization"
        )
    return None


def _refused(what: str, where: str, hint: str = "") -> Refused:
    return Refused(Kind.INVALID_HEADER, [Issue(what, where, hint)])
