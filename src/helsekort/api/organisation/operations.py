"""The operations of the organisation's contract as data, and their answers as JSON. A woman is named by ids and times only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from helsekort.audit.entry import AuditEntry
from helsekort.basics import strict_json
from helsekort.basics.clock import to_wire
from helsekort.ledger.queues import Report, Review

PREFIX = "/api/organisation/v1"
LONGEST_ANSWER = 2000
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: where, what it is called in the audit log, and whether it writes."""

    method: str
    template: str
    operation_id: str
    summary: str
    action: str
    shows: str
    writes: bool = False


REVIEWS = Operation(
    "GET",
    "/reviews",
    "readReviews",
    "Emergencies and lifted blocks of the organisation's own people, the newest first",
    "read-reviews",
    shows="Reviews",
)
REPORTS = Operation(
    "GET",
    "/reports",
    "readReports",
    "What women have reported about look-ups by the organisation's people, the newest first",
    "read-reports",
    shows="Reports",
)
ANSWER = Operation(
    "POST",
    "/reports/{reportId}/answer",
    "answerReport",
    "Answer a report, once; she reads the answer in her log",
    "answer-report",
    shows="Answered",
    writes=True,
)
OPERATIONS = (REVIEWS, REPORTS, ANSWER)


def reviews(found: Iterable[Review]) -> bytes:
    """`{"reviews": [...]}`."""
    return strict_json.dump(
        {"reviews": [{"kind": each.kind, "lookup": lookup(each.entry)} for each in found]}
    )


def reports(found: Iterable[Report]) -> bytes:
    """`{"reports": [...]}`."""
    return strict_json.dump({"reports": [_report(each) for each in found]})


def lookup(entry: AuditEntry) -> Json:
    """The line of the log that an event is about, as the organisation knows it: its own people, systems and event ids."""
    told = entry.detail
    return {
        "lineId": str(entry.id),
        "at": to_wire(entry.at),
        "action": entry.action,
        "permitted": entry.permitted,
        "recordId": str(entry.record) if entry.record else None,
        "eventId": told.event_id,
        "practitioner": {"name": told.name, "role": told.role, "hprNumber": told.hpr_number},
        "organisation": {"number": told.organisation, "name": told.organisation_name},
        "clientId": told.client_id,
        "sourceSystem": told.source_system,
        "treatmentFacility": told.treatment_facility,
        "purpose": told.purpose,
        "basis": told.basis,
        "reason": told.why,
        "decisionReference": told.decision_reference,
    }


def _report(found: Report) -> Json:
    return {
        "id": str(found.id),
        "at": to_wire(found.at),
        "state": found.state,
        "text": found.text,
        "lookup": lookup(found.entry),
        "answered": to_wire(found.answered) if found.answered else None,
        "answer": found.answer or None,
    }
