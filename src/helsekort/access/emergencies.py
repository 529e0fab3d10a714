"""How often one practitioner declares an emergency: breaking the glass is an exception, and a habit of it is told of."""

from __future__ import annotations

from helsekort.access.bounded import Bounded

A_DAY = 5
"""Emergencies within 24 hours that raise no alarm. The figure is ours (ADR 0010): an emergency ward may meet a few."""

_DAY = 24 * 3600.0
_MOST_PRACTITIONERS = 10_000


class Emergencies:
    """Counts declared emergencies by HPR number, let in or not. Pure but for what it counts; the time is an argument."""

    def __init__(self) -> None:
        self._declared: Bounded[str, list[float]] = Bounded(_MOST_PRACTITIONERS)

    def too_many(self, hpr_number: str, *, now: float) -> bool:
        """One more emergency; True where there have been more than a day's within 24 hours."""
        recent = [at for at in self._declared.get(hpr_number) or () if now - at < _DAY]
        self._declared.put(hpr_number, [*recent, now][-(A_DAY + 1) :])
        return len(recent) >= A_DAY
