"""The ledger: what the door reads and writes through, over a few fixed sessions with PostgreSQL.

Every method is one transaction with its audit row inside; none returns data before that row is durable. All raise
Refused(DATABASE) where the database is away, and UnknownPerson where nobody has met that number before.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar, cast
from uuid import UUID

import asyncpg

from helsekort.access.bounded import Bounded
from helsekort.access.wishes import Wish
from helsekort.audit.entry import AuditEntry
from helsekort.basics.ids import NewId
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.startup import CannotStart
from helsekort.ledger import consent, followers, persons, queues, subscriptions, wishes
from helsekort.ledger.affairs import Affair, Do, settle
from helsekort.ledger.connection import DATABASE_ERRORS
from helsekort.ledger.lane import Lane, take_oldest
from helsekort.ledger.opening import Samples, drop_older, prepare
from helsekort.ledger.outbox import START, Happened, Position, read_outbox
from helsekort.ledger.queues import Report, Review
from helsekort.ledger.reads import Ask, Note, Opening, Reads, Whose
from helsekort.ledger.rebuild import Rebuilding, Rebuilt, SegmentOf, next_persons
from helsekort.ledger.rows import NOBODY
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.statements import ADD_PERSON, UPDATE_PERSON
from helsekort.ledger.subscriptions import Changed, Subscribed
from helsekort.ledger.vault import Vault
from helsekort.ledger.view import Judge, Judgement, PersonState, Propose, Query, StoredCommit, View, Wants
from helsekort.ledger.writes import Append, Errand, Writes

LOG = logging.getLogger(__name__)
MOST_READS_IN_GROUP = 64
MOST_NAMED = 20_000
"""Whose ids are remembered. A number is somebody's for ever, so what is remembered stays right."""
READ_SESSIONS = WRITE_SESSIONS = 2


T = TypeVar("T")


class Ledger:
    """Commits, heads, keys and audit rows of every person. Made by `open`."""

    def __init__(self, dsn: str, vault: Vault, new_id: NewId) -> None:
        self._vault = vault
        self._new_id = new_id
        self._named: Bounded[tuple[UUID | None, UUID | None], NationalIdentityNumber] = Bounded(MOST_NAMED)
        reads, writes = Reads(vault), Writes(vault)
        self._reads: Lane[Ask | Note | Whose] = Lane(
            dsn, sessions=READ_SESSIONS, take=take_oldest(MOST_READS_IN_GROUP), serve=reads.serve
        )
        self._writes: Lane[Append | Errand] = Lane(
            dsn, sessions=WRITE_SESSIONS, take=writes.take, serve=writes.serve
        )

    @classmethod
    async def open(
        cls, dsn: str, keyring: Keyring, *, new_id: NewId, samples: Samples | None = None
    ) -> Ledger:
        """Brings the tables up to date and opens the sessions; raises CannotStart in one line where that cannot be.

        `samples` trains the compression dictionary the first time a database is opened; without it stored bytes are larger.
        """
        ready = await prepare(dsn, keyring, samples)
        ledger = cls(dsn, Vault(keyring, ready.packer), new_id)
        try:
            await ledger._reads.start()
            await ledger._writes.start()
            if ready.older:
                await ledger._bring_up_to_date(dsn)
        except DATABASE_ERRORS as error:
            await ledger.close()
            raise CannotStart(f"The service's role cannot use the database: {error}") from error
        except CannotStart:
            await ledger.close()
            raise
        return ledger

    async def _bring_up_to_date(self, dsn: str) -> None:
        """Makes every head from the commits; what was stored before stays where it is all there is of a record."""
        if damaged := (await self.rebuild()).damaged:
            LOG.error("commits of %d records cannot be read: the table facts is kept for them", len(damaged))
        else:
            await drop_older(dsn)

    async def close(self) -> None:
        """Ends what is under way and closes the sessions."""
        await self._reads.stop()
        await self._writes.stop()

    async def read(self, query: Query, judge: Judge) -> View:
        """The view at one moment, opened only as far as it is wanted and permitted. The judge sees states, never content."""
        found = await self._reads.do(Ask(self._hash(query.patient), query, judge))
        return cast("View", await found.opened() if isinstance(found, Opening) else found)

    async def patient_of(
        self, *, record: UUID | None = None, person: UUID | None = None
    ) -> NationalIdentityNumber | None:
        """The number of the woman whose record, or whose own id, it is; None where there is none such.

        Says nothing of what may be seen: every read that follows is judged as ever.
        """
        named = self._named.get((record, person))
        if named is None:
            named = cast("NationalIdentityNumber | None", await self._reads.do(Whose(record, person)))
            if named is not None:
                self._named.put((record, person), named)
        return named

    async def write(self, query: Query, judge: Judge, propose: Propose) -> StoredCommit:
        """Appends one commit to the record named; where none is, to the one that is active."""
        return await self._append(query, judge, propose, new=False)

    async def create(self, query: Query, judge: Judge, propose: Propose) -> StoredCommit:
        """Creates the record named with its first commit."""
        return await self._append(query, judge, propose, new=True)

    async def give_consent(self, query: Query, judge: Judge, *, text_version: str) -> None:
        """Stores her consent to that version of the text, and gives her a data key where she has none."""
        await self._affair(query, judge, partial(consent.give, text_version=text_version))

    async def withdraw_consent(self, query: Query, judge: Judge) -> None:
        """Deletes her key and all that was stored of her but the audit rows and the consents' times.

        No read that starts after this has returned finds a byte of it; copies in older backups lack the key.
        """
        await self._affair(query, judge, consent.withdraw)
        self._named.forget_all()  # whose record an id was is not to be told from what is remembered

    async def set_wish(self, query: Query, judge: Judge, wish: Wish) -> None:
        """Stores one more decision of hers: no read that starts after this has returned is judged without it."""
        await self._affair(query, judge, partial(wishes.set_wish, wish=wish))

    async def report(self, query: Query, judge: Judge, *, line: UUID, text: str) -> None:
        """Reports a line of her own log to the organisation behind it; raises UnknownLine where it is not in her log."""
        await self._affair(query, judge, partial(queues.report, line=line, text=text))

    async def subscribe(
        self, query: Query, judge: Judge, *, id_: UUID, body: bytes, same: Callable[[bytes], bool]
    ) -> None:
        """Stores a subscription to her record; what is asked for, and by whom, is opaque here.

        `same` tells which bodies are of the same subscriber. Raises TooManySubscriptions.
        """
        await self._affair(query, judge, partial(subscriptions.add, id_=id_, body=body, same=same))

    async def subscriptions(self, query: Query, judge: Judge) -> list[Subscribed]:
        """Every subscription to her record, the oldest first."""
        found: list[Subscribed] = []

        async def look(
            connection: asyncpg.Connection, keyring: Keyring, state: PersonState, _: Judgement
        ) -> None:
            found.extend(await subscriptions.subscriptions_of(connection, keyring, state.person))

        await self._affair(query, judge, look)
        return found

    async def subscription(self, person: UUID, id_: UUID) -> Subscribed | None:
        """One subscription as it stands, for whoever sends what is due."""
        keyring = self._vault.keyring
        return await self._errand(None, lambda each: subscriptions.subscription(each, keyring, person, id_))

    async def note_change(self, happened: Happened) -> None:
        """Makes a commit an event of each subscription to her record; read again, it adds nothing."""
        await self._errand(None, partial(subscriptions.note_change, happened=happened))

    async def due_subscriptions(self, now: datetime, *, most: int) -> list[tuple[UUID, UUID]]:
        """Whose turn it is to be told: person and subscription."""
        return await self._errand(None, partial(subscriptions.due, now=now, most=most))

    async def subscription_events(
        self, person: UUID, id_: UUID, *, first: int, last: int, most: int
    ) -> list[Changed]:
        """The events of a subscription from one number to another."""
        read = partial(subscriptions.events, person=person, id_=id_, first=first, last=last, most=most)
        return await self._errand(None, read)

    async def subscription_told(
        self, person: UUID, id_: UUID, *, number: int, again: datetime | None
    ) -> None:
        """Notes that the events up to a number were taken."""
        await self._errand(
            None, partial(subscriptions.told, person=person, id_=id_, number=number, again=again)
        )

    async def subscription_failed(
        self, person: UUID, id_: UUID, *, at: datetime, again: datetime, error: str
    ) -> None:
        """Notes that nobody took what was sent."""
        failed = partial(subscriptions.failed, person=person, id_=id_, at=at, again=again, error=error)
        await self._errand(None, failed)

    async def end_subscription(self, person: UUID, id_: UUID, *, error: str = "") -> None:
        """Sends nothing more."""
        await self._errand(None, partial(subscriptions.end, person=person, id_=id_, error=error))

    async def reviews(self, organisation: str) -> list[Review]:
        """The emergencies and lifted blocks of an organisation's own people, newest first."""
        return await self._errand(None, lambda connection: queues.reviews(connection, organisation))

    async def reports(self, organisation: str) -> list[Report]:
        """What women have reported to an organisation, newest first."""
        keyring = self._vault.keyring
        return await self._errand(None, lambda connection: queues.reports(connection, keyring, organisation))

    async def answer_report(self, organisation: str, report: UUID, *, at: datetime, text: str) -> bool:
        """Stores the organisation's answer; False where it has no such report, or has answered it."""
        answer = partial(
            queues.answer_report,
            keyring=self._vault.keyring,
            organisation=organisation,
            report=report,
            at=at,
            text=text,
        )
        return await self._errand(None, answer)

    async def note(self, patient: NationalIdentityNumber | None, entry: AuditEntry) -> None:
        """Stores an audit row by itself; under nobody where the number is nobody's."""
        if patient is None:
            await self._reads.do(Note(entry))
            return
        query = Query(patient, None, Wants.STATUS)
        await self._reads.do(Ask(self._hash(patient), query, lambda _: Judgement(entry, None)))

    async def add_person(
        self, patient: NationalIdentityNumber, *, deceased: bool, confidential: bool
    ) -> None:
        """Stores a person at first contact; adds nothing where she is known."""
        nin_hash, person = self._hash(patient), self._new_id()
        sealed = self._vault.keyring.seal_number(patient, person=person)

        async def add(connection: asyncpg.Connection) -> None:
            await connection.execute(ADD_PERSON, nin_hash, person, sealed, deceased, confidential)

        await self._errand(nin_hash, add)

    async def update_person(
        self, patient: NationalIdentityNumber, *, deceased: bool, confidential: bool
    ) -> bool:
        """Stores what the person register has told; False where nobody here has met her."""
        nin_hash = self._hash(patient)

        async def update(connection: asyncpg.Connection) -> bool:
            return bool(await connection.fetch(UPDATE_PERSON, nin_hash, deceased, confidential))

        return await self._errand(nin_hash, update)

    async def add_number(self, old: NationalIdentityNumber, new: NationalIdentityNumber) -> bool:
        """Lets a new number mean the same person as the old; False where nobody here has met her. Raises NumberTaken."""
        add = partial(persons.add_number, keyring=self._vault.keyring, old=old, new=new)
        return await self._errand(self._hash(old), add)

    async def merge(
        self, gone: NationalIdentityNumber, stays: NationalIdentityNumber, *, at: datetime
    ) -> bool:
        """Makes two persons one, as the person register has found; False where nobody here has met either."""
        merge = partial(persons.merge, keyring=self._vault.keyring, gone=gone, stays=stays, at=at)
        return await self._errand(self._hash(gone), merge)

    async def outbox(self, *, after: Position = START, most: int = 1000) -> list[Happened]:
        """What has happened after a position, oldest first."""
        return await self._errand(None, lambda connection: read_outbox(connection, after, most))

    async def place(self, follower: str) -> Position:
        """How far a follower of the outbox or of a feed has come; START where it has kept nothing."""
        return await self._errand(None, partial(followers.place, follower=follower))

    async def keep_place(self, follower: str, position: Position) -> None:
        """Keeps how far a follower has come."""
        await self._errand(None, partial(followers.keep_place, follower=follower, position=position))

    async def number_to_notify(self, person: UUID, *, since: datetime) -> NationalIdentityNumber | None:
        """Her number, where she consents and was not told of a look-up since; None where she is not to be told now."""
        find = partial(followers.number_to_notify, keyring=self._vault.keyring, person=person, since=since)
        return await self._errand(None, find)

    async def note_notified(self, person: UUID, *, at: datetime) -> None:
        """Notes that she was told of a look-up."""
        await self._errand(None, partial(followers.note_notified, person=person, at=at))

    async def rebuild(self, record: UUID | None = None, *, segment_of: SegmentOf | None = None) -> Rebuilt:
        """Makes the heads of the record's woman, or of everybody, again from the commits, and puts right what differs."""
        run, after = Rebuilding(self._vault, segment_of), NOBODY
        while found := await self._errand(None, partial(next_persons, record=record, after=after)):
            for person in found:
                await self._errand(None, partial(run.person, person=person))
            if record is not None:
                break
            after = found[-1]
        return run.result

    async def _append(self, query: Query, judge: Judge, propose: Propose, *, new: bool) -> StoredCommit:
        append = Append(self._hash(query.patient), query, judge, propose, new)
        return cast("StoredCommit", await self._writes.do(append))

    async def _affair(self, query: Query, judge: Judge, do: Do) -> None:
        affair = Affair(self._hash(query.patient), query, judge, do)
        settled = partial(settle, keyring=self._vault.keyring, affair=affair)
        await self._errand(affair.nin_hash, settled)

    async def _errand(self, nin_hash: bytes | None, run: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        return cast("T", await self._writes.do(Errand(nin_hash, run)))

    def _hash(self, patient: NationalIdentityNumber) -> bytes:
        return self._vault.keyring.hash_of(patient)
