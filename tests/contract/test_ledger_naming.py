"""From an id to the woman: which number a record's or a person's id names, and reads of the parts that are needed alone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber, check_digits
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.parts import Parts
from helsekort.ledger.view import Query, Wants
from tests.contract.ledger_acts import a_woman, create, meet, permit, status, withdraw

NOW = datetime(2026, 3, 2, tzinfo=UTC)


async def test_a_record_and_a_person_name_the_woman(ledger: Ledger) -> None:
    woman, other = await meet(ledger), await meet(ledger)
    record = await create(ledger, woman, {"m": b"m"})
    person = (await status(ledger, woman)).person.person
    for _ in range(2):  # from the database, then from memory
        assert await ledger.patient_of(record=record) == woman
        assert await ledger.patient_of(person=person) == woman
    assert await ledger.patient_of(person=(await status(ledger, other)).person.person) == other


async def test_what_is_nobodys_names_nobody_until_it_is_somebodys(ledger: Ledger) -> None:
    record = new_id()
    assert await ledger.patient_of(record=record) is None
    assert await ledger.patient_of(person=record) is None
    assert await ledger.patient_of() is None


async def test_many_at_once_are_each_told_their_own(ledger: Ledger) -> None:
    women = [await meet(ledger) for _ in range(5)]
    records = [await create(ledger, woman, {}) for woman in women]
    asked = [ledger.patient_of(record=record) for record in [*records, new_id()]]
    assert await asyncio.gather(*asked) == [*women, None]


def a_d_number() -> NationalIdentityNumber:
    """Somebody's who never was, from before she was given a fødselsnummer: 40 is added to the day."""
    nine = next(nine for n in range(900, 999) if check_digits(nine := f"518190{n}") is not None)
    return NationalIdentityNumber.parse(f"{nine}{check_digits(nine)}", allow_synthetic=True)


async def test_a_fodselsnummer_comes_before_a_d_number(ledger: Ledger) -> None:
    before, after = a_d_number(), a_woman()
    await ledger.add_person(before, deceased=False, confidential=False)
    assert await ledger.add_number(before, after)
    person = (await status(ledger, before)).person.person
    assert (before.d_number, after.d_number) == (True, False)
    assert await ledger.patient_of(person=person) == after


async def test_the_records_of_one_merged_away_are_nobodys(ledger: Ledger) -> None:
    gone, stays = await meet(ledger), await meet(ledger)
    record = await create(ledger, gone, {"m": b"m"})
    assert await ledger.merge(gone, stays, at=NOW)
    assert await ledger.patient_of(record=record) is None


async def test_a_withdrawn_womans_record_is_nobodys(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"m": b"m"})
    assert await ledger.patient_of(record=record) == woman
    await withdraw(ledger, woman)
    assert await ledger.patient_of(record=record) is None


@pytest.mark.parametrize(
    ("asked", "found"), [({"b"}, {"b"}), ({"b", "x"}, {"b"}), (set(), set()), (None, {"a", "b"})]
)
async def test_only_the_parts_asked_for_are_opened(
    ledger: Ledger, asked: set[str] | None, found: set[str]
) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"a": b"1", "b": b"2"})
    query = Query(woman, record, Wants.PARTS, None if asked is None else frozenset(asked))
    view = await ledger.read(query, permit())
    assert view.parts == {key: stored for key, stored in (("a", b"1"), ("b", b"2")) if key in found}


def test_other_parts_stay_sealed_and_none_is_opened_twice() -> None:
    opened: list[tuple[int, int]] = []

    def open_(number: int, t: int) -> bytes:
        opened.append((number, t))
        return b"b"

    parts = Parts({"a": (7, 1), "b": (8, 2)}, {}, open_).only(frozenset({"b", "c"}))
    assert (set(parts), opened) == ({"b"}, [])
    assert parts == {"b": b"b"}
    assert parts["b"] == b"b"
    assert opened == [(8, 2)]


def test_a_section_stands_for_all_its_items() -> None:
    names = ("visits", "visits/1", "visits/2", "visitsx", "a")
    parts = Parts({name: (n, 1) for n, name in enumerate(names)}, {}, lambda number, _: b"%d" % number)
    assert set(parts.only(frozenset({"visits/"}))) == {"visits/1", "visits/2"}
    assert set(parts.only(frozenset({"visits", "visits/"}))) == {"visits", "visits/1", "visits/2"}
    assert set(parts.only(frozenset({"visits/1", "a"}))) == {"visits/1", "a"}
    assert parts.only(None) == dict(parts)
