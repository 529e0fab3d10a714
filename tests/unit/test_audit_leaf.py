"""The bytes that are signed for: written down here once more, since they may never change."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsekort.audit.leaf import PLACE, leaf_hash, place_bytes, place_of, row_bytes

ROW: dict[str, Any] = {
    "tx": 7,
    "id": UUID("0197a000-0000-7000-8000-000000000001"),
    "person": UUID("0197a000-0000-7000-8000-000000000002"),
    "at": datetime(2026, 11, 21, 10, 0, 0, 5, tzinfo=UTC),
    "permitted": True,
    "record": None,
    "action": "read-record",
    "detail": b"\x81\xa4role\xa2JO",
}


def test_form_1_is_what_it_was() -> None:
    assert row_bytes(**ROW).hex() == (
        "01" + "0000000000000007" + "0197a00000007000800000000000000" + "1"
        "0197a000000070008000000000000002"
        + "000660c66c7a2805"
        + "01"
        + "00"
        + "00" * 16
        + "000b"
        + "00000009"
        "726561642d7265636f7264" + "81a4726f6c65a24a4f"
    )
    assert leaf_hash(b"") == bytes.fromhex("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")


@pytest.mark.parametrize(
    "change",
    [
        {"tx": 8},
        {"id": UUID(int=1)},
        {"person": UUID(int=1)},
        {"at": ROW["at"] + timedelta(microseconds=1)},
        {"permitted": False},
        {"record": UUID(int=0)},
        {"action": "read-recorc"},
        {"detail": b""},
        {"action": "read-record\x81", "detail": ROW["detail"][1:]},
    ],
)
def test_every_column_counts(change: dict[str, Any]) -> None:
    assert row_bytes(**ROW) != row_bytes(**ROW | change)


def test_the_same_moment_is_the_same_bytes() -> None:
    elsewhere = ROW["at"].astimezone(timezone(timedelta(hours=2)))
    assert row_bytes(**ROW | {"at": elsewhere}) == row_bytes(**ROW)


@given(st.integers(0, 2**63 - 1), st.uuids(), st.integers(0, 2**63 - 1), st.uuids())
def test_places_sort_as_the_rows_do(tx: int, one: UUID, later_tx: int, other: UUID) -> None:
    first, second = place_bytes(tx, one), place_bytes(later_tx, other)
    assert (first < second) == ((tx, one.bytes) < (later_tx, other.bytes))
    assert place_of(first) == (tx, one)
    assert row_bytes(**ROW | {"tx": tx, "id": one})[PLACE] == first
