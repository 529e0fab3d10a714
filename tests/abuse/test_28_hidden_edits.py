"""Abuse 28: an administrator of the database changes the log of who looked, and the verifier tells."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from helsekort.audit.head import Head, head_of, line_of, sign
from helsekort.audit.leaf import leaf_hash
from helsekort.ledger.checkpoint_folder import append
from helsekort.ledger.checkpoint_key import signing_key
from helsekort.ledger.checkpoints import Tampered
from helsekort.ledger.connection import open_session
from helsekort.ledger.ledger import Ledger
from tests.abuse.signed_log import SignedLog


@pytest.fixture
async def log(database_url: str, ledger: Ledger, tmp_path: Path) -> AsyncIterator[SignedLog]:
    """A log of twenty rows, with heads after 5, 12 and 20."""
    signed = await SignedLog.in_folder(database_url, ledger, tmp_path)
    yield signed
    await signed.administrator.close()


ROWS_6_TO_12 = "rows 6 to 12"


async def test_an_untouched_log_agrees_in_the_database_and_in_an_export(log: SignedLog) -> None:
    assert await log.verify() == (0, "20 rows, 3 heads: all agree\n")
    for file in (str(log.folder / "rows"), str(log.folder / "rows.zst")):
        assert (await log.helsekort("export", file, "--database", log.url))[0] == 0
        assert await log.verify(file) == (0, "20 rows, 3 heads: all agree\n")
        assert (await log.helsekort("export", file, "--database", log.url))[0] == 2  # never over another file
    await log.add(4)
    code, said = await log.verify()
    assert code == 0
    assert "24 rows, 3 heads: all agree\nThe last 4 rows are not yet covered by a head." in said


@pytest.mark.parametrize(
    "change",
    [
        "detail = 'x'",
        "at = at + interval '1 microsecond'",
        "permitted = NOT permitted",
        "action = 'read-status'",
        "person = gen_random_uuid()",
        "record = gen_random_uuid()",
    ],
)
async def test_an_edit_is_found(log: SignedLog, change: str) -> None:
    edit = f"UPDATE audit SET {change} WHERE id = $1"  # noqa: S608 - one of ours
    await log.administrator.execute(edit, await log.row(7))
    code, said = await log.verify()
    assert code == 1
    assert f"{ROWS_6_TO_12}: as many as there were, but edited or swapped" in said
    assert "20 rows, 3 heads: 1 things do not agree" in said


async def test_two_rows_that_change_places_are_found(log: SignedLog) -> None:
    one, other = await log.row(7), await log.row(9)
    await log.administrator.execute(
        "UPDATE audit SET detail = swapped.detail FROM audit swapped"
        " WHERE (audit.id, swapped.id) IN (($1, $2), ($2, $1))",
        one,
        other,
    )
    code, said = await log.verify()
    assert code == 1
    assert f"{ROWS_6_TO_12}: as many as there were, but edited or swapped" in said


async def test_a_deletion_is_found_and_what_follows_still_verified(log: SignedLog) -> None:
    await log.administrator.execute("DELETE FROM audit WHERE id = $1", await log.row(7))
    code, said = await log.verify()
    assert code == 1
    assert f"{ROWS_6_TO_12}: 1 missing" in said
    assert "1 things do not agree" in said
    await log.administrator.execute("DELETE FROM audit WHERE id = $1", await log.row(2))
    assert "rows 1 to 5: 1 missing (before the first head" in (await log.verify())[1]


async def test_a_row_put_in_afterwards_is_found(log: SignedLog) -> None:
    await log.administrator.execute(
        "INSERT INTO audit (person, id, at, action, permitted, detail, tx)"
        " SELECT person, gen_random_uuid(), at, action, permitted, detail, tx FROM audit WHERE id = $1",
        await log.row(7),
    )
    code, said = await log.verify()
    assert code == 1
    assert f"{ROWS_6_TO_12}: 1 too many" in said


async def test_a_row_moved_to_another_time_is_found(log: SignedLog) -> None:
    await log.administrator.execute(
        "UPDATE audit SET tx = pg_current_xact_id() WHERE id = $1", await log.row(7)
    )
    code, said = await log.verify()
    assert code == 1
    assert f"{ROWS_6_TO_12}: 1 missing" in said


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (12, "rows 13 to 20 are cut off the end"),
        (15, "rows 13 to 20: 5 missing"),
        (3, "rows 1 to 5: 2 missing"),
        (0, "rows 1 to 20 are cut off the end"),
    ],
)
async def test_a_cut_tail_is_found_by_the_heads_outside(log: SignedLog, kept: int, said: str) -> None:
    await log.administrator.execute(
        "DELETE FROM audit WHERE id NOT IN (SELECT id FROM audit ORDER BY tx, id LIMIT $1)", kept
    )
    await log.administrator.execute("DELETE FROM audit_head WHERE size > $1", kept)
    code, found = await log.verify()
    assert code == 1
    assert said in found


async def test_a_cut_tail_stops_the_signing(log: SignedLog) -> None:
    await log.administrator.execute("DELETE FROM audit_head WHERE size > 5")
    await log.add(1)
    with pytest.raises(Tampered, match="the folder has a head of 20 rows, which the database lacks"):
        await log.sign()
    assert (await log.verify())[0] == 0  # and nothing was written over it


async def test_an_export_cut_short_is_found(log: SignedLog) -> None:
    whole = log.folder / "rows"
    await log.helsekort("export", str(whole), "--database", log.url)
    data = whole.read_bytes()
    for length in (10, 30, len(data) // 2, len(data) - 12, len(data) - 1):
        (log.folder / "cut").write_bytes(data[:length])
        code, said = await log.verify(str(log.folder / "cut"))
        assert code == 1, length
        assert "the file" in said


async def fork(log: SignedLog) -> None:
    """Whoever holds the key signs another row in the place of the last one."""
    last = log.heads()[-1]
    await log.add(1)
    await log.sign()
    real = log.heads()[-1]
    tree = last.tree()
    tree.add([leaf_hash(b"another row")])
    other = Head(real.origin, 21, tree.root(), real.at, real.last, tuple(tree.peaks))
    append(log.checkpoints.folder, sign(other, log.checkpoints.key))


async def false_peaks(log: SignedLog) -> None:
    """A genuine signature, but peaks of another tree, so that what follows would be compared with that."""
    head = log.heads()[-1]
    append(log.checkpoints.folder, replace(head, peaks=tuple(b"x" * 32 for _ in head.peaks)))


async def forged_signature(log: SignedLog) -> None:
    """Who lacks the key signs with another."""
    head = log.heads()[-1]
    append(log.checkpoints.folder, sign(head, signing_key(log.folder / "other")))


async def rewritten_history(log: SignedLog) -> None:
    """Whoever holds the key rewrites rows and signs them anew, in a database without the old heads."""
    await log.administrator.execute("DELETE FROM audit WHERE id = $1", await log.row(7))
    await log.administrator.execute("DELETE FROM audit_head")
    shutil.move(log.checkpoints.folder, log.folder / "genuine")
    await log.sign()
    for path in log.checkpoints.folder.glob("*"):
        with (log.folder / "genuine" / path.name).open("ab") as genuine:
            genuine.write(path.read_bytes())
    shutil.rmtree(log.checkpoints.folder)
    shutil.move(log.folder / "genuine", log.checkpoints.folder)


async def back_in_time(log: SignedLog) -> None:
    """A head of fewer rows, written later."""
    head = log.heads()[0]
    later = replace(head, at=head.at + timedelta(days=1))
    append(log.checkpoints.folder, sign(later, log.checkpoints.key))


async def scribble(log: SignedLog) -> None:
    """Something else in the file."""
    path = sorted(log.checkpoints.folder.glob("*.jsonl"))[-1]
    path.write_bytes(b'{"origin": 1}\n' + path.read_bytes())


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (fork, "fork: 2026-12.jsonl line 3 and 2026-12.jsonl line 4 tell of two logs of 21 rows"),
        (false_peaks, "the head in 2026-12.jsonl line 3 is not genuine"),
        (forged_signature, "the head in 2026-12.jsonl line 3 is not genuine"),
        (rewritten_history, "fork: "),
        (back_in_time, "fork: the head in 2026-12.jsonl line 3 covers 5 rows, the one before it 20"),
        (scribble, "2026-12.jsonl line 1 is not a head"),
    ],
)
async def test_heads_that_are_not_of_one_log_are_found(
    log: SignedLog, tamper: Callable[[SignedLog], Awaitable[None]], told: str
) -> None:
    await tamper(log)
    code, said = await log.verify()
    assert code == 1
    assert told in said


async def test_the_wrong_key_and_no_heads_vouch_for_nothing(log: SignedLog) -> None:
    (log.folder / "audit.pub").write_text((await log.helsekort("key", "--keys", str(log.folder / "new")))[1])
    code, said = await log.verify()
    assert code == 1
    assert "no genuine head" in said
    shutil.rmtree(log.checkpoints.folder)
    assert "no genuine head" in (await log.verify())[1]


async def test_the_service_can_neither_change_the_log_nor_choose_a_place_in_it(log: SignedLog) -> None:
    service = await open_session(log.url)
    for statement in (
        "UPDATE audit SET detail = ''",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE audit_head SET line = ''",
        "DELETE FROM audit_head",
        "INSERT INTO audit SELECT person, gen_random_uuid(), at, action, permitted, record, detail, '1' FROM audit",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(statement)
    await service.close()
    assert (await log.verify())[0] == 0


async def test_a_crash_between_the_table_and_the_folder_heals(log: SignedLog) -> None:
    path = sorted(log.checkpoints.folder.glob("*.jsonl"))[-1]
    whole = path.read_bytes()
    *_, last = whole.splitlines(keepends=True)
    for kept in (0, 1, len(last) // 2, len(last) - 1):  # of the last head's line
        path.write_bytes(whole[: len(whole) - len(last) + kept])
        assert (await log.verify())[0] == 0  # the rows are merely not covered yet
        assert await log.sign() == 0
        assert line_of(head_of(path.read_bytes().splitlines()[-1])) + b"\n" == last
        assert await log.verify() == (0, "20 rows, 3 heads: all agree\n")


async def test_the_command_as_an_auditor_runs_it(log: SignedLog) -> None:
    await log.helsekort("export", str(log.folder / "rows.zst"), "--database", log.url)
    outside = ("--checkpoints", str(log.checkpoints.folder), "--key", str(log.folder / "audit.pub"))
    command = [
        sys.executable,
        "-m",
        "helsekort.cli",
        "audit",
        "verify",
        str(log.folder / "rows.zst"),
        *outside,
    ]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"20 rows, 3 heads: all agree\n")
    await log.add(1)
    keys = ("--database", log.url, "--keys", str(log.folder / "keys"))
    assert await log.helsekort("checkpoint", *keys) == (0, f"1 new heads in {log.checkpoints.folder}\n")
    assert await log.verify() == (0, "21 rows, 4 heads: all agree\n")


async def test_a_lost_folder_is_written_again(log: SignedLog) -> None:
    kept = {path.name: path.read_bytes() for path in log.checkpoints.folder.glob("*")}
    assert sorted(kept) == ["2026-11.jsonl", "2026-12.jsonl"]
    shutil.rmtree(log.checkpoints.folder)
    assert await log.sign() == 0
    assert {path.name: path.read_bytes() for path in log.checkpoints.folder.glob("*")} == kept


async def test_only_one_signs_at_a_time_and_never_past_an_open_transaction(log: SignedLog) -> None:
    await log.administrator.execute("BEGIN")
    await log.administrator.execute(
        "INSERT INTO audit (person, id, at, action, permitted, detail)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), now(), 'read-record', true, '')"
    )
    await log.add(3)
    assert await log.sign() == 0
    await log.administrator.execute("COMMIT")
    assert await log.sign() == 1
    assert await log.verify() == (0, "24 rows, 4 heads: all agree\n")
    await log.administrator.execute("SELECT pg_advisory_lock(4825110002)")
    assert await log.sign() is None
