"""Ids are ordered by time, also within one millisecond: what is written first is listed first."""

import time

from helsekort.basics.ids import new_id


def test_ids_only_grow() -> None:
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {(each.version, each.variant) for each in ids} == {(7, "specified in RFC 4122")}


def test_the_time_is_the_clocks() -> None:
    milliseconds = new_id().int >> 80
    assert abs(milliseconds - time.time() * 1000) < 1000
