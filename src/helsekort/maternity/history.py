"""A record as it was: every version of its resources, and the view at a moment. Told from the commits that may be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import structs

from helsekort.fhir.shelf import Entry
from helsekort.ledger.view import RecordState, StoredCommit, View
from helsekort.maternity.identity import parts_of
from helsekort.maternity.part import decode, decode_json
from helsekort.maternity.projections import provenance
from helsekort.maternity.redaction import SOMETHING_HIDDEN
from helsekort.maternity.slicing import entries_of
from helsekort.maternity.status import ACTIVE

RECORD = "record"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a resource: since which commit and when; `entry` is None where it was deleted then."""

    kind: str
    id: str
    number: int
    t: int
    at: datetime
    entry: Entry | None


def resource_versions(commits: Iterable[StoredCommit], kind: str, id_: str) -> list[Version]:
    """The versions of one resource, the oldest first; none where it never was, or is never stored."""
    keys = parts_of(kind, id_)
    wanted = None if kind == "Provenance" else kind
    found = [one for one in _versions(commits, frozenset(keys), id_) if wanted in {None, one.kind}]
    return [_of_provenance(one) for one in found] if kind == "Provenance" else found


def record_versions(commits: Iterable[StoredCommit]) -> Iterator[Version]:
    """The versions of every stored resource of a record, the oldest first; each commit is looked into when its turn comes."""
    return _versions(commits, None)


def _of_provenance(version: Version) -> Version:
    entry = None if version.entry is None else provenance(version.entry)
    return replace(version, kind="Provenance", entry=entry)


def _versions(
    commits: Iterable[StoredCommit], keys: frozenset[str] | None, id_: str = ""
) -> Iterator[Version]:
    """What each commit changed in the parts of the keys, or in every part; of one id where it is given."""
    shown: dict[str, dict[tuple[str, str], Version]] = {}
    for commit in sorted(commits, key=lambda one: one.t):
        for key in commit.parts if keys is None else keys & commit.parts.keys():
            before = shown.get(key, {})
            shown[key] = after = dict(_after(commit, commit.parts[key], before, id_))
            yield from (one for name, one in after.items() if before.get(name) is not one)


def _after(
    commit: StoredCommit, stored: bytes, before: Mapping[tuple[str, str], Version], id_: str
) -> Iterator[tuple[tuple[str, str], Version]]:
    """The last version of each resource of a part after a commit, deleted ones too."""
    holding = (id_.encode(),) if id_ else ()
    entries = entries_of(stored, holding=holding)
    there = {(entry.kind, entry.id): entry for entry in entries if id_ in {"", entry.id}}
    for name, entry in there.items():
        last = before.get(name)
        if last is not None and last.entry is not None and last.entry.raw == entry.raw:
            yield name, last
        else:
            yield name, Version(*name, int(entry.resource["meta"]["versionId"]), commit.t, commit.at, entry)
    for name, last in before.items():
        if name not in there:
            gone = Version(*name, last.number + 1, commit.t, commit.at, None)
            yield name, last if last.entry is None else gone


def view_at(view: View, at: datetime) -> View:
    """The view as it was at a moment, to the same viewer; without a record where there was none yet.

    `view.commits` must be all commits that may be seen. What she has decided, and who may see what, is as it is now.
    """
    commits = tuple(one for one in sorted(view.commits, key=lambda one: one.t) if one.at <= at)
    if view.record is None or not commits:
        return replace(view, record=None, card={}, parts={}, records=(), commits=())
    card: dict[str, bytes] = {}
    parts: dict[str, bytes] = {}
    for commit in commits:
        card |= commit.segments
        parts |= commit.parts
    if view.something_hidden:
        card[RECORD] = card[RECORD][:-1] + SOMETHING_HIDDEN
    state = _state(view.record, commits[-1], parts[RECORD])
    person = structs.replace(view.person, last_changed=state.changed)
    return replace(view, person=person, record=state, card=card, parts=parts, records=(), commits=commits)


def _state(now: RecordState, last: StoredCommit, record: bytes) -> RecordState:
    active = decode_json(bytes(decode(record).v1))["status"] == ACTIVE
    return RecordState(now.record, last.t, active=active, created=now.created, changed=last.at)
