"""What is needed now and then beside what was asked for: read in the same act, with one line, and never without one."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import NEWEST, Change, Judgement, Query, View, Wants
from tests.contract.ledger_acts import create, log, meet, permit, put, refuse, write


async def a_card(ledger: Ledger) -> tuple[NationalIdentityNumber, UUID]:
    """A woman and her record of two commits."""
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    await write(ledger, woman, record, {"mother": b"n"})
    return woman, record


def without_father(view: View) -> bool:
    """Whether the part that is looked for is not there."""
    return "father" not in view.parts


def always(_: View) -> bool:
    """More is needed."""
    return True


def never(_: View) -> bool:
    """Nothing more is needed."""
    return False


async def actions(ledger: Ledger, woman: NationalIdentityNumber) -> list[str]:
    """The acts in her log, the oldest first."""
    return [row.action for row in reversed(await log(ledger, woman))]


async def test_the_commits_are_read_where_they_are_needed_with_one_line(ledger: Ledger) -> None:
    woman, record = await a_card(ledger)
    query = Query(woman, record, Wants.PARTS, further=without_father)
    view = await ledger.read(query, permit("look"))
    assert [one.t for one in view.commits] == [1, 2]
    assert view.parts == {"mother": b"n"}
    await write(ledger, woman, record, {"father": b"f"})
    assert (await ledger.read(query, permit("look"))).commits == ()
    assert (await actions(ledger, woman)).count("look") == 2


async def test_many_at_once_are_told_apart(ledger: Ledger) -> None:
    cards = [await a_card(ledger) for _ in range(10)]
    needs = [n % 2 == 0 for n in range(10)]
    views = await asyncio.gather(
        *(
            ledger.read(Query(woman, record, Wants.PARTS, further=always if need else never), permit("look"))
            for (woman, record), need in zip(cards, needs, strict=True)
        )
    )
    assert [len(view.commits) for view in views] == [2 if need else 0 for need in needs]
    for woman, _ in cards:
        assert (await actions(ledger, woman)).count("look") == 1


async def test_who_is_refused_in_between_has_a_line_of_that_too(ledger: Ledger) -> None:
    woman, record = await a_card(ledger)
    judges = iter([permit("look"), refuse(Kind.BLOCKED)])

    def judge(view: View) -> Judgement:
        return next(judges)(view)

    with pytest.raises(Refused) as refused:
        await ledger.read(Query(woman, record, Wants.PARTS, further=without_father), judge)
    assert refused.value.kind is Kind.BLOCKED
    told = [(row.action, row.permitted) for row in reversed(await log(ledger, woman))]
    assert told[-2:] == [("look", True), ("read-record", False)]


async def test_who_is_refused_at_first_sees_nothing_and_is_asked_nothing(ledger: Ledger) -> None:
    woman, record = await a_card(ledger)

    def further(_: View) -> bool:
        raise AssertionError("was asked")

    with pytest.raises(Refused):
        await ledger.read(Query(woman, record, Wants.PARTS, further=further), refuse(Kind.BLOCKED))
    assert [row.permitted for row in await log(ledger, woman)][:1] == [False]


async def test_the_askers_own_error_is_the_askers(ledger: Ledger) -> None:
    woman, record = await a_card(ledger)

    def broken(_: View) -> bool:
        raise ZeroDivisionError

    wrong = ledger.read(Query(woman, record, Wants.PARTS, further=broken), permit("look"))
    right = ledger.read(Query(woman, record, Wants.PARTS), permit("look"))
    error, view = await asyncio.gather(wrong, right, return_exceptions=True)
    assert isinstance(error, ZeroDivisionError)
    assert isinstance(view, View)
    assert (await actions(ledger, woman)).count("look") == 2


async def test_a_proposal_sees_the_commits_where_it_needs_them(ledger: Ledger) -> None:
    woman, record = await a_card(ledger)
    seen: list[int] = []

    def propose(view: View, named: UUID, t: int) -> Change:
        seen.append(len(view.commits))
        return put({"mother": b"o"})(view, named, t)

    for further in (without_father, None, never):
        query = Query(woman, record, Wants.PARTS | Wants.CARD, further=further)
        await ledger.write(query, permit("write"), propose)
    assert seen == [2, 0, 0]
    assert (await actions(ledger, woman)).count("write") == 3


async def test_a_proposal_sees_a_part_it_was_not_expected_to_look_into(ledger: Ledger) -> None:
    woman, record = await a_card(ledger)
    await write(ledger, woman, record, {"father": b"f"})
    seen: list[tuple[bytes, list[str]]] = []

    def propose(view: View, named: UUID, t: int) -> Change:
        seen.append((view.parts["father"], sorted(view.parts)))
        return put({"mother": view.parts["father"] + view.parts["mother"]})(view, named, t)

    for parts in (frozenset({"mother"}), frozenset({"mother", "father"}), frozenset[str](), None):
        query = Query(woman, record, Wants.PARTS | Wants.CARD, parts)
        await ledger.write(query, permit("write"), propose)
    assert seen == [(b"f", ["father", "mother"])] * 4
    view = await ledger.read(Query(woman, record, Wants.PARTS), permit())
    assert view.parts == {"mother": b"ffffn", "father": b"f"}
    assert (await actions(ledger, woman)).count("write") == 4


async def test_a_part_that_is_lost_is_not_written_around(ledger: Ledger, database_url: str) -> None:
    woman, record = await a_card(ledger)
    session = await asyncpg.connect(database_url)
    try:
        await session.execute("DELETE FROM part WHERE record = $1 AND part <> 0", record)
    finally:
        await session.close()
    for parts in (frozenset[str](), frozenset({"mother"}), None):
        query = Query(woman, record, Wants.PARTS | Wants.CARD, parts)
        with pytest.raises(Refused) as refused:
            await ledger.write(
                query, permit("write"), lambda view, *_: put({"b": view.parts["mother"]})(view, *_)
            )
        assert refused.value.kind is Kind.TECHNICAL


async def test_her_newest_tells_which_records_there_are(ledger: Ledger) -> None:
    woman = await meet(ledger)
    first = await create(ledger, woman, {"mother": b"m"})
    await ledger.write(
        Query(woman, first, Wants.PARTS), permit("write"), put({"birthStatus": b"b"}, active=False)
    )
    second = await create(ledger, woman, {"mother": b"m"})
    newest = await ledger.read(Query(woman, NEWEST, Wants.PARTS), permit())
    assert newest.record is not None
    assert (newest.record.record, newest.person.records) == (second, (first, second))
    assert (await ledger.read(Query(woman, first, Wants.PARTS), permit())).person.records == ()
    other = await meet(ledger)
    assert (await ledger.read(Query(other, NEWEST, Wants.PARTS), permit())).person.records == ()
