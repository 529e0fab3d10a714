"""A view as it would have been, had what is hidden never been registered: no bytes, number, time or author of it is left.

What remains is told from the commits in which something visible changed. Two histories that differ only in what is hidden
give equal views (tests/generative/test_noninterference.py). That something is hidden is said where she has blocked a part,
whether or not anything is registered there; a proxy is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec

from helsekort.access.wishes import NO_WISHES, Hidden
from helsekort.basics.strict_json import dump
from helsekort.fhir.shapes import Resource
from helsekort.ledger.view import PersonState, RecordState, RecordSummary, StoredCommit, View
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.commit import OTHER, RECORD, record_metadata
from helsekort.maternity.part import Part, decode, decode_json, encode, segment_with
from helsekort.maternity.visible import same_content, tells_something, visible_part

SOMETHING_HIDDEN = b',"somethingHidden":true}'


def redact(view: View, hidden: Hidden) -> View:
    """The view without what is hidden; `view.commits` must be all commits of the record, or of her latest where none is named."""
    if not hidden:
        return view
    told = _Telling(hidden).tell(view.commits)
    if view.record is not None and not told:
        raise LookupError("Something is hidden, and the record's commits were not read.")
    record = UUID(decode(told[0].parts[RECORD]).id) if told else None
    card, parts = _latest(commit.segments for commit in told), _latest(commit.parts for commit in told)
    if hidden.sections and told:
        card[RECORD] = card[RECORD][:-1] + SOMETHING_HIDDEN
    return View(
        person=_person(view.person, record, told),
        record=view.record and _state(view.record, told),
        card=card if view.card else {},
        parts=parts if view.parts else {},
        records=tuple(_summary(one, record, told) for one in view.records),
        commits=told,
        something_hidden=bool(hidden.sections),
    )


def for_proposal(view: View, hidden: Hidden) -> View:
    """The view that a write is checked against: without the parts of hidden sections, and otherwise as it is stored.

    What a proposal takes from it is stored again, so nothing is re-told here.
    """
    if not hidden.sections:
        return view
    card = {key: one for key, one in view.card.items() if not _in_hidden_section(key, hidden)}
    parts = {key: one for key, one in view.parts.items() if not _in_hidden_section(key, hidden)}
    return replace(view, card=card, parts=parts)


def _in_hidden_section(key: str, hidden: Hidden) -> bool:
    """What the contract does not name could be of any section, so it is hidden with the first."""
    return key == OTHER or key.partition("/")[0] in hidden.sections


def _latest(changes: Iterable[Mapping[str, bytes]]) -> dict[str, bytes]:
    """What each part last became."""
    latest: dict[str, bytes] = {}
    for change in changes:
        latest |= change
    return latest


class _Telling:
    """A record's commits told again, from the first, to somebody who may not see everything."""

    def __init__(self, hidden: Hidden) -> None:
        self._hidden = hidden
        self._shown: dict[str, Part] = {}  # where classes are hidden: the last version told of each part
        self._numbers: dict[str, str] = {}  # of each commit told: its own number, and the one it is told with
        self._record: UUID | None = None

    def tell(self, commits: Iterable[StoredCommit]) -> tuple[StoredCommit, ...]:
        """The commits that touched something visible, numbered anew."""
        told: list[StoredCommit] = []
        for commit in sorted(commits, key=lambda one: one.t):
            self._record = self._record or UUID(decode(commit.parts[RECORD]).id)
            self._numbers[str(commit.t)] = str(len(told) + 1)
            one = self._by_classes(commit) if self._hidden.classes else self._by_sections(commit)
            if one.parts:
                told.append(replace(one, t=len(told) + 1))
        return tuple(told)

    def _keys(self, commit: StoredCommit) -> list[str]:
        """The parts touched that may be visible."""
        return [key for key in commit.parts if not _in_hidden_section(key, self._hidden)]

    def _by_sections(self, commit: StoredCommit) -> StoredCommit:
        """The visible parts as they are; only the numbers of commits inside them are new."""
        keys = self._keys(commit)
        parts = {key: self._renumbered(commit.parts[key]) for key in keys}
        segments = {key: commit.segments[key] for key in (*keys, RECORD)}
        return StoredCommit(commit.t, commit.at, parts, segments)

    def _renumbered(self, stored: bytes) -> bytes:
        if all(own == told for own, told in self._numbers.items()):
            return stored
        part = decode(stored)
        return encode(msgspec.structs.replace(part, resources=self._resources(part)))

    def _resources(self, part: Part) -> list[Resource]:
        return [
            one | {"meta": one["meta"] | {"versionId": self._numbers[one["meta"]["versionId"]]}}
            for one in part.resources
        ]

    def _by_classes(self, commit: StoredCommit) -> StoredCommit:
        """The parts in which something visible changed, with what is visible of them."""
        changed = {key: part for key in self._keys(commit) if (part := self._next(key, commit)) is not None}
        self._shown |= changed
        segments = {key: segment_with(part, bytes(part.v1)) for key, part in changed.items()}
        changed_at = decode_json(commit.segments[RECORD])["recordLastUpdated"]
        segments[RECORD] = record_metadata(self._shown[RECORD], changed_at)
        return StoredCommit(
            commit.t, commit.at, {key: encode(part) for key, part in changed.items()}, segments
        )

    def _next(self, key: str, commit: StoredCommit) -> Part | None:
        """The part's next version to be told, or None where nothing visible changed."""
        assert self._record is not None
        part = visible_part(decode(commit.parts[key]), self._hidden.classes, self._record)
        before = self._shown.get(key)
        if before is None:
            version, new = 1, "/" in key or tells_something(part)
        else:
            version, new = before.version + 1, not same_content(before, part)
        return (
            msgspec.structs.replace(part, version=version, resources=self._resources(part)) if new else None
        )


def _person(person: PersonState, record: UUID | None, told: tuple[StoredCommit, ...]) -> PersonState:
    """Her state, last changed when something visible of her latest record was; her own decisions are not told."""
    changed: datetime | None = None
    if person.latest_record is None:
        changed = person.last_changed
    elif person.latest_record == record:
        changed = told[-1].at
    return replace(person, last_changed=changed, wishes=NO_WISHES)


def _state(state: RecordState, told: tuple[StoredCommit, ...]) -> RecordState:
    return replace(state, t=len(told), changed=told[-1].at)


_STATUS_NAMES = tuple(field.name for field in CATALOGUE.sections[RECORD].fields)


def _summary(one: RecordSummary, record: UUID | None, told: tuple[StoredCommit, ...]) -> RecordSummary:
    """A record in the list. Of another record than the one told only its status is sure to be visible: it is dated by that."""
    if one.state.record == record:
        return RecordSummary(_state(one.state, told), told[-1].segments[RECORD])
    metadata = decode_json(one.metadata)
    metadata["recordStatus"] = {name: metadata["recordStatus"][name] for name in _STATUS_NAMES}
    metadata["recordLastUpdated"] = metadata["lastUpdated"]
    changed = datetime.fromisoformat(metadata["lastUpdated"])
    return RecordSummary(replace(one.state, t=metadata["version"], changed=changed), dump(metadata))
