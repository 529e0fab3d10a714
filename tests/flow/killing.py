"""Writers that are cut off by kill -9, and what must be true afterwards; used by tests of the ledger and of the service.

What writers were told is kept outside the database: what was acknowledged must be there, what was refused must not, and what was
cut off may be either.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


class CutOff(Exception):
    """The writer cannot know whether its write is stored."""


Write = Callable[[int, int], Awaitable[None]]
"""Stores the n-th mark of a writer: returns when it is acknowledged, raises CutOff when nobody can know, anything else
when it is refused."""


@dataclass
class Acknowledged:
    """What the writers were told, by writer: the marks acknowledged, refused, and cut off."""

    stored: dict[int, list[int]] = field(default_factory=dict)
    unknown: dict[int, list[int]] = field(default_factory=dict)
    refused: dict[int, list[int]] = field(default_factory=dict)
    _next: dict[int, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many writes were acknowledged."""
        return sum(map(len, self.stored.values()))

    async def write_until(self, stop: asyncio.Event, writer: int, write: Write) -> None:
        """One writer, one mark after the other, through cuts and refusals, until it is told to stop."""
        while not stop.is_set():
            mark = self._next.get(writer, 0)
            self._next[writer] = mark + 1
            try:
                await write(writer, mark)
            except CutOff:
                self.unknown.setdefault(writer, []).append(mark)
                await asyncio.sleep(0.01)
            except Exception:  # noqa: BLE001 - whatever refuses it, it must not be stored
                self.refused.setdefault(writer, []).append(mark)
                await asyncio.sleep(0.01)
            else:
                self.stored.setdefault(writer, []).append(mark)

    def compare(self, writer: int, found: list[int]) -> None:
        """Fails where an acknowledged mark is missing, a refused one is there, or the order is another."""
        lost = sorted(set(self.stored.get(writer, ())) - set(found))
        assert not lost, f"writer {writer} lost acknowledged writes {lost}"
        uninvited = sorted(set(found) & set(self.refused.get(writer, ())))
        assert not uninvited, f"writer {writer} finds refused writes {uninvited}"
        assert found == sorted(set(found)), f"writer {writer} finds writes twice or out of order"


async def write_and_kill(
    told: Acknowledged, *, writers: int, write: Write, kill: Callable[[], None], enough: int
) -> None:
    """Lets the writers write until `enough` more are acknowledged, then kills in the middle of it."""
    stop, target = asyncio.Event(), told.count + enough
    tasks = [asyncio.create_task(told.write_until(stop, writer, write)) for writer in range(writers)]
    while told.count < target:  # noqa: ASYNC110 - a count of another's doing
        await asyncio.sleep(0.002)
    kill()
    await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*tasks)
