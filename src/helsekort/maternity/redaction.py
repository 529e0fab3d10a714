"""A view as it would have been, had what is hidden never been registered: no bytes, number, time or author of it is left.

What remains is told from the commits in which something visible changed. Two histories that differ only in what is hidden
give equal views (tests/generative/test_noninterference.py). That something is hidden is said where she has blocked a part,
whether or not anything is registered there; a proxy is not told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec

from helsekort.access.wishes import NO_WISHES, Hidden
from helsekort.basics.strict_json import dump
from helsekort.basics.turns import in_turns
from helsekort.fhir.shapes import Resource
from helsekort.ledger.view import PersonState, RecordState, RecordSummary, StoredCommit, View
from helsekort.maternity import identity
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.commit import OTHER, RECORD, record_metadata
from helsekort.maternity.free import is_free, tells_of, without_references
from helsekort.maternity.part import Part, decode, decode_json, encode, segment_with
from helsekort.maternity.visible import same_content, tells_something, visible_part

SOMETHING_HIDDEN = b',"somethingHidden":true}'


def redact(view: View, hidden: Hidden) -> View:
    """The view without what is hidden; `view.commits` must be all commits of the record, or of her latest where none is named."""
    return _left(view, hidden, tuple(_Telling(hidden, view.commits).tell())) if hidden else view


async def redact_in_turns(view: View, hidden: Hidden) -> View:
    """The same, giving way to others between the commits: there may be many."""
    if not hidden:
        return view
    return _left(view, hidden, tuple(await in_turns(_Telling(hidden, view.commits).tell())))


def _left(view: View, hidden: Hidden, told: tuple[StoredCommit, ...]) -> View:
    """The view of the commits as they are told."""
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

    What a proposal takes from it is stored again, so nothing of the parts is re-told here; the commits it may see are.
    """
    if not hidden.sections:
        return view
    card = {key: one for key, one in view.card.items() if not _in_hidden_section(key, hidden)}
    parts = {key: one for key, one in view.parts.items() if not _is_hidden(key, one, hidden)}
    return replace(view, card=card, parts=parts, commits=tuple(_Telling(hidden, view.commits).tell()))


def _in_hidden_section(key: str, hidden: Hidden) -> bool:
    """What the contract does not name could be of any section, so it is hidden with the first."""
    return key == OTHER or key.partition("/")[0] in hidden.sections


def _is_hidden(key: str, stored: bytes, hidden: Hidden) -> bool:
    """True for a part of which nothing may be seen."""
    if not is_free(key):
        return _in_hidden_section(key, hidden)
    return bool(hidden.classes) or tells_of(stored, hidden.sections)


def _latest(changes: Iterable[Mapping[str, bytes]]) -> dict[str, bytes]:
    """What each part last became."""
    latest: dict[str, bytes] = {}
    for change in changes:
        latest |= change
    return latest


class _Telling:
    """A record's commits told again, from the first, to somebody who may not see everything."""

    def __init__(self, hidden: Hidden, commits: Iterable[StoredCommit]) -> None:
        self._hidden = hidden
        self._commits = sorted(commits, key=lambda one: one.t)
        # A part that was hidden once is so in all its versions: their numbers would tell.
        self._gone = {
            key
            for commit in self._commits
            for key, stored in commit.parts.items()
            if _is_hidden(key, stored, hidden)
        }
        self._record = UUID(decode(self._commits[0].parts[RECORD]).id) if self._commits else None
        self._trace = _trace(self._record, self._gone, hidden) if self._record else None
        self._shown: dict[str, Part] = {}  # where classes are hidden: the last version told of each part
        self._resources: dict[str, Resource] = {}  # and of each resource

    def tell(self) -> Iterator[StoredCommit]:
        """The commits that touched something visible, numbered anew."""
        told = 0
        for commit in self._commits:
            one = self._by_classes(commit) if self._hidden.classes else self._by_sections(commit)
            if one.parts:
                told += 1
                yield replace(one, t=told)

    def _keys(self, commit: StoredCommit) -> list[str]:
        """The parts touched that may be visible."""
        return [key for key in commit.parts if key not in self._gone]

    def _by_sections(self, commit: StoredCommit) -> StoredCommit:
        """The visible parts as they are, but for references to what is hidden."""
        keys = self._keys(commit)
        parts = {key: self._without_trace(commit.parts[key]) for key in keys}
        segments = {key: commit.segments[key] for key in (*keys, RECORD) if key in commit.segments}
        return StoredCommit(commit.t, commit.at, parts, segments)

    def _without_trace(self, stored: bytes) -> bytes:
        if self._trace is None or not self._trace(stored):
            return stored
        part, leads_there = decode(stored), self._trace
        resources = [without_references(one, lambda to: leads_there(to.encode())) for one in part.resources]
        return encode(msgspec.structs.replace(part, resources=resources))

    def _by_classes(self, commit: StoredCommit) -> StoredCommit:
        """The parts in which something visible changed, with what is visible of them."""
        changed = {key: part for key in self._keys(commit) if (part := self._next(key, commit)) is not None}
        self._shown |= changed
        self._resources |= {one["id"]: one for part in changed.values() for one in part.resources}
        segments = {key: segment_with(part, bytes(part.v1)) for key, part in changed.items()}
        changed_at = decode_json(commit.segments[RECORD])["recordLastUpdated"]
        segments[RECORD] = record_metadata(self._shown[RECORD], changed_at)
        return StoredCommit(
            commit.t, commit.at, {key: encode(part) for key, part in changed.items()}, segments
        )

    def _next(self, key: str, commit: StoredCommit) -> Part | None:
        """The part's next version to be told, or None where nothing visible changed."""
        assert self._record is not None
        visible = visible_part(
            decode(self._without_trace(commit.parts[key])), self._hidden.classes, self._record
        )
        part = msgspec.structs.replace(visible, resources=[self._counted(one) for one in visible.resources])
        before = self._shown.get(key)
        if before is None:
            version, new = 1, "/" in key or tells_something(part) or bool(part.resources)
        else:
            version, new = before.version + 1, not same_content(before, part)
        return msgspec.structs.replace(part, version=version) if new else None

    def _counted(self, resource: Resource) -> Resource:
        """The resource as it was last told, where it says the same; else its next version, counted in what was told."""
        before = self._resources.get(resource["id"])
        if before is not None and before | {"meta": None} == resource | {"meta": None}:
            return before
        version = 1 if before is None else int(before["meta"]["versionId"]) + 1
        return resource | {"meta": resource["meta"] | {"versionId": str(version)}}


def _trace(record: UUID, gone: Iterable[str], hidden: Hidden) -> Callable[[bytes], bool] | None:
    """Whether a text has a reference that leads to a hidden part, whether or not anything is registered there."""
    codes = [CATALOGUE.sections[name].code for name in hidden.sections if name in CATALOGUE.sections]
    items = [identity.short(UUID(key.partition("/")[2])) for key in gone if "/" in key]
    if not codes and not items:
        return None
    places = frozenset(one.encode() for one in (*codes, *items))
    places_in = re.compile(f"{identity.short(record)}[.]([a-z2-7]+)".encode()).findall
    return lambda text: not places.isdisjoint(places_in(text))


def _person(person: PersonState, record: UUID | None, told: tuple[StoredCommit, ...]) -> PersonState:
    """Her state, last changed when something visible of her latest record was; her own decisions are not told."""
    changed: datetime | None = None
    if person.latest_record is None:
        changed = person.last_changed
    elif person.latest_record == record:
        changed = told[-1].at
    return msgspec.structs.replace(person, last_changed=changed, wishes=NO_WISHES)


def _state(state: RecordState, told: tuple[StoredCommit, ...]) -> RecordState:
    return msgspec.structs.replace(state, t=len(told), changed=told[-1].at)


_STATUS_NAMES = tuple(field.name for field in CATALOGUE.sections[RECORD].fields)


def _summary(one: RecordSummary, record: UUID | None, told: tuple[StoredCommit, ...]) -> RecordSummary:
    """A record in the list. Of another record than the one told only its status is sure to be visible: it is dated by that."""
    if one.state.record == record:
        return RecordSummary(_state(one.state, told), told[-1].segments[RECORD])
    metadata = decode_json(one.metadata)
    metadata["recordStatus"] = {name: metadata["recordStatus"][name] for name in _STATUS_NAMES}
    metadata["recordLastUpdated"] = metadata["lastUpdated"]
    changed = datetime.fromisoformat(metadata["lastUpdated"])
    return RecordSummary(
        msgspec.structs.replace(one.state, t=metadata["version"], changed=changed), dump(metadata)
    )
