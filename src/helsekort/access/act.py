"""What somebody wants to do, to whose record, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from helsekort.access.actor import Actor
from helsekort.basics.nin import NationalIdentityNumber


class Action(Enum):
    """Everything that can be done at the door. The value is what the audit row keeps."""

    __hash__ = object.__hash__  # a member is the only one of its kind: Enum's own hash is slow

    READ_STATUS = "read-status"
    READ_HISTORY = "read-history"
    READ_RECORD = "read-record"
    READ_RECORD_HISTORY = "read-record-history"
    CREATE_RECORD = "create-record"
    UPDATE_STATUS = "update-status"
    WRITE_SECTION = "write-section"
    ENTER_IN_ERROR = "enter-in-error"
    GIVE_CONSENT = "give-consent"
    WITHDRAW_CONSENT = "withdraw-consent"
    READ_LOG = "read-log"
    SET_WISH = "set-wish"
    REPORT_LOOKUP = "report-lookup"
    READ_RESOURCES = "read-resources"
    SEARCH_RESOURCES = "search-resources"
    WRITE_RESOURCES = "write-resources"
    SUBSCRIBE = "subscribe"
    NOTIFY = "notify"

    @property
    def writes(self) -> bool:
        """True where the act changes a record or a consent."""
        return self not in READS


RESOURCE_READS = frozenset({Action.READ_RESOURCES, Action.SEARCH_RESOURCES})
"""Reads through FHIR: of the record named, or of whatever the woman has where none is."""
READS = RESOURCE_READS | {
    Action.READ_STATUS,
    Action.READ_HISTORY,
    Action.READ_RECORD,
    Action.READ_RECORD_HISTORY,
    Action.READ_LOG,
    Action.SUBSCRIBE,
    Action.NOTIFY,
}


class Basis(Enum):
    """The ground a clinician states for opening the record (`nhn-access-basis`)."""

    ORDINARY = "UNNTAK"  # helsehjelp: treatment under her standing consent
    HER_CONSENT = "SAMTYKKE"  # she lifts a block there and then
    EMERGENCY = "AKUTT"  # nødrett: break the glass, always with a reason


class Representation(Enum):
    """The ground a proxy acts on, as the national representation register states it."""

    HEALTH_INFORMATION = "innsyn"  # fullmakt: innsyn i opplysninger registrert om deg
    DIGITAL_SERVICES = "digitale-helsetjenester"  # fullmakt: digitale helsetjenester
    PARENT = "foreldre"


@dataclass(frozen=True, slots=True)
class Act:
    """One act at the door: actor, action, patient, and the circumstances the audit row keeps.

    `section` is the contract's resource type for a write; `reference` the id of one visit or measurement. `person` is the woman
    whom the request names by her opaque id beside the patient; the two have to agree. `resources` is what is written through
    FHIR: how many of each type.
    """

    actor: Actor
    action: Action
    patient: NationalIdentityNumber
    at: datetime
    event_id: str
    record: UUID | None = None
    section: str = ""
    reference: UUID | None = None
    source_system: str = ""
    treatment_facility: str = ""
    purpose: str = "TREAT"  # TREAT, ETREAT, COC or BTG (2.16.840.1.113883.1.11.20448)
    basis: Basis = Basis.ORDINARY
    reason: str = ""  # why an emergency was declared or a block lifted, in the clinician's words
    representation: Representation | None = None
    decision_reference: str = ""  # the EHR's own access decision (ATT-46..48)
    opened_by_hand: bool | None = None  # decision_ref.user_selected: the clinician opened access herself
    person: UUID | None = None
    resources: tuple[tuple[str, int], ...] = ()
