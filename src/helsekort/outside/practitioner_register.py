"""Helsepersonellregisteret (HPR): who is authorised as what."""

from __future__ import annotations

import httpx
import msgspec

from helsekort.access.caller import RegisteredPractitioner
from helsekort.basics.clock import Clock
from helsekort.outside.remembered import Remembered
from helsekort.outside.wire import Service


class _Practitioner(msgspec.Struct, frozen=True):
    navn: str
    autorisasjoner: list[str]


class PractitionerRegister:
    """HPR by HPR number. An answer is kept for up to an hour: so long can a withdrawn authorisation still count here."""

    def __init__(self, client: httpx.AsyncClient, *, base: str, clock: Clock) -> None:
        self._service = Service(client, name="Helsepersonellregisteret", base=base)
        self._remembered = Remembered(self._ask, clock=clock)

    async def find(self, hpr_number: str) -> RegisteredPractitioner | None:
        """The practitioner with that number (digits only); None where there is none. Raises Refused SOURCE_DOWN."""
        return await self._remembered.find(hpr_number)

    async def _ask(self, hpr_number: str) -> RegisteredPractitioner | None:
        found = await self._service.get(f"/helsepersonell/{hpr_number}", _Practitioner)
        if found is None:
            return None
        return RegisteredPractitioner(hpr_number, found.navn, frozenset(found.autorisasjoner))
