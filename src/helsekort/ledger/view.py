"""What the ledger hands out and takes in: plain values, no rows and no SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Flag, auto
from uuid import UUID

import msgspec

from helsekort.access.wishes import NO_WISHES, Wishes
from helsekort.audit.entry import AuditEntry
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Refused


class Wants(Flag):
    """What of a person's record a read needs opened. STATUS costs nothing beyond the person's row."""

    STATUS = 0
    CARD = auto()  # the JSON contract's finished segments of the record named
    PARTS = auto()  # the FHIR resources of the record named
    RECORDS = auto()  # every record of the person: state and `metadata` segment
    COMMITS = auto()  # every commit of the record named
    LOG = auto()  # the person's audit rows


class PersonState(msgspec.Struct, frozen=True):
    """The woman as the ledger knows her: never by name or number."""

    person: UUID
    consented: bool
    deceased: bool
    confidential_address: bool
    active_record: UUID | None
    latest_record: UUID | None
    last_changed: datetime | None
    wishes: Wishes = NO_WISHES
    records: tuple[UUID, ...] = ()
    """Every record of hers, the oldest first; told where her newest was asked for."""


class RecordState(msgspec.Struct, frozen=True):
    """One pregnancy's record: `t` is the number of its last commit, 1 at creation."""

    record: UUID
    t: int
    active: bool
    created: datetime
    changed: datetime


@dataclass(frozen=True, slots=True)
class RecordSummary:
    """A record in the list of a person's records, with its `metadata` segment as the contract writes it."""

    state: RecordState
    metadata: bytes


@dataclass(frozen=True, slots=True)
class StoredCommit:
    """One commit as it was: the new states of the parts it touched, and the segment bytes they had then."""

    t: int
    at: datetime
    parts: Mapping[str, bytes]
    segments: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class View:
    """A person and one of her records at one moment. Only what was wanted is filled.

    `card` maps a part's key to the JSON bytes the contract shows for it; `parts` maps the same keys to the stored part
    (FHIR resources with an author each). The ledger does not look inside either. `commits` are those of the record named;
    where a judgement asked for them without one, those of the latest record.
    """

    person: PersonState
    record: RecordState | None
    card: Mapping[str, bytes] = field(default_factory=dict)
    parts: Mapping[str, bytes] = field(default_factory=dict)
    records: tuple[RecordSummary, ...] = ()
    commits: tuple[StoredCommit, ...] = ()
    log: tuple[AuditEntry, ...] = ()
    something_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A proposed commit: new states of the parts it touches and their segment bytes, one atomic step.

    `segments` always holds the `metadata` segment. `active` is the record's state after the commit. One without parts and
    segments says that everything is as it should be already: the act is written down, and the record stays as it was.
    `quiet` where nobody who follows the record may be told of it.
    """

    parts: Mapping[str, bytes]
    segments: Mapping[str, bytes]
    active: bool = True
    quiet: bool = False

    @property
    def changes_nothing(self) -> bool:
        """True where there is nothing to commit."""
        return not self.parts and not self.segments


class Judgement(msgspec.Struct, frozen=True):
    """The decision on one act with the audit row that tells of it; `refused` is raised once the row is stored.

    `also` is what the decision needs beside what was asked for, read in the same transaction: where something is hidden, the
    commits of the record named (or of the latest record where none is), so that what remains can be told without a trace of it.
    `notice` tells her of the act, in the same transaction.
    """

    entry: AuditEntry
    refused: Refused | None
    also: Wants = Wants.STATUS
    notice: bool = False


Judge = Callable[[View], Judgement]
"""Decides on the view that was read in the same transaction."""

Further = Callable[[View], bool]
"""Whether the record's commits are needed too, told by what was asked for once it is opened."""

Propose = Callable[[View, UUID, int], Change]
"""Makes the change from the view, the record's id and the commit's t; raises Refused where the state does not allow it."""


NEWEST = UUID(int=0)
"""In the place of a record's id: her newest, whichever it is."""


class Query(msgspec.Struct, frozen=True):
    """Whose record: the person by number (hashed with a key before it meets SQL), and the record where one is named.

    `parts` are the keys of the only parts that are needed, where not all are: a hint that spares opening the others. A key
    that ends with a slash stands for every part below it. Where something is hidden, what remains is told from all of them.
    `further` is for what is needed now and then: it is read in the same act, and costs the other reads nothing.
    """

    patient: NationalIdentityNumber
    record: UUID | None
    wants: Wants
    parts: frozenset[str] | None = None
    further: Further | None = None


class UnknownPerson(LookupError):
    """Nobody with that number has been met before; the person register has to be asked first."""
