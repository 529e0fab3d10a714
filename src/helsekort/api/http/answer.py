"""An answer as values, and how it is sent."""

from __future__ import annotations

import msgspec
from msgspec import structs
from starlette.types import Send

from helsekort.api.http.request import Request

Header = tuple[bytes, bytes]

JSON: Header = (b"content-type", b"application/json")
_ALWAYS: tuple[Header, ...] = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_CLOSE: Header = (b"connection", b"close")
_WITHOUT_LENGTH = frozenset({204, 304})
_DISCARD_BYTES = 64 * 1024 * 1024
_DISCARD_SECONDS = 2.0


class Answer(msgspec.Struct, frozen=True):
    """Status, body, the headers beyond those that every answer has, and the content type where there is a body."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ()
    content_type: Header = JSON

    def having(self, *headers: Header) -> Answer:
        """The same with more headers."""
        return structs.replace(self, headers=(*self.headers, *headers))


async def send_answer(answer: Answer, request: Request, send: Send) -> None:
    """Sends it, without its body to a HEAD; where the request's body was left unread, the connection ends with the answer."""
    headers = [*_ALWAYS, (b"nhn-event-id", request.event_id.encode("ascii")), *answer.headers]
    if answer.status not in _WITHOUT_LENGTH:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    if answer.body:
        headers.append(answer.content_type)
    body = b"" if request.method == "HEAD" else answer.body
    if request.unread:
        headers.append(_CLOSE)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if request.unread:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        if b"expect" not in request.headers:
            await request.discard(at_most=_DISCARD_BYTES, seconds=_DISCARD_SECONDS)
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": body})
