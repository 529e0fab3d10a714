"""Long work in turns: everybody is served by one event loop, so whoever keeps it for long gives way every few milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from time import perf_counter
from typing import TypeVar

TURN_SECONDS = 0.005

T = TypeVar("T")


async def in_turns(items: Iterable[T]) -> list[T]:
    """Everything of an iterable that takes time to make each of; others are served in between."""
    made: list[T] = []
    ends = perf_counter() + TURN_SECONDS
    for one in items:
        made.append(one)
        if perf_counter() > ends:
            await asyncio.sleep(0)
            ends = perf_counter() + TURN_SECONDS
    return made
