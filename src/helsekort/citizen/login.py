"""Into the pages and out again: the front page, login with ID-porten, logging out, and Skjul."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.citizen.headers import CLEAR_SITE_DATA
from helsekort.citizen.proxy import may_see
from helsekort.citizen.site import NotLoggedIn, Site, require_same_site, see_other, site_of
from helsekort.ledger.sessions import ABSOLUTE, LOGIN_TAKES, Session

LOG = logging.getLogger(__name__)


async def front_page(request: Request) -> Response:
    """What the digital card is, and the way in; on to the card where she is logged in already."""
    site = site_of(request)
    try:
        await site.session(request)
    except NotLoggedIn:
        return site.render(request, "start.html")
    return see_other("/helsekort")


async def log_in(request: Request) -> Response:
    """Sends her to ID-porten; the browser carries a token that only this login's callback can use."""
    site = site_of(request)
    canonical = site.settings.public_bases[0]
    if request.headers.get("host") != urlsplit(canonical).netloc:
        return see_other(f"{canonical}/logg-inn")  # a cookie set here would not be there when she comes back
    started = await site.idporten.start()
    token = await site.sessions.begin_login(started.kept, now=site.clock())
    response = RedirectResponse(started.address, status_code=303)
    set_cookie(site, response, site.settings.login_cookie, token, seconds=int(LOGIN_TAKES.total_seconds()))
    return response


async def logged_in(request: Request) -> Response:
    """The callback: only the browser that started the login, once, gets a session, and always a new one."""
    site = site_of(request)
    token = request.cookies.get(site.settings.login_cookie)
    kept = await site.sessions.take_login(token, now=site.clock()) if token else None
    if kept is None:
        raise Refused(Kind.UNAUTHENTICATED, "This browser has no login under way.")
    session = await _open_session(site, request, kept)
    response = see_other("/fullmakt" if session.represents else "/helsekort")
    seconds = int(ABSOLUTE.total_seconds())
    set_cookie(site, response, site.settings.session_cookie, session.token, seconds=seconds)
    forget_cookie(site, response, site.settings.login_cookie)
    return response


async def _open_session(site: Site, request: Request, kept: bytes) -> Session:
    nin = await site.idporten.finish(query=dict(request.query_params), kept=kept)
    person = await site.find_person(nin)
    if person is None:
        raise Refused(Kind.INVALID_NIN, "The person register has nobody with this number.")
    earlier = request.cookies.get(site.settings.session_cookie)
    if earlier:
        await site.sessions.end(earlier)
    represents = await _represents_somebody(site, nin)
    return await site.sessions.open(nin=nin, name=person.name, now=site.clock(), represents=represents)


async def _represents_somebody(site: Site, nin: NationalIdentityNumber) -> bool:
    """Whether there is a choice to be given; her own card does not wait for the representation register."""
    try:
        return bool(await may_see(site, nin))
    except Refused as refused:
        if refused.kind is not Kind.SOURCE_DOWN:
            raise
        LOG.warning("the representation register does not answer: a login goes on without it")
        return False


async def log_out(request: Request) -> Response:
    """Ends the session, and the browser forgets the site's pages."""
    await _end(request)
    return _forgotten(request, see_other("/utlogget"))


async def hide(request: Request) -> Response:
    """Skjul: ends the session and shows something neutral, at once."""
    await _end(request)
    return _forgotten(request, see_other(site_of(request).settings.hide_address))


async def _end(request: Request) -> None:
    site = site_of(request)
    try:
        session = await site.session(request, as_proxy=True)
    except NotLoggedIn:
        require_same_site(request, site.settings.public_bases)
        return
    await site.form(request, session)
    await site.sessions.end(session.token)


def _forgotten(request: Request, response: Response) -> Response:
    site = site_of(request)
    forget_cookie(site, response, site.settings.session_cookie)
    response.headers.update(CLEAR_SITE_DATA)
    return response


async def logged_out(request: Request) -> Response:
    """Says that she is logged out."""
    return site_of(request).render(request, "logged_out.html")


async def empty_page(request: Request) -> Response:
    """A page that tells nothing, for Skjul."""
    return site_of(request).render(request, "empty.html")


def set_cookie(site: Site, response: Response, name: str, value: str, *, seconds: int) -> None:
    """A cookie that only this host's own answers may read, sent along when she comes back from ID-porten (Lax)."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=site.settings.secure, httponly=True, samesite="lax"
    )


def forget_cookie(site: Site, response: Response, name: str) -> None:
    """Takes the cookie away."""
    response.delete_cookie(name, path="/", secure=site.settings.secure, httponly=True, samesite="lax")
