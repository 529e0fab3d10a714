"""Gestational age from due dates: days between days, nothing else. Every due date is shown with what it rests on.

Not a dating method: due dates are taken as they were registered (the coefficients of eSnurra are not published). The software
never changes by itself which due date counts; it says which one it counts from. Lengths of pregnancy are data, with sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum


class Basis(Enum):
    """What a due date rests on, in the order they are shown and counted from.

    An adopted date is one that a named person has chosen. A corrected date is a clinician's own decision too and comes next; the
    contract does not say what it rests on (ADR 0006).
    """

    ADOPTED = "adopted"
    CORRECTED = "corrected"
    ULTRASOUND = "ultrasound"
    LAST_PERIOD = "last-period"


@dataclass(frozen=True, slots=True)
class Length:
    """How many days a pregnancy is taken to last to its due date, and who says so."""

    days: int
    source: str


LMP_LENGTH = Length(282, "Terminhjulet (Johnsen): last period + 282 days")
ULTRASOUND_LENGTH = Length(283, "eSnurra: median 283 days")
CLASSIC_LENGTH = Length(280, "Naegele: last period + 280 days")

LENGTHS: Mapping[Basis, Length] = {
    Basis.ADOPTED: ULTRASOUND_LENGTH,
    Basis.CORRECTED: ULTRASOUND_LENGTH,
    Basis.ULTRASOUND: ULTRASOUND_LENGTH,
    Basis.LAST_PERIOD: LMP_LENGTH,
}
"""The length a due date counts with, unless the last period registered beside it says another."""

LAST_WEEK = 45


@dataclass(frozen=True, slots=True)
class GestationalAge:
    """Completed weeks and days, written "24+3"; never "in week 25"."""

    total_days: int

    @property
    def weeks(self) -> int:
        """Completed weeks."""
        return self.total_days // 7

    @property
    def days(self) -> int:
        """Days after the completed week, 0 to 6."""
        return self.total_days % 7

    def __str__(self) -> str:
        return f"{self.weeks}+{self.days}"


@dataclass(frozen=True, slots=True)
class DueDate:
    """A registered due date with its basis. With a last period beside it, the length is what lies between the two."""

    day: date
    basis: Basis
    last_period: date | None = None

    @property
    def length(self) -> int:
        """Days from the beginning of week 0 to the due date."""
        if self.last_period is not None:
            return (self.day - self.last_period).days
        return LENGTHS[self.basis].days


def gestational_age(due: DueDate, day: date) -> GestationalAge | None:
    """How far the pregnancy is on a day by a due date; None before it began and from 45 weeks on.

    >>> str(gestational_age(DueDate(date(2026, 6, 10), Basis.ULTRASOUND), date(2026, 6, 10)))
    '40+3'
    """
    days = due.length - (due.day - day).days
    return GestationalAge(days) if 0 <= days < LAST_WEEK * 7 else None


def due_date_by_last_period(last_period: date, length: Length = LMP_LENGTH) -> DueDate:
    """The due date a last period gives, with the length named."""
    return DueDate(last_period + timedelta(days=length.days), Basis.LAST_PERIOD, last_period)


def due_date_beside(day: date, last_period: date) -> DueDate:
    """A registered due date beside the last period it was worked out from, whichever length was used for it.

    Where the two lie further from each other than any rule in use puts them, one is mistaken, and the usual length is taken.
    """
    own = (day - last_period).days
    return DueDate(day, Basis.LAST_PERIOD, last_period if 273 <= own <= 290 else None)


def in_order(due_dates: Iterable[DueDate]) -> list[DueDate]:
    """Due dates in the order they are shown."""
    order = list(Basis)
    return sorted(due_dates, key=lambda due: order.index(due.basis))


def first_of(due_dates: Iterable[DueDate]) -> DueDate | None:
    """The due date weeks are counted from; its basis is always shown with it. None where none is registered."""
    return next(iter(in_order(due_dates)), None)
