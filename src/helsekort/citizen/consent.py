"""Consent: the question whether she is pregnant herself, what it means, yes or no, and the receipt."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from helsekort.access.act import Action
from helsekort.audit.entry import AuditEntry
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.citizen.headers import CLEAR_SITE_DATA
from helsekort.citizen.language import Language
from helsekort.citizen.login import forget_cookie
from helsekort.citizen.site import event_id, see_other, site_of
from helsekort.citizen.wording import CONSENT
from helsekort.ledger.view import View, Wants


@dataclass(frozen=True, slots=True)
class ConsentState:
    """Where she stands: consented now, or has withdrawn, with the day and time of the last of these."""

    consented: bool
    withdrawn: bool
    at: str

    @classmethod
    def of(cls, view: View, language: Language) -> ConsentState:
        """Read from her access log, which outlives a withdrawal."""
        last = _last_choice(view.log)
        at = language.day_and_time(last.at) if last else ""
        withdrawn = last is not None and last.action == Action.WITHDRAW_CONSENT.value
        return cls(view.person.consented, withdrawn and not view.person.consented, at)


def _last_choice(log: tuple[AuditEntry, ...]) -> AuditEntry | None:
    choices = {Action.GIVE_CONSENT.value, Action.WITHDRAW_CONSENT.value}
    made = [entry for entry in log if entry.action in choices and entry.permitted]
    return max(made, key=lambda entry: entry.at, default=None)


async def show(request: Request) -> Response:
    """The question first; with `?gravid=ja` what consent means, and both buttons."""
    site = site_of(request)
    session = await site.session(request)
    view = await site.door.read(site.act(request, session, Action.READ_STATUS), Wants.LOG)
    state = ConsentState.of(view, site.language)
    if view.person.confidential_address:
        raise Refused(Kind.CONFIDENTIAL_ADDRESS)
    if state.consented:
        return site.render(request, "consent_given.html", session=session, state=state, words=CONSENT)
    template = "consent.html" if request.query_params.get("gravid") == "ja" else "consent_question.html"
    return site.render(request, template, session=session, words=CONSENT)


async def answer(request: Request) -> Response:
    """Her answer: yes stores the consent to the text she was shown, no stores nothing."""
    site = site_of(request)
    session = await site.session(request)
    fields = await site.form(request, session)
    match fields.get("samtykke"):
        case "ja":
            act = site.act(request, session, Action.GIVE_CONSENT)
            await site.door.give_consent(act, text_version=site.settings.consent_text_version)
            return see_other("/samtykke/kvittering")
        case "nei":
            return see_other("/samtykke/nei")
        case _:
            raise Refused(Kind.INVALID, [Issue("The answer is neither ja nor nei.", "samtykke")])


async def receipt(request: Request) -> Response:
    """When she consented, to what, and how she stops."""
    site = site_of(request)
    session = await site.session(request)
    view = await site.door.read(site.act(request, session, Action.READ_STATUS), Wants.LOG)
    state = ConsentState.of(view, site.language)
    if not state.consented:
        return see_other("/samtykke")
    return site.render(
        request,
        "consent_receipt.html",
        session=session,
        state=state,
        words=CONSENT,
        version=site.settings.consent_text_version,
    )


async def declined(request: Request) -> Response:
    """She said no: nothing is stored and nothing changes."""
    site = site_of(request)
    return site.render(request, "consent_declined.html", session=await site.session(request))


async def not_pregnant(request: Request) -> Response:
    """Somebody who is not pregnant: a page without any record."""
    site = site_of(request)
    return site.render(request, "not_pregnant.html", session=await site.session(request))


async def ask_to_withdraw(request: Request) -> Response:
    """What is deleted, what remains, and the button."""
    site = site_of(request)
    session = await site.session(request)
    view = await site.door.read(site.act(request, session, Action.READ_STATUS), Wants.LOG)
    if not view.person.consented:
        return see_other("/helsekort")
    state = ConsentState.of(view, site.language)
    return site.render(request, "withdraw.html", session=session, state=state, words=CONSENT)


async def withdraw(request: Request) -> Response:
    """Deletes what was stored, ends her sessions on every device, and shows the receipt in the same answer."""
    site = site_of(request)
    session = await site.session(request)
    fields = await site.form(request, session)
    if fields.get("bekreft") != "ja":
        raise Refused(Kind.INVALID, [Issue("The withdrawal was not confirmed.", "bekreft")])
    act = site.act(request, session, Action.WITHDRAW_CONSENT)
    await site.door.withdraw_consent(act)
    await site.sessions.end_all_of(session.nin)
    at = site.language.day_and_time(act.at)
    response = site.render(request, "withdrawn.html", at=at, words=CONSENT, event_id=event_id(request))
    forget_cookie(site, response, site.settings.session_cookie)
    response.headers.update(CLEAR_SITE_DATA)
    return response
