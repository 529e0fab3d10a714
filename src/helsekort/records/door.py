"""The one door to patient data: every act is decided on, done and written down in one transaction.

No audit row, no answer. Ten minutes' reading; see docs/security-properties.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor
from helsekort.access.wishes import Hidden, Wish, hidden_from
from helsekort.audit.entry import AuditEntry, describe_attempt
from helsekort.basics.ids import NewId
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.subscription import Asked
from helsekort.ledger.queues import UnknownLine
from helsekort.ledger.subscriptions import MOST_OF_ONE, Changed, Subscribed, TooManySubscriptions
from helsekort.ledger.view import (
    Change,
    Further,
    Judgement,
    Propose,
    Query,
    StoredCommit,
    UnknownPerson,
    View,
    Wants,
)
from helsekort.records.following import Follower, decode, encode
from helsekort.records.judging import entry_of, judged, reason_of
from helsekort.records.register import RegisteredPerson

_FOLLOWED_ENOUGH = Issue(
    f"This client follows her {MOST_OF_ONE} times from this place of care, or too many follow her already.",
    "Subscription",
    "GET Subscription?patient=Patient/... lists them: end those that are not needed.",
)


class Ledger(Protocol):
    """What the door needs of the ledger. Every method is one transaction with its audit row inside it."""

    async def read(self, query: Query, judge: Callable[[View], Judgement]) -> View: ...

    async def patient_of(
        self, *, record: UUID | None = None, person: UUID | None = None
    ) -> NationalIdentityNumber | None: ...

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

    async def set_wish(self, query: Query, judge: Callable[[View], Judgement], wish: Wish) -> None: ...

    async def report(
        self, query: Query, judge: Callable[[View], Judgement], *, line: UUID, text: str
    ) -> None: ...

    async def subscribe(
        self,
        query: Query,
        judge: Callable[[View], Judgement],
        *,
        id_: UUID,
        body: bytes,
        same: Callable[[bytes], bool],
    ) -> None: ...

    async def subscriptions(self, query: Query, judge: Callable[[View], Judgement]) -> list[Subscribed]: ...

    async def subscription_events(
        self, person: UUID, id_: UUID, *, first: int, last: int, most: int
    ) -> list[Changed]: ...

    async def end_subscription(self, person: UUID, id_: UUID, *, error: str = "") -> None: ...

    async def note(self, patient: NationalIdentityNumber | None, entry: AuditEntry) -> None: ...

    async def add_person(
        self, patient: NationalIdentityNumber, *, deceased: bool, confidential: bool
    ) -> None: ...


T = TypeVar("T")

FindPerson = Callable[[NationalIdentityNumber], Awaitable[RegisteredPerson | None]]
"""Asks the person register (Folkeregisteret) for a person; None where nobody has that number."""

Redact = Callable[[View, Hidden], View]
"""Takes what is hidden out of a view, so that nothing of it can be told from what is left."""

RedactInTurns = Callable[[View, Hidden], Awaitable[View]]
"""The same, giving way to others in between."""

LONGEST_REPORT = 2000
"""Characters."""


class ProposalRefused(Exception):
    """The record's state does not allow the proposed change."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(str(refused))
        self.refused = refused


class AlreadyThere(Exception):
    """She has a record already, and what was asked is to be done with that one: nothing was done, shown or written down yet."""


def _marked(propose: Propose, seen: Callable[[View], View], quiet: Callable[[View, Change], bool]) -> Propose:
    """The proposal over what its maker may see; what it refuses is told apart from what the guards refuse."""

    def marked(view: View, record: UUID, t: int) -> Change:
        try:
            change = propose(seen(view), record, t)
        except Refused as refused:
            raise ProposalRefused(refused) from refused
        return replace(change, quiet=True) if quiet(view, change) else change

    return marked


class Door:
    """Reads and writes records for an actor who has been verified; raises Refused, with the audit row stored first."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        find_person: FindPerson,
        new_id: NewId,
        redact: RedactInTurns,
        for_proposal: Redact,
    ) -> None:
        """`redact` makes a view that may be shown; `for_proposal` one that a change is checked against and made from."""
        self._ledger = ledger
        self._find_person = find_person
        self._new_id = new_id
        self._redact = redact
        self._for_proposal = for_proposal

    async def patient_of(
        self, *, record: UUID | None = None, person: UUID | None = None
    ) -> NationalIdentityNumber | None:
        """Whom an act on a record, or on a person's own id, is about; None where nobody. Opens nothing of hers."""
        return await self._ledger.patient_of(record=record, person=person)

    async def read(
        self,
        act: Act,
        wants: Wants,
        *,
        parts: frozenset[str] | None = None,
        near: UUID | None = None,
        further: Further | None = None,
    ) -> View:
        """The view of the patient's record that the act may see; of `parts` alone where no others are needed.

        Where the act names no record, `near` is the one of hers that is opened; none where it is not hers. `further` tells, from
        what was opened, whether the commits are needed too.
        """
        query = Query(act.patient, act.record or near, wants, parts, further)
        view = await self._known(act, lambda: self._ledger.read(query, self._judge(act)))
        hidden = hidden_from(act, view.person.wishes)
        return await self._redact(view, hidden) if hidden else view

    async def write(
        self,
        act: Act,
        propose: Propose,
        *,
        parts: frozenset[str] | None = None,
        further: Further | None = None,
    ) -> StoredCommit:
        """Appends one commit to an existing record; where the act names none, to the one that is active.

        `parts` are those that the proposal is likely to look into; the others are fetched where it does look into one. `further`
        tells whether the proposal has to see the record's commits too.
        """
        query = Query(act.patient, act.record, Wants.CARD | Wants.PARTS, parts, further)
        return await self._proposed(
            act, lambda: self._ledger.write(query, self._judge(act), self._seen(act, propose))
        )

    async def create(
        self, act: Act, propose: Propose, *, unless_there: bool = False
    ) -> tuple[UUID, StoredCommit]:
        """Creates a record with its first commit; its id is drawn here.

        `unless_there` raises AlreadyThere where she has an active one: the caller goes on to `write`, and that is written down.
        """
        record = self._new_id()
        query = Query(act.patient, record, Wants.STATUS)
        judge = self._judge(act, creates=record)

        def judge_or_leave(view: View) -> Judgement:
            judgement = judge(view)
            if judgement.refused is not None and judgement.refused.kind is Kind.ALREADY_EXISTS:
                raise AlreadyThere
            return judgement

        deciding = judge_or_leave if unless_there else judge
        commit = await self._proposed(
            act, lambda: self._ledger.create(query, deciding, self._seen(act, propose))
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

    async def set_wish(self, act: Act, wish: Wish) -> None:
        """Stores one decision of hers; no read that starts after this has returned is judged without it."""
        query = Query(act.patient, None, Wants.STATUS)
        await self._known(act, lambda: self._ledger.set_wish(query, self._judge(act), wish))

    async def report(self, act: Act, line: UUID, text: str) -> None:
        """Reports a line of her own log, in her words, to the organisation behind it; NOT_FOUND where it is not hers."""
        query = Query(act.patient, None, Wants.STATUS)
        try:
            _check_words(text)
            await self._known(act, lambda: self._ledger.report(query, self._judge(act), line=line, text=text))
        except UnknownLine:
            refused = Refused(Kind.NOT_FOUND, [Issue("There is no such line in the log.")])
            await self.note_refusal(act, refused)
            raise refused from None

    async def subscribe(self, act: Act, asked: Asked) -> UUID:
        """Lets the actor be told when a record of hers changes; the subscription's id is drawn here."""
        id_, body = self._new_id(), encode(Follower.of(act, asked))
        query = Query(act.patient, None, Wants.STATUS)

        def same(other: bytes) -> bool:
            return decode(other).is_of(act.actor)

        try:
            await self._known(
                act,
                lambda: self._ledger.subscribe(query, self._judge(act), id_=id_, body=body, same=same),
            )
        except TooManySubscriptions:
            refused = Refused(Kind.INVALID, [_FOLLOWED_ENOUGH])
            await self.note_refusal(act, refused)
            raise refused from None
        return id_

    async def subscriptions(self, act: Act) -> list[Subscribed]:
        """The subscriptions to her records that the actor's client has at the actor's place of care."""
        query = Query(act.patient, None, Wants.STATUS)
        found = await self._known(act, lambda: self._ledger.subscriptions(query, self._judge(act)))
        return [one for one in found if decode(one.body).is_of(act.actor)]

    async def subscription_events(
        self, act: Act, id_: UUID, *, first: int, last: int, most: int
    ) -> tuple[Subscribed, list[Changed]]:
        """One of the actor's subscriptions and its events by their numbers: that, and when, which record changed."""
        own = await self._own_subscription(act, id_)
        return own, await self._ledger.subscription_events(own.person, id_, first=first, last=last, most=most)

    async def end_subscription(self, act: Act, id_: UUID) -> None:
        """Ends one of the actor's own subscriptions."""
        own = await self._own_subscription(act, id_)
        await self._ledger.end_subscription(own.person, id_)

    async def _own_subscription(self, act: Act, id_: UUID) -> Subscribed:
        own = next((one for one in await self.subscriptions(act) if one.id == id_), None)
        if own is None:
            raise Refused(Kind.NO_SUCH_RESOURCE)
        return own

    async def note_refusal(self, act: Act, refused: Refused) -> None:
        """Writes down an act that was refused before it reached a record, so that she sees it too."""

        async def note() -> None:
            await self._ledger.note(act.patient, self._refusal(act, refused))

        await self._known(act, note)

    async def note_stranger(
        self, action: Action, *, at: datetime, event_id: str, actor: Actor | None, refused: Refused
    ) -> None:
        """Writes down an attempt without a patient: nobody trustworthy behind it (`actor` None), or no readable number."""
        reason = reason_of(refused)
        detail = describe_attempt(actor, event_id=event_id, reason=reason, refusal=refused.kind.value)
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
            refused = Refused(Kind.INVALID_NIN, "The person register has nobody with this number.")
            await self._ledger.note(None, self._refusal(act, refused))
            raise refused
        await self._ledger.add_person(
            act.patient, deceased=person.deceased, confidential=person.confidential_address
        )

    def _seen(self, act: Act, propose: Propose) -> Propose:
        def seen(view: View) -> View:
            hidden = hidden_from(act, view.person.wishes)
            return self._for_proposal(view, hidden) if hidden else view

        return _marked(propose, seen, self._is_quiet)

    def _is_quiet(self, view: View, change: Change) -> bool:
        """True where all that changes is in parts she has blocked: told of it, a follower would know there is something."""
        hidden = Hidden(sections=view.person.wishes.blocked_sections)
        if not hidden or not change.parts:
            return False
        shown = self._for_proposal(view, hidden).parts
        told = self._for_proposal(replace(view, parts=change.parts), hidden).parts
        return not any(key in shown or key not in view.parts for key in told)

    def _judge(self, act: Act, *, creates: UUID | None = None) -> Callable[[View], Judgement]:
        return lambda view: judged(act, view, id_=self._new_id(), creates=creates)

    def _refusal(self, act: Act, refused: Refused) -> AuditEntry:
        return entry_of(act, reason_of(refused), refused.kind, id_=self._new_id(), record=act.record)


def _check_words(text: str) -> None:
    if not 0 < len(text.strip()) <= LONGEST_REPORT:
        raise Refused(
            Kind.INVALID, [Issue(f"A report has words, at most {LONGEST_REPORT} characters.", "text")]
        )
