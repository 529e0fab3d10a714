"""Whatever is done to the rows is found, in the stretch where it was done; whatever batches they come in."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from helsekort.audit.head import Head, NotAHead, head_of, line_of, sign
from helsekort.audit.leaf import PLACE, leaf_hash, row_bytes
from helsekort.audit.tree import Tree
from helsekort.audit.verify import Found, Result, Seen, Verification, trusted_heads

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
AT = datetime(2026, 11, 21, tzinfo=UTC)


def row(number: int, *, detail: bytes = b"") -> bytes:
    """The row that stands at this number."""
    return row_bytes(
        tx=1000 + number // 3,
        id=UUID(int=number),
        person=UUID(int=0),
        at=AT,
        permitted=True,
        record=None,
        action="read-record",
        detail=detail,
    )


def heads_of(rows: list[bytes], sizes: list[int]) -> list[Head]:
    """A signed head after each of these numbers of rows."""
    heads, tree, before = [], Tree(), 0
    for size in sizes:
        tree.add([leaf_hash(each) for each in rows[before:size]])
        head = Head(
            "log", size, tree.root(), AT + timedelta(minutes=size), rows[size - 1][PLACE], tuple(tree.peaks)
        )
        heads.append(sign(head, KEY))
        before = size
    return heads


def verified(rows: list[bytes], heads: list[Head], cuts: list[int]) -> tuple[Result, list[Found]]:
    """The outcome where the rows come in batches that end at the cuts."""
    found: list[Found] = []
    seen = [Seen(f"line {number}", head) for number, head in enumerate(heads, start=1)]
    verification = Verification(trusted_heads(seen, [KEY.public_key()], found.append), found.append)
    for start, end in pairwise([0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]):
        verification.check(rows[start:end])
    return verification.result(), found


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[bytes], list[int], list[int]]:
    """Rows with every second number, where heads were signed, and where the batches end."""
    count = draw(st.integers(1, 40))
    sizes = draw(st.sets(st.integers(1, count), min_size=1))
    return [row(2 * n) for n in range(1, count + 1)], sorted(sizes), draw(st.lists(st.integers(1, 40)))


@given(logs())
def test_an_untouched_log_agrees(log: tuple[list[bytes], list[int], list[int]]) -> None:
    rows, sizes, cuts = log
    result, found = verified(rows, heads_of(rows, sizes), cuts)
    assert found == []
    assert result == Result(len(rows), len(sizes), len(rows) - sizes[-1])


def stretch(sizes: list[int], number: int) -> tuple[int, int]:
    """The rows between the two heads around a row."""
    before = max((size for size in sizes if size < number), default=0)
    return before + 1, min(size for size in sizes if size >= number)


@given(logs(), st.data(), st.sampled_from(["edit", "delete", "insert", "swap", "twice"]))
def test_each_change_is_found_where_it_was_made(
    log: tuple[list[bytes], list[int], list[int]], data: st.DataObject, how: str
) -> None:
    rows, sizes, cuts = log
    number = data.draw(st.integers(1, sizes[-1]))
    changed = list(rows)
    match how:
        case "edit":
            changed[number - 1] = row(2 * number, detail=b"x")
        case "delete":
            del changed[number - 1]
        case "insert":
            changed.insert(number - 1, row(2 * number - 1))
        case "swap" if number < sizes[-1]:
            changed[number - 1 : number + 1] = [rows[number], rows[number - 1]]
        case _:
            changed.insert(number, rows[number - 1])
    _, found = verified(changed, heads_of(rows, sizes), cuts)
    assert found
    assert stretch(sizes, number) in [each.rows for each in found] or any(
        "not in its place" in each.what for each in found
    )
    if how in {"edit", "delete", "insert"}:
        assert [each.rows and each.rows[0] for each in found] == [stretch(sizes, number)[0]]


@given(logs(), st.data())
def test_a_cut_tail_is_found_and_where_it_begins(
    log: tuple[list[bytes], list[int], list[int]], data: st.DataObject
) -> None:
    rows, sizes, cuts = log
    kept = data.draw(st.integers(0, sizes[-1] - 1))
    result, found = verified(rows[:kept], heads_of(rows, sizes), cuts)
    assert found[0].rows
    assert found[0].rows[0] == stretch(sizes, kept + 1)[0]
    assert found[-1].rows
    assert found[-1].rows[1] == sizes[-1]
    assert result.uncovered == 0


def test_rows_out_of_order_are_told_by_number() -> None:
    rows = [row(n) for n in range(1, 6)]
    swapped = [rows[0], rows[2], rows[1], *rows[3:]]
    for cuts in ([], [1, 2, 3, 4]):
        _, found = verified(swapped, heads_of(rows, [5]), cuts)
        assert "row 3 is not in its place" in [each.what for each in found]


def test_a_head_goes_through_its_line_unchanged() -> None:
    (head,) = heads_of([row(1)], [1])
    assert head_of(line_of(head)) == head


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"version":1', b'"version":2'),
        (b'"size":1', b'"size":0'),
        (b'"size":1', b'"size":-1'),
        (b'"size":1', b'"size":"1"'),
        (b'"root":"', b'"root":"x'),
        (b'"tx":', b'"tx":-'),
        (b'"last":"', b'"last":"x'),
        (b'"signature":"', b'"signature":"!'),
        (b"00:01:00Z", b"00:01:00"),
        (b"{", b'{"more":1,'),
        (b"}", b""),
    ],
)
def test_lines_that_are_no_head_are_refused(old: bytes, new: bytes) -> None:
    (head,) = heads_of([row(1)], [1])
    line = line_of(head)
    assert old in line
    with pytest.raises(NotAHead):
        head_of(line.replace(old, new, 1))
