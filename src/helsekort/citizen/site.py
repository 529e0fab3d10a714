"""What every page stands on: the door, her session, the templates; and the checks of a form."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast
from uuid import UUID

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from helsekort.access.act import Act, Action, Representation
from helsekort.access.actor import Actor, ActorKind
from helsekort.basics.clock import Clock
from helsekort.basics.ids import NewId
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.citizen.language import Language
from helsekort.citizen.settings import PageSettings
from helsekort.ledger.sessions import IDLE, Session, Sessions
from helsekort.records.admission import Admission
from helsekort.records.door import Door, FindPerson

FORM_FIELDS = 5
LARGEST_FORM = 16 * 1024
NEVER_COUNTED = frozenset({"/skjul", "/logg-ut"})
"""The ways out work however many requests there were."""


class LoginStarted(Protocol):
    """Where the browser goes to log in, and what the callback must match."""

    @property
    def address(self) -> str: ...

    @property
    def kept(self) -> bytes: ...


class IdPorten(Protocol):
    """Login with ID-porten: start sends her there, finish says who came back or raises Refused."""

    async def start(self) -> LoginStarted: ...

    async def finish(self, *, query: Mapping[str, str], kept: bytes) -> NationalIdentityNumber: ...


class Represented(Protocol):
    """Somebody who may be acted for: number, name, and the ground."""

    @property
    def nin(self) -> NationalIdentityNumber: ...

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> Representation: ...


FindRepresented = Callable[[NationalIdentityNumber], Awaitable[Sequence[Represented]]]
"""Asks the representation register whom a person may act for right now; raises Refused SOURCE_DOWN."""


class ActsForAnother(Exception):
    """Whoever is logged in acts for another woman: her own pages, and every decision, are closed meanwhile."""


class NotLoggedIn(Exception):
    """There is no session; `timed_out` where the browser still carries the token of one that has ended."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__("not logged in")
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True)
class Site:
    """The parts the pages are made of."""

    door: Door
    admission: Admission
    sessions: Sessions
    idporten: IdPorten
    find_person: FindPerson
    find_represented: FindRepresented
    clock: Clock
    new_id: NewId
    settings: PageSettings
    language: Language
    templates: Environment

    def render(
        self,
        request: Request,
        template: str,
        *,
        session: Session | None = None,
        status: int = 200,
        **values: object,
    ) -> HTMLResponse:
        """A page: the template only prints what its presenter has made."""
        shell: dict[str, object] = {
            "csrf": session.csrf if session else "",
            "idle_seconds": int(IDLE.total_seconds()) if session else 0,
            "hide_address": self.settings.hide_address,
            "path": request.url.path,
            "tab": tab_of(request.url.path),
            "represents": session is not None and session.represents,
            "acts_for": session.acts_for.name if session and session.acts_for else "",
            "lang": self.language.code,
        }
        return HTMLResponse(self.templates.get_template(template).render(shell | values), status_code=status)

    async def session(self, request: Request, *, as_proxy: bool = False) -> Session:
        """The session behind the request, counted as one request of hers; raises NotLoggedIn, or Refused TOO_MANY.

        Raises ActsForAnother where she acts for another and the page is not one of those `as_proxy`.
        """
        token = request.cookies.get(self.settings.session_cookie)
        session = await self.sessions.find(token, now=self.clock()) if token else None
        if session is None:
            raise NotLoggedIn(timed_out=token is not None)
        if request.url.path not in NEVER_COUNTED:
            await self.admission.count(self.herself(session), session.nin, event_id=event_id(request))
        if session.acts_for is not None and not as_proxy:
            raise ActsForAnother
        return session

    async def form(self, request: Request, session: Session) -> dict[str, str]:
        """The fields of a form that this session's own page sent; raises Refused where another page may have."""
        require_same_site(request, self.settings.public_bases)
        if int(request.headers.get("content-length", LARGEST_FORM + 1)) > LARGEST_FORM:
            raise Refused(Kind.TOO_LARGE)
        async with request.form(max_files=0, max_fields=FORM_FIELDS) as data:
            fields = {name: value for name, value in data.items() if isinstance(value, str)}
        if not hmac.compare_digest(fields.get("csrf", "").encode(), session.csrf.encode()):
            raise Refused(Kind.FORBIDDEN, [Issue("The form's csrf value is not this session's.", "csrf")])
        return fields

    def herself(self, session: Session) -> Actor:
        """The woman who is logged in."""
        return Actor(ActorKind.CITIZEN, name=session.name, client_id=self.settings.client_id, nin=session.nin)

    def act(self, request: Request, session: Session, action: Action, *, record: UUID | None = None) -> Act:
        """An act of hers on her own record."""
        actor = self.herself(session)
        return Act(
            actor, action, session.nin, self.clock(), event_id(request), record, source_system="helsekort"
        )


def tab_of(path: str) -> str:
    """The address in the main menu that a page belongs under.

    >>> tab_of("/samtykke/kvittering"), tab_of("/trekk-samtykke"), tab_of("/logg")
    ('/samtykke', '/samtykke', '/logg')
    """
    return "/samtykke" if path == "/trekk-samtykke" else "/" + path.split("/")[1]


def site_of(request: Request) -> Site:
    """The site this request is served by."""
    return cast("Site", request.app.state.site)


def event_id(request: Request) -> str:
    """The id of this request, which she can give when she asks for help."""
    return str(request.state.event_id)


def see_other(address: str) -> RedirectResponse:
    """Sends the browser on with GET."""
    return RedirectResponse(address, status_code=303)


def require_same_site(request: Request, bases: tuple[str, ...]) -> None:
    """Refuses a form that another site may have sent: the browser says where a request came from.

    Our own pages send `Origin: null`, because they send no referrer (Fetch standard, section 3.2).
    """
    fetched_from, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = fetched_from == "same-origin" if fetched_from is not None else origin in bases
    if not own or origin not in {None, "null", *bases}:
        raise Refused(Kind.FORBIDDEN, [Issue("The form did not come from this site.", "Origin")])
