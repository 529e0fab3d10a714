"""Stand-ins for the person register, HPR and Enhetsregisteret, in the wire shapes that `outside` reads.

A national identity number is only ever in a body, never in an address.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from helsekort.sandbox.oauth import OAuthError, form_of
from helsekort.sandbox.pages import page
from helsekort.sandbox.people import AddressProtection, People
from helsekort.sandbox.person_register import CannotHappen, EventKind, PersonRegister

_UNKNOWN_EVENT = JSONResponse({"feilmelding": "Ukjent kvinne, hendelse eller adressegradering."}, 400)
_NOT_FOUND = JSONResponse({"feilmelding": "Finnes ikke."}, 404)


class Registers:
    """The three registers' routes."""

    def __init__(self, people: People, persons: PersonRegister) -> None:
        self._people = people
        self._persons = persons

    def routes(self) -> list[Route]:
        """Every route of the registers."""
        return [
            Route("/folkeregisteret/personer/_search", self._person, methods=["POST"]),
            Route("/folkeregisteret/hendelser", self._events),
            Route("/folkeregisteret/hendelser", self._happen, methods=["POST"]),
            Route("/hpr/helsepersonell/{number}", self._practitioner),
            Route("/enhetsregisteret/api/underenheter/{number}", self._point_of_care),
            Route("/enhetsregisteret/api/enheter/{number}", self._legal_entity),
        ]

    async def _person(self, request: Request) -> Response:
        try:
            body: Any = await request.json()
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            body = None
        if not isinstance(body, dict) or not isinstance(body.get("identifikator"), str):
            return JSONResponse({"feilmelding": 'Send {"identifikator": "<11 siffer>"}.'}, 400)
        found = self._persons.find(body["identifikator"])
        if found is None:
            return _NOT_FOUND
        status = "doed" if found.deceased else "bosatt"
        return JSONResponse(
            {"navn": found.name, "status": status, "adressegradering": found.address_protection}
        )

    async def _events(self, request: Request) -> Response:
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) < 10):
            return JSONResponse({"feilmelding": "after er et sekvensnummer."}, 400)
        events = [msgspec.to_builtins(event) for event in self._persons.events[int(after) :]]
        return JSONResponse({"hendelser": events, "siste": len(self._persons.events)})

    async def _happen(self, request: Request) -> Response:
        """POST with a form (woman, hendelse, adressegradering), from the sandbox's own page or a script."""
        if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            return JSONResponse({"feilmelding": "Bare fra sandkassens egen side."}, 403)
        try:
            form = await form_of(request)
        except OAuthError as error:
            return error.answer()
        try:
            woman = self._people.woman(form.get("woman", ""))
            kind = msgspec.convert(form.get("hendelse"), EventKind)
            protection = msgspec.convert(form.get("adressegradering", "fortrolig"), AddressProtection)
        except msgspec.ValidationError:
            return _UNKNOWN_EVENT
        if woman is None:
            return _UNKNOWN_EVENT
        try:
            self._persons.happen(woman, kind, protection)
        except CannotHappen:
            return _UNKNOWN_EVENT
        return RedirectResponse("/", 303)

    async def _practitioner(self, request: Request) -> Response:
        number = request.path_params["number"]
        found = next((p for p in self._people.practitioners if p.hpr_number == number), None)
        if found is None:
            return _NOT_FOUND
        answer = {"hprNr": number, "navn": found.name, "fodselsnummerHash": None}
        return JSONResponse({**answer, "autorisasjoner": found.authorisations})

    async def _point_of_care(self, request: Request) -> Response:
        number = request.path_params["number"]
        found = next((o for o in self._people.organisations if o.number == number), None)
        if found is None:
            return _NOT_FOUND
        answer = {"organisasjonsnummer": number, "navn": found.name, "overordnetEnhet": found.parent_number}
        return JSONResponse(answer)

    async def _legal_entity(self, request: Request) -> Response:
        number = request.path_params["number"]
        found = next((o for o in self._people.organisations if o.parent_number == number), None)
        if found is None:
            return _NOT_FOUND
        return JSONResponse({"organisasjonsnummer": number, "navn": found.parent_name})


def front_page(people: People, persons: PersonRegister, service: str) -> Response:
    """The sandbox's own page: who is in it, and what can be made to happen to them."""
    women = [(w, persons.find(w.nin), persons.number_of(w.nin)) for w in people.women]
    return page("front.html", women=women, practitioners=people.practitioners, people=people, service=service)
