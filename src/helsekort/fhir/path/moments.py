"""Dates, times and both, as precise as they were written (https://hl7.org/fhirpath/N1/#datetime, #time).

What is not known is not guessed: a comparison that hangs on it has no answer (None).
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Literal

_DATE = r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?"
_TIME = r"(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?"
_DATE_FORM = re.compile(_DATE, re.ASCII)
_TIME_FORM = re.compile(_TIME, re.ASCII)
_DATE_TIME_FORM = re.compile(rf"{_DATE}(?:T(?:{_TIME}(Z|[+-]\d\d:\d\d)?)?)?", re.ASCII)
_LOWEST = (1, 1, 1, 0, 0, Decimal(0))
_HIGHEST = (9999, 12, 31, 23, 59, Decimal("59.999999999"))
# The offsets in use reach from -12:00 to +14:00: so far apart may two times be when one says no offset.
_MOST_EAST, _MOST_WEST = 14 * 60, -12 * 60

Kind = Literal["Date", "DateTime", "Time"]
Parts = tuple[int | Decimal, ...]
Order = Literal[-1, 0, 1]


@dataclass(frozen=True, slots=True)
class Moment:
    """A Date, DateTime or Time. `parts` are as many as are known of year, month, day, hour, minute, second.

    A Time has only the last three. `offset` is minutes east of UTC, None where not said. Fractions of a second are exact.
    """

    kind: Kind
    parts: Parts
    offset: int | None = None

    def __str__(self) -> str:
        if self.kind == "Time":
            return _clock(self.parts)
        day = "-".join(f"{part:0{width}d}" for part, width in zip(self.parts[:3], (4, 2, 2), strict=False))
        if self.kind == "Date":
            return day
        clock = _clock(self.parts[3:])
        return f"{day}T{clock}{_offset_text(self.offset)}" if clock else day

    @property
    def precision(self) -> int:
        """How many digits are known: 4 for a year, 8 for a day, 17 for a millisecond."""
        return len(re.sub(r"[+-]\d\d:\d\d$|Z$|\D", "", str(self)))


def _clock(parts: Parts) -> str:
    return ":".join(_two_digits(part) for part in parts)


def _two_digits(part: int | Decimal) -> str:
    whole, _, fraction = (f"{part:f}" if isinstance(part, Decimal) else str(part)).partition(".")
    return f"{whole:0>2}" + (f".{fraction}" if fraction else "")


def _offset_text(offset: int | None) -> str:
    if offset is None:
        return ""
    if offset == 0:
        return "Z"
    hours, minutes = divmod(abs(offset), 60)
    return f"{'-' if offset < 0 else '+'}{hours:02d}:{minutes:02d}"


def parse_date(text: str) -> Moment | None:
    """A year, month or day; None for what is none."""
    match = _DATE_FORM.fullmatch(text)
    parts = _known(match.groups()) if match else ()
    return Moment("Date", parts) if match and _is_day(parts) else None


def parse_date_time(text: str) -> Moment | None:
    """A date, or a date with a time as precise as written; None for what is none."""
    match = _DATE_TIME_FORM.fullmatch(text)
    if match is None:
        return None
    parts = _known(match.groups()[:6])
    if match[4] and len(parts) < 4:
        return None  # an hour of no day
    offset = _offset(match[7])
    if (
        not _is_day(parts[:3])
        or not _is_clock(parts[3:])
        or (offset is not None and abs(offset) > _MOST_EAST)
    ):
        return None
    return Moment("DateTime", parts, offset)


def parse_time(text: str) -> Moment | None:
    """A time of day; None for what is none."""
    match = _TIME_FORM.fullmatch(text)
    parts = _known(match.groups()) if match else ()
    return Moment("Time", parts) if match and _is_clock(parts) else None


def of_instant(at: datetime) -> Moment:
    """The DateTime of an instant with its offset, to the millisecond."""
    moved = at.utcoffset()
    offset = None if moved is None else int(moved.total_seconds() // 60)
    second = Decimal(at.second) + Decimal(at.microsecond // 1000) / 1000
    parts = (at.year, at.month, at.day, at.hour, at.minute, second.quantize(Decimal("0.001")))
    return Moment("DateTime", parts, offset)


def _known(groups: tuple[str | None, ...]) -> Parts:
    found: list[int | Decimal] = []
    for group in groups:
        if group is None:
            break
        found.append(Decimal(group) if "." in group else int(group))
    return tuple(found)


def _offset(text: str | None) -> int | None:
    if text is None:
        return None
    if text == "Z":
        return 0
    minutes = int(text[1:3]) * 60 + int(text[4:])
    return -minutes if text[0] == "-" else minutes


def _is_day(parts: Parts) -> bool:
    if not parts or not 1 <= parts[0] <= 9999 or (len(parts) > 1 and not 1 <= parts[1] <= 12):
        return False
    return len(parts) < 3 or 1 <= parts[2] <= monthrange(int(parts[0]), int(parts[1]))[1]


def _is_clock(parts: Parts) -> bool:
    return all(part < limit for part, limit in zip(parts, (24, 60, 60), strict=False))


def order_of(one: Moment, other: Moment) -> Order | None:
    """-1, 0 or 1 as one is before, at or after the other; None where their precision or offsets do not tell.

    Raises TypeError for a time of day beside a date.
    """
    if (one.kind == "Time") is not (other.kind == "Time"):
        raise TypeError("a time of day and a date have no order")
    if (one.offset is None) is (other.offset is None):
        return _order(_in_utc(one), _in_utc(other))
    return _order_by_range(one, other)


def _order(one: Parts, other: Parts) -> Order | None:
    for mine, its in zip(one, other, strict=False):
        if mine != its:
            return -1 if mine < its else 1
    return 0 if len(one) == len(other) else None


def _in_utc(moment: Moment) -> Parts:
    if not moment.offset:
        return moment.parts
    parts = moment.parts
    moved = _shifted(parts, -moment.offset)
    if moved is None:
        return parts
    known = (moved.year, moved.month, moved.day, moved.hour, moved.minute)
    return (*known, parts[5]) if len(parts) > 5 else known[: len(parts)]


def _shifted(parts: Parts, minutes: int) -> datetime | None:
    filled = [int(part) for part in (*parts[:5], *_LOWEST[len(parts) : 5])]
    try:
        return datetime(*filled) + timedelta(minutes=minutes)  # type: ignore[arg-type]  # noqa: DTZ001 - moved by hand
    except OverflowError:
        return None


def _order_by_range(one: Moment, other: Moment) -> Order | None:
    """Where one says no offset: ordered only when it is so with every offset there is."""
    if _edge(one, _HIGHEST, _MOST_WEST) < _edge(other, _LOWEST, _MOST_EAST):
        return -1
    if _edge(one, _LOWEST, _MOST_EAST) > _edge(other, _HIGHEST, _MOST_WEST):
        return 1
    return None


def _edge(moment: Moment, fill: Parts, offset: int) -> Parts:
    """The earliest or latest that a moment can be, in UTC."""
    known = moment.offset if moment.offset is not None else offset
    parts = (*moment.parts, *fill[len(moment.parts) :])
    last = monthrange(int(parts[0]), int(parts[1]))[1]
    return _in_utc(Moment("DateTime", (*parts[:2], min(parts[2], last), *parts[3:]), known))


def equal_moments(one: Moment, other: Moment) -> bool | None:
    """Whether two are the same; None where their precision or offsets do not tell."""
    if (one.kind == "Time") is not (other.kind == "Time"):
        return False
    order = order_of(one, other)
    return None if order is None else order == 0


def equivalent_moments(one: Moment, other: Moment) -> bool:
    """Whether two are the same and equally precise, seconds and fractions counting as one precision."""
    return len(one.parts) == len(other.parts) and equal_moments(one, other) is True


_UNITS = ("year", "month", "day", "hour", "minute", "second")
# A longer unit in shorter ones, for a moment that does not say the shorter: FHIRPath's own numbers.
_COARSER = {
    "month": ("year", 12),
    "day": ("month", 30),
    "hour": ("day", 24),
    "minute": ("hour", 60),
    "second": ("minute", 60),
}


def moved(moment: Moment, amount: Decimal, unit: str) -> Moment | None:
    """The moment so much later (earlier when negative); None where it leaves the years 1 to 9999.

    `unit` is a calendar word: year, month, week, day, hour, minute, second or millisecond. An amount finer than the moment is
    turned into the moment's own precision; only seconds may have decimals. Raises TypeError for a unit that a time has not.
    """
    if unit == "week":
        amount, unit = amount * 7, "day"
    if unit == "millisecond":
        amount, unit = amount / 1000, "second"
    if moment.kind == "Time" and _UNITS.index(unit) < 3:
        raise TypeError("a time of day has no days")
    known = _UNITS[3 if moment.kind == "Time" else 0 :][: len(moment.parts)]
    if unit != "second":
        amount = amount.to_integral_value(ROUND_DOWN)
    while unit not in known:
        unit, size = _COARSER[unit]
        amount = (amount / size).to_integral_value(ROUND_DOWN)
    return _moved_time(moment, amount, unit) if moment.kind == "Time" else _moved_date(moment, amount, unit)


_SECONDS = {"hour": 3600, "minute": 60, "second": 1, "day": 86_400}


def _moved_time(moment: Moment, amount: Decimal, unit: str) -> Moment:
    filled = (*moment.parts, *(0,) * (3 - len(moment.parts)))
    second = Decimal(filled[0] * 3600 + filled[1] * 60 + filled[2]) + amount * _SECONDS[unit]
    second -= (second / 86_400).to_integral_value("ROUND_FLOOR") * 86_400
    hour, rest = divmod(second, 3600)
    minute, last = divmod(rest, 60)
    return Moment("Time", _as_known(moment, (int(hour), int(minute), last)), None)


def _as_known(moment: Moment, parts: Parts) -> Parts:
    """Parts as precise as the moment's, a whole second without decimals where it had none."""
    kept = parts[: len(moment.parts)]
    seconds = 2 if moment.kind == "Time" else 5
    if len(kept) > seconds and isinstance(last := kept[seconds], Decimal):
        before = Decimal(moment.parts[seconds])
        digits = max(-int(before.as_tuple().exponent), -int(last.normalize().as_tuple().exponent), 0)
        exact: int | Decimal = round(last, digits) if digits else int(last)
        kept = (*kept[:seconds], exact)
    return kept


def _moved_date(moment: Moment, amount: Decimal, unit: str) -> Moment | None:
    if abs(amount) > 400_000_000_000:
        return None
    filled = (*moment.parts, *_LOWEST[len(moment.parts) :])
    if unit in ("year", "month"):
        parts = _months_later(filled, int(amount) * (12 if unit == "year" else 1))
    else:
        parts = _seconds_later(filled, amount * _SECONDS[unit])
    return Moment(moment.kind, _as_known(moment, parts), moment.offset) if parts else None


def _months_later(parts: Parts, months: int) -> Parts:
    count = int(parts[0]) * 12 + int(parts[1]) - 1 + months
    year, month = divmod(count, 12)
    if not 1 <= year <= 9999:
        return ()
    return (year, month + 1, min(parts[2], monthrange(year, month + 1)[1]), *parts[3:])


def _seconds_later(parts: Parts, seconds: Decimal) -> Parts:
    total = Decimal(parts[3] * 3600 + parts[4] * 60) + parts[5] + seconds
    days, rest = divmod(total, 86_400)
    if rest < 0:
        days, rest = days - 1, rest + 86_400
    try:
        day = date(int(parts[0]), int(parts[1]), int(parts[2])) + timedelta(days=int(days))
    except OverflowError:
        return ()
    hour, left = divmod(rest, 3600)
    minute, second = divmod(left, 60)
    return (day.year, day.month, day.day, int(hour), int(minute), second)
