"""The ASGI application of one contract: route, handle, render, send, log. Whatever happens, an answer in the contract's words."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from typing import Generic

from starlette.types import Receive, Scope, Send

from helsekort.api.http.address import readable
from helsekort.api.http.answer import Answer, send_answer
from helsekort.api.http.log import RequestLog
from helsekort.api.http.request import ClientGone, Request, number_in_address
from helsekort.api.http.routing import IdT, Router, RouteT
from helsekort.basics.number_in_text import holds_national_identity_number
from helsekort.basics.refusal import Issue, Kind, Refused

MOST_AT_ONCE = 1000
"""Requests under way in one process; more are told to wait, so that memory stays bounded."""

Handle = Callable[[RouteT, list[IdT | None], Request], Awaitable[Answer]]
"""Answers a request whose route was found; with the ids in its path. Raises Refused."""

Render = Callable[[Refused, str], Answer]
"""What a refusal looks like in the contract; given the event id."""


class HttpService(Generic[RouteT, IdT]):
    """Serves the routes of one contract."""

    def __init__(
        self,
        *,
        router: Router[RouteT, IdT],
        handle: Handle[RouteT, IdT],
        render: Render,
        log: RequestLog,
        most_at_once: int = MOST_AT_ONCE,
    ) -> None:
        self._router = router
        self._handle = handle
        self._render = render
        self._log = log
        self._most_at_once = most_at_once
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, by ASGI 3."""
        started = time.perf_counter()
        self._under_way += 1
        template, request = "-", Request(scope, receive, _fresh_event_id)
        try:
            found = self._router.find(request.method, request.path)
            template = found[0].template if found else "-"
            answer = await self._answer(request, found)
            await send_answer(answer, request, send)
        except ClientGone:
            answer = Answer(499, b"")  # only for the log: nobody is there to be answered
        finally:
            self._under_way -= 1
        self._log.request(
            method=request.method,
            route=template,
            status=answer.status,
            milliseconds=(time.perf_counter() - started) * 1000,
            event_id=request.event_id,
        )

    async def _answer(self, request: Request, found: tuple[RouteT, list[IdT | None]] | None) -> Answer:
        try:
            self._check(request, found)
            if found is None:
                return self._not_found(request)
            return await self._handle(found[0], found[1], request)
        except Refused as refused:
            return self._render(refused, request.event_id)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - the last wall: logged by type and place, told by event id only
            self._log.fault(error, event_id=request.event_id)
            return self._render(Refused(Kind.TECHNICAL), request.event_id)

    def _check(self, request: Request, found: tuple[RouteT, list[IdT | None]] | None) -> None:
        if self._under_way > self._most_at_once:
            raise Refused(Kind.TOO_MANY)
        if request.fault is not None:
            raise request.fault
        in_doubt = found is None or None in found[1]
        if in_doubt and holds_national_identity_number(readable(request.path)):
            raise number_in_address()

    def _not_found(self, request: Request) -> Answer:
        methods = self._router.methods(request.path)
        if not methods:
            there = request.path.endswith(b"/") and self._router.methods(request.path[:-1])
            raise Refused(Kind.NO_SUCH_ROUTE, [_LAST_SLASH] if there else [])
        answer = self._render(Refused(Kind.METHOD_NOT_ALLOWED), request.event_id)
        return answer.having((b"allow", ", ".join(methods).encode("ascii")))


_LAST_SLASH = Issue(
    "The address ends with a slash; without it, it is there.", hint="Leave the last slash out."
)


def _fresh_event_id() -> str:
    """A UUID of version 4 (RFC 9562 section 5.4), written at once: nobody asks for its fields."""
    digits = os.urandom(16).hex()
    variant = _VARIANTS[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


_VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
