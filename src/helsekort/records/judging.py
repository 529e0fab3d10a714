"""The decision on one act, and the audit row that tells of it. Pure: the ledger stores what is decided here."""

from __future__ import annotations

from uuid import UUID

from helsekort.access.act import Act
from helsekort.access.guards import Facts, decide
from helsekort.access.wishes import gives_way, hidden_from, is_told
from helsekort.audit.entry import AuditEntry, describe
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.view import Judgement, PersonState, RecordState, View, Wants


def judged(act: Act, view: View, *, id_: UUID, creates: UUID | None = None) -> Judgement:
    """The decision on an act in the state the view shows; `id_` becomes the audit row's.

    `creates` is the record that comes into being when the act is let in. An act that names none is told with the one opened.
    """
    wishes = view.person.wishes
    decision = decide(act, facts_of(view.person, view.record))
    if decision.refusal is not None:
        refused = entry_of(act, decision.reason, decision.refusal, id_=id_, record=act.record)
        return Judgement(refused, Refused(decision.refusal))
    found = act.record or creates or (view.record.record if view.record else None)
    return Judgement(
        entry_of(act, decision.reason, None, id_=id_, record=found, lifted=gives_way(act, wishes)),
        None,
        also=Wants.COMMITS if hidden_from(act, wishes) else Wants.STATUS,
        notice=is_told(act, wishes),
    )


def facts_of(person: PersonState, record: RecordState | None) -> Facts:
    """The guards' facts of a view."""
    return Facts(
        consented=person.consented,
        deceased=person.deceased,
        confidential_address=person.confidential_address,
        has_active_record=person.active_record is not None,
        record_known=record is not None,
        record_active=record is not None and record.active,
        wishes=person.wishes,
        person=person.person,
    )


def entry_of(
    act: Act, reason: str, refusal: Kind | None, *, id_: UUID, record: UUID | None, lifted: bool = False
) -> AuditEntry:
    """The audit row of an act on a record, permitted where there is no refusal."""
    detail = describe(act, reason=reason, refusal=refusal._value_ if refusal else "", lifted=lifted)
    return AuditEntry(id_, act.at, act.action._value_, refusal is None, record, detail)


def reason_of(refused: Refused) -> str:
    """Why an act was refused by something else than the guards, in words that she can read."""
    return _WORDS.get(refused.kind, "Avvist: forespørselen hadde feil.")


_WORDS = {
    Kind.INVALID_ROLE: "Avvist: rollen stemte ikke med helsepersonellregisteret.",
    Kind.UNKNOWN_ORGANISATION: "Avvist: virksomheten ble ikke funnet.",
    Kind.VERSION_CONFLICT: "Avvist: noen andre hadde endret først.",
    Kind.PRECONDITION_FAILED: "Avvist: noen andre hadde endret først.",
    Kind.BLOCKED: "Avvist: du har sperret denne delen av kortet.",
}
