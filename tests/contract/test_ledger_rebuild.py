"""Heads made again from the commits: equal to those stored, and put right where they are not."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.view import Query, View, Wants
from tests.contract.ledger_acts import create, meet, permit, read, status, withdraw, write

EVERYTHING = Wants.CARD | Wants.PARTS | Wants.COMMITS | Wants.RECORDS


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A session that can spoil what is stored."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def two_pregnancies(ledger: Ledger) -> tuple[NationalIdentityNumber, UUID, UUID]:
    """A woman with an ended and an active record of some commits each."""
    woman = await meet(ledger)
    first = await create(ledger, woman, {"mother": b"m"})
    await write(ledger, woman, first, {"birthStatus": b"b"}, active=False)
    second = await create(ledger, woman, {"mother": b"m", "children": b"c"})
    for n in range(5):
        await write(ledger, woman, second, {"children": b"c%d" % n, f"visit/{n}": b"v"})
    return woman, first, second


async def everything(ledger: Ledger, woman: NationalIdentityNumber, *records: UUID) -> list[View]:
    """All there is of the records."""
    return [await ledger.read(Query(woman, record, EVERYTHING), permit()) for record in records]


async def test_rebuilt_heads_equal_the_stored_ones(ledger: Ledger) -> None:
    women = [await two_pregnancies(ledger) for _ in range(3)]
    result = await ledger.rebuild(segment_of=bytes.upper)
    assert (result.checked, result.repaired, result.damaged, result.drifted) == (6, [], [], [])
    result = await ledger.rebuild(women[0][1], segment_of=bytes.upper)
    assert (result.checked, result.repaired) == (2, [])  # both records of the one woman


@pytest.mark.parametrize(
    "spoil",
    [
        "DELETE FROM card",
        "DELETE FROM part",
        "DELETE FROM part WHERE part = 0",
        "DELETE FROM part WHERE part <> 0",
        "DELETE FROM record",
        "UPDATE card SET sealed = '\\x00'",
        "UPDATE part SET sealed = set_byte(sealed, 30, 1 + get_byte(sealed, 30) % 255)",
        "UPDATE record SET t = 2, active = false",
        "UPDATE record SET changed = now()",
        "UPDATE person SET active_record = NULL",
        "UPDATE person SET latest_record = active_record, active_record = latest_record WHERE false; DELETE FROM card",
    ],
)
async def test_spoilt_heads_are_put_right(ledger: Ledger, owner: asyncpg.Connection, spoil: str) -> None:
    woman, first, second = await two_pregnancies(ledger)
    before = await everything(ledger, woman, first, second)
    await owner.execute(spoil)
    assert (await ledger.rebuild()).repaired
    assert await everything(ledger, woman, first, second) == before
    assert (await ledger.rebuild()).repaired == []


async def test_a_missing_or_spoilt_commit_is_told_and_nothing_is_touched(
    ledger: Ledger, owner: asyncpg.Connection
) -> None:
    woman, first, second = await two_pregnancies(ledger)
    before = [await read(ledger, woman, record) for record in (first, second)]
    await owner.execute("DELETE FROM commit WHERE record = $1 AND t = 3", second)
    await owner.execute("UPDATE commit SET sealed = '\\x0102' WHERE record = $1 AND t = 1", first)
    result = await ledger.rebuild()
    assert sorted(result.damaged) == sorted([first, second])
    assert result.repaired == []
    assert [await read(ledger, woman, record) for record in (first, second)] == before


async def test_a_segment_that_would_be_another_today_is_told(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m", "children": b"c"})
    result = await ledger.rebuild(segment_of=lambda part: part.upper().replace(b"C", b"K"))
    assert result.drifted == [(record, "children")]
    assert result.repaired == []
    assert (await read(ledger, woman, record)).card["children"] == b"C"


async def test_rebuilding_beside_writes_loses_nothing(ledger: Ledger) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"n": b"0"})
    writes = asyncio.gather(*(write(ledger, woman, record, {f"visit/{n}": b"v"}) for n in range(40)))
    result = await ledger.rebuild()
    await writes
    assert (result.repaired, result.damaged) == ([], [])
    assert len((await read(ledger, woman, record)).parts) == 41


async def test_there_is_nothing_to_rebuild_of_who_has_withdrawn(ledger: Ledger) -> None:
    woman, *_ = await two_pregnancies(ledger)
    await withdraw(ledger, woman)
    assert (await ledger.rebuild()).checked == 0
    assert (await status(ledger, woman)).person.latest_record is None


async def test_a_database_from_before_the_parts_had_rows_is_brought_up_to_date(
    ledger: Ledger, owner: asyncpg.Connection, database_url: str, keyring: Keyring
) -> None:
    woman, first, second = await two_pregnancies(ledger)
    before = await everything(ledger, woman, first, second)
    await owner.execute("DELETE FROM part; CREATE TABLE facts (person uuid)")
    again = await Ledger.open(database_url, keyring, new_id=new_id)
    assert await everything(again, woman, first, second) == before
    await again.close()
    assert await owner.fetchval("SELECT to_regclass('facts')") is None


async def test_what_was_stored_before_is_kept_where_a_commit_cannot_be_read(
    ledger: Ledger, owner: asyncpg.Connection, database_url: str, keyring: Keyring
) -> None:
    woman, first, second = await two_pregnancies(ledger)
    [before] = await everything(ledger, woman, first)
    await owner.execute("DELETE FROM part; CREATE TABLE facts (person uuid)")
    await owner.execute("DELETE FROM commit WHERE record = $1 AND t = 3", second)
    again = await Ledger.open(database_url, keyring, new_id=new_id)
    [after] = await everything(again, woman, first)
    assert (after.card, after.parts) == (before.card, before.parts)
    await again.close()
    assert await owner.fetchval("SELECT to_regclass('facts') IS NOT NULL")
