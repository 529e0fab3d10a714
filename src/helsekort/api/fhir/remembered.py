"""Which records each woman has, as far as has been seen: so that a search need not list them first."""

from __future__ import annotations

from uuid import UUID

from helsekort.access.bounded import Bounded
from helsekort.basics.nin import NationalIdentityNumber

MOST_REMEMBERED = 20_000


class Remembered:
    """The records by woman. Each read of her newest tells whether there are more, so what is old here is found out."""

    def __init__(self) -> None:
        self._known: Bounded[NationalIdentityNumber, tuple[UUID, ...]] = Bounded(MOST_REMEMBERED)

    def records(self, patient: NationalIdentityNumber) -> tuple[UUID, ...]:
        """The records she had when she was last listed, the oldest first."""
        return self._known.get(patient) or ()

    def keep(self, patient: NationalIdentityNumber, records: tuple[UUID, ...]) -> None:
        """Keeps what a list has told."""
        self._known.put(patient, records)
