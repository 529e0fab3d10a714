"""Stand-ins for two of Helsenorge's services: who may act for whom, and the messages a woman is sent.

A national identity number is only ever in a body, never in an address.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from helsekort.sandbox.pages import page
from helsekort.sandbox.people import People, Woman
from helsekort.sandbox.person_register import PersonRegister

KEPT, LONGEST = 500, 300
_BAD = JSONResponse({"feilmelding": "Forespørselen kan ikke leses."}, 400)


@dataclass(frozen=True, slots=True)
class Message:
    """A message to a woman: when it came, and its text."""

    at: str
    text: str


class Helsenorge:
    """The representation register, and an inbox for each woman."""

    def __init__(self, people: People, persons: PersonRegister) -> None:
        self._people = people
        self._persons = persons
        self._inboxes = {woman.key: deque[Message](maxlen=KEPT) for woman in people.women}

    def routes(self) -> list[Route]:
        """Every route of the two services, and the inbox page."""
        return [
            Route("/representasjon/v1/representasjoner/_search", self._represented, methods=["POST"]),
            Route("/varsel/v1/meldinger", self._receive, methods=["POST"]),
            Route("/innboks/{woman}", self._inbox),
        ]

    async def _represented(self, request: Request) -> Response:
        """POST {"representant": nin}: those whom this person may act for, and on what ground."""
        number = _text(await _json(request), "representant")
        if not number:
            return _BAD
        found = [
            {
                "identifikator": self._persons.number_of(woman.nin),
                "navn": woman.name,
                "grunnlag": relative.ground,
            }
            for relative in self._people.relatives
            for woman in self._people.women
            if relative.nin == number and woman.key == relative.acts_for
        ]
        return JSONResponse({"representasjoner": found})

    async def _receive(self, request: Request) -> Response:
        """POST {"to": nin, "text": words}: puts the message in her inbox; 404 where nobody has the number."""
        body = await _json(request)
        to, text = _text(body, "to"), _text(body, "text")
        if not to or not text or len(text) > LONGEST:
            return _BAD
        woman = next((w for w in self._people.women if to in self._numbers(w)), None)
        if woman is None:
            return JSONResponse({"feilmelding": "Finnes ikke."}, 404)
        at = datetime.now().astimezone().isoformat(timespec="seconds")
        self._inboxes[woman.key].appendleft(Message(at, text))
        return JSONResponse({"mottatt": at}, 201)

    async def _inbox(self, request: Request) -> Response:
        """Her inbox as a page, newest first; as JSON for scripts that accept nothing else."""
        woman = self._people.woman(request.path_params["woman"])
        if woman is None:
            return JSONResponse({"feilmelding": "Ukjent kvinne."}, 404)
        messages = list(self._inboxes[woman.key])
        if request.headers.get("accept") == "application/json":
            return JSONResponse([{"at": message.at, "text": message.text} for message in messages])
        return page("inbox.html", woman=woman, messages=messages)

    def _numbers(self, woman: Woman) -> set[str]:
        """The number she has, and those that mean her now."""
        known = {woman.nin, woman.next_nin, woman.other_nin} - {""}
        current = self._persons.number_of(woman.nin)
        return {number for number in known if self._persons.number_of(number) == current}


async def _json(request: Request) -> Any:  # noqa: ANN401 - any JSON
    try:
        return await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        return None


def _text(body: object, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""
