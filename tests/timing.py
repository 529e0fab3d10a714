"""What something costs in processor time, in references: a fixed piece of work beside it, which a busy machine slows as much."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Answer = TypeVar("Answer")

TRIES = 3
"""What costs much does so each time; collecting the garbage of other tests does not."""

DOCUMENT = [{"number": n, "text": "x" * 20, "mixed": [1.5, None, True]} for n in range(1000)]


def reference() -> float:
    """The processor seconds of a reference: a document of a thousand objects written and read eight times, some ten milliseconds."""
    started = time.process_time()
    for _ in range(8):
        json.loads(json.dumps(DOCUMENT))
    return time.process_time() - started


async def quickly(ask: Callable[[], Awaitable[Answer]], most: float) -> Answer:
    """The answer, which in one of a few tries has to cost this process at most so many references."""
    taken: list[float] = []
    while len(taken) < TRIES:
        before, started = reference(), time.process_time()
        answer = await ask()
        seconds = time.process_time() - started
        taken.append(seconds / max(before, reference()))
        if taken[-1] < most:
            return answer
    raise AssertionError(f"never for {most} references: {taken}")
