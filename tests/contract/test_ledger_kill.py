"""kill -9 of PostgreSQL while writers write: what was acknowledged is there, with its audit row, and nothing half."""

from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.embedded import SERVER_SETTINGS, embedded_postgres, start
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.view import Change, Query, View, Wants
from tests.contract.ledger_acts import create, meet, permit, read
from tests.flow.killing import Acknowledged, CutOff, Write, write_and_kill

ROUNDS = 4
WRITERS = 6
Women = list[tuple[NationalIdentityNumber, UUID]]


async def mark(ledger: Ledger, woman: NationalIdentityNumber, record: UUID, number: int) -> None:
    """Adds a mark to the record, as a visit would be."""

    def propose(view: View, _record: UUID, t: int) -> Change:
        return Change({"marks": view.parts["marks"] + b"%d " % number}, {"record": b"T%d" % t})

    try:
        await ledger.write(Query(woman, record, Wants.CARD | Wants.PARTS), permit("write-section"), propose)
    except Refused as refused:
        if refused.kind is Kind.DATABASE and "not known" in refused.sentence:
            raise CutOff from None
        raise


def marking(ledger: Ledger, women: Women) -> Write:
    """Each writer marks a woman of its own."""

    async def write(writer: int, number: int) -> None:
        await mark(ledger, *women[writer], number)

    return write


async def check(url: str, keyring: Keyring, women: Women, told: Acknowledged) -> None:
    """What is stored is what was told, heads are what the commits make, and each commit has its audit row."""
    ledger = await Ledger.open(url, keyring, new_id=new_id)
    for writer, (woman, record) in enumerate(women):
        view = await read(ledger, woman, record, Wants.PARTS | Wants.COMMITS)
        told.compare(writer, [int(number) for number in view.parts["marks"].split()])
        assert [commit.t for commit in view.commits] == list(range(1, len(view.commits) + 1))
    assert (await ledger.rebuild()).repaired == []
    await ledger.close()
    connection = await asyncpg.connect(url)
    audited = "SELECT count(*) FROM audit WHERE action IN ('create-record', 'write-section')"
    for table in ("commit", "outbox"):
        counted = await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name above
        assert counted == await connection.fetchval(audited)
    await connection.close()


async def test_no_acknowledged_write_is_lost(tmp_path: Path, keyring: Keyring) -> None:
    told, women = Acknowledged(), Women()
    for _ in range(ROUNDS):
        server = start(tmp_path)
        ledger = await Ledger.open(server.url, keyring, new_id=new_id)
        while len(women) < WRITERS:
            woman = await meet(ledger)
            women.append((woman, await create(ledger, woman, {"marks": b""})))

        write = marking(ledger, women)
        await write_and_kill(told, writers=WRITERS, write=write, kill=server.kill, enough=100)
        await ledger.close()
        with embedded_postgres(tmp_path) as again:
            await check(again.url, keyring, women, told)
    assert told.count >= 100 * ROUNDS
    assert told.refused or told.unknown  # the kills did cut writes off


async def test_a_server_that_forgets_would_be_found_out(
    tmp_path: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with synchronous_commit off, which the ledger refuses: the check must be able to fail."""
    monkeypatch.setitem(SERVER_SETTINGS, "synchronous_commit", "off")
    monkeypatch.setitem(SERVER_SETTINGS, "wal_writer_delay", "10s")
    monkeypatch.setattr("helsekort.ledger.connection.require_durable", taken_as_durable)
    monkeypatch.setattr("helsekort.ledger.opening.require_durable", taken_as_durable)
    server = start(tmp_path)
    ledger = await Ledger.open(server.url, keyring, new_id=new_id)
    woman = await meet(ledger)
    record = await create(ledger, woman, {"marks": b""})
    connection = await asyncpg.connect(server.url)
    await connection.execute("SET synchronous_commit = on; CREATE TABLE a_durable_commit ()")
    await connection.close()
    told = Acknowledged(stored={0: list(range(20))})
    for number in range(20):
        await mark(ledger, woman, record, number)
    server.kill()
    await ledger.close()
    with embedded_postgres(tmp_path) as again:
        ledger = await Ledger.open(again.url, keyring, new_id=new_id)
        found = [int(number) for number in (await read(ledger, woman, record)).parts["marks"].split()]
        await ledger.close()
    with pytest.raises(AssertionError, match="lost acknowledged writes"):
        told.compare(0, found)


async def taken_as_durable(connection: asyncpg.Connection) -> None:
    """What the ledger would do without its check."""
    assert not connection.is_closed()
