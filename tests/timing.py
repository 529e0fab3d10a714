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
    """The processor seconds of a reference, some ten milliseconds: a document of a thousand objects written and read."""
    started = time.process_time()
    for _ in range(8):
        json.loads(json.dumps(DOCUMENT))
    return time.process_time() - started


async def at_most(most: float, measure: Callable[[], Awaitable[float]]) -> None:
    """One of a few tries has to come to fewer references than `most`; `measure` tells the processor seconds of one."""
    taken: list[float] = []
    while len(taken) < TRIES:
        before = reference()
        seconds = await measure()
        taken.append(seconds / max(before, reference()))
        if taken[-1] < most:
            return
    raise AssertionError(f"never for {most} references: {taken}")


async def quickly(ask: Callable[[], Awaitable[Answer]], most: float) -> Answer:
    """The answer, which in one of a few tries has to cost this process fewer references than `most`."""
    answers: list[Answer] = []

    async def measure() -> float:
        started = time.process_time()
        answers.append(await ask())
        return time.process_time() - started

    await at_most(most, measure)
    return answers[-1]
