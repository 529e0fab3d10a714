"""The organisation's contract as an ASGI application: who calls, from which organisation, its own queue and nobody else's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from starlette.types import ASGIApp

from helsekort.access.actor import Actor, ActorKind
from helsekort.access.caller import Caller
from helsekort.access.switch import Entrance
from helsekort.api.http.answer import Answer
from helsekort.api.http.log import RequestLog
from helsekort.api.http.request import Request
from helsekort.api.http.routing import Router, uuid_of
from helsekort.api.http.service import HttpService
from helsekort.api.organisation.openapi import document
from helsekort.api.organisation.operations import (
    LONGEST_ANSWER,
    OPERATIONS,
    PREFIX,
    REPORTS,
    REVIEWS,
    Operation,
    reports,
    reviews,
)
from helsekort.api.v1.caller import Identify
from helsekort.api.v1.errors import render
from helsekort.audit.entry import AuditEntry, describe_attempt
from helsekort.basics import strict_json
from helsekort.basics.clock import Clock
from helsekort.basics.ids import NewId
from helsekort.basics.number_in_text import holds_national_identity_number
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.ledger.queues import Report, Review
from helsekort.records.admission import Admission

Note = Callable[[AuditEntry], Awaitable[None]]
"""Stores an audit row that belongs to nobody."""


class Queues(Protocol):
    """What is needed of the ledger: the queues of one legal entity."""

    async def reviews(self, organisation: str) -> list[Review]: ...

    async def reports(self, organisation: str) -> list[Report]: ...

    async def answer_report(self, organisation: str, report: UUID, *, at: datetime, text: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Description:
    """The address of the description; it needs no token."""

    body: bytes
    method: str = "GET"
    template: str = "/openapi.json"
    writes: bool = False


def build(
    *,
    queues: Queues,
    note: Note,
    admission: Admission,
    identify: Identify,
    clock: Clock,
    new_id: NewId,
    log: RequestLog,
) -> ASGIApp:
    """The contract's application. `identify` finds out who calls, where no patient is named."""
    contract = Contract(
        queues=queues, note=note, admission=admission, identify=identify, clock=clock, new_id=new_id
    )
    routes: tuple[Operation | Description, ...] = (*OPERATIONS, Description(strict_json.dump(document())))
    return HttpService(router=Router(PREFIX, routes, uuid_of), handle=contract.handle, render=render, log=log)


class Contract:
    """Carries out one request; each leaves a row in the audit log, under nobody, before its answer."""

    def __init__(
        self,
        *,
        queues: Queues,
        note: Note,
        admission: Admission,
        identify: Identify,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._queues = queues
        self._note = note
        self._admission = admission
        self._identify = identify
        self._clock = clock
        self._new_id = new_id

    async def handle(
        self, route: Operation | Description, ids: list[UUID | None], request: Request
    ) -> Answer:
        """The answer to one request; raises Refused, the audit row stored first."""
        entrance = Entrance("contract:organisation", writes=route.writes)
        await self._admission.enter(entrance, source=request.source)
        if isinstance(route, Description):
            return Answer(200, route.body)
        request.check_body_headers(wanted=route.writes, required=route.writes)
        caller = await self._caller(route, request)
        try:
            organisation = await self._organisation(caller, request)
            body = await self._do(route, organisation, ids, request)
        except Refused as refused:
            if refused.kind is not Kind.TOO_MANY:
                await self._write_down(route, request, caller.actor, refused)
            raise
        await self._write_down(route, request, caller.actor, None)
        return Answer(200, body)

    async def _caller(self, route: Operation, request: Request) -> Caller:
        try:
            return await self._identify(request)
        except Refused as refused:
            await self._write_down(route, request, None, refused)
            raise

    async def _organisation(self, caller: Caller, request: Request) -> str:
        """The legal entity behind the caller; a woman's own token has none."""
        await self._admission.admit(caller.actor, None, event_id=request.event_id)
        if caller.refused is not None:
            raise caller.refused
        unit = caller.actor.organisation
        if caller.actor.kind not in {ActorKind.PRACTITIONER, ActorKind.MACHINE} or unit is None:
            raise Refused(Kind.INVALID_USER, [Issue("The queue is for the organisation's own people.")])
        return unit.parent_number

    async def _do(
        self, route: Operation, organisation: str, ids: list[UUID | None], request: Request
    ) -> bytes:
        if route is REVIEWS:
            return reviews(await self._queues.reviews(organisation))
        if route is REPORTS:
            return reports(await self._queues.reports(organisation))
        report, text = ids[0], _answer(await request.body())
        if report is None or not await self._queues.answer_report(
            organisation, report, at=self._clock(), text=text
        ):
            raise Refused(
                Kind.NOT_FOUND,
                [Issue("The organisation has no such report waiting for an answer.", "reportId")],
            )
        return strict_json.dump({"id": str(report), "state": "answered"})

    async def _write_down(
        self, route: Operation, request: Request, actor: Actor | None, refused: Refused | None
    ) -> None:
        kind = refused.kind.value if refused else ""
        reason = "Avvist: virksomhetens oppfølging." if refused else "Virksomhetens oppfølging av innsyn"
        detail = describe_attempt(actor, event_id=request.event_id, reason=reason, refusal=kind)
        permitted = refused is None
        await self._note(
            AuditEntry(self._new_id(), self._clock(), route.action, permitted, record=None, detail=detail)
        )


def _answer(body: bytes) -> str:
    """The text of `{"answer": "..."}`."""
    value = strict_json.parse(body)
    text = value.get("answer") if isinstance(value, dict) and value.keys() == {"answer"} else None
    if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST_ANSWER:
        raise Refused(
            Kind.INVALID, [Issue(f"Send the answer alone: 1 to {LONGEST_ANSWER} characters.", "$.answer")]
        )
    if not all(letter.isprintable() or letter == "\n" for letter in text):
        raise Refused(Kind.INVALID, [Issue("The answer has characters that cannot be shown.", "$.answer")])
    if holds_national_identity_number(text):
        raise Refused(Kind.INVALID, [Issue("A national identity number does not belong here.", "$.answer")])
    return text.strip()
