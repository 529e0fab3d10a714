"""A property that is worked out once."""

import pytest

from helsekort.basics.once import once


class Counted:
    """Counts how often its property is worked out."""

    def __init__(self) -> None:
        self.times = 0

    @once
    def value(self) -> int:
        """So many times it has been worked out."""
        self.times += 1
        if self.times == 1:
            raise ValueError("at first")
        return self.times


def test_it_is_worked_out_once_for_each_object_and_again_after_a_fault() -> None:
    one, other = Counted(), Counted()
    for each in (one, other):
        with pytest.raises(ValueError, match="at first"):
            _ = each.value
        assert (each.value, each.value) == (2, 2)
    assert Counted.value.__doc__ == "So many times it has been worked out."
