"""Meld fra: she tells the organisation behind a line of her log, in her own words, that she wonders about it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from helsekort.access.act import Action
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.citizen.access_log import LogLine, line_of, may_report
from helsekort.citizen.site import Site, see_other, site_of
from helsekort.ledger.sessions import Session
from helsekort.ledger.view import Wants
from helsekort.records.door import LONGEST_REPORT


async def ask(request: Request) -> Response:
    """The line she wonders about, and a box for her words."""
    site = site_of(request)
    session = await site.session(request)
    line = await _line(site, request, session)
    if line.reported:
        return see_other(f"/logg/{line.id}/meldt")
    return _form(site, request, session, line)


async def send(request: Request) -> Response:
    """Sends her words to the organisation's queue; without words, or with too many, the form again."""
    site = site_of(request)
    session = await site.session(request)
    text = (await site.form(request, session)).get("tekst", "").replace("\r\n", "\n").strip()
    line = await _line(site, request, session)
    if not line.reported:
        if not 0 < len(text) <= LONGEST_REPORT:
            return _form(site, request, session, line, text=text, status=422)
        act = replace(site.act(request, session, Action.REPORT_LOOKUP), reference=line.id)
        await site.door.report(act, line.id, text)
    return see_other(f"/logg/{line.id}/meldt")


async def receipt(request: Request) -> Response:
    """What she has reported, and what happens now."""
    site = site_of(request)
    session = await site.session(request)
    line = await _line(site, request, session)
    if not line.reported:
        return see_other(f"/logg/{line.id}/meld-fra")
    return site.render(request, "report_receipt.html", session=session, line=line)


def _form(
    site: Site, request: Request, session: Session, line: LogLine, *, text: str = "", status: int = 200
) -> Response:
    return site.render(
        request,
        "report.html",
        session=session,
        status=status,
        line=line,
        text=text,
        longest=LONGEST_REPORT,
        wrong=status != 200,
    )


async def _line(site: Site, request: Request, session: Session) -> LogLine:
    """The line of her own log that the address names, of somebody else's act."""
    wanted: UUID = request.path_params["line"]
    view = await site.door.read(site.act(request, session, Action.READ_STATUS), Wants.LOG)
    entry = next((one for one in view.log if one.id == wanted), None)
    if entry is None or not may_report(entry):
        raise Refused(Kind.NO_SUCH_ROUTE, [Issue("There is no such line in the log.")])
    return line_of(entry, view.log, site.language)
