"""The sandbox's few pages: plain HTML in Norwegian that works without JavaScript and says that nobody in it is real."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from helsekort.citizen.language import load

# The form leads back to the service on another port, and browsers count a redirect after a form as its action.
_POLICY = (
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self' http://127.0.0.1:* http://localhost:*"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_TEMPLATES = Environment(
    loader=PackageLoader("helsekort.sandbox"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_TEMPLATES.filters["moment"] = load("nb").moment


def page(template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A finished page."""
    return HTMLResponse(_TEMPLATES.get_template(template).render(**values), status, _HEADERS)
