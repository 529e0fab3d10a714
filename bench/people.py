"""The fictional women of the benchmark: number, record and visits of the i-th, computed, so that nothing has to be looked up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from helsekort.basics.ids import time_ordered_id
from helsekort.basics.nin import NationalIdentityNumber, check_digits

VISITS = 12
FIRST_BIRTHDAY = date(1930, 1, 1)  # a hundred years: a number states two digits of the year
BIRTHDAYS = 36_500
STEP = 25  # of 25 numbers in a row at least one has valid check digits
FIRST_RECORD = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)
RECORDS_A_SECOND = 40


def number(index: int) -> NationalIdentityNumber:
    """The synthetic national identity number of the i-th woman: month + 80, valid check digits, nobody has it twice."""
    round_, day = divmod(index, BIRTHDAYS)
    born = FIRST_BIRTHDAY + timedelta(days=day)
    return NationalIdentityNumber.parse(
        first_valid(f"{born:%d}{born.month + 80}{born:%y}", round_ * STEP), allow_synthetic=True
    )


def first_valid(born: str, start: int) -> str:
    """The first valid number at or after the start, of those that were given out to people born that day."""
    for serial in range(start, start + STEP):
        digits = f"{born}{serial:03}"
        check = check_digits(digits)
        if check is not None:
            return digits + check
    message = f"No valid number among {STEP} from {start}"
    raise LookupError(message)


def created(index: int) -> datetime:
    """When the i-th woman's record was created."""
    return FIRST_RECORD + timedelta(seconds=index / RECORDS_A_SECOND)


def drawn_id(index: int, what: str) -> UUID:
    """An id of the i-th woman's, time-ordered like the service's own."""
    randomness = blake2b(f"{what} {index}".encode(), digest_size=10).digest()
    return time_ordered_id(int(created(index).timestamp() * 1000), randomness)
