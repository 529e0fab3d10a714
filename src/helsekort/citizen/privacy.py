"""Personvern og valg: what she has decided about her own card, what each decision means, and how it is lifted."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from helsekort.access.act import Action
from helsekort.access.wishes import Wish
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.citizen.decisions import CHOICES, Choice, in_force, options
from helsekort.citizen.site import Site, see_other, site_of
from helsekort.ledger.sessions import Session
from helsekort.ledger.view import View, Wants


async def show(request: Request) -> Response:
    """What is in force, and what she can decide."""
    site = site_of(request)
    session = await site.session(request)
    view = await _read(site, request, session)
    decided = in_force(view.person.wishes, view.log, salt=session.csrf, language=site.language)
    taken = {one.choice.id for one in decided}
    offered = [one for one in CHOICES.values() if one.question or one.id not in taken]
    return site.render(
        request,
        "privacy.html",
        session=session,
        decided=decided,
        choices=offered,
        saved=request.query_params.get("lagret") == "ja",
    )


async def ask(request: Request) -> Response:
    """What one decision means, and the form."""
    site = site_of(request)
    session = await site.session(request)
    return await _form(site, request, session, _choice(request))


async def decide(request: Request) -> Response:
    """Stores the decision; where she has not chosen whom or which part, the form again with what is missing."""
    site = site_of(request)
    session = await site.session(request)
    choice, fields = _choice(request), await site.form(request, session)
    if not choice.question:
        await _set(site, request, session, Wish(choice.kind, on=True))
        return see_other("/personvern?lagret=ja")
    if "hva" not in fields:
        return await _form(site, request, session, choice, status=422)
    view = await _read(site, request, session)
    offered = options(choice.kind, view.person.wishes, view.log, salt=session.csrf, language=site.language)
    target = next((one.target for one in offered if one.value == fields["hva"]), None)
    if target is None:
        raise Refused(Kind.INVALID, [Issue("What was chosen is not among the choices.", "hva")])
    await _set(site, request, session, Wish(choice.kind, on=True, target=target))
    return see_other("/personvern?lagret=ja")


async def lift(request: Request) -> Response:
    """Opphev: the decision no longer holds."""
    site = site_of(request)
    session = await site.session(request)
    fields = await site.form(request, session)
    view = await _read(site, request, session)
    decided = in_force(view.person.wishes, view.log, salt=session.csrf, language=site.language)
    found = next((one for one in decided if one.value == fields.get("hva")), None)
    if found is not None:
        await _set(site, request, session, Wish(found.choice.kind, on=False, target=found.target))
    return see_other("/personvern?lagret=ja")  # lifted already, in another tab: what she asked for holds


def _choice(request: Request) -> Choice:
    choice = CHOICES.get(request.path_params["choice"])
    if choice is None:
        raise Refused(Kind.NO_SUCH_ROUTE)
    return choice


async def _form(
    site: Site, request: Request, session: Session, choice: Choice, *, status: int = 200
) -> Response:
    view = await _read(site, request, session)
    offered = options(choice.kind, view.person.wishes, view.log, salt=session.csrf, language=site.language)
    return site.render(
        request,
        "privacy_choice.html",
        session=session,
        status=status,
        choice=choice,
        options=offered,
        missing=status != 200,
    )


async def _read(site: Site, request: Request, session: Session) -> View:
    return await site.door.read(site.act(request, session, Action.READ_STATUS), Wants.LOG)


async def _set(site: Site, request: Request, session: Session, wish: Wish) -> None:
    await site.door.set_wish(site.act(request, session, Action.SET_WISH), wish)
