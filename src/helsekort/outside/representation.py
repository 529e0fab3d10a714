"""The national representation register: whom a person may act for on Helsenorge, by power of attorney or as a parent."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import msgspec

from helsekort.access.act import Representation as Ground
from helsekort.basics.nin import InvalidNationalIdentityNumber, NationalIdentityNumber
from helsekort.outside.wire import Service, source_down

_GROUNDS = {ground.value: ground for ground in Ground}


class _Represented(msgspec.Struct, frozen=True):
    identifikator: str
    navn: str
    grunnlag: str


class _Answer(msgspec.Struct, frozen=True):
    representasjoner: list[_Represented]


@dataclass(frozen=True, slots=True)
class Representation:
    """One person who may be acted for: her number and name, and the ground."""

    nin: NationalIdentityNumber
    name: str
    kind: Ground


class Representations:
    """The register. The number goes in a body, never in an address; no answer is kept, since a power can be taken back."""

    def __init__(self, client: httpx.AsyncClient, *, base: str, allow_synthetic: bool) -> None:
        self._service = Service(client, name="Representasjonsregisteret", base=base)
        self._allow_synthetic = allow_synthetic

    async def find(self, nin: NationalIdentityNumber) -> list[Representation]:
        """Those whom this person may act for right now. Raises Refused SOURCE_DOWN.

        A ground that is not known here gives no right here, so it is left out.
        """
        found = await self._service.post("/representasjoner/_search", {"representant": nin.reveal()}, _Answer)
        if found is None:
            raise source_down("Representasjonsregisteret", "is not where it should be")
        read = [self._read(each) for each in found.representasjoner]
        return [each for each in read if each is not None]

    def _read(self, told: _Represented) -> Representation | None:
        kind = _GROUNDS.get(told.grunnlag)
        try:
            nin = NationalIdentityNumber.parse(told.identifikator, allow_synthetic=self._allow_synthetic)
        except InvalidNationalIdentityNumber:
            return None  # nobody has a record here under such a number
        return None if kind is None else Representation(nin, told.navn, kind)
