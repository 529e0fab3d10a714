"""The page /helsekort."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from helsekort.access.act import Action
from helsekort.citizen.consent import ConsentState
from helsekort.citizen.site import site_of
from helsekort.ledger.view import Wants


async def show(request: Request) -> Response:
    """Her card as it is now; or, where there is none, why."""
    site = site_of(request)
    session = await site.session(request)
    status = await site.door.read(site.act(request, session, Action.READ_STATUS), Wants.LOG)
    state = ConsentState.of(status, site.language)
    return site.render(request, "card_none.html", session=session, state=state, name=session.name)
