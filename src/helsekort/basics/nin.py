"""National identity numbers (fødselsnummer and D-nummer), which never show themselves by accident."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import product
from operator import mul

_FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_CENTURIES = (
    (0, 499, 0, 99, 1900),
    (500, 999, 0, 39, 2000),
    (900, 999, 40, 99, 1900),
    (500, 749, 54, 99, 1800),
)
"""Individual digits from and to, years from and to, century."""
SYNTHETIC_MONTH_OFFSETS = (80, 65)
"""Months of fictional people: +80 (Skatteetaten's Tenor), +65 (Norsk helsenett's synthetic population)."""


class InvalidNationalIdentityNumber(ValueError):
    """The text is not a fødselsnummer or D-nummer; the message says why and never repeats the text."""


@dataclass(frozen=True, slots=True)
class NationalIdentityNumber:
    """A fødselsnummer or D-nummer with valid check digits; printing it shows only a mask."""

    _digits: str = field(repr=False)

    @classmethod
    def parse(cls, text: str, *, allow_synthetic: bool) -> NationalIdentityNumber:
        """Reads eleven digits; a number of the fictional series only where those are allowed."""
        if len(text) != 11 or not (text.isascii() and text.isdigit()):
            raise InvalidNationalIdentityNumber("a national identity number has exactly 11 digits")
        if check_digits(text[:9]) != text[9:]:
            raise InvalidNationalIdentityNumber("the check digits do not match")
        if text[:4] not in _DAYS:
            raise InvalidNationalIdentityNumber("the first six digits are not a date of birth")
        if text[2:4] > "12" and not allow_synthetic:
            raise InvalidNationalIdentityNumber("the number belongs to the fictional test series")
        return cls(text)

    @property
    def synthetic(self) -> bool:
        """True for the fictional series, which no living person has."""
        return self._digits[2:4] > "12"

    @property
    def d_number(self) -> bool:
        """True for a D-nummer, given to people without a fødselsnummer (first digit + 4)."""
        return self._digits[0] >= "4"

    @property
    def born_day_and_month(self) -> tuple[int, int]:
        """Day and month of birth as the number states them, offsets taken off."""
        return _DAYS[self._digits[:4]]

    @property
    def born(self) -> date | None:
        """The date of birth, the century told by the three digits behind it; None where they fit none (Folkeregisteret's rule).

        >>> NationalIdentityNumber.parse("01819012365", allow_synthetic=True).born
        datetime.date(1990, 1, 1)
        """
        day, month = self.born_day_and_month
        year, individual = int(self._digits[4:6]), int(self._digits[6:9])
        for first, last, least, most, century in _CENTURIES:
            if first <= individual <= last and least <= year <= most:
                return _day(century + year, month, day)
        return None

    def reveal(self) -> str:
        """The eleven digits, for the keyed hash, the sealed column and outgoing bodies only."""
        return self._digits

    def __str__(self) -> str:
        return "***********"

    def __repr__(self) -> str:
        return "NationalIdentityNumber(***********)"


def _day(year: int, month: int, day: int) -> date | None:
    """The day; None for a 29th of February that never was."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _days() -> dict[str, tuple[int, int]]:
    """Day and month of birth by a number's first four digits: every day of a leap year, since the century is not known here."""
    days: dict[str, tuple[int, int]] = {}
    for month, day in product(range(1, 13), range(1, 32)):
        if _day(2000, month, day):
            written = product(
                (day, day + 40), (month, *(month + offset for offset in SYNTHETIC_MONTH_OFFSETS))
            )
            days |= {f"{first:02}{second:02}": (day, month) for first, second in written}
    return days


_DAYS = _days()


def check_digits(first_nine: str) -> str | None:
    """The two modulus-11 check digits of nine digits, or None where no valid number has them.

    >>> check_digits("018190123")
    '65'
    """
    one, two, three = _PARTS[first_nine[:3]], _PARTS[first_nine[3:6]], _PARTS[first_nine[6:]]
    first = -(one[0] + two[1] + three[2]) % 11
    second = -(one[3] + two[4] + three[5] + _SECOND_WEIGHTS[9] * first) % 11
    return None if first == 10 or second == 10 else f"{first}{second}"


def _weighed(digits: str) -> tuple[int, ...]:
    """What three digits are worth in the first check digit at each of the three places they can stand, and in the second."""
    return tuple(
        sum(map(mul, map(int, digits), weights[at : at + 3]))
        for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS)
        for at in (0, 3, 6)
    )


_PARTS = {digits: _weighed(digits) for digits in map("".join, product("0123456789", repeat=3))}
