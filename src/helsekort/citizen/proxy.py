"""På vegne av: whoever has a woman's power of attorney chooses her by name and reads her card, and does nothing else.

What a proxy may see is the door's decision (access/guards.py, access/wishes.py). The representation register is asked again at
each page, since a power can be taken back.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from helsekort.access.act import Act, Action, Representation
from helsekort.access.actor import Actor, ActorKind
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.citizen.card.presenter import present
from helsekort.citizen.site import Represented, Site, event_id, see_other, site_of
from helsekort.ledger.sessions import ActsFor, Session
from helsekort.ledger.view import Wants
from helsekort.maternity.reading import read_card

CARD = "/fullmakt/helsekort"
HERSELF = "meg"

GIVES_INSIGHT = frozenset({Representation.HEALTH_INFORMATION})
"""The grounds that open the card; a parent is never offered one."""

_NOTHING_TO_SHOW = frozenset(
    {
        Kind.INVALID_USER,
        Kind.CONFIDENTIAL_ADDRESS,
        Kind.NO_CONSENT,
        Kind.OPTED_OUT,
        Kind.BLOCKED,
        Kind.UNKNOWN_RECORD,
        Kind.INVALID_NIN,
    }
)
"""Refusals that look the same to a proxy as a woman without a card: which of them it was, is her own affair."""


@dataclass(frozen=True, slots=True)
class Option:
    """A woman to choose: `value` means nothing outside this session."""

    value: str
    name: str


async def may_see(site: Site, nin: NationalIdentityNumber) -> list[Represented]:
    """Those whose card this person may ask to see right now. Raises Refused SOURCE_DOWN."""
    return [one for one in await site.find_represented(nin) if one.kind in GIVES_INSIGHT]


async def choose(request: Request) -> Response:
    """Whose card: her own, or that of a woman who has given her a power of attorney."""
    site = site_of(request)
    session = await site.session(request, as_proxy=True)
    options = [Option(_value(session, one), one.name) for one in await may_see(site, session.nin)]
    return site.render(request, "proxy_choice.html", session=session, options=options, herself=HERSELF)


async def chosen(request: Request) -> Response:
    """The session remembers whom, and the card is next."""
    site = site_of(request)
    session = await site.session(request, as_proxy=True)
    value = (await site.form(request, session)).get("hvem", "")
    if value == HERSELF:
        await site.sessions.act_for(session, None)
        return see_other("/helsekort")
    found = [one for one in await may_see(site, session.nin) if _same(value, _value(session, one))]
    if not found:
        raise Refused(Kind.INVALID, [Issue("Nobody who may be acted for was chosen.", "hvem")])
    await site.sessions.act_for(session, ActsFor(found[0].nin, found[0].name, found[0].kind))
    return see_other(CARD)


async def card(request: Request) -> Response:
    """Her card as somebody with her power of attorney sees it; one page for everything there is no card to show for."""
    site = site_of(request)
    session = await site.session(request, as_proxy=True)
    woman = session.acts_for
    if woman is None:
        return see_other("/fullmakt")
    if all(one.nin != woman.nin for one in await may_see(site, session.nin)):
        await site.sessions.act_for(session, None)
        return see_other("/fullmakt")
    try:
        return await _card(site, request, session, woman)
    except Refused as refused:
        if refused.kind not in _NOTHING_TO_SHOW:
            raise
    return site.render(request, "proxy_none.html", session=session)


async def _card(site: Site, request: Request, session: Session, woman: ActsFor) -> Response:
    act = _act(site, request, session, woman)
    record = (await site.door.read(act, Wants.STATUS)).person.latest_record
    if record is None:
        raise Refused(Kind.UNKNOWN_RECORD, "There is no record.")
    view = await site.door.read(replace(act, action=Action.READ_RECORD, record=record), Wants.PARTS)
    today = site.language.day_of(site.clock())
    page = present(
        read_card(view.parts), name=woman.name, today=today, language=site.language, for_proxy=True
    )
    return site.render(request, "card.html", session=session, page=page)


def _act(site: Site, request: Request, session: Session, woman: ActsFor) -> Act:
    """A look-up in another woman's card; her log names whoever is logged in."""
    actor = Actor(ActorKind.PROXY, name=session.name, client_id=site.settings.client_id, nin=session.nin)
    return Act(
        actor,
        Action.READ_STATUS,
        woman.nin,
        site.clock(),
        event_id(request),
        source_system="helsekort",
        representation=woman.ground,
    )


def _value(session: Session, woman: Represented) -> str:
    return hmac.digest(session.csrf.encode(), woman.nin.reveal().encode(), "sha256").hex()


def _same(given: str, value: str) -> bool:
    return hmac.compare_digest(given.encode(), value.encode())
