"""The writes of the contract: the change each request proposes, and the answer from the commit it became."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from helsekort.access.act import Act
from helsekort.api.http.answer import Answer, Header
from helsekort.api.v1.work import PREFIX, Call
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.ledger.view import Change, Propose, StoredCommit, View
from helsekort.maternity import card

_ANOTHER = "The body was read from somewhere else: its id is not the one in the address."


class _Metadata(msgspec.Struct):
    id: str


class _Shown(msgspec.Struct):
    """Of a section as it is shown: its id."""

    metadata: _Metadata


def create_record(call: Call) -> Propose:
    """A new record, empty or with any of the sections."""
    return card.create_record(call.body, _stamp(call))


def post_section(call: Call) -> Propose:
    """A section for the first time, or one more visit or height."""
    return card.post_section(call.act.section, call.body, _stamp(call))


def put_section(call: Call) -> Propose:
    """A section, visit or height as it is now; `metadata.version` says which version the caller has seen.

    A body that was read from another section, or from another woman's card, says so by its `metadata.id` and is refused.
    """
    act = call.act
    propose = card.put_section(act.section, act.reference, call.body, _stamp(call))
    sent = _metadata(call).get("id")
    if sent is None:
        return propose
    key = f"{act.section}/{act.reference}" if act.reference else act.section

    def of_this_one(view: View, record: UUID, t: int) -> Change:
        shown = view.card.get(key)
        if shown is not None and msgspec.json.decode(shown, type=_Shown).metadata.id != sent:
            raise Refused(
                Kind.INVALID, [Issue(_ANOTHER, "$.metadata.id", "Read it again before you send it.")]
            )
        return propose(view, record, t)

    return of_this_one


def enter_in_error(call: Call) -> Propose:
    """A visit or height that should not have been registered; it stays in the history."""
    assert call.act.reference is not None  # its template has an item id
    version = _seen_version(call) if call.body else None
    return card.enter_in_error(call.act.section, call.act.reference, _stamp(call), version)


def update_status(call: Call) -> Propose:
    """The end of the pregnancy: delivered, or ended without a birth."""
    sent = _metadata(call).get("recordId")
    if sent is not None and sent != str(call.act.record):
        raise Refused(
            Kind.INVALID, [Issue(_ANOTHER, "$.metadata.recordId", "Read it again before you send it.")]
        )
    return card.update_status(call.body, _stamp(call))


def created_record(call: Call, record: UUID, commit: StoredCommit) -> Answer:
    """201 with the whole card and where it is."""
    return Answer(201, card.card_json(commit.segments), (_location(record, ""),))


def created_section(call: Call, record: UUID, commit: StoredCommit) -> Answer:
    """201 with the section as stored and where it can be updated."""
    key = _key(call.act, commit)
    return Answer(201, commit.segments[key], (_location(record, f"/{key}"),))


def stored_section(call: Call, record: UUID, commit: StoredCommit) -> Answer:
    """200 with the section, visit or height as stored."""
    return Answer(200, commit.segments[_key(call.act, commit)])


def stored_status(call: Call, record: UUID, commit: StoredCommit) -> Answer:
    """200 with the record's own metadata, in the form the request may have: `{"metadata": {...}}`."""
    return Answer(200, b'{"metadata":%s}' % commit.segments[card.RECORD])


def _stamp(call: Call) -> card.Stamp:
    return card.Stamp(at=call.act.at, author=card.author_of(call.act), new_id=call.new_id)


def _key(act: Act, commit: StoredCommit) -> str:
    """The key of the part that was written: the section, or the section and the item's id."""
    if act.section in commit.segments:
        return act.section
    return next(key for key in commit.segments if key.startswith(f"{act.section}/"))


def _location(record: UUID, rest: str) -> Header:
    return (b"location", f"{PREFIX}/record/{record}{rest}".encode("ascii"))


def _metadata(call: Call) -> dict[str, Any]:
    metadata = call.body.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _seen_version(call: Call) -> int:
    version = _metadata(call).get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        hint = "Send the version you have seen, or no body at all."
        raise Refused(
            Kind.INVALID,
            [Issue("The version is missing or not an integer.", "$.metadata.version", hint)],
        )
    return version
