"""The page /helsekort."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from helsekort.access.act import Action
from helsekort.basics.refusal import Kind, Refused
from helsekort.citizen.card.presenter import present
from helsekort.citizen.consent import ConsentState
from helsekort.citizen.site import site_of
from helsekort.ledger.view import Wants
from helsekort.maternity.reading import read_card


async def show(request: Request) -> Response:
    """Her card as it is now; or, where there is none, why."""
    site = site_of(request)
    session = await site.session(request)
    status = await site.door.read(site.act(request, session, Action.READ_STATUS), Wants.LOG)
    if status.person.confidential_address:
        raise Refused(Kind.CONFIDENTIAL_ADDRESS)
    record, wishes = status.person.latest_record, status.person.wishes
    if wishes.opted_out or wishes.hidden_online:
        return site.render(request, "card_closed.html", session=session, opted_out=wishes.opted_out)
    if record is None or not status.person.consented:
        state = ConsentState.of(status, site.language)
        return site.render(request, "card_none.html", session=session, state=state, name=session.name)
    view = await site.door.read(site.act(request, session, Action.READ_RECORD, record=record), Wants.PARTS)
    today = site.language.day_of(site.clock())
    page = present(read_card(view.parts), name=session.name, today=today, language=site.language)
    return site.render(request, "card.html", session=session, page=page)
