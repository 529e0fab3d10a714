"""The Merkle tree over the audit rows (RFC 6962 section 2.1), kept as the peaks of its full subtrees. Pure.

A tree of n rows has a peak for each bit set in n: a handful of hashes, however long the log is. They are all that is needed
to add rows and to tell the root, so neither who signs nor who verifies keeps more of the tree than that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

NODE = b"\x01"
EMPTY = sha256(b"").digest()
"""The root of no rows."""


class Tree:
    """A tree that rows are added to. `peaks` is by height: the full subtree of 2**height rows that has no neighbour yet."""

    def __init__(self, size: int = 0, peaks: Mapping[int, bytes] | None = None) -> None:
        self.size = size
        self._peaks = dict(peaks or {})

    @classmethod
    def of(cls, size: int, peaks: Sequence[bytes]) -> Tree:
        """The tree of that many rows with these peaks, highest first; ValueError where they cannot be."""
        heights = [height for height in reversed(range(size.bit_length())) if size >> height & 1]
        return cls(size, dict(zip(heights, peaks, strict=True)))

    @property
    def peaks(self) -> list[bytes]:
        """The peaks, highest first."""
        return [self._peaks[height] for height in sorted(self._peaks, reverse=True)]

    def root(self) -> bytes:
        """The Merkle tree hash of all rows."""
        root = None
        for height in sorted(self._peaks):
            peak = self._peaks[height]
            root = peak if root is None else sha256(NODE + peak + root).digest()
        return EMPTY if root is None else root

    def add(self, leaves: Sequence[bytes]) -> None:
        """Adds the rows with these leaf hashes: height by height, pair by pair."""
        nodes, height = list(leaves), 0
        self.size += len(nodes)
        while nodes:
            if height in self._peaks:
                nodes.insert(0, self._peaks.pop(height))
            if len(nodes) % 2:
                self._peaks[height] = nodes.pop()
            pairs = iter(nodes)
            nodes = [sha256(NODE + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
            height += 1
