"""Search by date: every date is the interval it may mean (https://hl7.org/fhir/R4/search.html#date)."""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from helsekort.fhir.search.asked import Asked, Compiled
from helsekort.fhir.search.ranges import PREFIXES, Comparison, Range, prefix_of

MODIFIERS: frozenset[str] = frozenset()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EVER = (-(10**30), 10**30)
_TEXT = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?P<time>T\d\d:\d\d(?P<second>:\d\d(?:\.(?P<fraction>\d+))?)?(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)


def compiled(asked: Asked) -> Compiled:
    """What a date parameter asks of a resource's values. Raises `Refused` for a prefix or date that cannot be read."""
    wanted = [_read(asked, text) for text in asked.texts]
    zone = asked.setting.zone

    def match(values: Iterable[Any]) -> bool:
        ranges = [one for value in values for one in ranges_of(value, zone)]
        return any(compare(span, one) for compare, span in wanted for one in ranges)

    return Compiled(match)


@lru_cache(maxsize=8192)
def interval(text: str, zone: tzinfo) -> Range | None:
    """The first and the last microsecond (since 1970, UTC) that a date, a time or a part of one may mean; None if it is none.

    What names no time zone is read in `zone`.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    try:
        start, end = _moments(found, zone) if found["time"] else _days(found, zone)
    except (ValueError, OverflowError):  # the 30th of February, an hour 25, the last day of the year 9999
        return None
    return (start, end - 1)


def ranges_of(value: object, zone: tzinfo) -> Iterator[Range]:
    """The intervals of a date, dateTime, instant, Period or Timing; a Period without an end goes on."""
    if isinstance(value, str):
        found = interval(value, zone)
        if found is not None:
            yield found
    elif isinstance(value, dict):
        if "start" in value or "end" in value:
            yield _period(value, zone)
        elif "event" in value:
            events = [one for text in value["event"] for one in ranges_of(text, zone)]
            if events:
                yield min(events)[0], max(high for _, high in events)
        elif "repeat" in value:
            yield from ranges_of(value["repeat"].get("boundsPeriod"), zone)


def _read(asked: Asked, text: str) -> tuple[Comparison, Range]:
    prefix, rest = prefix_of(text)
    if prefix not in PREFIXES:
        asked.refuse("This prefix is not known.", f"There are: {', '.join(PREFIXES)}.")
    span = interval(rest, asked.setting.zone)
    if span is None:
        asked.refuse(
            "This is not a date.",
            "Write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+hh:mm, with + as %2B in an address.",
        )
    return PREFIXES[prefix], _wider(span) if prefix == "ap" else span


def _wider(span: Range) -> Range:
    """R4 leaves the breadth of `ap` to the server: here as much again on each side as the date's own precision."""
    length = span[1] - span[0] + 1
    return span[0] - length, span[1] + length


def _period(period: dict[str, Any], zone: tzinfo) -> Range:
    first = interval(period["start"], zone) if "start" in period else None
    last = interval(period["end"], zone) if "end" in period else None
    return (first or _EVER)[0], (last or _EVER)[1]


def _moments(found: re.Match[str], zone: tzinfo) -> tuple[int, int]:
    """A time of day: as long as its last digit says. A leap second counts as the second before it."""
    text = found[0]
    if found["second"] and found["second"].startswith(":60"):
        text = text.replace(":60", ":59", 1)
    moment = datetime.fromisoformat(text)
    start = _since_1970(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    return start, start + _length(found)


def _length(found: re.Match[str]) -> int:
    if found["fraction"]:
        return int(10 ** max(0, 6 - len(found["fraction"])))
    return 1_000_000 if found["second"] else 60_000_000


def _days(found: re.Match[str], zone: tzinfo) -> tuple[int, int]:
    year, month, day = int(found["year"]), int(found["month"] or 1), int(found["day"] or 1)
    first = date(year, month, day)
    whole = monthrange(year, month)[1] if found["month"] else 365 + isleap(year)
    length = 1 if found["day"] else whole
    return _midnight(first, zone), _midnight_after(first + timedelta(days=length - 1), zone)


def _midnight_after(day: date, zone: tzinfo) -> int:
    """The end of a day, which is 23 or 25 hours long when the clock is changed."""
    if day == date.max:
        return _midnight(day, zone) + timedelta(days=1) // _MICROSECOND
    return _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: tzinfo) -> int:
    return _since_1970(datetime(day.year, day.month, day.day, tzinfo=zone))


def _since_1970(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
