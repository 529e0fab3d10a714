"""Consent withdrawn at one moment: obeyed by every read that starts after it, and by every old copy of the database."""

import asyncio

import asyncpg
import pytest

from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import Query, View, Wants
from tests.contract.ledger_acts import consent, create, meet, needs_consent, permit, read, withdraw, write

CONTENT = ("card", "part", "commit", "record", "data_key")


@pytest.mark.parametrize("judged", [True, False])
async def test_no_read_that_starts_after_the_answer_returns_a_byte(ledger: Ledger, *, judged: bool) -> None:
    """Also where the judge forgets to ask for consent: then there is nothing left to return."""
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m" * 500})
    wants = Wants.CARD | Wants.PARTS | Wants.COMMITS | Wants.RECORDS
    judge = needs_consent() if judged else permit()
    withdrawn, many_before = False, asyncio.Event()
    before: list[View] = []
    after: list[View | BaseException] = []

    async def reader() -> None:
        while len(after) < 400:
            started_after = withdrawn
            [answer] = await asyncio.gather(
                ledger.read(Query(woman, record, wants), judge), return_exceptions=True
            )
            if started_after:
                after.append(answer)
            elif isinstance(answer, View) and answer.card:
                before.append(answer)
                if len(before) == 100:
                    many_before.set()

    readers = [asyncio.create_task(reader()) for _ in range(40)]
    await many_before.wait()
    await withdraw(ledger, woman)
    withdrawn = True
    await asyncio.gather(*readers)
    for answer in after:
        if judged:
            assert isinstance(answer, Refused)
            assert answer.kind is Kind.NO_CONSENT
        else:
            assert isinstance(answer, View)
            assert (answer.card, answer.parts, answer.commits, answer.records) == ({}, {}, (), ())


async def test_a_write_under_way_is_before_or_after_the_withdrawal(ledger: Ledger, database_url: str) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    answers = await asyncio.gather(
        *(write(ledger, woman, record, {"n": b"%d" % n}) for n in range(10)),
        withdraw(ledger, woman),
        *(write(ledger, woman, record, {"n": b"%d" % n}) for n in range(10)),
        return_exceptions=True,
    )
    assert answers[10] is None
    assert all(isinstance(answer, Refused) and answer.kind is Kind.NO_CONSENT for answer in answers[11:])
    connection = await asyncpg.connect(database_url)
    for table in CONTENT:
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - a name above
    await connection.close()


async def test_another_womans_data_stays(ledger: Ledger) -> None:
    woman, other = await meet(ledger), await meet(ledger)
    await create(ledger, woman, {"mother": b"m"})
    record = await create(ledger, other, {"mother": b"o"})
    await withdraw(ledger, woman)
    assert (await read(ledger, other, record)).parts == {"mother": b"o"}


async def test_yesterdays_tables_with_todays_keys_are_unreadable(ledger: Ledger, database_url: str) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    connection = await asyncpg.connect(database_url)
    kept = [table for table in CONTENT if table != "data_key"]
    for table in kept:
        await connection.execute(f"CREATE TABLE yesterday_{table} AS TABLE {table}")
    await withdraw(ledger, woman)
    await consent(ledger, woman)
    for table in kept:
        await connection.execute(f"INSERT INTO {table} TABLE yesterday_{table}")
    for wants in (Wants.CARD, Wants.PARTS, Wants.COMMITS, Wants.RECORDS):
        with pytest.raises(Refused) as refused:
            await ledger.read(Query(woman, record, wants), permit())
        assert refused.value.kind is Kind.TECHNICAL
    await connection.execute("DELETE FROM data_key")
    view = await ledger.read(Query(woman, record, Wants.CARD | Wants.PARTS | Wants.COMMITS), permit())
    assert (view.card, view.parts, view.commits) == ({}, {}, ())
    await connection.close()


async def test_what_is_stored_shows_neither_content_nor_number(ledger: Ledger, database_url: str) -> None:
    woman = await meet(ledger)
    await create(ledger, woman, {"mother": b"a plain secret"})
    connection = await asyncpg.connect(database_url)
    tables = await connection.fetch("SELECT relname FROM pg_stat_user_tables")
    stored = ""
    for table in tables:
        rows = await connection.fetch(f"SELECT x::text AS shown, x AS row FROM {table['relname']} x")  # noqa: S608
        stored += "".join(row["shown"] for row in rows)
        stored += "".join(repr(value) for row in rows for value in row["row"].values())
    await connection.close()
    assert "create-record" in stored  # what may be seen is seen
    for secret in (b"a plain secret", b"A PLAIN SECRET", woman.reveal().encode()):
        assert secret.decode() not in stored
        assert secret.hex() not in stored


async def test_withdrawn_consent_and_the_times_of_it_are_kept(ledger: Ledger, database_url: str) -> None:
    woman = await meet(ledger)
    await withdraw(ledger, woman)
    await consent(ledger, woman)
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("SELECT given, text_version FROM consent ORDER BY at")
    assert [tuple(row) for row in rows] == [(True, "2026-1"), (False, None), (True, "2026-1")]
    await connection.close()


async def test_withdrawing_twice_is_harmless(ledger: Ledger) -> None:
    woman = await meet(ledger)
    await withdraw(ledger, woman)
    await withdraw(ledger, woman)
    view = await ledger.read(Query(woman, None, Wants.LOG), permit())
    assert isinstance(view, View)
    assert [row.action for row in view.log] == ["withdraw-consent", "withdraw-consent", "give-consent"]
