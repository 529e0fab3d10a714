"""Tells those who follow a record that it has changed: a signed notification to the address registered for their client.

Signed by RFC 9421 over method, address and digest of the body (RFC 9530), with the key at /.well-known/jwks.json. What nobody
takes is sent again, with longer and longer waits; after three days the subscription is ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from helsekort.access.act import Act
from helsekort.basics.clock import Clock
from helsekort.basics.ids import NewId
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.basics.strict_json import dump
from helsekort.fhir.subscription import State, notification
from helsekort.ledger.outbox import QUIET, Happened, Position
from helsekort.ledger.subscriptions import Changed, Subscribed
from helsekort.ledger.view import View, Wants
from helsekort.maternity.identity import subscription_id
from helsekort.outside.client_key import ClientKey
from helsekort.outside.repeating import repeat
from helsekort.outside.wire import SECONDS
from helsekort.records.following import Follower, decode, told_of

FOLLOWER = "subscriptions"
MOST_READ, MOST_SENT = 200, 50
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
GIVES_UP = timedelta(days=3)
GONE = 410
COVERED = ("@method", "@target-uri", "content-type", "content-digest")


class Followed(Protocol):
    """What has changed, who follows it, and how far they have been told."""

    async def outbox(self, *, after: Position, most: int) -> list[Happened]: ...

    async def place(self, follower: str) -> Position: ...

    async def keep_place(self, follower: str, position: Position) -> None: ...

    async def note_change(self, happened: Happened) -> None: ...

    async def due_subscriptions(self, now: datetime, *, most: int) -> list[tuple[UUID, UUID]]: ...

    async def subscription(self, person: UUID, id_: UUID) -> Subscribed | None: ...

    async def subscription_events(
        self, person: UUID, id_: UUID, *, first: int, last: int, most: int
    ) -> list[Changed]: ...

    async def subscription_told(
        self, person: UUID, id_: UUID, *, number: int, again: datetime | None
    ) -> None: ...

    async def subscription_failed(
        self, person: UUID, id_: UUID, *, at: datetime, again: datetime, error: str
    ) -> None: ...

    async def end_subscription(self, person: UUID, id_: UUID, *, error: str = "") -> None: ...

    async def patient_of(self, *, person: UUID) -> NationalIdentityNumber | None: ...


class Decides(Protocol):
    """The one door, as far as telling goes through it."""

    async def read(self, act: Act, wants: Wants) -> View: ...


class Endpoints:
    """Where each client may have notifications sent: only addresses registered for it, https unless all is a sandbox's."""

    def __init__(self, registered: Mapping[str, Sequence[str]], *, sandbox: bool) -> None:
        self._registered = registered
        self._schemes = {"https", "http"} if sandbox else {"https"}

    def allows(self, client_id: str, endpoint: str) -> bool:
        """True where the address is one of the client's, or below one."""
        asked = urlsplit(endpoint)
        if asked.scheme not in self._schemes or ".." in asked.path or "%" in asked.path:
            return False
        return any(_below(asked.geturl(), base) for base in self._registered.get(client_id, ()))


def _below(endpoint: str, base: str) -> bool:
    return endpoint == base or endpoint.startswith(base.rstrip("/") + "/")


class _Key(HTTPSignatureKeyResolver):
    def __init__(self, key: ClientKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> bytes:
        """The private key in PEM; KeyError where it is another's."""
        return {self._key.kid: self._key.private_pem}[key_id]()


@dataclass(frozen=True, slots=True)
class _Message:
    """What is signed; the digest and the signature are added to its headers."""

    method: str
    url: str
    headers: dict[str, str]


class Hook:
    """Posts signed notifications. A redirect is not followed: it is a failure like any other."""

    def __init__(self, client: httpx.AsyncClient, key: ClientKey, clock: Clock) -> None:
        self._client = client
        self._key_id = key.kid
        self._clock = clock
        self._signer = HTTPMessageSigner(
            signature_algorithm=algorithms.RSA_V1_5_SHA256, key_resolver=_Key(key)
        )

    async def post(self, endpoint: str, body: bytes) -> int:
        """The HTTP status the receiver answered with; 0 where it did not answer."""
        message = _Message("POST", endpoint, {"content-type": "application/fhir+json"})
        self._signer.sign(
            message,
            key_id=self._key_id,
            created=self._clock(),
            label="helsekort",
            covered_component_ids=COVERED,
            body=body,
        )
        request = self._client.build_request("POST", endpoint, content=body, headers=message.headers)
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._client.send(request, stream=True)
                await answer.aclose()
        except (httpx.HTTPError, TimeoutError):
            return 0
        return answer.status_code


class Push:
    """Makes events of what has happened, and sends what is due."""

    def __init__(
        self,
        followed: Followed,
        door: Decides,
        hook: Hook,
        endpoints: Endpoints,
        *,
        clock: Clock,
        new_id: NewId,
        base: str,
    ) -> None:
        """`base` is the FHIR API's own address."""
        self._followed = followed
        self._door = door
        self._hook = hook
        self._endpoints = endpoints
        self._clock = clock
        self._new_id = new_id
        self._base = base

    async def run(self, *, every: float) -> None:
        """Every so many seconds, for as long as the task runs."""
        await repeat("subscriptions", self.once, every=every)

    async def once(self) -> None:
        """All that has happened since the place kept, then all that is due."""
        after = await self._followed.place(FOLLOWER)
        while happened := await self._followed.outbox(after=after, most=MOST_READ):
            for each in happened:
                if each.t is not None and each.kind != QUIET:
                    await self._followed.note_change(each)
            after = happened[-1].position
            await self._followed.keep_place(FOLLOWER, after)
        for person, id_ in await self._followed.due_subscriptions(self._clock(), most=MOST_SENT):
            subscribed = await self._followed.subscription(person, id_)
            if subscribed is not None and subscribed.status != "off":
                await self._send(subscribed)

    async def _send(self, one: Subscribed) -> None:
        follower = decode(one.body)
        changed = await self._changed(one, follower)
        if not self._endpoints.allows(follower.client_id, follower.asked.endpoint):
            await self._end(one, "The address is not registered for the client.")
        elif changed and not await self._may_know(one, follower):
            await self._end(one, "The record may no longer be followed.")
        else:
            status = await self._hook.post(follower.asked.endpoint, self._body(one, follower, changed))
            await self._answered(one, follower, changed, status)

    async def _changed(self, one: Subscribed, follower: Follower) -> list[Changed]:
        """What it is to be told of now; nothing before its handshake."""
        if one.status == "requested":
            return []
        return await self._followed.subscription_events(
            one.person, one.id, first=one.told + 1, last=one.events, most=follower.asked.max_count
        )

    async def _may_know(self, one: Subscribed, follower: Follower) -> bool:
        """Decided anew each time, and written down in her log; where nobody can decide, it is tried again later."""
        patient = await self._followed.patient_of(person=one.person)
        if patient is None:
            return False
        act = follower.told(patient, at=self._clock(), event_id=str(self._new_id()))
        try:
            await self._door.read(act, Wants.STATUS)
        except Refused as refused:
            if refused.kind in {Kind.DATABASE, Kind.TECHNICAL, Kind.SOURCE_DOWN}:
                raise
            return False
        return True

    def _body(self, one: Subscribed, follower: Follower, changed: list[Changed]) -> bytes:
        kind = "handshake" if one.status == "requested" else "event-notification" if changed else "heartbeat"
        status = "requested" if one.status == "requested" else "active"
        state = State(subscription_id(one.person, one.id), follower.asked.topic, status, one.events)
        made = notification(
            state,
            kind,
            [told_of(each) for each in changed],
            content=follower.asked.content,
            base=self._base,
            at=self._clock(),
            id_=str(self._new_id()),
        )
        return dump(made)

    async def _answered(
        self, one: Subscribed, follower: Follower, changed: list[Changed], status: int
    ) -> None:
        now = self._clock()
        if 200 <= status < 300:
            beat = follower.asked.heartbeat
            again = now + timedelta(seconds=beat) if beat else None
            number = changed[-1].number if changed else one.told
            await self._followed.subscription_told(one.person, one.id, number=number, again=again)
        elif status == GONE or (one.failing is not None and now - one.failing > GIVES_UP):
            await self._end(one, f"Nobody takes the notifications ({_said(status)}).")
        else:
            again = now + min(FIRST_WAIT * 2 ** min(one.tries, 20), LONGEST_WAIT)
            await self._followed.subscription_failed(
                one.person, one.id, at=now, again=again, error=f"The address {_said(status)}."
            )

    async def _end(self, one: Subscribed, error: str) -> None:
        await self._followed.end_subscription(one.person, one.id, error=error)


def _said(status: int) -> str:
    return f"answered with status {status}" if status else "did not answer"
