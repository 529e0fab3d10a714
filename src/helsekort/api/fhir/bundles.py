"""Batch and transaction (https://hl7.org/fhir/R4/http.html#transaction): many requests at once, each by itself or all or nothing.

The writes of a transaction are one commit; what it reads is read afterwards. Each entry of a batch is an act of its own at the
door.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from helsekort.access.act import Act, Action
from helsekort.api.fhir.call import Call
from helsekort.api.fhir.conditional import version_of
from helsekort.api.fhir.errors import render
from helsekort.api.fhir.sent import Beside, named_by_entry, own_links
from helsekort.api.fhir.warned import warnings_in
from helsekort.api.fhir.work import NOBODY, PREFIX, Named, Route
from helsekort.api.fhir.writes import Told, body_of, carried_out, place_of
from helsekort.api.http.answer import Answer
from helsekort.api.http.request import Request
from helsekort.api.http.routing import Router
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.basics.strict_json import dump
from helsekort.fhir.entries import Read, Requests, read_bundle
from helsekort.fhir.offering import Offering
from helsekort.fhir.outcome import outcome
from helsekort.fhir.requests import Write
from helsekort.fhir.shapes import Json, Resource

MOST_ANSWERED = 16 * 1024 * 1024
"""Bytes that the entries of one answer may come to before nothing more is read: five hundred times everything is a bomb."""

Reads = Router[Route, str]
"""The interactions that a bundle may read with."""


def handler(reads: Reads, offering: Offering) -> Callable[[Call], Awaitable[Answer]]:
    """Answers a Bundle that was posted to the base, with what is offered."""
    offered = frozenset((one.kind, each.value) for one in offering.types for each in one.interactions)

    def offers(kind: str, interaction: str) -> bool:
        return (kind, interaction) in offered

    async def bundle(call: Call) -> Answer:
        call.check_parameters()
        sent = own_links_in(call)
        asked = read_bundle(sent, offers, Beside(call, sent).faults)
        bundled = _Bundled(call, reads)
        entries = await (bundled.transaction(asked) if asked.transaction else bundled.batch(asked))
        kind = b"transaction-response" if asked.transaction else b"batch-response"
        body = b'{"resourceType":"Bundle","type":"%s"%s}' % (kind, _listed(entries))
        return Answer(200, body, (), call.content_type)

    return bundle


def own_links_in(call: Call) -> Resource:
    """The Bundle as it was sent, with references to this service written as they are kept."""
    sent: Resource = own_links(call, call.document)
    return sent


def _listed(entries: Sequence[bytes]) -> bytes:
    return b',"entry":[%s]' % b",".join(entries) if entries else b""


@dataclass(frozen=True, slots=True)
class _Bundled:
    """One bundle on its way."""

    call: Call
    reads: Reads

    async def transaction(self, asked: Requests) -> list[bytes]:
        """Every entry's answer, where all of them could be done; the reads come last."""
        writes = [one for one in asked.entries if isinstance(one, Write)]
        found = {one.where: self._find(one) for one in asked.entries if isinstance(one, Read)}
        told = iter(await carried_out(self.call, self.call.act, writes) if writes else [])
        answered = {one.where: _told(self.call, next(told)) for one in writes}
        size = sum(map(len, answered.values()))
        for one in asked.entries:
            if isinstance(one, Read):
                answered[one.where] = await self._read(one, found[one.where], size)
                size += len(answered[one.where])
        return [answered[one.where] for one in asked.entries if not isinstance(one, Refused)]

    async def batch(self, asked: Requests) -> list[bytes]:
        """Every entry's answer, in their order."""
        answered: list[bytes] = []
        size = 0
        for one in asked.entries:
            answered.append(await self._alone(one, size))
            size += len(answered[-1])
        return answered

    async def _alone(self, one: Write | Read | Refused, size: int) -> bytes:
        """One entry of a batch; what is wrong with it is told in its place, and is in her log."""
        act = self.call.act
        noted = False
        try:
            if isinstance(one, Refused):
                raise one
            if isinstance(one, Read):
                act = replace(act, action=Action.READ_RESOURCES)
                return await self._read(one, self._find(one), size)
            act = self._act(named_by_entry(one))
            noted = True
            return _told(self.call, *await carried_out(self.call, act, [one]))
        except Refused as refused:
            if not noted:
                await self.call.api.door.note_refusal(act, refused)
            return _refused(self.call, refused)

    def _act(self, named: Named) -> Act:
        return replace(self.call.act, record=named.record, person=named.person or self.call.act.person)

    def _find(self, read: Read) -> Call:
        """The call that a GET in a bundle stands for; raises NO_SUCH_ROUTE."""
        path, _, query = read.url.partition("?")
        request = _request(self.call, read, f"{PREFIX}/{path}", query)
        if request.fault is not None:
            raise request.fault
        found = self.reads.find(read.method, request.path)
        if found is None:
            raise Refused(
                Kind.NO_SUCH_ROUTE, [Issue("Nothing can be read there.", f"{read.where}.request.url")]
            )
        route, ids = found
        call = Call(self.call.api, route, ids, request)
        call.caller = self.call.caller
        call.named = route.names(call) if route.names else NOBODY
        record = call.named.record if route.of_record else None
        person = call.named.person or self.call.act.person
        call.act = replace(self.call.act, action=route.action, record=record, person=person)
        return call

    async def _read(self, read: Read, call: Call, size: int) -> bytes:
        try:
            assert isinstance(call.route, Route)
            _check_size(size)
            answer = await call.route.handle(call)
        except Refused as refused:
            if not call.passed:
                await self.call.api.door.note_refusal(call.act, refused)
            return _refused(self.call, refused)
        return _read_entry(answer, answer.body if read.method == "GET" else b"")


def _check_size(answered: int) -> None:
    """Refuses to read more where the answer has become so large; raises TOO_LARGE."""
    if answered > MOST_ANSWERED:
        raise Refused(
            Kind.TOO_LARGE, [Issue("The answer is too large already.", hint="Ask for less at a time.")]
        )


def _request(call: Call, read: Read, path: str, query: str) -> Request:
    """The request that an entry stands for, as if it had come by itself."""
    scope = {
        "method": read.method,
        "raw_path": path.encode("utf-8"),
        "query_string": query.encode("utf-8"),
        "headers": [*read.conditions, (b"host", call.request.headers.get(b"host", b""))],
    }
    return Request(scope, _nothing_more, lambda: call.request.event_id)


async def _nothing_more() -> dict[str, object]:
    return {"type": "http.request"}


def _told(call: Call, told: Told) -> bytes:
    version = version_of(told.raw)
    if not version:
        return _entry(told.done.status, "", "", body_of(call, told))
    place, etag = place_of(call, told, version), f'W/"{version}"'
    return _entry(told.done.status, place, etag, body_of(call, told), warnings_in(told.raw, told.done.kind))


def _read_entry(answer: Answer, body: bytes) -> bytes:
    headers = dict(answer.headers)
    place = headers.get(b"location", headers.get(b"content-location", b"")).decode("ascii")
    return _entry(answer.status, place, headers.get(b"etag", b"").decode("ascii"), body)


def _entry(status: int, location: str, etag: str, body: bytes, warnings: Sequence[Json] = ()) -> bytes:
    """An entry of the answer: https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.response."""
    response: Json = {"status": _PHRASES[status]}
    if location:
        response["location"] = location
    if etag:
        response["etag"] = etag
    if warnings:
        response["outcome"] = outcome(warnings)
    return b'{%s"response":%s}' % (b'"resource":%s,' % body if body else b"", dump(response))


_PHRASES = {one.value: f"{one.value} {one.phrase}" for one in HTTPStatus}


def _refused(call: Call, refused: Refused) -> bytes:
    answer = render(refused, call.request.event_id)
    status = _PHRASES[answer.status].encode()
    return b'{"response":{"status":"%s","outcome":%s}}' % (status, answer.body)
