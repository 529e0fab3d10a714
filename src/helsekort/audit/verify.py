"""Whether the audit rows are what the signed heads say they were. Pure: rows and heads come in, findings go out.

The rows between two heads are checked against the later head; where they do not agree, checking goes on from that head's own
peaks, so that each finding names the rows between two heads and what follows is checked all the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
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
    """What a verification found: nothing where everything agrees. `uncovered` rows came after the last head."""

    rows: int
    heads: int
    uncovered: int
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A head and where it was read: the file and the line's number."""

    where: str
    head: Head


def trusted_heads(seen: Iterable[Seen], keys: Sequence[Ed25519PublicKey]) -> tuple[list[Head], list[Found]]:
    """The heads the rows must agree with, in order, and what is wrong with the rest."""
    found: list[Found] = []
    genuine = []
    for each in seen:
        if any(is_signed_by(each.head, key) for key in keys):
            genuine.append(each)
        else:
            found.append(
                Found(f"the head in {each.where} is not genuine: its signature or its peaks are wrong")
            )
    found += _gone_back(genuine)
    heads: dict[int, Seen] = {}
    for each in genuine:
        first = heads.setdefault(each.head.size, each)
        if first.head.origin != each.head.origin or (first.head.root, first.head.last) != (
            each.head.root,
            each.head.last,
        ):
            found.append(
                Found(f"fork: {first.where} and {each.where} tell of two logs of {each.head.size} rows")
            )
    ordered = [heads[size].head for size in sorted(heads)]
    found += _not_one_log(ordered)
    return ordered, found


def _gone_back(seen: Sequence[Seen]) -> list[Found]:
    """Heads are only ever added: one that covers fewer rows than the head written before it is of another log."""
    return [
        Found(
            f"fork: the head in {after.where} covers {after.head.size} rows, the one before it {before.head.size}"
        )
        for before, after in pairwise(seen)
        if after.head.size < before.head.size
    ]


def _not_one_log(heads: Sequence[Head]) -> list[Found]:
    found = []
    for before, after in pairwise(heads):
        if before.origin != after.origin:
            found.append(
                Found(f"fork: the heads of {before.size} and {after.size} rows are of two different logs")
            )
        elif before.last >= after.last:
            found.append(
                Found(
                    f"fork: the head of {after.size} rows ends where the head of {before.size} rows had come"
                )
            )
    return found


class Verification:
    """Rows are given in order, in batches of any size; `result` when there are no more."""

    def __init__(self, heads: Sequence[Head], found: Iterable[Found] = ()) -> None:
        self._heads = list(heads)
        self._next = 0
        self._tree = Tree()
        self._before = b""
        self._found = list(found)
        self.rows = 0

    def check(self, rows: Sequence[bytes]) -> None:
        """Takes the next rows (leaf.row_bytes)."""
        self._require_order(rows)
        while rows and self._next < len(self._heads):
            last = self._heads[self._next].last
            mine = bisect_right(rows, last, key=_place)
            self._tree.add([leaf_hash(row) for row in rows[:mine]])
            if mine == len(rows):
                return
            rows = rows[mine:]
            self._compare()
        self._tree.size += len(rows)

    def result(self) -> Result:
        """What was found in all."""
        while self._next < len(self._heads):
            if self._tree.size == self._size_before():
                self._cut()
                break
            self._compare()
        covered = self._heads[-1].size if self._heads else 0
        uncovered = max(self._tree.size - covered, 0) if self._next == len(self._heads) else 0
        return Result(self.rows, len(self._heads), uncovered, tuple(self._found))

    def _require_order(self, rows: Sequence[bytes]) -> None:
        """The rows' places must grow."""
        places = [self._before, *map(_place, rows)]
        if any(map(le, places[1:], places)):
            self._tell_disorder(places)
        self._before = max(places)
        self.rows += len(rows)

    def _tell_disorder(self, places: Sequence[bytes]) -> None:
        for offset, (before, after) in enumerate(pairwise(places)):
            if after <= before:
                number = self.rows + 1 + offset
                self._found.append(Found(f"row {number} is not in its place", (number, number)))

    def _size_before(self) -> int:
        return self._heads[self._next - 1].size if self._next else 0

    def _compare(self) -> None:
        """Ends the rows up to the next head; where they do not agree, goes on from the head."""
        head, first = self._heads[self._next], self._size_before() + 1
        missing = head.size - self._tree.size
        if missing or self._tree.root() != head.root:
            if missing > 0:
                what = f"{missing} missing"
            elif missing < 0:
                what = f"{-missing} too many"
            else:
                what = "as many as there were, but edited or swapped"
            self._found.append(
                Found(
                    f"rows {first} to {head.size}: {what} ({_between(self._heads, self._next)})",
                    (first, head.size),
                )
            )
            self._tree = head.tree()
        self._next += 1

    def _cut(self) -> None:
        """Nothing is left of what the remaining heads cover."""
        first, last = self._size_before() + 1, self._heads[-1].size
        self._found.append(
            Found(
                f"rows {first} to {last} are cut off the end (the head of {self._heads[-1].at:%Y-%m-%d %H:%M:%S} has them)",
                (first, last),
            )
        )
        self._next = len(self._heads)


def _place(row: bytes) -> bytes:
    return row[PLACE]


def _between(heads: Sequence[Head], index: int) -> str:
    """The two heads around, by their times."""
    after = f"{heads[index].at:%Y-%m-%d %H:%M:%S}"
    return (
        f"between the heads of {heads[index - 1].at:%Y-%m-%d %H:%M:%S} and {after}"
        if index
        else f"before the first head, {after}"
    )
