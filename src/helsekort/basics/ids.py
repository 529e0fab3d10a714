"""Time-ordered ids (UUID version 7, RFC 9562 section 5.7): they never carry who a person is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from uuid import UUID, SafeUUID

_UNKNOWN = SafeUUID.unknown
_COUNTER_END = 1 << 12

NewId = Callable[[], UUID]
"""Returns an id never given before."""


def time_ordered_id(milliseconds: int, randomness: bytes) -> UUID:
    """An id from 48 bits of Unix milliseconds and 74 bits of randomness (10 bytes given).

    >>> time_ordered_id(0x017F22E279B0, bytes(10))
    UUID('017f22e2-79b0-7000-8000-000000000000')
    """
    counter = int.from_bytes(randomness[:2], "big") & (_COUNTER_END - 1)
    return _laid_out(milliseconds & (2**48 - 1), counter, int.from_bytes(randomness[2:], "big") & (2**62 - 1))


def _laid_out(milliseconds: int, counter: int, randomness: int) -> UUID:
    """48, 12 and 62 bits, with the version before the second and the variant before the third."""
    return uuid_of(milliseconds << 80 | 0x7 << 76 | counter << 64 | 0x2 << 62 | randomness)


def uuid_of(value: int) -> UUID:
    """The UUID of 128 bits. `UUID(int=value)` looks through six ways to say it first, which takes four times as long.

    >>> uuid_of(0x017F22E279B070008000000000000000)
    UUID('017f22e2-79b0-7000-8000-000000000000')
    """
    made = object.__new__(UUID)
    object.__setattr__(made, "int", value)
    object.__setattr__(made, "is_safe", _UNKNOWN)
    return made


class _Newest:
    """The milliseconds and the counter of the last id; the counter keeps ids of one millisecond in order."""

    milliseconds = 0
    counter = 0


def new_id() -> UUID:
    """A fresh id from the machine's clock and randomness, greater than every one before it in this process.

    RFC 9562 section 6.2, method 1: the 12 bits after the time count within a millisecond, from a random start.
    """
    now, drawn = time.time_ns() // 1_000_000, os.urandom(9)
    if now > _Newest.milliseconds:
        _Newest.milliseconds, _Newest.counter = now, drawn[8]
    else:
        _Newest.counter += 1
        if _Newest.counter == _COUNTER_END:
            _Newest.milliseconds, _Newest.counter = _Newest.milliseconds + 1, 0
    return _laid_out(_Newest.milliseconds, _Newest.counter, int.from_bytes(drawn[:8], "big") >> 2)
