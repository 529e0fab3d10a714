"""One HTTP request as it is read: each header that matters at most once, the body with a cap and a deadline."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import NoReturn

from starlette.types import Receive, Scope

from helsekort.api.http.address import LONGEST_TARGET, readable
from helsekort.basics.number_in_text import holds_national_identity_number
from helsekort.basics.refusal import Issue, Kind, Refused

BODY_CAP = 2 * 1024 * 1024  # bytes
BODY_SECONDS = 10.0
HEADERS_CAP = 32 * 1024  # bytes, names and values together
JSON_TYPES = frozenset(
    {b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"}
)

EVENT_ID = re.compile(rb"[A-Za-z0-9._:@/+=-]{1,128}")
_ELEVEN_DIGITS = re.compile(rb"[0-9]{11}")
# Authorization and DPoP are counted by the gate, which refuses two and has it written down.
_ONCE = frozenset(
    {b"content-type", b"content-length", b"content-encoding", b"host", b"if-match", b"if-none-exist"}
)
_ONCE_PREFIXES = (b"nhn-", b"hit-")


class ClientGone(Exception):
    """The client closed the connection before its request was complete; nobody is there to be answered."""


class Request:
    """What was asked, before anything of it is believed.

    `path` is the raw path, percent-encoding kept: no address of ours needs it, so an encoded one does not match.
    `raw` has every header as it was sent, `headers` the last of each name; `source` is the address the connection comes from.
    `event_id` is the caller's own where it can be used, else a fresh one; it is safe in logs and headers.
    """

    __slots__ = (
        "_receive",
        "event_id",
        "fault",
        "headers",
        "limits",
        "method",
        "path",
        "query",
        "raw",
        "source",
        "unread",
    )

    def __init__(self, scope: Scope, receive: Receive, fresh_event_id: Callable[[], str]) -> None:
        raw: list[tuple[bytes, bytes]] = scope["headers"]
        self.method: str = scope["method"]
        self.path: bytes = scope["raw_path"]
        self.query: bytes = scope["query_string"]
        self.raw = raw
        self.source: str = (scope.get("client") or ("",))[0]
        self.headers = dict(raw)
        self._receive = receive
        self.unread = _declares_body(self.headers)
        given = self.headers.get(b"nhn-event-id")
        usable = given is not None and _usable_event_id(given)
        self.event_id = given.decode("ascii") if given is not None and usable else fresh_event_id()
        self.fault = _first_fault(self, raw, bad_event_id=given is not None and not usable)

    def header(self, name: bytes) -> str:
        """A header's value as text, the empty text where it was not sent; bytes that are not UTF-8 are Latin-1."""
        value = self.headers.get(name, b"")
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")

    def check_body_headers(self, *, wanted: bool, required: bool) -> None:
        """Refuses by the headers alone: too large, not JSON, compressed, or no body where one is needed."""
        self.check_body_size(required=required)
        if self.unread and wanted:
            _check_type(self.headers)
            self.check_encoding()

    def check_body_size(self, *, required: bool) -> None:
        """Refuses a body that is declared as too large, or is not there where it is needed."""
        if self.unread and _declared_length(self.headers) > BODY_CAP:
            _refuse_size()
        if required and not self.unread:
            raise Refused(Kind.MALFORMED, [Issue("The request has no body.", "$", "{} is the least.")])

    def check_encoding(self) -> None:
        """Refuses a compressed body: what it would become is not known before it is too late."""
        if self.headers.get(b"content-encoding", b"identity").lower() != b"identity":
            where = "Content-Encoding"
            raise Refused(Kind.UNSUPPORTED_MEDIA_TYPE, [Issue("Compressed bodies are not read.", where)])

    async def body(self) -> bytes:
        """The body; refused as soon as it passes the cap or is not complete in time."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await self._read()
        except TimeoutError:
            issue = Issue(f"The body was not complete after {BODY_SECONDS:.0f} seconds.")
            raise Refused(Kind.MALFORMED, [issue]) from None

    async def discard(self, *, at_most: int, seconds: float) -> None:
        """Reads and forgets what the client still sends, so that it gets our answer instead of a broken connection."""
        left = at_most
        try:
            async with asyncio.timeout(seconds):
                while left > 0:
                    message = await self._receive()
                    if message["type"] != "http.request" or not message.get("more_body", False):
                        return
                    left -= len(message.get("body", b""))
        except TimeoutError:
            return  # the server closes the connection after the answer

    async def _read(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ClientGone
            part: bytes = message.get("body", b"")
            parts.append(part)
            size += len(part)
            if size > BODY_CAP:
                _refuse_size()
            if not message.get("more_body", False):
                self.unread = False
                return b"".join(parts)


def _declares_body(headers: dict[bytes, bytes]) -> bool:
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def _declared_length(headers: dict[bytes, bytes]) -> int:
    """The Content-Length, which the HTTP parser has found to be digits."""
    return int(headers.get(b"content-length", b"0"))


def _check_type(headers: dict[bytes, bytes]) -> None:
    if headers.get(b"content-type", b"").lower() not in JSON_TYPES:
        where, hint = "Content-Type", "Send application/json in UTF-8."
        raise Refused(Kind.UNSUPPORTED_MEDIA_TYPE, [Issue("The body is not declared as JSON.", where, hint)])


def _refuse_size() -> NoReturn:
    raise Refused(Kind.TOO_LARGE, [Issue(f"The body is larger than {BODY_CAP // 1024} KiB.")])


def _usable_event_id(value: bytes) -> bool:
    if EVENT_ID.fullmatch(value) is None:
        return False
    return _ELEVEN_DIGITS.search(value) is None or not holds_national_identity_number(value.decode("ascii"))


def _too_long(request: Request) -> Refused:
    if len(request.path) > LONGEST_TARGET:
        return Refused(Kind.NO_SUCH_ROUTE, [Issue("The address is longer than any that exists here.")])
    what, hint = "The address is too long with its parameters.", "Search by POST, with them in the body."
    return Refused(Kind.INVALID_PARAMETER, [Issue(what, "query", hint)])


def _first_fault(request: Request, raw: list[tuple[bytes, bytes]], *, bad_event_id: bool) -> Refused | None:
    """What is wrong with the request line and the headers as such."""
    if len(request.path) + len(request.query) > LONGEST_TARGET:
        return _too_long(request)
    if _size(raw) > HEADERS_CAP:
        return _bad_header("", f"The headers are larger than {HEADERS_CAP // 1024} KiB together.")
    if len(request.headers) != len(raw) and (twice := _sent_twice(name for name, _ in raw)):
        return _bad_header(twice.decode("latin-1"), "The header is sent more than once.")
    if request.query and holds_national_identity_number(readable(request.query)):
        return number_in_address()
    if bad_event_id:
        hint = "Send 1 to 128 letters, digits and . _ : @ / + = - or leave it out."
        return _bad_header("nhn-event-id", "The event id cannot be used.", hint)
    return None


def _size(raw: list[tuple[bytes, bytes]]) -> int:
    return sum(map(len, chain.from_iterable(raw)))


def number_in_address() -> Refused:
    """The refusal of an address that holds a national identity number."""
    issue = Issue(
        "A national identity number stands in the address.", "URL", "It may be logged on its way there."
    )
    return Refused(Kind.INVALID_NIN, [issue])


def _bad_header(where: str, what: str, hint: str = "") -> Refused:
    return Refused(Kind.INVALID_HEADER, [Issue(what, where, hint)])


def _sent_twice(names: Iterable[bytes]) -> bytes | None:
    seen: set[bytes] = set()
    for name in names:
        if name in seen and (name in _ONCE or name.startswith(_ONCE_PREFIXES)):
            return name
        seen.add(name)
    return None
