"""The embedded database: made once, kept, recovered after a kill, and never used by two at a time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from helsekort.basics.startup import CannotStart
from helsekort.ledger.embedded import (
    SOCKET_PATH_BYTES,
    EmbeddedServer,
    embedded_postgres,
    processes_in,
    start,
)


async def ask(server: EmbeddedServer, statement: str) -> object:
    """The single value that the statement gives."""
    connection = await asyncpg.connect(server.url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_what_is_written_is_there_at_the_next_start(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path) as server:
        await ask(server, "CREATE TABLE visit AS SELECT 12 AS week")
    assert processes_in(tmp_path / "postgres") == []
    with embedded_postgres(tmp_path) as server:
        assert await ask(server, "SELECT week FROM visit") == 12


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
async def test_every_commit_is_durable(tmp_path: Path, setting: str) -> None:
    with embedded_postgres(tmp_path) as server:
        assert await ask(server, f"SHOW {setting}") == "on"


async def test_it_listens_on_no_network_port(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path) as server:
        assert await ask(server, "SHOW listen_addresses") == ""
        assert (tmp_path / "postgres" / ".s.PGSQL.5432").is_socket()


async def test_a_killed_server_recovers_what_was_committed(tmp_path: Path) -> None:
    server = start(tmp_path)
    await ask(server, "CREATE TABLE visit AS SELECT 12 AS week")
    server.kill()
    assert (tmp_path / "postgres" / "postmaster.pid").exists()
    with embedded_postgres(tmp_path) as server:
        assert await ask(server, "SELECT week FROM visit") == 12


def test_a_server_does_not_outlive_the_program_that_started_it(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from helsekort.ledger.embedded import start;"
    program += "server = start(Path(sys.argv[1])); print('up', flush=True); input()"
    arguments = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "up\n"
        assert processes_in(tmp_path / "postgres") != []
        starter.kill()
    deadline = time.monotonic() + 10
    while processes_in(tmp_path / "postgres") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_in(tmp_path / "postgres") == []


def test_what_outlived_its_program_is_ended_at_the_next_start(tmp_path: Path) -> None:
    left = start(tmp_path)
    left.release()
    with embedded_postgres(tmp_path) as server:
        left.process.wait(10)
        assert server.pid in processes_in(tmp_path / "postgres")


async def test_a_process_id_that_another_program_has_now_does_not_stop_it(tmp_path: Path) -> None:
    server = start(tmp_path)
    server.kill()
    noted = tmp_path / "postgres" / "postmaster.pid"
    rest = noted.read_text(encoding="utf-8").split("\n")[1:]
    noted.write_text("\n".join([str(os.getpid()), *rest]), encoding="utf-8")
    with embedded_postgres(tmp_path) as server:
        assert await ask(server, "SELECT 1") == 1


def test_two_never_use_the_same_folder(tmp_path: Path) -> None:
    with (
        embedded_postgres(tmp_path),
        pytest.raises(CannotStart, match=r"Another process is using .* --data DIR"),
    ):
        start(tmp_path)


async def test_a_long_path_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * (SOCKET_PATH_BYTES // 4))
    with embedded_postgres(folder) as server:
        assert await ask(server, "SELECT 1") == 1
        assert str(folder) not in server.url


def test_a_file_in_the_place_of_the_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(CannotStart, match=r"Cannot write in .*file.*--data DIR") as refusal:
        start(tmp_path / "file")
    assert "\n" not in str(refusal.value)


def test_a_damaged_folder_is_named_with_where_to_read_more(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path):
        pass
    (tmp_path / "postgres" / "PG_VERSION").write_text("9.6\n", encoding="ascii")
    with pytest.raises(CannotStart, match=r"did not start: .*postgres\.log"):
        start(tmp_path)


async def test_a_half_made_folder_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    with embedded_postgres(tmp_path) as server:
        assert await ask(server, "SELECT 1") == 1


def test_stopping_twice_is_harmless(tmp_path: Path) -> None:
    server = start(tmp_path)
    os.kill(server.pid, signal.SIGINT)
    server.stop()
    server.stop()
