"""What the endpoints of both providers share: OAuth errors, form bodies, and things that may be used once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse

Seconds = Callable[[], float]
"""Returns the present Unix time."""

MAX_FORM = 65_536
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
T = TypeVar("T")


class OAuthError(Exception):
    """An error answer of RFC 6749 section 5.2 or an extension of it: code, description, status and headers."""

    def __init__(
        self, error: str, description: str, *, status: int = 400, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status
        self.headers = headers or {}

    def answer(self) -> JSONResponse:
        """The error as a JSON answer."""
        body = {"error": self.error, "error_description": self.description}
        return JSONResponse(body, self.status, {**NO_STORE, **self.headers})


async def form_of(request: Request) -> dict[str, str]:
    """The parameters of a form body; RFC 6749 section 3.2 refuses a repeated one and treats an empty one as left out."""
    if (
        request.headers.get("content-type", "").partition(";")[0].strip()
        != "application/x-www-form-urlencoded"
    ):
        raise OAuthError("invalid_request", "send the parameters as application/x-www-form-urlencoded")
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_FORM:
            raise OAuthError("invalid_request", "the body is too large", status=413)
    return single_parameters(raw.decode("utf-8", "replace"))


def single_parameters(encoded: str) -> dict[str, str]:
    """Parameters by name, each given once."""
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(encoded):
        if name in parameters:
            raise OAuthError("invalid_request", f"the parameter {name} is given twice")
        parameters[name] = value
    return parameters


def required(parameters: dict[str, str], name: str) -> str:
    """A parameter that has to be there."""
    if name not in parameters:
        raise OAuthError("invalid_request", f"the parameter {name} is missing")
    return parameters[name]


class Expiring(Generic[T]):
    """Things kept under an unguessable name for a while: pushed requests, codes, refresh tokens."""

    def __init__(self, *, lifetime: int, now: Seconds, prefix: str = "") -> None:
        self.lifetime = lifetime
        self._now = now
        self._prefix = prefix
        self._kept: dict[str, tuple[float, T]] = {}

    def keep(self, value: T) -> str:
        """Keeps the value and returns its name."""
        self._forget()
        name = self._prefix + secrets.token_urlsafe(32)
        self._kept[name] = (self._now() + self.lifetime, value)
        return name

    def look(self, name: str) -> T | None:
        """The value, still kept."""
        self._forget()
        found = self._kept.get(name)
        return found[1] if found else None

    def take(self, name: str) -> T | None:
        """The value, no longer kept."""
        value = self.look(name)
        self._kept.pop(name, None)
        return value

    def _forget(self) -> None:
        now = self._now()
        for name in [name for name, (until, _) in self._kept.items() if until <= now]:
            del self._kept[name]


class Once:
    """Remembers what was used until it would have expired anyway: `jti` of assertions and proofs."""

    def __init__(self, *, now: Seconds) -> None:
        self._now = now
        self._used: dict[tuple[str, str], float] = {}

    def first_use(self, owner: str, jti: str, *, until: float) -> bool:
        """True the first time; says so and remembers in one step."""
        now = self._now()
        for key in [key for key, expiry in self._used.items() if expiry <= now]:
            del self._used[key]
        if (owner, jti) in self._used:
            return False
        self._used[owner, jti] = until
        return True
