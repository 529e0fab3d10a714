"""Before any page: is it open right now, and does one address ask for too much."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from helsekort.access.switch import PAGES, Entrance
from helsekort.basics.refusal import Refused
from helsekort.records.admission import Admission

ALWAYS = frozenset(
    {
        "/",
        "/logg-inn",
        "/innlogget",
        "/logg-ut",
        "/skjul",
        "/utlogget",
        "/ny-fane",
        "/trekk-samtykke",
        "/logg",
    }
)
"""What stays open to her whatever is switched off: logging in and out, withdrawing her consent, reading her log."""

_ALWAYS_BELOW = ("/logg/", "/static/")
_CONSENT = "/samtykke"
"""Where the way to withdrawing stands; read only, since giving consent is a change like another."""

_READS = frozenset({"GET", "HEAD"})

Tell = Callable[[Request, Exception], Awaitable[Response]]
"""Makes the page of a refusal."""


class Opening:
    """Asks the switch and the address's allowance first; a refusal becomes its page."""

    def __init__(self, app: ASGIApp, *, admission: Admission, tell: Tell) -> None:
        self._app = app
        self._admission = admission
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        try:
            source: str = (scope.get("client") or ("",))[0]
            await self._admission.enter(entrance(scope["method"], scope["path"]), source=source)
        except Refused as refused:
            response = await self._tell(Request(scope, receive), refused)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


def entrance(method: str, path: str) -> Entrance:
    """What a page needs to be open."""
    reads = method in _READS
    own = path in ALWAYS or path.startswith(_ALWAYS_BELOW) or (reads and path == _CONSENT)
    return Entrance(PAGES, writes=not reads, own_affair=own)
