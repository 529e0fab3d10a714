"""The headers of every answer, errors too: nothing from elsewhere, nothing inline, nothing kept, no referrer.

OWASP ASVS 5.0 chapter 3.4; OWASP HTTP Headers.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from helsekort.citizen.settings import PageSettings

CLEAR_SITE_DATA = {"Clear-Site-Data": '"cache", "cookies", "storage"'}
"""Added where she logs out: the browser forgets what it has of this site."""

IMMUTABLE = "public, max-age=31536000, immutable"


def security_headers(settings: PageSettings) -> dict[str, str]:
    """The headers of a page."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        f"form-action {settings.form_targets}; frame-ancestors 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    if settings.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


class PageHeaders:
    """Puts the headers on every answer, and an event id on every request."""

    def __init__(self, app: ASGIApp, *, settings: PageSettings, new_id: Callable[[], UUID]) -> None:
        self._app = app
        self._headers = security_headers(settings)
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["event_id"] = str(self._new_id())
        static = scope["path"].startswith("/static/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                if static and message["status"] in {200, 304}:
                    headers["Cache-Control"] = IMMUTABLE
            await send(message)

        await self._app(scope, receive, send_with_headers)
