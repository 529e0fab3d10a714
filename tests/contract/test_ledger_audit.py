"""No audit row, no answer; and what is append-only cannot be changed by the service."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.connection import open_session
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import Query, View, Wants
from tests.contract.ledger_acts import create, log, meet, permit, read, status, withdraw, write


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A session that may change the service's rights."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_no_audit_row_no_answer(ledger: Ledger, owner: asyncpg.Connection) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    await owner.execute("REVOKE INSERT ON audit FROM helsekort_app")
    every = Wants.CARD | Wants.PARTS | Wants.RECORDS | Wants.COMMITS | Wants.LOG
    acts = [
        *(read(ledger, woman, record) for _ in range(10)),
        *(ledger.read(Query(woman, record, every), permit()) for _ in range(5)),
        *(status(ledger, woman) for _ in range(5)),
        write(ledger, woman, record, {"mother": b"m2"}),
        withdraw(ledger, woman),
    ]
    for answer in await asyncio.gather(*acts, return_exceptions=True):
        assert isinstance(answer, Refused)
        assert answer.kind is Kind.DATABASE
    await owner.execute("GRANT INSERT ON audit TO helsekort_app")
    view = await read(ledger, woman, record)
    assert view.parts == {"mother": b"m"}
    assert [row.action for row in await log(ledger, woman)] == [
        "read-record",
        "create-record",
        "give-consent",
    ]


async def test_data_is_handed_out_only_after_the_row_is_committed(
    ledger: Ledger, owner: asyncpg.Connection
) -> None:
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    await owner.execute("BEGIN; LOCK TABLE audit IN SHARE MODE")
    reading = asyncio.create_task(read(ledger, woman, record))
    await asyncio.sleep(0.3)
    assert not reading.done()
    await owner.execute("COMMIT")
    assert isinstance(await reading, View)


@pytest.mark.parametrize(
    "table", ["audit", "commit", "consent", "outbox", "identifier", "dictionary", "service_key"]
)
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET {}"])
async def test_the_service_cannot_change_what_is_only_added_to(
    ledger: Ledger, database_url: str, table: str, change: str
) -> None:
    columns = {
        "audit": "permitted = true",
        "commit": "t = 1",
        "consent": "given = true",
        "outbox": "kind = ''",
        "identifier": "person = person",
        "dictionary": "id = 1",
        "service_key": "name = ''",
    }
    session = await open_session(database_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await session.execute(change.format(table, columns[table]))
    await session.close()


@pytest.mark.parametrize("table", ["person", "record", "card", "part", "data_key"])
async def test_the_service_deletes_nothing_but_by_withdrawal(
    ledger: Ledger, database_url: str, table: str
) -> None:
    session = await open_session(database_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await session.execute(f"DELETE FROM {table}")  # noqa: S608 - one of the names above
    await session.close()
