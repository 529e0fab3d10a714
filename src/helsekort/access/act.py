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

    @property
    def writes(self) -> bool:
        """True where the act changes a record or a consent."""
        return self not in READS


READS = frozenset(
    {Action.READ_STATUS, Action.READ_HISTORY, Action.READ_RECORD, Action.READ_RECORD_HISTORY, Action.READ_LOG}
)


@dataclass(frozen=True, slots=True)
class Act:
    """One act at the door: actor, action, patient, and the circumstances the audit row keeps.

    `section` is the contract's resource type for a write; `reference` the id of one visit or measurement.
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
    purpose: str = "TREAT"
