"""The EHR simulator with a page: choose who you are and which woman, see what the EHR sees, and write to her card.

Everything goes through the real API with the simulator's own token; nothing is kept between requests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from helsekort.basics import strict_json
from helsekort.sandbox.address import Address, loopback_client
from helsekort.sandbox.ehr import LIST_SECTIONS, Answer, Ehr, WomanStatus
from helsekort.sandbox.oauth import OAuthError, form_of
from helsekort.sandbox.pages import page
from helsekort.sandbox.people import People, Woman
from helsekort.sandbox.stories import Pregnancy
from helsekort.sandbox.token_client import TokenRefused

EHRS = ("gp", "midwife", "hospital")
VISITS = "antenatalAppointments"
BASES = {"SAMTYKKE": "Samtykke der og da", "AKUTT": "Nødrett"}
"""What a clinician can state when a block stands in the way (`nhn-access-basis`)."""
BLOCKED = "DHG-0010"
"""The contract's code where a block stands in the way."""
Form = dict[str, str]
_TOLD = {
    "pregnancyWeek": "uke {}",
    "motherWeight": "vekt {} kg",
    "bloodPressure": "blodtrykk {} mmHg",
    "note": "merknad: {}",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """One EHR with one woman's card open: who sits there, and the latest record, empty where there is none."""

    ehr: Ehr
    woman: Woman
    record: str


async def create_empty(desk: Desk, form: Form) -> Answer:
    """A record with nothing in it."""
    return await desk.ehr.create(desk.woman.nin)


async def create_full(desk: Desk, form: Form) -> Answer:
    """A record with all fourteen sections, and the visits there have been."""
    pregnancy = Pregnancy.of(desk.woman, datetime.now().astimezone().date())
    return await desk.ehr.create(desk.woman.nin, pregnancy.example())


async def add_visit(desk: Desk, form: Form) -> Answer:
    """A visit with what was filled in."""
    return await desk.ehr.add(desk.woman.nin, desk.record, VISITS, _visit(form))


async def change_note(desk: Desk, form: Form) -> Answer:
    """Another note on a visit, over the version the page showed: refused where somebody else came first."""
    card = await desk.ehr.record(desk.woman.nin, desk.record)
    items = card.body[VISITS] if card.accepted else []
    shown: dict[str, Any] = next((v for v in items if v["metadata"]["id"] == form.get("item")), {})
    content = {
        **{name: value for name, value in shown.items() if name != "metadata"},
        "note": form.get("note", ""),
    }
    return await desk.ehr.replace_item(
        desk.woman.nin,
        desk.record,
        VISITS,
        form.get("item", ""),
        content,
        seen=_version(form.get("seen", "")),
    )


async def enter_in_error(desk: Desk, form: Form) -> Answer:
    """A visit marked as entered in error."""
    return await desk.ehr.enter_in_error(desk.woman.nin, desk.record, VISITS, form.get("item", ""))


ACTIONS: dict[str, Callable[[Desk, Form], Awaitable[Answer]]] = {
    "create-empty": create_empty,
    "create-full": create_full,
    "add-visit": add_visit,
    "change-note": change_note,
    "enter-in-error": enter_in_error,
}


class EhrPages:
    """The simulator's pages for one service."""

    def __init__(self, people: People, *, address: Address) -> None:
        self._people = people
        self._address = address

    def routes(self) -> list[Route]:
        """The one page, shown and acted on."""
        return [
            Route("/epj/{ehr}/{woman}", self._show),
            Route("/epj/{ehr}/{woman}", self._act, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        async with loopback_client() as http:
            return await self._at_desk(request, http, None)

    async def _act(self, request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            return JSONResponse({"feilmelding": "Bare fra sandkassens egen side."}, 403)
        try:
            form = await form_of(request)
        except OAuthError as error:
            return error.answer()
        async with loopback_client() as http:
            return await self._at_desk(request, http, form)

    async def _at_desk(self, request: Request, http: httpx.AsyncClient, form: Form | None) -> Response:
        key, woman = request.path_params["ehr"], self._people.woman(request.path_params["woman"])
        if key not in EHRS or woman is None:
            return page(
                "ehr_problem.html",
                status=404,
                problem="Det finnes ikke noe slikt journalsystem, eller ingen slik kvinne.",
            )
        ehr = Ehr(key, http=http, address=self._address)
        if form and form.get("basis") in BASES:
            ehr.basis = (form["basis"], form.get("reason", ""))
        try:
            done = await _done(ehr, woman, form) if form else None
            status, card = await _seen(ehr, woman)
        except (httpx.HTTPError, TokenRefused):
            return page("ehr_problem.html", status=502, problem="Tjenesten svarer ikke. Er den startet?")
        return page(
            "ehr.html",
            ehr=ehr,
            key=key,
            woman=woman,
            people=self._people,
            ehrs=EHRS,
            state=status,
            card=card,
            done=done,
            bases=BASES,
            basis=BASES.get(ehr.basis[0], ""),
            blocked=card is not None and card.error is not None and card.error.code == BLOCKED,
            hidden=card is not None and "helsekort-something-hidden" in card.headers,
            sections=_sections(card),
            visits=_visits(card),
        )


async def _done(ehr: Ehr, woman: Woman, form: Form) -> Answer | None:
    action = ACTIONS.get(form.get("do", ""))
    if action is None:
        return None
    status = await ehr.status(woman.nin)
    record = status.body["latestRecordId"] if status.accepted else None
    return await action(Desk(ehr, woman, record or ""), form)


async def _seen(ehr: Ehr, woman: Woman) -> tuple[WomanStatus | None, Answer | None]:
    answer = await ehr.status(woman.nin)
    if not answer.accepted:
        return None, answer
    status = WomanStatus.of(answer.body)
    card = await ehr.record(woman.nin, status.latest_record) if status.latest_record else None
    return status, card


def _sections(card: Answer | None) -> list[tuple[str, dict[str, Any], str]]:
    """Each single section with its metadata, and the rest of it as JSON."""
    if card is None or not card.accepted:
        return []
    found = []
    for name, content in card.body.items():
        if name != "metadata" and name not in LIST_SECTIONS and content is not None:
            rest = {key: value for key, value in content.items() if key != "metadata"}
            found.append((name, content["metadata"], strict_json.dump(rest).decode()))
    return found


def _visits(card: Answer | None) -> list[dict[str, Any]]:
    """Each visit as the page tells it."""
    found = []
    for visit in card.body[VISITS] if card and card.accepted else []:
        told = [
            words.format(_said(visit[name])) for name, words in _TOLD.items() if visit.get(name) is not None
        ]
        found.append(
            {
                "day": visit["appointmentDate"],
                "told": ", ".join(told),
                "note": visit.get("note") or "",
                "metadata": visit["metadata"],
            }
        )
    return found


def _said(value: object) -> str:
    """A number with a comma, as one writes it; anything else as it is."""
    return str(value).replace(".", ",") if isinstance(value, Decimal) else str(value)


def _visit(form: Form) -> dict[str, Any]:
    """The form as the contract's fields: numbers as numbers where they are, else as they were typed, for the API to refuse."""
    visit: dict[str, Any] = {
        name: form[name] for name in ("appointmentDate", "bloodPressure", "note") if form.get(name)
    }
    visit |= {name: _number(form[name]) for name in ("pregnancyWeek", "motherWeight") if form.get(name)}
    return visit


def _version(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _number(text: str) -> object:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return text
    return int(number) if number == number.to_integral_value() else number
