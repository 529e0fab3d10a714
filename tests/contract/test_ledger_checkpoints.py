"""The worker that signs for audit rows: on its own, beside others, after faults; and its key."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from helsekort.audit.head import line_of, sign
from helsekort.audit.leaf import leaf_hash, place_bytes
from helsekort.basics.startup import CannotStart
from helsekort.ledger import checkpoints as signing
from helsekort.ledger.checkpoint_folder import last_written
from helsekort.ledger.checkpoint_key import NAME, public_key, public_pem, signing_key
from helsekort.ledger.checkpoints import Tampered, keep
from helsekort.ledger.ledger import Ledger
from tests.abuse.signed_log import SignedLog
from tests.contract.ledger_acts import create, meet, read, withdraw


@pytest.fixture
async def log(database_url: str, ledger: Ledger, tmp_path: Path) -> AsyncIterator[SignedLog]:
    """A log of twenty rows, with heads after 5, 12 and 20."""
    signed = await SignedLog.in_folder(database_url, ledger, tmp_path)
    yield signed
    await signed.administrator.close()


@asynccontextmanager
async def signers(log: SignedLog, count: int) -> AsyncIterator[None]:
    """So many workers, as several services on one database have them."""
    tasks = [asyncio.create_task(keep(log.url, log.checkpoints, every=0.02)) for _ in range(count)]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def signed_up_to(log: SignedLog, size: int) -> None:
    """Waits until the folder has a head of so many rows."""
    async with asyncio.timeout(20):
        while (head := last_written(log.checkpoints.folder)) is None or head.size < size:
            await log.administrator.execute("SELECT pg_sleep(0.02)")


async def test_workers_sign_by_themselves_and_agree(log: SignedLog) -> None:
    async with signers(log, 3):
        for _ in range(5):
            await log.add(4)
        await signed_up_to(log, 40)
    assert (await log.verify())[1].startswith("40 rows, ")
    assert "all agree" in (await log.verify())[1]


async def test_a_lost_session_is_opened_again(log: SignedLog, caplog: pytest.LogCaptureFixture) -> None:
    async with signers(log, 1):
        await log.add(1)
        await signed_up_to(log, 21)
        await log.administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE '%advisory%' AND pid <> pg_backend_pid()"
        )
        await log.add(1)
        await signed_up_to(log, 22)
    assert "all agree" in (await log.verify())[1]
    assert "the audit log is not signed" in caplog.text


async def test_what_keeps_it_from_signing_is_told_once(
    log: SignedLog, caplog: pytest.LogCaptureFixture
) -> None:
    await log.administrator.execute("DELETE FROM audit_head WHERE size > 5")
    with caplog.at_level(logging.ERROR):
        async with signers(log, 1):
            await log.administrator.execute("SELECT pg_sleep(0.5)")
    told = [record.getMessage() for record in caplog.records]
    assert told == ["the audit log is not signed: the folder has a head of 20 rows, which the database lacks"]


async def test_a_long_backlog_becomes_several_heads(log: SignedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "MOST_ROWS", 3)
    monkeypatch.setattr("helsekort.ledger.audit_rows.read_rows.__kwdefaults__", {"most": 2})
    await log.add(10)
    assert await log.sign() == 3
    sizes = [head.size for head in log.heads()]
    assert sizes == [5, 12, 20, 24, 28, 30]
    assert await log.verify() == (0, "30 rows, 6 heads: all agree\n")


async def test_a_server_that_counts_from_the_beginning_again_is_not_signed_for(log: SignedLog) -> None:
    head = log.heads()[-1]
    tree = head.tree()
    tree.add([leaf_hash(b"a row of another server")])
    place = place_bytes(10**12, UUID(int=1))
    later = sign(
        replace(head, size=21, root=tree.root(), peaks=tuple(tree.peaks), last=place), log.checkpoints.key
    )
    await log.administrator.execute("INSERT INTO audit_head VALUES (21, $1)", line_of(later))
    with pytest.raises(Tampered, match="this server counts transactions from"):
        await log.sign()


@pytest.mark.parametrize("folder_too", [False, True])
async def test_another_key_does_not_go_on_from_our_heads(log: SignedLog, *, folder_too: bool) -> None:
    other = replace(log.checkpoints, key=signing_key(log.folder / "other"))
    if folder_too:
        other = replace(other, folder=log.folder / "elsewhere")
    log.checkpoints = other
    with pytest.raises(Tampered, match="not signed with this key"):
        await log.sign()


async def test_heads_that_differ_inside_and_outside_are_not_gone_on_from(log: SignedLog) -> None:
    outside = log.heads()[-1]
    other = sign(replace(outside, at=outside.at + timedelta(minutes=1)), log.checkpoints.key)
    await log.administrator.execute("UPDATE audit_head SET line = $1 WHERE size = 20", line_of(other))
    with pytest.raises(Tampered, match="the heads of 20 rows in the folder and in the database differ"):
        await log.sign()


async def test_a_withdrawal_leaves_the_log_whole(log: SignedLog) -> None:
    woman = await meet(log.ledger)
    record = await create(log.ledger, woman, {"mother": b"m"})
    await read(log.ledger, woman, record)
    await log.sign()
    await withdraw(log.ledger, woman)
    await log.sign()
    code, said = await log.verify()
    assert (code, "all agree" in said) == (0, True)
    assert await log.administrator.fetchval("SELECT count(*) FROM commit") == 0


async def test_a_folder_that_cannot_be_written_loses_nothing(log: SignedLog) -> None:
    month = sorted(log.checkpoints.folder.glob("*.jsonl"))[-1]
    kept = month.read_bytes()
    month.unlink()
    month.mkdir()
    await log.add(1)
    with pytest.raises(OSError, match="directory"):
        await log.sign()
    month.rmdir()
    month.write_bytes(kept)
    assert await log.sign() is not None
    assert await log.verify() == (0, "21 rows, 4 heads: all agree\n")


def test_the_key_is_made_once_and_only_we_can_read_it(tmp_path: Path) -> None:
    first = public_pem(signing_key(tmp_path / "keys"))
    assert public_pem(signing_key(tmp_path / "keys")) == first
    path = tmp_path / "keys" / NAME
    assert [each.name for each in path.parent.iterdir()] == [NAME]
    assert path.stat().st_mode & 0o777 == 0o400
    path.chmod(0o440)
    with pytest.raises(CannotStart, match="Others can read the key"):
        signing_key(tmp_path / "keys")


def test_keys_that_are_none_are_named(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("no key")
    (tmp_path / NAME).chmod(0o400)
    with pytest.raises(CannotStart, match="not a private Ed25519 key"):
        signing_key(tmp_path)
    with pytest.raises(CannotStart, match="is not a public key in PEM"):
        public_key(tmp_path / NAME)
    with pytest.raises(CannotStart, match="cannot be read"):
        public_key(tmp_path / "nowhere")


async def test_the_rows_of_a_transaction_that_began_before_and_ends_after_a_head_are_not_lost(
    log: SignedLog,
) -> None:
    slow = await asyncpg.connect(log.url)
    await slow.execute("BEGIN")
    await slow.execute("SELECT pg_current_xact_id()")  # it stands before everything that follows
    await log.add(3)
    assert await log.sign() == 0
    await slow.execute(
        "INSERT INTO audit (person, id, at, action, permitted, detail)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), now(), 'read-record', true, '')"
    )
    await slow.execute("COMMIT")
    await slow.close()
    assert await log.sign() == 1
    assert await log.verify() == (0, "24 rows, 4 heads: all agree\n")
