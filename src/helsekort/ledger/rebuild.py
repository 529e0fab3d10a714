"""Heads made again from the commits, compared with those stored, and put right: for the operator, never for a request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from helsekort.ledger.connection import commit
from helsekort.ledger.rows import record_of
from helsekort.ledger.sealing import Key, Unreadable
from helsekort.ledger.vault import Place, Vault
from helsekort.ledger.view import RecordState

SegmentOf = Callable[[bytes], bytes]
"""Makes a part's segment anew, to be compared with the one clients were given."""
PAGE = 200

_PERSONS = "SELECT DISTINCT person FROM commit WHERE person > $1 ORDER BY person LIMIT $2"
_PERSON_OF = "SELECT DISTINCT person FROM commit WHERE record = $1"
_LOCK = "SELECT active_record, latest_record FROM person WHERE person = $1 FOR UPDATE"
_KEY = "SELECT wrapped FROM data_key WHERE person = $1"
_COMMITS = "SELECT record, t, at, active, sealed FROM commit WHERE person = $1 ORDER BY record, t"
_HEADS = """
SELECT r.record, r.t, r.active, r.created, r.changed, c.sealed AS card FROM record r
LEFT JOIN card c ON c.person = r.person AND c.record = r.record
WHERE r.person = $1
"""
_PARTS = "SELECT part, sealed FROM part WHERE person = $1 AND record = $2"
_PUT_STATE = """
INSERT INTO record (person, record, t, active, created, changed) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (person, record) DO UPDATE
SET t = excluded.t, active = excluded.active, created = excluded.created, changed = excluded.changed
"""
_PUT_CARD = """
INSERT INTO card (person, record, sealed) VALUES ($1, $2, $3)
ON CONFLICT (person, record) DO UPDATE SET sealed = excluded.sealed
"""
_PUT_PART = """
INSERT INTO part (person, record, part, sealed) VALUES ($1, $2, $3, $4)
ON CONFLICT (person, record, part) DO UPDATE SET sealed = excluded.sealed
"""
_POINT = """
UPDATE person SET active_record = $2, latest_record = $3, last_changed = greatest(last_changed, $4) WHERE person = $1
"""


@dataclass(slots=True)
class Rebuilt:
    """What was found: how many records were made again, and those whose head, commits or segments were not as they should be."""

    checked: int = 0
    repaired: list[UUID] = field(default_factory=list)
    damaged: list[UUID] = field(default_factory=list)  # commits missing or unreadable: only a backup helps
    drifted: list[tuple[UUID, str]] = field(
        default_factory=list
    )  # a part whose segment would be another today


@dataclass(frozen=True, slots=True)
class Folded:
    """A record as its commits make it; `written` tells which of them each part is from."""

    state: RecordState
    parts: dict[str, bytes]
    written: dict[str, int]
    segments: dict[str, bytes]


async def next_persons(connection: asyncpg.Connection, record: UUID | None, after: UUID) -> list[UUID]:
    """The next persons with commits, or the one who has that record."""
    if record is not None:
        return [row[0] for row in await connection.fetch(_PERSON_OF, record)]
    return [row[0] for row in await connection.fetch(_PERSONS, after, PAGE)]


class Rebuilding:
    """One run over one or all records; `result` grows as it goes."""

    def __init__(self, vault: Vault, segment_of: SegmentOf | None) -> None:
        self._vault = vault
        self._segment_of = segment_of
        self.result = Rebuilt()

    async def person(self, connection: asyncpg.Connection, person: UUID) -> None:
        """Makes a person's heads again in one transaction and stores those that differ."""
        await connection.execute("BEGIN")
        pointers = await connection.fetchrow(_LOCK, person)
        wrapped = await connection.fetchval(_KEY, person)
        commits = await connection.fetch(_COMMITS, person)
        if pointers is not None and wrapped is not None and commits:  # else withdrawn meanwhile
            key = self._vault.keyring.unwrap(wrapped, person=person)
            heads = {row["record"]: row for row in await connection.fetch(_HEADS, person)}
            folded, whole = self._fold_all(key, person, commits)
            for each in sorted(folded, key=lambda each: each.state.active):  # never two active at once
                place = Place(person, each.state.record, each.state.t)
                rows = await connection.fetch(_PARTS, person, place.record)
                if not self._same(key, place, each, heads.get(place.record), rows):
                    await self._put_right(connection, key, place, each)
                self._note_drift(each)
            if whole:
                await self._point(connection, person, pointers, folded)
        await commit(connection)

    def _fold_all(
        self, key: Key, person: UUID, commits: Sequence[asyncpg.Record]
    ) -> tuple[list[Folded], bool]:
        """Each record's commits laid over each other, and whether all could be."""
        of_record: dict[UUID, list[asyncpg.Record]] = {}
        for row in commits:
            of_record.setdefault(row["record"], []).append(row)
        folded = []
        for record, rows in of_record.items():
            self.result.checked += 1
            try:
                folded.append(fold(self._vault, key, Place(person, record, 0), rows))
            except Unreadable:
                self.result.damaged.append(record)
        return folded, len(folded) == len(of_record)

    def _same(
        self,
        key: Key,
        place: Place,
        folded: Folded,
        head: asyncpg.Record | None,
        rows: Sequence[asyncpg.Record],
    ) -> bool:
        """Whether the stored head is what the commits make."""
        if head is None or head["card"] is None or record_of(head) != folded.state:
            return False
        try:
            card = self._vault.open_card(place, key, head["card"])
            parts = self._vault.open_parts(place, key, {row["part"]: row["sealed"] for row in rows})
            written = {name: t for name, (_, t) in parts.directory.items()}
            stored = (card, written, dict(parts))
        except Unreadable:
            return False
        return stored == (folded.segments, folded.written, folded.parts)

    async def _put_right(
        self, connection: asyncpg.Connection, key: Key, place: Place, folded: Folded
    ) -> None:
        state, person = folded.state, place.person
        card = self._vault.seal_card(place, key, folded.segments)
        parts = self._vault.seal_parts(place, key, folded.parts, folded.written)
        await connection.execute(
            _PUT_STATE, person, state.record, state.t, state.active, state.created, state.changed
        )
        await connection.execute(_PUT_CARD, person, state.record, card)
        await connection.executemany(_PUT_PART, [(person, state.record, *row) for row in parts])
        self.result.repaired.append(state.record)

    async def _point(
        self, connection: asyncpg.Connection, person: UUID, pointers: asyncpg.Record, folded: Sequence[Folded]
    ) -> None:
        """The person's own row: which record is active and which is the newest."""
        active = next((each.state.record for each in folded if each.state.active), None)
        latest = max(folded, key=lambda each: (each.state.created, each.state.record)).state.record
        if (pointers["active_record"], pointers["latest_record"]) != (active, latest):
            changed = max(each.state.changed for each in folded)
            await connection.execute(_POINT, person, active, latest, changed)
            self.result.repaired.append(latest)

    def _note_drift(self, folded: Folded) -> None:
        for key, part in folded.parts.items():
            segment = folded.segments.get(key)
            if self._segment_of is not None and segment is not None and self._segment_of(part) != segment:
                self.result.drifted.append((folded.state.record, key))


def fold(vault: Vault, key: Key, whose: Place, rows: Sequence[asyncpg.Record]) -> Folded:
    """A record from its commits: the last one wins for each part. Raises Unreadable where one is missing or spoilt."""
    parts: dict[str, bytes] = {}
    written: dict[str, int] = {}
    segments: dict[str, bytes] = {}
    for expected, row in enumerate(rows, start=1):
        if row["t"] != expected:
            raise Unreadable(f"commit {expected} is missing")
        new_parts, new_segments = vault.open_commit(
            Place(whose.person, whose.record, expected), key, row["sealed"]
        )
        parts |= new_parts
        written |= dict.fromkeys(new_parts, expected)
        segments |= new_segments
    first, last = rows[0], rows[-1]
    state = RecordState(whose.record, last["t"], last["active"], first["at"], last["at"])
    return Folded(state, parts, written, segments)
