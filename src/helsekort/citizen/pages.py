"""Puts the pages together: routes, errors and headers."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from helsekort.basics.clock import Clock
from helsekort.basics.ids import NewId
from helsekort.basics.refusal import OUTCOMES, Kind, Refused
from helsekort.citizen import access_log, consent, login, privacy, proxy, report, static_files
from helsekort.citizen.card import page as card
from helsekort.citizen.headers import PageHeaders
from helsekort.citizen.language import Language, load
from helsekort.citizen.opening import Opening
from helsekort.citizen.problems import PROBLEMS
from helsekort.citizen.settings import PageSettings
from helsekort.citizen.site import (
    ActsForAnother,
    FindRepresented,
    IdPorten,
    NotLoggedIn,
    Site,
    event_id,
    see_other,
    site_of,
)
from helsekort.ledger.sessions import Session, Sessions
from helsekort.records.admission import Admission
from helsekort.records.door import Door, FindPerson

TEMPLATES = Path(__file__).parent / "templates"
LARGEST_BODY = 64 * 1024
SHARED_PARTS = (
    "mark",
    "icon",
    "paper_card",
    "when_to_call",
    "inside",
    "others",
    "log_what",
    "log_when",
    "log_line",
)
"""The macros of parts.html that every template may use."""


def build(
    *,
    door: Door,
    admission: Admission,
    sessions: Sessions,
    idporten: IdPorten,
    find_person: FindPerson,
    find_represented: FindRepresented,
    clock: Clock,
    new_id: NewId,
    settings: PageSettings,
    static: Path = static_files.FOLDER,
) -> ASGIApp:
    """Her pages as one ASGI application, for the root of the service's address."""
    language = load(settings.language)
    app = Starlette(
        routes=_routes(static),
        middleware=[Middleware(Opening, admission=admission, tell=_refused)],
        exception_handlers={
            Refused: _refused,
            NotLoggedIn: _not_logged_in,
            ActsForAnother: _acts_for_another,
            HTTPException: _http_error,
            Exception: _our_error,
        },
        max_body_size=LARGEST_BODY,
    )
    app.state.site = Site(
        door=door,
        admission=admission,
        sessions=sessions,
        idporten=idporten,
        find_person=find_person,
        find_represented=find_represented,
        clock=clock,
        new_id=new_id,
        settings=settings,
        language=language,
        templates=_environment(language, static),
    )
    return PageHeaders(app, settings=settings, new_id=new_id)


def _routes(static: Path) -> list[Route | Mount]:
    return [
        Route("/", login.front_page),
        Route("/logg-inn", login.log_in),
        Route("/innlogget", login.logged_in),
        Route("/logg-ut", login.log_out, methods=["POST"]),
        Route("/skjul", login.hide, methods=["POST"]),
        Route("/utlogget", login.logged_out),
        Route("/ny-fane", login.empty_page),
        Route("/samtykke", consent.show),
        Route("/samtykke", consent.answer, methods=["POST"]),
        Route("/samtykke/kvittering", consent.receipt),
        Route("/samtykke/nei", consent.declined),
        Route("/samtykke/ikke-gravid", consent.not_pregnant),
        Route("/trekk-samtykke", consent.ask_to_withdraw),
        Route("/trekk-samtykke", consent.withdraw, methods=["POST"]),
        Route("/helsekort", card.show),
        Route("/logg", access_log.show),
        Route("/logg/last-ned", access_log.download),
        Route("/logg/{line:uuid}/meld-fra", report.ask),
        Route("/logg/{line:uuid}/meld-fra", report.send, methods=["POST"]),
        Route("/logg/{line:uuid}/meldt", report.receipt),
        Route("/personvern", privacy.show),
        Route("/personvern/opphev", privacy.lift, methods=["POST"]),
        Route("/personvern/{choice}", privacy.ask),
        Route("/personvern/{choice}", privacy.decide, methods=["POST"]),
        Route("/fullmakt", proxy.choose),
        Route("/fullmakt", proxy.chosen, methods=["POST"]),
        Route(proxy.CARD, proxy.card),
        Mount("/static", StaticFiles(directory=static)),
    ]


def _environment(language: Language, static: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(language.texts, newstyle=True)  # type: ignore[attr-defined]
    environment.globals["static"] = static_files.addresses(static).__getitem__
    parts = environment.get_template("parts.html").module
    environment.globals.update({name: getattr(parts, name) for name in SHARED_PARTS})
    return environment


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    response = await _problem(request, error.kind, status=error.outcome.status)
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


async def _not_logged_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotLoggedIn)
    return see_other("/utlogget" if error.timed_out else "/")


async def _acts_for_another(request: Request, error: Exception) -> Response:
    return see_other(proxy.CARD)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kinds = {404: Kind.NO_SUCH_ROUTE, 405: Kind.METHOD_NOT_ALLOWED, 413: Kind.TOO_LARGE}
    kind = kinds.get(error.status_code, Kind.MALFORMED if error.status_code < 500 else Kind.TECHNICAL)
    response = await _problem(request, kind, status=error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _our_error(request: Request, error: Exception) -> Response:
    return await _problem(request, Kind.TECHNICAL, status=OUTCOMES[Kind.TECHNICAL].status)


async def _problem(request: Request, kind: Kind, *, status: int) -> Response:
    values: dict[str, object] = {"problem": PROBLEMS[kind], "event_id": event_id(request)}
    session = None if kind in _WITHOUT_SESSION else await _session_if_any(request)
    return site_of(request).render(request, "problem.html", session=session, status=status, **values)


_WITHOUT_SESSION = frozenset({Kind.DATABASE, Kind.TECHNICAL})


async def _session_if_any(request: Request) -> Session | None:
    """Her session, so that Skjul and Logg ut stand on pages about what went wrong too."""
    try:
        return await site_of(request).session(request, as_proxy=True)
    except (NotLoggedIn, Refused):
        return None
