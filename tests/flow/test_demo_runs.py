"""The demo from its first word to its last: started, kept over a restart, stopped whole, and ended when a part of it breaks."""

import os
import re
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from helsekort.ledger.embedded import EmbeddedServer, processes_in
from tests.flow.ports import free_pair

START_SECONDS = 120
SECOND_START_IMPORTS = 6
"""Three processes read the program, and there is a database; making the women anew would take many times as much."""


@contextmanager
def demo(port: int, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A running demo that has said its welcome, killed at the end if the test has not stopped it."""
    command = [
        sys.executable,
        "-m",
        "helsekort.cli",
        "demo",
        "--port",
        str(port),
        "--data",
        str(folder),
        *arguments,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            if "Helsekort is running" not in read_until(running, "Ctrl-C"):
                running.terminate()
                pytest.fail(f"the demo did not come up: {running.communicate()[1]}")
            yield running
        finally:
            running.kill()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all of these tests, as on a laptop: whatever happened to the last demo, the next one starts."""
    return tmp_path_factory.mktemp("demo")


def read_until(running: subprocess.Popen[str], word: str) -> str:
    """What the demo prints until the word comes, or all it printed when it does not come."""
    assert running.stdout is not None
    deadline, said = time.monotonic() + START_SECONDS, ""
    while word not in said and time.monotonic() < deadline:
        if select.select([running.stdout], [], [], 0.1)[0]:
            read = os.read(running.stdout.fileno(), 4096)
            if not read:
                break
            said += read.decode()
    return said


def children_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [
        int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    ]


def named(word: str, pids: list[int]) -> int:
    """The process of these whose command line holds the word."""
    return next(
        pid for pid in pids if word in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    )


def gone(pids: list[int]) -> bool:
    """Whether all these processes end; what has not ended after a minute does not."""
    deadline = time.monotonic() + 60
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_answers_and_stops_whole(folder: Path, stop: signal.Signals) -> None:
    port = free_pair()
    with demo(port, folder) as running:
        parts = children_of(running.pid)
        assert len(parts) == 3
        for number in (port, port + 1):
            with urllib.request.urlopen(f"http://127.0.0.1:{number}/") as answer:
                assert answer.status == 200
        running.send_signal(stop)
        assert running.wait(30) == 0
        assert running.stderr is not None
        assert running.stderr.read() == ""
    assert gone(parts)
    assert processes_in(folder / "postgres") == []


def test_a_second_start_costs_little_beside_reading_the_program(folder: Path) -> None:
    """In processor time of all its processes, beside that of importing the service once: a slow machine is slow at both."""
    start_and_stop(folder)
    alone = processor_seconds(
        lambda: subprocess.run([sys.executable, "-c", "import helsekort.app"], check=True)
    )
    assert 0 < processor_seconds(lambda: start_and_stop(folder)) < SECOND_START_IMPORTS * alone


def start_and_stop(folder: Path) -> None:
    """Starts the demo and stops it as soon as it runs."""
    with demo(free_pair(), folder) as running:
        running.send_signal(signal.SIGINT)
        running.wait(30)


def processor_seconds(run: Callable[[], object]) -> float:
    """What the processes use that are started and ended meanwhile."""
    before = os.times()
    run()
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


@pytest.mark.parametrize("part", ["postgres", "sandbox serve", "cli serve"])
def test_when_a_part_dies_everything_stops_and_says_so(folder: Path, part: str) -> None:
    with demo(free_pair(), folder) as running:
        parts = children_of(running.pid)
        os.kill(named(part, parts), signal.SIGKILL)
        assert running.wait(60) == 1
        assert running.stderr is not None
        assert re.search(r"stopped", running.stderr.read())
    assert gone(parts)


def test_nothing_outlives_a_killed_demo(folder: Path) -> None:
    with demo(free_pair(), folder) as running:
        parts = children_of(running.pid)
        running.kill()
    assert gone(parts)


def test_a_database_of_ones_own(tmp_path: Path, postgres: EmbeddedServer, database_url: str) -> None:
    with demo(free_pair(), tmp_path, "--database", database_url) as running:
        assert len(children_of(running.pid)) == 2
    assert not (tmp_path / "postgres").exists()


def test_a_database_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    nowhere = f"postgresql://helsekort@127.0.0.1:{free_pair()}/helsekort"
    command = [
        sys.executable,
        "-m",
        "helsekort.cli",
        "demo",
        "--port",
        str(free_pair()),
        "--data",
        str(tmp_path),
    ]
    answer = subprocess.run(
        [*command, "--database", nowhere], capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1, answer.stderr
    assert "database" in answer.stderr.lower()
    assert "--database" in answer.stderr
