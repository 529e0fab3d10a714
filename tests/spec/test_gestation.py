"""Chapter: weeks and due dates (gestation.toml; printed in docs/handbook/gestation.md)."""

from __future__ import annotations

from datetime import date

import pytest

from helsekort.maternity.gestation import (
    CLASSIC_LENGTH,
    LMP_LENGTH,
    ULTRASOUND_LENGTH,
    Basis,
    DueDate,
    Length,
    due_date_beside,
    due_date_by_last_period,
    first_of,
    gestational_age,
)
from helsekort.maternity.reading import read_card
from tests.spec.record_in_memory import Record
from tests.spec.tables import json, rows

LENGTHS = (LMP_LENGTH, ULTRASOUND_LENGTH, CLASSIC_LENGTH)


@pytest.mark.parametrize(("basis", "due", "last_period", "day", "age"), rows("gestation", "The age on a day"))
def test_the_age_on_a_day(basis: str, due: str, last_period: str, day: str, age: str) -> None:
    registered = date.fromisoformat(due)
    counted = (
        due_date_beside(registered, date.fromisoformat(last_period))
        if last_period
        else DueDate(registered, Basis(basis))
    )
    assert counted.basis is Basis(basis)
    found = gestational_age(counted, date.fromisoformat(day))
    assert (str(found) if found else "none") == age.split(":", maxsplit=1)[0]


@pytest.mark.parametrize(("registered", "order"), rows("gestation", "Which due date comes first"))
def test_which_due_date_comes_first(registered: str, order: str) -> None:
    card = read_card(Record({"currentPregnancy": json(registered)}).parts)
    said = "; ".join(f"{due.basis.value} {due.day}" for due, by in card.due_dates)
    assert (said or "none") == order
    first = first_of([due for due, by in card.due_dates])
    assert first == (card.due_dates[0][0] if card.due_dates else None)


@pytest.mark.parametrize("length", LENGTHS, ids=lambda length: str(length.days))
def test_a_due_date_from_a_last_period_counts_from_that_period(length: Length) -> None:
    due = due_date_by_last_period(date(2025, 9, 1), length)
    assert str(gestational_age(due, date(2025, 9, 1))) == "0+0"
    assert (due.day - date(2025, 9, 1)).days == length.days


def test_every_length_says_where_it_comes_from() -> None:
    assert all(length.source for length in LENGTHS)
