"""The JSON contract as an ASGI application: who calls, what the act is, through the door, and the answer."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.types import ASGIApp

from helsekort.access.act import Act, Basis
from helsekort.access.actor import Actor
from helsekort.access.caller import Caller
from helsekort.access.switch import Entrance
from helsekort.api.http.answer import Answer, Header
from helsekort.api.http.log import RequestLog
from helsekort.api.http.parameters import moment_of, pairs_in
from helsekort.api.http.request import Request
from helsekort.api.http.routing import Router, uuid_of
from helsekort.api.http.service import HttpService
from helsekort.api.v1.caller import Identify
from helsekort.api.v1.errors import render
from helsekort.api.v1.openapi import Description, description
from helsekort.api.v1.routes import ROUTES
from helsekort.api.v1.work import PREFIX, Body, Call, Reading, Route, Writing
from helsekort.basics import strict_json
from helsekort.basics.clock import Clock
from helsekort.basics.ids import NewId
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.ledger.view import Propose, View, Wants
from helsekort.maternity.card import parts_to_write
from helsekort.maternity.history import view_at
from helsekort.records.admission import Admission
from helsekort.records.door import Door

SOMETHING_HIDDEN: Header = (b"helsekort-something-hidden", b"true")
"""Tells a clinician that she has blocked something, never what, nor whether anything is there."""


def build(
    *,
    door: Door,
    admission: Admission,
    identify: Identify,
    clock: Clock,
    new_id: NewId,
    log: RequestLog | None = None,
) -> ASGIApp:
    """The contract's application. `identify` finds out who calls; without `log`, lines go to standard output."""
    contract = Contract(door=door, admission=admission, identify=identify, clock=clock, new_id=new_id)
    lines = log or RequestLog(sys.stdout.write, clock)
    routes: tuple[Route | Description, ...] = (*ROUTES, description())
    return HttpService(
        router=Router(PREFIX, routes, uuid_of), handle=contract.handle, render=render, log=lines
    )


class Contract:
    """Carries out one request: identify, read, propose, the door, render. A refusal on the way is written down."""

    def __init__(
        self, *, door: Door, admission: Admission, identify: Identify, clock: Clock, new_id: NewId
    ) -> None:
        self._door = door
        self._admission = admission
        self._identify = identify
        self._clock = clock
        self._new_id = new_id

    async def handle(self, route: Route | Description, ids: list[UUID | None], request: Request) -> Answer:
        """The answer to one request for a route; raises Refused, with the audit row stored first."""
        writes = isinstance(route, Route) and route.action.writes
        await self._admission.enter(Entrance("contract:v1", writes=writes), source=request.source)
        if isinstance(route, Description):
            return Answer(200, route.body)
        request.check_body_headers(wanted=route.body is not Body.NONE, required=route.body is Body.REQUIRED)
        act = await self._act(route, ids, request)
        if act.basis is Basis.EMERGENCY:
            await self._admission.emergency(act.actor, event_id=request.event_id)
        try:
            at = _moment(route, request)
            _check_ids(ids)
            call = Call(act, await _json_object(route, request), self._new_id)
            propose = route.work.propose(call) if isinstance(route.work, Writing) else None
        except Refused as refused:
            await self._door.note_refusal(act, refused)
            raise
        return await self._perform(route.work, call, propose, at)

    async def _perform(
        self, work: Reading | Writing, call: Call, propose: Propose | None, at: datetime | None
    ) -> Answer:
        if isinstance(work, Reading):
            view = await self._view(call.act, work, at)
            answer = work.render(view)
            return answer.having(SOMETHING_HIDDEN) if view.something_hidden else answer
        assert propose is not None
        if work.creates:
            record, commit = await self._door.create(call.act, propose)
            return work.render(call, record, commit)
        assert call.act.record is not None  # every other write names its record in the path
        looked_into = parts_to_write(call.act.section, call.act.reference)
        commit = await self._door.write(call.act, propose, parts=looked_into)
        return work.render(call, call.act.record, commit)

    async def _view(self, act: Act, work: Reading, at: datetime | None) -> View:
        """What the caller may see, as it is or as it was."""
        if at is None:
            return await self._door.read(act, work.wants)
        view = view_at(await self._door.read(act, work.wants | Wants.COMMITS), at)
        if view.record is None:
            raise Refused(Kind.UNKNOWN_RECORD, [Issue("There was no maternity record yet.", "at")])
        return view

    async def _act(self, route: Route, ids: list[UUID | None], request: Request) -> Act:
        """Who wants to do what; where nobody may, the refusal is written down before it is told."""
        try:
            caller = await self._identify(request)
        except Refused as refused:
            await self._note_stranger(route, request, None, refused)
            raise
        await self._admit(route, request, caller)
        if caller.patient is None:
            nobody = caller.refused or Refused(Kind.INVALID_NIN)
            await self._note_stranger(route, request, caller.actor, nobody)
            raise nobody
        act = self._act_of(route, ids, request, caller, caller.patient)
        if caller.refused is not None:
            await self._door.note_refusal(act, caller.refused)
            raise caller.refused
        return act

    async def _admit(self, route: Route, request: Request, caller: Caller) -> None:
        """Nothing is asked of anybody about the patient before this; too many requests leave rows only as alarms."""
        try:
            await self._admission.admit(caller.actor, caller.patient, event_id=request.event_id)
        except Refused as refused:
            if refused.kind is not Kind.TOO_MANY:
                await self._note_stranger(route, request, caller.actor, refused)
            raise

    async def _note_stranger(
        self, route: Route, request: Request, actor: Actor | None, refused: Refused
    ) -> None:
        await self._door.note_stranger(
            route.action, at=self._clock(), event_id=request.event_id, actor=actor, refused=refused
        )

    def _act_of(
        self,
        route: Route,
        ids: list[UUID | None],
        request: Request,
        caller: Caller,
        patient: NationalIdentityNumber,
    ) -> Act:
        return Act(
            actor=caller.actor,
            action=route.action,
            patient=patient,
            at=self._clock(),
            event_id=request.event_id,
            record=ids[0] if ids else None,
            section=route.section,
            reference=ids[1] if len(ids) > 1 else None,
            source_system=caller.source_system,
            treatment_facility=caller.treatment_facility,
            purpose=caller.ground.purpose,
            basis=caller.ground.basis,
            reason=caller.ground.reason,
            decision_reference=caller.ground.decision_reference,
            opened_by_hand=caller.ground.opened_by_hand,
        )


def _moment(route: Route, request: Request) -> datetime | None:
    """The moment the record is asked for at. A parameter that is ignored would be taken for a filter that was applied."""
    if not request.query:
        return None
    if not (isinstance(route.work, Reading) and route.work.at):
        issue = Issue("The address takes no query parameters.", "query", "Leave them out.")
        raise Refused(Kind.INVALID_HEADER, [issue])
    try:
        [(name, text)] = pairs_in(request.query)
    except ValueError:
        name, text = "", ""
    moment = moment_of(text) if name == "at" else None
    if moment is None:
        hint = "Send at=2026-03-02T12:00:00Z, or nothing."
        raise Refused(Kind.INVALID_HEADER, [Issue("The only parameter is one moment, at.", "query", hint)])
    return moment


def _check_ids(ids: list[UUID | None]) -> None:
    if ids and ids[0] is None:
        raise Refused(Kind.UNKNOWN_RECORD, [Issue("The record id is not a UUID.", "recordId")])
    if None in ids:
        raise Refused(Kind.NOT_FOUND, [Issue("The item id is not a UUID.", "itemId")])


async def _json_object(route: Route, request: Request) -> dict[str, Any]:
    if route.body is Body.NONE or not request.unread:
        return {}
    body = await request.body()
    if not body and route.body is Body.OPTIONAL:
        return {}
    value = strict_json.parse(body)
    if not isinstance(value, dict):
        raise Refused(Kind.MALFORMED, [Issue("The body is not a JSON object.", "$")])
    return value
