"""The four reads of the contract as pure functions from a view to its JSON. Stored bytes are joined, never parsed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from helsekort.api.http.answer import Answer
from helsekort.basics import strict_json
from helsekort.basics.clock import to_wire
from helsekort.ledger.view import PersonState, StoredCommit, View
from helsekort.maternity import card

_NOTHING = (False, False, b"null", b"null")


def status(view: View) -> Answer:
    """Consent, active record, last change and latest record.

    A woman with a confidential address, or who has opted out, looks like one who has not consented: there is no sign of the
    difference.
    """
    person = view.person
    consented, active, changed, latest = _NOTHING if _unseen(person) else _seen(person)
    body = b'{"hasGivenConsent":%s,"hasActiveMaternityRecord":%s,"lastChangedDateTime":%s,"latestRecordId":%s,"deceased":%s}'
    return Answer(200, body % (_bool(consented), _bool(active), changed, latest, _bool(person.deceased)))


def record(view: View) -> Answer:
    """The card, with the number of its last commit as ETag."""
    assert view.record is not None  # the guard "unknown record" refused everything else
    return Answer(200, card.card_json(view.card), ((b"etag", b'"%d"' % view.record.t),))


def history(view: View) -> Answer:
    """Every record of the woman, the oldest first, each as its `metadata` object."""
    oldest_first = sorted(view.records, key=lambda each: each.state.created)
    return _history(each.metadata for each in oldest_first)


def record_history(view: View) -> Answer:
    """Every commit of one record, the oldest first, with what it changed as it was then."""
    oldest_first = sorted(view.commits, key=lambda each: each.t)
    return _history(_commit(each) for each in oldest_first)


def _unseen(person: PersonState) -> bool:
    return person.confidential_address or person.wishes.opted_out or not person.consented


def _seen(person: PersonState) -> tuple[bool, bool, bytes, bytes]:
    changed, latest = person.last_changed, person.latest_record
    return (
        True,
        person.active_record is not None,
        b'"%s"' % to_wire(changed).encode("ascii") if changed else b"null",
        b'"%s"' % str(latest).encode("ascii") if latest else b"null",
    )


def _bool(value: bool) -> bytes:  # noqa: FBT001 - the value is what is written
    return b"true" if value else b"false"


def _history(entries: Iterable[bytes]) -> Answer:
    return Answer(200, b'{"history":[%s]}' % b",".join(entries))


def _commit(commit: StoredCommit) -> bytes:
    """`{version, lastUpdated, lastUpdatedBy, changes}`; `changes` has the form of the card, with only what changed."""
    head = strict_json.dump(
        {"version": commit.t, "lastUpdated": to_wire(commit.at), "lastUpdatedBy": _author(commit)}
    )
    return b'%s,"changes":%s}' % (head[:-1], _changes(commit.segments))


def _author(commit: StoredCommit) -> object:
    """Who made the commit: all its sections have the same author; a change of the record's status only the record."""
    for key, segment in commit.segments.items():
        if key not in {card.RECORD, card.OTHER}:
            return strict_json.parse(segment)["metadata"]["lastUpdatedBy"]
    return strict_json.parse(commit.segments[card.RECORD])["lastUpdatedBy"]


def _changes(segments: Mapping[str, bytes]) -> bytes:
    members = [_member("metadata", segments[card.RECORD])]
    items: dict[str, list[bytes]] = {}
    for key, segment in segments.items():
        section, _, item = key.partition("/")
        if item:
            items.setdefault(section, []).append(segment)
        elif key == card.OTHER:
            members.append(segment[1:-1])
        elif key != card.RECORD:
            members.append(_member(key, segment))
    members += [_member(section, b"[%s]" % b",".join(listed)) for section, listed in items.items()]
    return b"{%s}" % b",".join(members)


def _member(name: str, value: bytes) -> bytes:
    return b'"%s":%s' % (name.encode("ascii"), value)
