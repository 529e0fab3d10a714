"""The quick looks at a body's bytes: they never clear what the exact walk would have found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from helsekort.basics.strict_json import dump
from helsekort.maternity.body import identity_numbers, may_hold_identity_number

NUMBER = "01819012365"
BETWEEN = st.sampled_from(["", " ", ".", "_", "+", "-", "\t", "\x1c", "\u00a0", "\u2003", "\n"])
OUTSIDE = st.sampled_from(["", " ", "-", "\x1f", "\u00a0", "\x0b", "5", "x", "2.16.578.1.12.4.1.4.1 ", "é"])


@st.composite
def near_numbers(draw: st.DrawFn) -> str:
    """A national identity number with something between its digits and around it."""
    digits = [draw(BETWEEN) + digit for digit in NUMBER]
    return draw(OUTSIDE) + "".join(digits) + draw(OUTSIDE)


@given(st.lists(near_numbers(), max_size=3), st.sampled_from([41819012374, -41819012374, 17, 0]))
def test_no_number_that_the_walk_finds_is_cleared(texts: list[str], number: int) -> None:
    sent = {"a": [{"b": text, "c": number} for text in texts], **dict.fromkeys(texts, 1), "n": number}
    found = list(identity_numbers(sent, "$"))
    assert may_hold_identity_number(dump(sent)) or not found


def test_a_number_alone_is_found_both_ways() -> None:
    assert may_hold_identity_number(dump({"a": NUMBER}))
    assert list(identity_numbers({"a": NUMBER}, "$")) == ["$.a"]


def test_identifiers_of_systems_and_days_are_cleared() -> None:
    sent = {
        "system": "urn:oid:2.16.578.1.12.4.1.4.4",
        "day": "2026-11-21T12:00:00.123+01:00",
        "hpr": "9144889",
    }
    assert not may_hold_identity_number(dump(sent))
