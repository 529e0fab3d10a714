"""The memory that cannot grow: what stays in it, what goes out first, and what is forgotten."""

from __future__ import annotations

from helsekort.access.bounded import Bounded


def test_it_keeps_as_many_as_its_limit_and_the_oldest_goes_out_first() -> None:
    kept: Bounded[str, int] = Bounded(2)
    for number, key in enumerate("abc"):
        kept.put(key, number)
    assert len(kept) == 2
    assert [kept.get(key) for key in "abc"] == [None, 1, 2]


def test_what_is_kept_again_is_the_newest() -> None:
    kept: Bounded[str, int] = Bounded(2)
    for number, key in enumerate("abac"):
        kept.put(key, number)
    assert [kept.get(key) for key in "abc"] == [2, None, 3]


def test_what_is_forgotten_is_gone_and_forgetting_nothing_is_no_fault() -> None:
    kept: Bounded[str, int] = Bounded(2)
    kept.put("a", 1)
    kept.forget("a")
    kept.forget("a")
    assert (kept.get("a"), len(kept)) == (None, 0)


def test_everything_can_be_forgotten() -> None:
    kept = Bounded[str, int](2)
    kept.put("a", 1)
    kept.forget_all()
    assert kept.get("a") is None
    assert len(kept) == 0
