"""Create, update, patch and delete, one resource at a time (https://hl7.org/fhir/R4/http.html). The default answer carries it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

import msgspec

from helsekort.access.act import Act, Action
from helsekort.api.fhir.call import Call
from helsekort.api.fhir.conditional import http_date, validators
from helsekort.api.fhir.sent import RECORD, faults, written
from helsekort.api.fhir.warned import warnings_in
from helsekort.api.http.answer import Answer, Header
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.basics.strict_json import dump
from helsekort.fhir.offering import Interaction
from helsekort.fhir.outcome import issue_of, outcome
from helsekort.fhir.requests import Write
from helsekort.fhir.search.parse import parse_search
from helsekort.fhir.search.run import run
from helsekort.fhir.shelf import Entry, Shelf
from helsekort.fhir.transaction import Done, Plan, Terms, plan
from helsekort.ledger.view import StoredCommit
from helsekort.maternity.identity import parts_of
from helsekort.maternity.part import Stamp, author_of
from helsekort.maternity.placing import NewResourceId, parts_to_write, propose
from helsekort.maternity.shelf import without
from helsekort.maternity.signing import SERVER_OWNED
from helsekort.maternity.slicing import entries_of, find_in
from helsekort.records.door import AlreadyThere
from helsekort.terminology.code_systems import canonical_uri

FIRST = (RECORD, "Encounter")
"""The kinds whose ids other ids are made of."""


class Told(msgspec.Struct, frozen=True):
    """What one write came to: its status, and the resource as it is stored, empty where it is gone."""

    done: Done
    raw: bytes


async def write(call: Call) -> Answer:
    """One interaction; raises Refused, with the audit row stored first."""
    call.check_parameters()
    _check_conditions(call)
    [told] = await carried_out(call, call.act, [written(call)])
    return _answer(call, told)


_CONDITIONS = ("If-Match", "If-None-Match", "If-None-Exist", "If-Unmodified-Since")


def _check_conditions(call: Call) -> None:
    """Refuses a condition that is not for this interaction, as in a bundle: what it was to prevent would be done."""
    taken = "If-None-Exist" if call.route.interaction == Interaction.CREATE.value else "If-Match"
    sent = [
        one for one in _CONDITIONS if one != taken and one.lower().encode("ascii") in call.request.headers
    ]
    if sent:
        hint = f"Leave it out; a condition here is {taken}."
        what = f"This is not for {call.route.interaction}."
        raise Refused(Kind.INVALID_HEADER, [Issue(what, one, hint) for one in sent])


async def carried_out(call: Call, act: Act, writes: Sequence[Write]) -> list[Told]:
    """Stores the writes in one commit and tells what each came to; raises Refused where nothing of them is stored."""
    counted = Counter(one.kind for one in writes)
    act = replace(act, resources=tuple(sorted(counted.items())))
    creates = any(one.kind == RECORD and one.interaction is Interaction.CREATE for one in writes)
    call.passed = True
    if not creates:
        return await _changed(call, act, writes)
    conditional = all(one.if_none_exist for one in writes if one.kind == RECORD and not one.id)
    try:
        return await _created(call, act, writes, unless_there=conditional)
    except AlreadyThere:  # the record that it may have meant
        return await _changed(call, act, writes)


async def _changed(call: Call, act: Act, writes: Sequence[Write]) -> list[Told]:
    planning = _Planning(call, act, writes)
    there = [(one.kind, one.id) for one in writes if one.id]
    made = propose(planning.plan_of, planning.stamp, act)
    looked_into = parts_to_write(writes)
    commit = await call.api.door.write(act, made, parts=looked_into, further=without(there))
    return planning.told(commit)


async def _created(call: Call, act: Act, writes: Sequence[Write], *, unless_there: bool) -> list[Told]:
    planning = _Planning(call, act, writes, creates=True)
    act = replace(act, action=Action.CREATE_RECORD, record=None)
    made = propose(planning.plan_of, planning.stamp, act)
    _, commit = await call.api.door.create(act, made, unless_there=unless_there)
    return planning.told(commit)


class _Planning:
    """Makes the plan while the record is locked, and tells afterwards what came of it: that of the last time it was made."""

    def __init__(self, call: Call, act: Act, writes: Sequence[Write], *, creates: bool = False) -> None:
        self.stamp = Stamp(at=act.at, author=author_of(act), new_id=call.api.new_id)
        self._writes = writes
        self._creates = creates
        self._terms = terms_of(call)
        self._made: Plan | None = None

    def plan_of(self, shelf: Shelf, new_id: NewResourceId) -> Plan:
        """What the writes come to; a record that is there already is not created once more."""
        made = plan(shelf, self._writes, new_id=new_id, now=self.stamp.at, terms=self._terms)
        if not self._creates and any(put.kind == RECORD and put.old is None for put in made.puts):
            raise Refused(Kind.ALREADY_EXISTS)
        self._made = made
        return made

    def told(self, commit: StoredCommit) -> list[Told]:
        """What each write came to, from the commit."""
        assert self._made is not None
        stored = _stored(self._made.done, commit)
        return [Told(done, raw) for done, raw in zip(self._made.done, stored, strict=True)]


def terms_of(call: Call) -> Terms:
    """What the engine has to be told here: how to search, to validate, and what only the server writes."""
    return Terms(
        find=_finding(call),
        check=lambda resource, where: faults(call, resource, where),
        own=frozenset(SERVER_OWNED),
        first=FIRST,
    )


def _finding(call: Call) -> Callable[[str, str, Shelf], Sequence[Entry]]:
    def find(kind: str, criteria: str, shelf: Shelf) -> Sequence[Entry]:
        if not call.api.offering.offers(kind, Interaction.SEARCH.value):
            raise Refused(Kind.INVALID_PARAMETER, [Issue("This type is not searched.", kind)])
        asked = parse_search(
            kind,
            parse_qsl(criteria, keep_blank_values=True),
            call.api.searchable,
            base=call.base,
            zone=call.api.zone,
            strict=True,
            canonical=canonical_uri,
        )
        return run(asked, shelf).matches

    return find


def _stored(done: Sequence[Done], commit: StoredCommit) -> list[bytes]:
    """The bytes of what is stored now, empty where it is gone; of several, each part is gone through once."""
    if len(done) == 1:
        return [_raw(done[0], _find(done[0], commit))]
    there = {(one.kind, one.id): one for part in commit.parts.values() for one in entries_of(part)}
    return [_raw(one, there.get((one.kind, one.id))) for one in done]


def _find(done: Done, commit: StoredCommit) -> Entry | None:
    stored = (commit.parts.get(key) for key in parts_of(done.kind, done.id))
    entries = (find_in(part, done.kind, done.id) for part in stored if part is not None)
    return next((entry for entry in entries if entry is not None), None)


def _raw(done: Done, stored: Entry | None) -> bytes:
    found = done.unchanged or stored
    return b"" if found is None or done.status == 204 else found.raw


def headers_of(call: Call, told: Told) -> tuple[Header, ...]:
    """ETag and Last-Modified of what is stored, and where it is (https://hl7.org/fhir/R4/http.html#create)."""
    known = validators(told.raw)
    if known is None:
        return ()
    etag, changed = known
    named = b"location" if told.done.status == 201 else b"content-location"
    place = place_of(call, told, etag[3:-1].decode("ascii"))
    return ((b"etag", etag), (b"last-modified", http_date(changed)), (named, place.encode("ascii")))


def place_of(call: Call, told: Told, version: str) -> str:
    """The address of what is stored now."""
    return f"{call.base}/{told.done.kind}/{told.done.id}/_history/{version}"


def body_of(call: Call, told: Told) -> bytes:
    """What the caller wants back: the resource, nothing, or an OperationOutcome (Prefer: return=...)."""
    wanted = call.prefer.get("return", "representation")
    if wanted == "minimal":
        return b""
    if wanted == "OperationOutcome":
        done = issue_of("information", "informational", _WORDS[told.done.status])
        return dump(outcome([done, *warnings_in(told.raw, told.done.kind)]))
    return told.raw


_WORDS = {
    200: "It is stored as it was sent.",
    201: "It is created.",
    204: "It is marked as entered in error.",
}


def _answer(call: Call, told: Told) -> Answer:
    body = body_of(call, told)
    status = 200 if told.done.status == 204 and body else told.done.status
    return Answer(status, body, headers_of(call, told), call.content_type)
