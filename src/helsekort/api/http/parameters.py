"""The parameters of an address as text, and a moment among them."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

MOST_PARAMETERS = 100


def pairs_in(encoded: bytes) -> list[tuple[str, str]]:
    """Names and values in their order; raises ValueError for what is not percent-encoded UTF-8, or too many."""
    return parse_qsl(
        encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
    )


def moment_of(text: str) -> datetime | None:
    """A moment with a time zone, in UTC, to the end of its millisecond, since that is what times are told to; else None.

    A `+` in an address that was not encoded has become a space.

    >>> moment_of("2026-03-02T12:00:00 01:00").isoformat()
    '2026-03-02T11:00:00.000999+00:00'
    """
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        if moment.tzinfo is None:
            return None
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000 + 999)
