"""Enhetsregisteret: points of care (underenheter) and the legal entities they belong to, levels in between included."""

from __future__ import annotations

import httpx
import msgspec

from helsekort.access.caller import RegisteredOrganisation
from helsekort.basics.clock import Clock
from helsekort.outside.remembered import Remembered
from helsekort.outside.wire import Service

LEVELS = 5  # a clinic below a district below a department below a municipality, and one to spare


class _Unit(msgspec.Struct, frozen=True):
    organisasjonsnummer: str
    navn: str
    overordnetEnhet: str | None = None  # noqa: N815 - the register's own name


class OrganisationRegister:
    """Enhetsregisteret by organisation number; an answer is kept for up to an hour."""

    def __init__(self, client: httpx.AsyncClient, *, base: str, clock: Clock) -> None:
        self._service = Service(client, name="Enhetsregisteret", base=base)
        self._remembered = Remembered(self._ask, clock=clock)

    async def find(self, number: str) -> RegisteredOrganisation | None:
        """The point of care with that number (nine digits) and all it belongs to. Raises Refused SOURCE_DOWN."""
        return await self._remembered.find(number)

    async def _ask(self, number: str) -> RegisteredOrganisation | None:
        found = await self._service.get(f"/api/underenheter/{number}", _Unit)
        if found is None:
            return None
        parents = await self._parents(found.overordnetEnhet)
        return RegisteredOrganisation(found.organisasjonsnummer, found.navn, tuple(parents))

    async def _parents(self, above: str | None) -> list[str]:
        parents: list[str] = []
        while above and above not in parents and len(parents) < LEVELS:
            parents.append(above)
            unit = await self._service.get(f"/api/enheter/{above}", _Unit)
            above = unit.overordnetEnhet if unit else None
        return parents
