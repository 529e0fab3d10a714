"""The FHIR API as an ASGI application: who calls, about whom, what the act is, and the answer. Every refusal is written down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.types import ASGIApp

from helsekort.access.act import Act, Basis
from helsekort.access.actor import Actor
from helsekort.access.caller import Caller
from helsekort.access.gate import FindPatient, Gate
from helsekort.access.headers import Naming
from helsekort.access.switch import Entrance
from helsekort.api.fhir.call import Api, Call
from helsekort.api.fhir.errors import render
from helsekort.api.fhir.media import check_body_type
from helsekort.api.fhir.naming import NOT_TOLD, plain_path, read_id
from helsekort.api.fhir.routes import rows
from helsekort.api.fhir.work import PREFIX, Names, Open, Route
from helsekort.api.http.answer import Answer
from helsekort.api.http.log import RequestLog
from helsekort.api.http.request import Request
from helsekort.api.http.routing import Router
from helsekort.api.http.service import HttpService
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.records.admission import Admission

ENTRANCE = "contract:fhir"
Identify = Callable[[Request, FindPatient], Awaitable[Caller]]
"""Finds out who calls, and through the second whose record it is about."""


def build(
    api: Api, *, admission: Admission, identify: Identify, log: RequestLog, more: Iterable[Route] = ()
) -> ASGIApp:
    """The API's application; `more` are routes of a test's own."""
    service = Service(api, admission=admission, identify=identify)
    router = Router(PREFIX, (*rows(api.offering, api.definitions), *more), read_id, plain_path)
    return HttpService(router=router, handle=service.handle, render=render, log=log)


def identify_at(gate: Gate) -> Identify:
    """The gate of access, asked for a request of this API."""

    async def identify(request: Request, find_patient: FindPatient) -> Caller:
        return await gate.identify(
            method=request.method,
            path=request.path.decode("latin-1"),
            headers=request.raw,
            naming=Naming.OPTIONAL,
            find_patient=find_patient,
        )

    return identify


class Service:
    """Carries out one request."""

    def __init__(self, api: Api, *, admission: Admission, identify: Identify) -> None:
        self._api = api
        self._admission = admission
        self._identify = identify

    async def handle(self, route: Route | Open, ids: list[str | None], request: Request) -> Answer:
        """The answer to one request for a route; raises Refused, with the audit row stored first."""
        await self._admission.enter(Entrance(ENTRANCE, writes=route.writes), source=request.source)
        call = Call(self._api, route, ids, request)
        if isinstance(route, Open):
            return await route.handle(call)
        _check_headers(call, route)
        await self._find_caller(call, route)
        try:
            if call.misnamed is not None:
                raise call.misnamed
            return await route.handle(call)
        except Refused as refused:
            if not call.passed and call.about_somebody:
                await self._api.door.note_refusal(call.act, refused)
            raise

    async def _find_caller(self, call: Call, route: Route) -> None:
        """Who wants to do what; where nobody may, the refusal is written down before it is told."""
        try:
            caller = await self._identify(call.request, self._finding(call, route))
        except Refused as refused:
            await self._note_stranger(call, route, None, refused)
            raise
        await self._admit(call, route, caller)
        call.caller = caller
        if caller.patient is None:
            if caller.refused is None and route.names is None:
                return
            nobody = caller.refused or Refused(Kind.UNKNOWN_RECORD)
            await self._note_stranger(call, route, caller.actor, nobody)
            raise nobody
        call.act = self._act_of(call, route, caller, caller.patient)
        if caller.refused is not None:
            await self._api.door.note_refusal(call.act, caller.refused)
            raise caller.refused
        if call.act.basis is Basis.EMERGENCY:
            await self._admission.emergency(call.act.actor, event_id=call.request.event_id)

    def _finding(self, call: Call, route: Route) -> FindPatient:
        """Finds the patient of a call, once it is known that its caller is somebody."""

        async def find(stated: NationalIdentityNumber | None) -> NationalIdentityNumber | None:
            if route.takes and call.request.unread:
                call.body = await call.request.body()
            if route.names is None:
                return stated
            if stated is not None:
                self._name(call, route.names, stated)
                return stated
            named = call.named = route.names(call)
            if named.patient is not None:
                return named.patient
            if not named.records and named.person is None:
                raise Refused(Kind.INVALID_HEADER, [NOT_TOLD])
            record = named.records[0] if named.records else None
            found = await self._api.door.patient_of(record=record, person=None if record else named.person)
            if found is None:
                raise Refused(Kind.UNKNOWN_RECORD, [Issue("Nobody known here has this id.", "id")])
            return found

        return find

    def _name(self, call: Call, names: Names, stated: NationalIdentityNumber) -> None:
        """Whom the request names beside the header; what is wrong with that is told after all that is wrong with the caller."""
        try:
            call.named = names(call)
            _check_agreement(stated, call.named.patient)
        except Refused as refused:
            call.misnamed = refused

    async def _admit(self, call: Call, route: Route, caller: Caller) -> None:
        """What this caller may use; too many requests leave rows only as alarms."""
        try:
            await self._admission.admit(caller.actor, caller.patient, event_id=call.request.event_id)
        except Refused as refused:
            if refused.kind is not Kind.TOO_MANY:
                await self._note_stranger(call, route, caller.actor, refused)
            raise

    async def _note_stranger(self, call: Call, route: Route, actor: Actor | None, refused: Refused) -> None:
        await self._api.door.note_stranger(
            route.action, at=self._api.clock(), event_id=call.request.event_id, actor=actor, refused=refused
        )

    def _act_of(self, call: Call, route: Route, caller: Caller, patient: NationalIdentityNumber) -> Act:
        return Act(
            actor=caller.actor,
            action=route.action,
            patient=patient,
            at=self._api.clock(),
            event_id=call.request.event_id,
            record=call.named.record if route.of_record else None,
            source_system=caller.source_system,
            treatment_facility=caller.treatment_facility,
            purpose=caller.ground.purpose,
            basis=caller.ground.basis,
            reason=caller.ground.reason,
            decision_reference=caller.ground.decision_reference,
            opened_by_hand=caller.ground.opened_by_hand,
            person=call.named.person,
        )


def _check_headers(call: Call, route: Route) -> None:
    """What can be told before anybody is asked who calls: the form of the answer, and of the body."""
    _ = call.content_type
    call.request.check_body_size(required=route.body_required)
    if call.request.unread and route.takes:
        check_body_type(call.request.header(b"content-type"), route.takes)
        call.request.check_encoding()


def _check_agreement(stated: NationalIdentityNumber, named: NationalIdentityNumber | None) -> None:
    if named is not None and named != stated:
        raise Refused(
            Kind.CONTRADICTION, [Issue("The header and the body name different women.", "nhn-patient-nin")]
        )
