"""The one door to patient data: every act is decided on, done and written down in one transaction.

No audit row, no answer. Ten minutes' reading; see docs/security-properties.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor
from helsekort.access.guards import Facts, decide
from helsekort.audit.entry import AuditEntry, describe, describe_attempt
from helsekort.basics.ids import NewId
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.view import (
    Change,
    Judgement,
    PersonState,
    Propose,
    Query,
    RecordState,
    StoredCommit,
    UnknownPerson,
    View,
    Wants,
)
from helsekort.records.register import RegisteredPerson


class Ledger(Protocol):
    """What the door needs of the ledger. Every method is one transaction with its audit row inside it."""

    async def read(self, query: Query, judge: Callable[[View], Judgement]) -> View: ...

    async def write(
        self, query: Query, judge: Callable[[View], Judgement], propose: Propose
    ) -> StoredCommit: ...

    async def create(
        self, query: Query, judge: Callable[[View], Judgement], propose: Propose
    ) -> StoredCommit: ...

    async def give_consent(
        self, query: Query, judge: Callable[[View], Judgement], *, text_version: str
    ) -> None: ...

    async def withdraw_consent(self, query: Query, judge: Callable[[View], Judgement]) -> None: ...

    async def note(self, patient: NationalIdentityNumber | None, entry: AuditEntry) -> None: ...

    async def add_person(
        self, patient: NationalIdentityNumber, *, deceased: bool, confidential: bool
    ) -> None: ...


T = TypeVar("T")

FindPerson = Callable[[NationalIdentityNumber], Awaitable[RegisteredPerson | None]]
"""Asks the person register (Folkeregisteret) for a person; None where nobody has that number."""


class ProposalRefused(Exception):
    """The record's state does not allow the proposed change."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(str(refused))
        self.refused = refused


def _marked(propose: Propose) -> Propose:
    def marked(view: View, record: UUID, t: int) -> Change:
        try:
            return propose(view, record, t)
        except Refused as refused:
            raise ProposalRefused(refused) from refused

    return marked


class Door:
    """Reads and writes records for an actor who has been verified; raises Refused, with the audit row stored first."""

    def __init__(self, *, ledger: Ledger, find_person: FindPerson, new_id: NewId) -> None:
        self._ledger = ledger
        self._find_person = find_person
        self._new_id = new_id

    async def read(self, act: Act, wants: Wants) -> View:
        """The view of the patient's record that the act may see."""
        query = Query(act.patient, act.record, wants)
        return await self._known(act, lambda: self._ledger.read(query, self._judge(act)))

    async def write(self, act: Act, propose: Propose) -> StoredCommit:
        """Appends one commit to an existing record."""
        query = Query(act.patient, act.record, Wants.CARD | Wants.PARTS)
        return await self._proposed(
            act, lambda: self._ledger.write(query, self._judge(act), _marked(propose))
        )

    async def create(self, act: Act, propose: Propose) -> tuple[UUID, StoredCommit]:
        """Creates a record with its first commit; its id is drawn here."""
        record = self._new_id()
        query = Query(act.patient, record, Wants.STATUS)
        commit = await self._proposed(
            act, lambda: self._ledger.create(query, self._judge(act), _marked(propose))
        )
        return record, commit

    async def give_consent(self, act: Act, *, text_version: str) -> None:
        """Stores her consent to the text she was shown."""
        query = Query(act.patient, None, Wants.STATUS)
        await self._known(
            act, lambda: self._ledger.give_consent(query, self._judge(act), text_version=text_version)
        )

    async def withdraw_consent(self, act: Act) -> None:
        """Deletes what was stored of her and destroys her data key; the audit rows remain, without content."""
        query = Query(act.patient, None, Wants.STATUS)
        await self._known(act, lambda: self._ledger.withdraw_consent(query, self._judge(act)))

    async def note_refusal(self, act: Act, refused: Refused) -> None:
        """Writes down an act that was refused before it reached a record, so that she sees it too."""

        async def note() -> None:
            await self._ledger.note(
                act.patient, self._entry(act, _WORDS.get(refused.kind, _REFUSED), refused.kind)
            )

        await self._known(act, note)

    async def note_stranger(
        self, action: Action, *, at: datetime, event_id: str, actor: Actor | None, refused: Refused
    ) -> None:
        """Writes down an attempt without a patient: nobody trustworthy behind it (`actor` None), or no number that can be read."""
        reason, kind = _WORDS.get(refused.kind, _REFUSED), refused.kind.value
        detail = describe_attempt(actor, event_id=event_id, reason=reason, refusal=kind)
        entry = AuditEntry(self._new_id(), at, action.value, permitted=False, record=None, detail=detail)
        await self._ledger.note(None, entry)

    async def _proposed(self, act: Act, attempt: Callable[[], Awaitable[T]]) -> T:
        """A write whose proposal the record's state refused: nothing was stored, so the refusal is noted on its own."""
        try:
            return await self._known(act, attempt)
        except ProposalRefused as refused:
            await self.note_refusal(act, refused.refused)
            raise refused.refused from None

    async def _known(self, act: Act, attempt: Callable[[], Awaitable[T]]) -> T:
        try:
            return await attempt()
        except UnknownPerson:
            await self._meet(act)
            return await attempt()

    async def _meet(self, act: Act) -> None:
        """First contact with a person: the register must know her before anything is written down about her."""
        person = await self._find_person(act.patient)
        if person is None:
            await self._ledger.note(None, self._entry(act, _REFUSED, Kind.INVALID_NIN))
            raise Refused(Kind.INVALID_NIN, "The person register has nobody with this number.")
        await self._ledger.add_person(
            act.patient, deceased=person.deceased, confidential=person.confidential_address
        )

    def _judge(self, act: Act) -> Callable[[View], Judgement]:
        def judge(view: View) -> Judgement:
            decision = decide(act, facts_of(view.person, view.record))
            refused = Refused(decision.refusal) if decision.refusal else None
            return Judgement(self._entry(act, decision.reason, decision.refusal), refused)

        return judge

    def _entry(self, act: Act, reason: str, refusal: Kind | None) -> AuditEntry:
        detail = describe(act, reason=reason, refusal=refusal.value if refusal else "")
        return AuditEntry(self._new_id(), act.at, act.action.value, refusal is None, act.record, detail)


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
    )


_REFUSED = "Avvist: forespørselen hadde feil."
_WORDS = {
    Kind.INVALID_ROLE: "Avvist: rollen stemte ikke med helsepersonellregisteret.",
    Kind.UNKNOWN_ORGANISATION: "Avvist: virksomheten ble ikke funnet.",
    Kind.VERSION_CONFLICT: "Avvist: noen andre hadde endret først.",
}
