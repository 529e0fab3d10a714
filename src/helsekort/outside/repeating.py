"""What is done again and again for as long as the service runs: no fault ends it, and none goes unsaid."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from helsekort.basics.refusal import Refused

log = logging.getLogger(__name__)


async def repeat(what: str, do: Callable[[], Awaitable[None]], *, every: float) -> None:
    """Does it every so many seconds. A register or a database that is away is a line in the log, a fault of ours a longer one."""
    while True:
        try:
            await do()
        except Refused as refused:
            log.warning("%s: not now: %s", what, refused)
        except Exception:
            log.exception("%s: failed, and is tried again", what)
        await asyncio.sleep(every)
