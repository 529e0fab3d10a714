"""Requests that are served together: each gets its own answer, and none suffers from another."""

import asyncio
from collections import Counter
from uuid import UUID

import asyncpg
import pytest
from msgspec import structs

from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.view import Change, Judge, Judgement, Query, StoredCommit, UnknownPerson, View, Wants
from tests.contract.ledger_acts import (
    a_woman,
    consent,
    create,
    entry,
    log,
    meet,
    needs_consent,
    permit,
    put,
    read,
    refuse,
    withdraw,
    write,
)


def unstorable(action: str = "read-record") -> Judge:
    """A judge whose audit row the database cannot take: text with a zero byte."""
    return lambda _: Judgement(structs.replace(entry(action), action="\0"), None)


async def test_each_of_many_readers_gets_her_own_card(ledger: Ledger) -> None:
    women = [await meet(ledger) for _ in range(70)]
    records = await asyncio.gather(
        *(create(ledger, woman, {"mother": b"of %d" % n}) for n, woman in enumerate(women))
    )
    views = await asyncio.gather(
        *(read(ledger, woman, record) for woman, record in zip(women, records, strict=True))
    )
    assert [view.parts["mother"] for view in views] == [b"of %d" % n for n in range(70)]
    for woman in women:
        assert Counter(row.action for row in await log(ledger, woman)) == {
            "give-consent": 1,
            "create-record": 1,
            "read-record": 1,
        }


async def test_one_group_of_every_kind_of_read(ledger: Ledger) -> None:
    woman, other = await meet(ledger), await meet(ledger, consented=False)
    record = await create(ledger, woman, {"mother": b"m"})
    answers = await asyncio.gather(
        ledger.read(Query(woman, record, Wants.CARD), permit()),
        ledger.read(Query(other, record, Wants.CARD), needs_consent()),
        ledger.read(Query(a_woman(), None, Wants.STATUS), permit()),
        ledger.read(Query(woman, None, Wants.RECORDS | Wants.LOG), permit()),
        ledger.read(Query(woman, record, Wants.COMMITS), permit()),
        ledger.note(None, entry()),
        ledger.read(Query(woman, record, Wants.PARTS), lambda _: Judgement(1 // 0, None)),  # type: ignore[arg-type]
        return_exceptions=True,
    )
    card, refused, unknown, records, commits, noted, broken = answers
    assert isinstance(card, View)
    assert card.card["mother"] == b"M"
    assert isinstance(refused, Refused)
    assert refused.kind is Kind.NO_CONSENT
    assert isinstance(unknown, UnknownPerson)
    assert isinstance(records, View)
    assert len(records.records) == 1
    assert isinstance(commits, View)
    assert commits.commits[0].parts == {"mother": b"m"}
    assert noted is None
    assert isinstance(broken, ZeroDivisionError)


async def test_a_caller_who_goes_away_does_not_harm_the_others(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    reads = [asyncio.create_task(read(ledger, woman, record)) for _ in range(30)]
    writes = [asyncio.create_task(write(ledger, woman, record, {"n": b"%d" % n})) for n in range(30)]
    await asyncio.sleep(0)
    for task in [*reads[::3], *writes[::3]]:
        task.cancel()
    done = await asyncio.gather(*reads, *writes, return_exceptions=True)
    gone = [answer for answer in done if isinstance(answer, asyncio.CancelledError)]
    assert 1 <= len(gone) <= 20
    assert all(isinstance(answer, View | StoredCommit | asyncio.CancelledError) for answer in done)
    commits = (await read(ledger, woman, record, Wants.COMMITS)).commits
    assert [commit.t for commit in commits] == list(range(1, len(commits) + 1))


async def test_one_write_the_database_refuses_is_refused_alone(ledger: Ledger) -> None:
    women = [await meet(ledger) for _ in range(12)]
    records = [await create(ledger, woman, {"mother": b"m"}) for woman in women]

    def attempt(n: int) -> asyncio.Future[StoredCommit]:
        judge = unstorable() if n == 5 else permit("write-section")
        query = Query(women[n], records[n], Wants.CARD | Wants.PARTS)
        return asyncio.ensure_future(ledger.write(query, judge, put({"mother": b"m2"})))

    answers = await asyncio.gather(*(attempt(n) for n in range(12)), return_exceptions=True)
    assert [n for n, answer in enumerate(answers) if not isinstance(answer, StoredCommit)] == [5]
    assert isinstance(answers[5], Refused)
    assert answers[5].kind is Kind.DATABASE
    for n in range(12):
        view = await read(ledger, women[n], records[n])
        assert view.parts["mother"] == (b"m" if n == 5 else b"m2")


async def test_one_read_the_database_refuses_is_refused_alone(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    query = Query(woman, record, Wants.CARD)
    judges = [unstorable() if n == 3 else permit() for n in range(10)]
    answers = await asyncio.gather(*(ledger.read(query, judge) for judge in judges), return_exceptions=True)
    assert [n for n, answer in enumerate(answers) if not isinstance(answer, View)] == [3]
    assert len(await log(ledger, woman)) == 2 + 9


async def test_writers_of_one_record_never_lose_an_acknowledged_change(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"visits": b""})

    async def writer(name: str) -> None:
        for n in range(20):

            def propose(view: View, _record: UUID, t: int, mark: str = f"{name}{n} ") -> Change:
                return Change({"visits": view.parts["visits"] + mark.encode()}, {"record": b"T%d" % t})

            await ledger.write(
                Query(woman, record, Wants.CARD | Wants.PARTS), permit("write-section"), propose
            )

    await asyncio.gather(*(writer(name) for name in "abcd"))
    view = await read(ledger, woman, record, Wants.CARD | Wants.PARTS | Wants.COMMITS)
    assert sorted(view.parts["visits"].split()) == sorted(
        f"{name}{n}".encode() for name in "abcd" for n in range(20)
    )
    assert [commit.t for commit in view.commits] == list(range(1, 82))
    assert view.card["record"] == b"T81"


async def test_two_services_on_one_database_lose_nothing_either(
    ledger: Ledger, database_url: str, keyring: Keyring
) -> None:
    other = await Ledger.open(database_url, keyring, new_id=new_id)
    try:
        woman = await meet(ledger)
        record = await create(ledger, woman, {"visits": b""})

        async def add(through: Ledger, mark: bytes) -> None:
            def propose(view: View, _record: UUID, t: int) -> Change:
                return Change({"visits": view.parts["visits"] + mark}, {"record": b"T%d" % t})

            await through.write(
                Query(woman, record, Wants.CARD | Wants.PARTS), permit("write-section"), propose
            )

        await asyncio.gather(*(add((ledger, other)[n % 2], b"%d " % n) for n in range(40)))
        visits = (await read(other, woman, record)).parts["visits"]
        assert sorted(map(int, visits.split())) == list(range(40))
    finally:
        await other.close()


async def test_a_hundred_creates_at_once_make_one_record(ledger: Ledger) -> None:
    woman = await meet(ledger)
    answers = await asyncio.gather(*(create(ledger, woman, {}) for _ in range(100)), return_exceptions=True)
    made = [answer for answer in answers if isinstance(answer, UUID)]
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert (len(made), len(refused)) == (1, 99)
    assert {each.kind for each in refused} == {Kind.ALREADY_EXISTS}
    view = await ledger.read(Query(woman, None, Wants.RECORDS | Wants.LOG), permit())
    assert [each.state.record for each in view.records] == made
    assert sum(row.action == "create-record" and row.permitted for row in view.log) == 1
    assert len(view.log) == 1 + 100


async def test_one_person_met_by_many_at_once_is_one_person(ledger: Ledger, database_url: str) -> None:
    woman = a_woman()
    await asyncio.gather(*(ledger.add_person(woman, deceased=False, confidential=False) for _ in range(20)))
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM person") == 1
    assert await connection.fetchval("SELECT count(*) FROM identifier") == 1
    await connection.close()


async def test_acts_of_one_woman_keep_their_order(ledger: Ledger) -> None:
    woman = await meet(ledger, consented=False)
    record = new_id()
    query = Query(woman, record, Wants.CARD | Wants.PARTS)
    steps = [
        consent(ledger, woman),
        ledger.create(query, needs_consent("create-record"), put({"mother": b"m"})),
        ledger.write(query, needs_consent("write-section"), put({"mother": b"m2"})),
        withdraw(ledger, woman),
        ledger.write(query, needs_consent("write-section"), put({"mother": b"m3"})),
    ]
    answers = await asyncio.gather(*steps, return_exceptions=True)
    assert isinstance(answers[2], StoredCommit)
    assert isinstance(answers[4], Refused)
    assert answers[4].kind is Kind.NO_CONSENT


async def test_refusals_and_successes_of_one_group_are_both_written_down(ledger: Ledger) -> None:
    women: list[NationalIdentityNumber] = [await meet(ledger) for _ in range(10)]
    records = [await create(ledger, woman, {}) for woman in women]
    answers = await asyncio.gather(
        *(
            ledger.write(
                Query(woman, record, Wants.CARD | Wants.PARTS),
                refuse(Kind.INVALID_ROLE) if n % 2 else permit("write-section"),
                put({"mother": b"m"}),
            )
            for n, (woman, record) in enumerate(zip(women, records, strict=True))
        ),
        return_exceptions=True,
    )
    for n, woman in enumerate(women):
        newest = (await log(ledger, woman))[0]
        assert newest.permitted is (n % 2 == 0)
        assert isinstance(answers[n], StoredCommit if n % 2 == 0 else Refused)


async def test_far_too_many_at_once_are_refused_and_not_queued(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helsekort.ledger.lane.MOST_WAITING", 5)
    woman = await meet(ledger)
    query = Query(woman, None, Wants.STATUS)
    answers = await asyncio.gather(*(ledger.read(query, permit()) for _ in range(50)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(refused) == 45
    assert {each.kind for each in refused} == {Kind.DATABASE}
