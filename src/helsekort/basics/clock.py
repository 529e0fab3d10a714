"""The time, as an argument: rules are given a clock and never read one themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment with a time zone."""


def system_clock() -> datetime:
    """The machine's present moment in UTC."""
    return datetime.now(UTC)


def to_wire(moment: datetime) -> str:
    """A moment as the JSON contract and FHIR `instant` write it: UTC, milliseconds, `Z`.

    >>> to_wire(datetime(2026, 1, 16, 11, 30, 5, 123456, tzinfo=UTC))
    '2026-01-16T11:30:05.123Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
