"""Whether the audit rows are what the signed heads say they were. Pure: rows and heads come in, findings go out.

The rows between two heads are checked against the later head; where they do not agree, checking goes on from that head's own
peaks, so that each finding names the rows between two heads and what follows is checked all the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import le

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from helsekort.audit.head import Head, is_signed_by
from helsekort.audit.leaf import PLACE, leaf_hash
from helsekort.audit.tree import Tree


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is not as it was signed for: `what` in a sentence; `rows` the numbers concerned, where there are any."""

    what: str
    rows: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a verification went through. `uncovered` rows came after the last head."""

    rows: int
    heads: int
    uncovered: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A head and where it was read: the file and the line's number."""

    where: str
    head: Head


Tell = Callable[[Found], None]


def trusted_heads(seen: Iterable[Seen], keys: Sequence[Ed25519PublicKey], tell: Tell) -> Iterator[Head]:
    """The heads the rows must agree with, in order, each read when it is needed; what is wrong with the others is told."""
    before: Seen | None = None
    for each in seen:
        if not any(is_signed_by(each.head, key) for key in keys):
            tell(Found(f"the head in {each.where} is not genuine: its signature or its peaks are wrong"))
        elif before is None:
            before = each
            yield each.head
        elif contradiction := _contradiction(before, each):
            tell(Found(f"fork: {contradiction}"))
        elif each.head.size > before.head.size:
            before = each
            yield each.head


def _contradiction(before: Seen, after: Seen) -> str:
    """Why two genuine heads, one written after the other, cannot be of one log; empty where they can."""
    first, second = before.head, after.head
    if first.origin != second.origin:
        return f"{before.where} and {after.where} are heads of two different logs"
    if first.size > second.size:
        return f"the head in {after.where} covers {second.size} rows, the one before it {first.size}"
    if first.size == second.size and (first.root, first.last) != (second.root, second.last):
        return f"{before.where} and {after.where} tell of two logs of {first.size} rows"
    if first.size < second.size and first.last >= second.last:
        return f"the head in {after.where} ends where the one in {before.where} had come"
    return ""


class Verification:
    """Rows are given in order, in batches of any size; `result` when there are no more."""

    def __init__(self, heads: Iterator[Head], tell: Tell) -> None:
        self._heads = heads
        self._tell = tell
        self._passed: Head | None = None
        self._next = next(heads, None)
        self._tree = Tree()
        self._place = b""
        self._count = 0
        self.rows = 0

    def check(self, rows: Sequence[bytes]) -> None:
        """Takes the next rows (leaf.row_bytes)."""
        self._require_order(rows)
        while rows and self._next is not None:
            mine = bisect_right(rows, self._next.last, key=_place)
            self._tree.add([leaf_hash(row) for row in rows[:mine]])
            if mine == len(rows):
                return
            rows = rows[mine:]
            self._compare(self._next)
        self._tree.size += len(rows)

    def result(self) -> Result:
        """What it came to in all; the findings have been told."""
        while self._next is not None:
            if self._tree.size == self._covered():
                self._cut(self._next)
            else:
                self._compare(self._next)
        uncovered = self._tree.size - self._covered()
        return Result(self.rows, self._count, max(uncovered, 0))

    def _require_order(self, rows: Sequence[bytes]) -> None:
        """The rows' places must grow."""
        places = [self._place, *map(_place, rows)]
        if any(map(le, places[1:], places)):
            for offset, (before, after) in enumerate(pairwise(places)):
                if after <= before:
                    number = self.rows + 1 + offset
                    self._tell(Found(f"row {number} is not in its place", (number, number)))
        self._place = max(places)
        self.rows += len(rows)

    def _covered(self) -> int:
        return 0 if self._passed is None else self._passed.size

    def _compare(self, head: Head) -> None:
        """Ends the rows up to the head; where they do not agree, goes on from the head."""
        missing = head.size - self._tree.size
        if missing or self._tree.root() != head.root:
            if missing > 0:
                what = f"{missing} missing"
            elif missing < 0:
                what = f"{-missing} too many"
            else:
                what = "as many as there were, but edited or swapped"
            first = self._covered() + 1
            self._tell(
                Found(f"rows {first} to {head.size}: {what} ({self._around(head)})", (first, head.size))
            )
            self._tree = head.tree()
        self._pass(head)

    def _cut(self, head: Head) -> None:
        """Nothing is left of what this head and those after it cover."""
        first = self._covered() + 1
        self._pass(head)
        while self._next is not None:
            head = self._next
            self._pass(head)
        when = f"{head.at:%Y-%m-%d %H:%M:%S}"
        self._tell(
            Found(
                f"rows {first} to {head.size} are cut off the end (the head of {when} has them)",
                (first, head.size),
            )
        )
        self._tree = head.tree()

    def _pass(self, head: Head) -> None:
        self._passed, self._next = head, next(self._heads, None)
        self._count += 1

    def _around(self, head: Head) -> str:
        """The two heads around, by their times."""
        after = f"{head.at:%Y-%m-%d %H:%M:%S}"
        if self._passed is None:
            return f"before the first head, {after}"
        return f"between the heads of {self._passed.at:%Y-%m-%d %H:%M:%S} and {after}"


def _place(row: bytes) -> bytes:
    return row[PLACE]
