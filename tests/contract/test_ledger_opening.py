"""When the ledger opens and when it refuses to, in one line that names what to do."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from helsekort.basics.ids import new_id
from helsekort.basics.startup import CannotStart
from helsekort.ledger import connection as ledger_connection
from helsekort.ledger.embedded import SERVER_SETTINGS, embedded_postgres
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.migrate import Migration, migrate, migrations
from helsekort.ledger.rotation import rotate
from helsekort.ledger.sealing import KEY_BYTES, Keyring, make_keys
from helsekort.ledger.view import Query, Wants
from tests.conftest import sample_heads
from tests.contract.ledger_acts import consent, create, meet, permit, read, withdraw, write


async def open_and_close(url: str, keyring: Keyring) -> None:
    """What a service does that starts and ends."""
    ledger = await Ledger.open(url, keyring, new_id=new_id, samples=sample_heads)
    await ledger.close()


async def refusal(url: str, keyring: Keyring) -> str:
    """Why the ledger does not open."""
    with pytest.raises(CannotStart) as refused:
        await open_and_close(url, keyring)
    text = str(refused.value)
    assert "\n" not in text
    return text


async def test_an_empty_database_is_made_ready_once(empty_database_url: str, keyring: Keyring) -> None:
    await open_and_close(empty_database_url, keyring)
    owner = await asyncpg.connect(empty_database_url)
    first = await owner.fetch("SELECT * FROM migration"), await owner.fetch("SELECT * FROM dictionary")
    await open_and_close(empty_database_url, keyring)
    assert (
        await owner.fetch("SELECT * FROM migration"),
        await owner.fetch("SELECT * FROM dictionary"),
    ) == first
    assert len(first[0]) == len(migrations())
    await owner.close()


async def test_two_that_start_at_once_make_it_ready_once(empty_database_url: str, keyring: Keyring) -> None:
    await asyncio.gather(*(open_and_close(empty_database_url, keyring) for _ in range(3)))
    owner = await asyncpg.connect(empty_database_url)
    assert await owner.fetchval("SELECT count(*) FROM migration") == len(migrations())
    assert await owner.fetchval("SELECT count(*) FROM dictionary") == 1
    await owner.close()


async def test_keys_noted_by_another_start_in_the_same_moment_are_no_fault(
    database_url: str, keyring: Keyring
) -> None:
    other = await asyncpg.connect(database_url)
    noting = other.transaction()
    await noting.start()
    await other.executemany("INSERT INTO service_key VALUES ($1, $2)", keyring.proofs().items())
    opening = asyncio.create_task(open_and_close(database_url, keyring))
    while not await other.fetchval("SELECT count(*) FROM pg_sleep(0.01), pg_locks WHERE NOT granted"):
        pass  # it has not come to the keys yet
    await noting.commit()
    await opening
    await other.close()


async def test_a_refused_start_notes_no_keys(database_url: str, keyring: Keyring) -> None:
    await open_and_close(database_url, keyring)
    wrong = Keyring(nin_key=b"x" * KEY_BYTES, key_encryption_keys={1: b"k" * KEY_BYTES, 2: b"2" * KEY_BYTES})
    assert "The key nin.key is not the one" in await refusal(database_url, wrong)
    await open_and_close(database_url, keyring)


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
async def test_a_server_that_could_forget_is_refused(
    tmp_path: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setitem(SERVER_SETTINGS, setting, "off")
    with embedded_postgres(tmp_path) as server:
        assert f"Set {setting} = on." in await refusal(server.url, keyring)


async def test_a_database_that_could_forget_is_refused(database_url: str, keyring: Keyring) -> None:
    owner = await asyncpg.connect(database_url)
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    await owner.close()
    assert "Set synchronous_commit = on." in await refusal(database_url, keyring)


async def test_a_server_too_old_is_refused(
    database_url: str, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_connection, "OLDEST_SERVER", 990000)
    assert "too old (server_version)" in await refusal(database_url, keyring)


async def test_a_server_that_is_not_there_is_named(tmp_path: Path, keyring: Keyring) -> None:
    url = f"postgresql://helsekort@/postgres?host={tmp_path}"
    assert "The database cannot be reached" in await refusal(url, keyring)
    assert "The database cannot be reached" in await refusal("not a url", keyring)


async def test_a_changed_migration_and_a_newer_database_are_refused(empty_database_url: str) -> None:
    owner = await asyncpg.connect(empty_database_url)
    first, second = (
        Migration(1, "0001_a.sql", "CREATE TABLE a ()"),
        Migration(2, "0002_b.sql", "CREATE TABLE b ()"),
    )
    assert await migrate(owner, [first]) == ["0001_a.sql"]
    assert await migrate(owner, [first, second]) == ["0002_b.sql"]
    assert await migrate(owner, [first, second]) == []
    with pytest.raises(CannotStart, match=r"newer than this program \(it has 0002_b.sql\)"):
        await migrate(owner, [first])
    with pytest.raises(CannotStart, match=r"0001_a.sql was changed after it was applied"):
        await migrate(owner, [Migration(1, "0001_a.sql", "CREATE TABLE c ()"), second])
    await owner.close()


async def test_a_migration_that_fails_leaves_nothing_of_itself(empty_database_url: str) -> None:
    owner = await asyncpg.connect(empty_database_url)
    with pytest.raises(asyncpg.PostgresError):
        await migrate(owner, [Migration(1, "0001_a.sql", "CREATE TABLE a (); CREATE TABLE a ()")])
    assert await owner.fetchval("SELECT to_regclass('a')") is None
    assert await migrate(owner, [Migration(1, "0001_a.sql", "CREATE TABLE a ()")]) == ["0001_a.sql"]
    await owner.close()


def test_migrations_are_numbered_without_a_gap(tmp_path: Path) -> None:
    (tmp_path / "0002_b.sql").write_text("SELECT 1")
    with pytest.raises(CannotStart, match="not numbered"):
        migrations(tmp_path)


async def test_other_keys_are_refused(database_url: str, keyring: Keyring) -> None:
    await open_and_close(database_url, keyring)
    kek = {1: b"k" * KEY_BYTES}
    other_nin = Keyring(nin_key=b"x" * KEY_BYTES, key_encryption_keys=kek)
    assert "The key nin.key is not the one" in await refusal(database_url, other_nin)
    other_kek = Keyring(nin_key=b"n" * KEY_BYTES, key_encryption_keys={1: b"x" * KEY_BYTES})
    assert "The key kek-1.key is not the one" in await refusal(database_url, other_kek)
    without = Keyring(nin_key=b"n" * KEY_BYTES, key_encryption_keys={2: b"x" * KEY_BYTES})
    assert "The key kek-1.key of this database is missing" in await refusal(database_url, without)


async def test_a_new_key_takes_over_and_the_old_one_can_go(database_url: str, keyring: Keyring) -> None:
    nin, old, new = b"n" * KEY_BYTES, b"k" * KEY_BYTES, b"2" * KEY_BYTES
    ledger = await Ledger.open(database_url, keyring, new_id=new_id)
    woman = await meet(ledger)
    record = await create(ledger, woman, {"mother": b"m"})
    await ledger.close()
    both = Keyring(nin_key=nin, key_encryption_keys={1: old, 2: new})
    ledger = await Ledger.open(database_url, both, new_id=new_id)
    later = await meet(ledger)
    owner = await asyncpg.connect(database_url)
    assert (
        await rotate(owner, both) == 2
    )  # her data key and her number; the later one's are under the new key already
    assert await rotate(owner, both) == 0
    await owner.close()
    await ledger.close()
    ledger = await Ledger.open(
        database_url, Keyring(nin_key=nin, key_encryption_keys={2: new}), new_id=new_id
    )
    assert (await read(ledger, woman, record)).parts == {"mother": b"m"}
    await write(ledger, woman, record, {"mother": b"m2"})
    await create(ledger, later, {})
    await ledger.close()


def test_keys_are_made_once_and_only_we_can_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = Keyring.load_or_make(folder).proofs()
    assert Keyring.load_or_make(folder).proofs() == first
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "nin.key": 0o400,
        "kek-1.key": 0o400,
    }


def test_keys_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"no key-encryption key kek-1.key"):
        Keyring.load(tmp_path)
    make_keys(tmp_path)
    (tmp_path / "kek-1.key").chmod(0o440)
    with pytest.raises(CannotStart, match=r"Others can read the key .*kek-1.key. Do: chmod 400"):
        Keyring.load(tmp_path)
    (tmp_path / "kek-1.key").chmod(0o600)
    (tmp_path / "kek-1.key").write_bytes(b"short")
    with pytest.raises(CannotStart, match=r"kek-1.key is not 32 bytes"):
        Keyring.load(tmp_path)
    (tmp_path / "nin.key").unlink()
    (tmp_path / "kek-1.key").write_bytes(b"k" * KEY_BYTES)
    with pytest.raises(CannotStart, match=r"nin.key cannot be read"):
        Keyring.load_or_make(tmp_path)


async def test_a_database_user_with_few_rights_is_enough_once_the_role_is_there(
    tmp_path: Path, keyring: Keyring
) -> None:
    with embedded_postgres(tmp_path) as server:
        admin = await asyncpg.connect(server.url)
        await admin.execute("CREATE ROLE plain LOGIN")
        await admin.execute("CREATE DATABASE records OWNER plain")
        url = server.url.replace("//helsekort@/postgres", "//plain@/records")
        said = await refusal(url, keyring)
        assert "may not create roles. As an administrator: CREATE ROLE helsekort_app NOLOGIN" in said
        await admin.execute("CREATE ROLE helsekort_app NOLOGIN")
        assert 'permission denied to set role "helsekort_app"' in await refusal(url, keyring)
        await admin.execute("GRANT helsekort_app TO plain")
        await admin.close()
        ledger = await Ledger.open(url, keyring, new_id=new_id)
        woman = await meet(ledger)
        record = await create(ledger, woman, {"mother": b"m"})
        await withdraw(ledger, woman)
        await consent(ledger, woman)
        assert (await ledger.read(Query(woman, record, Wants.CARD), permit())).record is None
        await ledger.close()
