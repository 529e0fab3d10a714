"""The memory of proofs already used, so that one that was copied is worth nothing (RFC 9449 section 11.1)."""

from __future__ import annotations

from hashlib import sha256
from threading import Lock


class ReplayMemory:
    """Knows every proof used since `started`, for at least `retain` seconds; it lives in one process.

    What it can no longer vouch for is refused by age: `vouches_for` is false for proofs issued at or before the start, and
    for those issued before what has been forgotten, even when the clock is set back.
    """

    def __init__(self, *, started: float, retain: float = 25.0, ahead: float = 5.0) -> None:
        self._retain = retain
        self._ahead = ahead
        self._floor = started
        self._opened = started
        self._current: set[bytes] = set()
        self._previous: set[bytes] = set()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._current) + len(self._previous)

    def vouches_for(self, issued: float) -> bool:
        """True where a proof issued then cannot have been used without this memory knowing it."""
        return issued > self._floor

    def first_use(self, key: str, proof_id: str, *, now: float) -> bool:
        """Notes the proof of that key; false where it is known already. One step: of two at once, one is first."""
        used = sha256(f"{key} {proof_id}".encode("utf-8", "surrogatepass")).digest()[:16]
        with self._lock:
            if now - self._opened >= self._retain:
                self._turn(now)
            if used in self._current or used in self._previous:
                return False
            self._current.add(used)
            return True

    def _turn(self, now: float) -> None:
        """Forgets the older half: all of it was used before the newer half was opened, a while ago."""
        self._floor = max(self._floor, self._opened + self._ahead)
        self._previous, self._current = self._current, set()
        self._opened = now
