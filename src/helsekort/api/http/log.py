"""The service's own log of requests: one JSON line each, with nothing in it that tells of a person.

Method, route template (never the address), status, milliseconds, event id; for a fault its type and place in our code.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from datetime import datetime

from helsekort.basics.clock import to_wire

FLUSH_SECONDS = 0.2
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class RequestLog:
    """Gathers lines and writes them a few times a second. `write` takes the text of whole lines."""

    def __init__(self, write: Callable[[str], object], clock: Callable[[], datetime]) -> None:
        self._write = write
        self._clock = clock
        self._lines: list[str] = []

    def request(self, *, method: str, route: str, status: int, milliseconds: float, event_id: str) -> None:
        """Notes one answered request. Every argument is ours or has been checked, so none needs escaping."""
        method = method if method in _METHODS else "OTHER"
        self._add(
            f'{{"at":"{to_wire(self._clock())}","method":"{method}","route":"{route}",'
            f'"status":{status},"ms":{milliseconds:.1f},"event":"{event_id}"}}\n'
        )

    def fault(self, error: BaseException, *, event_id: str) -> None:
        """Notes a fault of ours: the exception's type and where, never its message, which may repeat what was sent."""
        self._add(
            f'{{"at":"{to_wire(self._clock())}","fault":"{type(error).__name__}",'
            f'"place":"{place_of(error)}","event":"{event_id}"}}\n'
        )

    def flush(self) -> None:
        """Writes what has been gathered."""
        lines, self._lines = self._lines, []
        if lines:
            self._write("".join(lines))

    def _add(self, line: str) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        self._lines.append(line)


def place_of(error: BaseException) -> str:
    """File, line and function where it was raised: `door.py:112 read`."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "unknown"
    last = frames[-1]
    return f"{last.filename.rpartition('/')[2]}:{last.lineno} {last.name}"
