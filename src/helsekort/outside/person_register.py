"""Folkeregisteret: whether a number is somebody's, whether she lives, whether her address is protected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import httpx
import msgspec

from helsekort.basics.nin import InvalidNationalIdentityNumber, NationalIdentityNumber
from helsekort.outside.wire import Service, source_down
from helsekort.records.register import RegisteredPerson

_CONFIDENTIAL = frozenset({"fortrolig", "strengtFortrolig"})


class _Person(msgspec.Struct, frozen=True):
    """An answer with another grade or without a status is not understood, and so never taken for an open address."""

    navn: str
    status: str
    adressegradering: Literal["ugradert", "klientadresse", "fortrolig", "strengtFortrolig"]


class _Event(msgspec.Struct, frozen=True):
    """An event of a kind that is not known here is read too: whatever it was, she is registered anew afterwards."""

    sekvensnummer: int
    hendelse: str
    identifikator: str
    tidligereIdentifikator: str | None = None  # noqa: N815 - the wire's name


class _Events(msgspec.Struct, frozen=True):
    hendelser: list[_Event]
    siste: int


@dataclass(frozen=True, slots=True)
class NumberChange:
    """An earlier number that means the same person as another now; `merged` where it was another person until then."""

    earlier: NationalIdentityNumber
    now: NationalIdentityNumber
    merged: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """Whose registration has changed and which numbers, the oldest first, and the sequence number to ask after next time."""

    persons: tuple[NationalIdentityNumber, ...]
    numbers: tuple[NumberChange, ...]
    latest: int


class PersonRegister:
    """Folkeregisteret. The number goes in a body, never in an address; no answer is kept."""

    def __init__(self, client: httpx.AsyncClient, *, base: str, allow_synthetic: bool) -> None:
        self._service = Service(client, name="Folkeregisteret", base=base)
        self._allow_synthetic = allow_synthetic

    async def find(self, patient: NationalIdentityNumber) -> RegisteredPerson | None:
        """The person as she is registered now; None where nobody has the number. Raises Refused SOURCE_DOWN."""
        body = {"identifikator": patient.reveal()}
        found = await self._service.post("/personer/_search", body, _Person)
        if found is None:
            return None
        deceased = found.status == "doed"
        return RegisteredPerson(found.navn, deceased, found.adressegradering in _CONFIDENTIAL)

    async def changes(self, *, after: int) -> Changes:
        """Whose registration has changed since a sequence number; ask `find` for what it is now. Raises Refused SOURCE_DOWN."""
        found = await self._service.get(f"/hendelser?after={after}", _Events)
        if found is None:
            raise source_down("Folkeregisteret", "has no feed of changes")
        persons = (self._read(event.identifikator) for event in found.hendelser)
        numbers = (self._number_change(event) for event in found.hendelser)
        return Changes(
            tuple(person for person in persons if person is not None),
            tuple(number for number in numbers if number is not None),
            found.siste,
        )

    def _number_change(self, event: _Event) -> NumberChange | None:
        if event.tidligereIdentifikator is None:
            return None
        earlier, now = self._read(event.tidligereIdentifikator), self._read(event.identifikator)
        if earlier is None or now is None:
            return None
        return NumberChange(earlier, now, merged=event.hendelse == "sammenslaaing")

    def _read(self, number: str) -> NationalIdentityNumber | None:
        try:
            return NationalIdentityNumber.parse(number, allow_synthetic=self._allow_synthetic)
        except InvalidNationalIdentityNumber:
            return None  # nobody can have a record here under such a number, so nothing is missed
