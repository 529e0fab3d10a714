"""Gestational age and due dates: days between dates, nothing else. Every due date is shown with what it rests on.

Not a dating method: ultrasound due dates are taken as they were registered (eSnurra's coefficients are not published), and the
software never changes by itself which due date counts. Length of pregnancy: see LENGTHS, each with its source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Length:
    """How long a pregnancy is taken to be, from the first day of the last period to the due date, and who says so."""

    days: int
    source: str


LMP_LENGTH = Length(282, "Terminhjulet (Johnsen): siste menstruasjon + 282 dager")
ULTRASOUND_LENGTH = Length(283, "eSnurra: median 283 dager")
CLASSIC_LENGTH = Length(280, "Naegele: siste menstruasjon + 280 dager")
LENGTHS = (LMP_LENGTH, ULTRASOUND_LENGTH, CLASSIC_LENGTH)


@dataclass(frozen=True, slots=True)
class GestationalAge:
    """Completed weeks and days, written "24+3"; never "in week 25"."""

    days_in_all: int

    @property
    def weeks(self) -> int:
        """Completed weeks."""
        return self.days_in_all // 7

    @property
    def days(self) -> int:
        """Days after the completed week, 0 to 6."""
        return self.days_in_all % 7

    def __str__(self) -> str:
        return f"{self.weeks}+{self.days}"


@dataclass(frozen=True, slots=True)
class Dating:
    """One due date with its basis: the registered field it is, and the length of pregnancy it counts with."""

    basis: str  # ultrasound, last-period, corrected
    due: date
    length: Length

    def age(self, day: date) -> GestationalAge | None:
        """The gestational age on a day by this due date; None before the pregnancy and more than 45 weeks into it.

        >>> str(Dating("ultrasound", date(2026, 6, 10), ULTRASOUND_LENGTH).age(date(2026, 6, 10)))
        '40+3'
        """
        days = self.length.days - (self.due - day).days
        return GestationalAge(days) if 0 <= days <= 45 * 7 else None


def datings(*, ultrasound: date | None, last_period: date | None, lmp_due: date | None) -> tuple[Dating, ...]:
    """Every dating there is a basis for, ultrasound before last period; none is chosen.

    The age by the last period counts from its first day. Where only its due date is registered, the length is Terminhjulet's.
    """
    found = [Dating("ultrasound", ultrasound, ULTRASOUND_LENGTH)] if ultrasound else []
    if last_period is not None:
        due = lmp_due or last_period + timedelta(days=LMP_LENGTH.days)
        own = (due - last_period).days
        known = next((length for length in LENGTHS if length.days == own), None)
        found.append(
            Dating("last-period", due, known or Length(own, "siste menstruasjon til registrert termin"))
        )
    elif lmp_due is not None:
        found.append(Dating("last-period", lmp_due, LMP_LENGTH))
    return tuple(found)


def first_of(known: Sequence[Dating]) -> Dating | None:
    """The dating shown first: ultrasound before last period. Its basis is always shown with it."""
    return known[0] if known else None
