"""Answers of a register kept for a while, so that a busy clinic is one question and not a thousand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from helsekort.access.bounded import Bounded
from helsekort.basics.clock import Clock

V = TypeVar("V")
KEPT = timedelta(hours=1)
NOTHING_KEPT = timedelta(minutes=1)  # one who was just registered should not wait
AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Answer(Generic[V]):
    value: V | None
    until: float


class Remembered(Generic[V]):
    """Asks once and remembers the answer, for an hour where there was one and for a minute where there was none."""

    def __init__(self, ask: Callable[[str], Awaitable[V | None]], *, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._kept: Bounded[str, _Answer[V]] = Bounded(AT_MOST)
        self._under_way: dict[str, asyncio.Task[V | None]] = {}

    async def find(self, key: str) -> V | None:
        """The answer for a key; raises what asking raises, and remembers no failure."""
        kept = self._kept.get(key)
        if kept is not None and self._clock().timestamp() < kept.until:
            return kept.value
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._fetch(key))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # One who hangs up must not take the answer from the others who wait for it.
        return await asyncio.shield(task)

    async def _fetch(self, key: str) -> V | None:
        value = await self._ask(key)
        keep = KEPT if value is not None else NOTHING_KEPT
        self._kept.put(key, _Answer(value, (self._clock() + keep).timestamp()))
        return value
