"""Moments as FHIR R4 `dateTime`: a day, or a time of day that always has a zone."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

NORWAY = ZoneInfo("Europe/Oslo")

_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


class BadMoment(ValueError):
    """The text is not a moment; the message says why and does not repeat it."""


def read_moment(text: str) -> str:
    """The moment as FHIR writes it: whole seconds, and Norwegian time where no zone was given.

    >>> read_moment("2026-07-01T14:05"), read_moment("2026-12-01T14:05:00Z"), read_moment("2026-07-01")
    ('2026-07-01T14:05:00+02:00', '2026-12-01T14:05:00+00:00', '2026-07-01')
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise BadMoment("Must be a moment.")
    clock = (found["clock"] or "00:00").split(".")[0]
    try:
        moment = datetime.fromisoformat(f"{found['day']}T{clock}{found['zone'] or ''}")
    except ValueError:
        raise BadMoment("There is no such moment.") from None
    if found["clock"] is None:
        return found["day"]
    if found["zone"] is None:
        moment = moment.replace(tzinfo=NORWAY)
    return moment.isoformat(timespec="seconds")


def day_of(moment: str | None) -> str | None:
    """The Norwegian day of a FHIR date or dateTime; None where only a month or a year is said, or nothing.

    >>> day_of("2026-07-01T23:30:00Z"), day_of("2026-07-01"), day_of("2026-07"), day_of(None)
    ('2026-07-02', '2026-07-01', None, None)
    """
    if moment is None or len(moment) < 10:
        return None
    try:
        if len(moment) == 10:
            return date.fromisoformat(moment).isoformat()
        return datetime.fromisoformat(moment).astimezone(NORWAY).date().isoformat()
    except (ValueError, OverflowError):
        return None
