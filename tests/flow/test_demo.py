"""What keeps the demo from starting is said in one line, with what to do, before anything is touched."""

import fcntl
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from helsekort.demo.folder import MARKER
from tests.flow.ports import free_pair


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The demo run to its end. One that starts says so on stdout and would never end; it is ended then."""
    command = [sys.executable, "-m", "helsekort.cli", "demo", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = process.stdout.readline()
        if said:
            process.terminate()
        rest, complained = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, said + rest, complained)


def assert_refused(answer: subprocess.CompletedProcess[str], *words: str) -> None:
    """One line on stderr that holds the words, nothing on stdout, and exit code 2."""
    assert answer.returncode == 2, answer
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1, answer.stderr
    for word in words:
        assert word in answer.stderr


@pytest.fixture
def free_port() -> int:
    """A port that is free together with its successor."""
    return free_pair()


@pytest.mark.parametrize("taken", [0, 1])
def test_a_port_in_use(tmp_path: Path, free_port: int, taken: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port + taken))
        other.listen()
        answer = demo("--port", str(free_port), "--data", str(tmp_path / "new"))
    assert_refused(answer, f"Port {free_port + taken}", "--port")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path, free_port: int) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    answer = demo("--port", str(free_port), "--data", str(tmp_path / "file" / "below"))
    assert_refused(answer, str(tmp_path / "file" / "below"), "--data DIR")


@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
def test_a_folder_that_holds_something_else_is_left_alone(
    tmp_path: Path, free_port: int, fresh: list[str]
) -> None:
    (tmp_path / "letters.txt").write_text("dear", encoding="utf-8")
    answer = demo("--port", str(free_port), "--data", str(tmp_path), *fresh)
    assert_refused(answer, "not a demo's", "--data DIR")
    assert [entry.name for entry in tmp_path.iterdir()] == ["letters.txt"]


@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
def test_a_folder_that_another_demo_uses(tmp_path: Path, free_port: int, fresh: list[str]) -> None:
    (tmp_path / "postgres").mkdir()
    with (tmp_path / MARKER).open("a") as marker:
        fcntl.flock(marker, fcntl.LOCK_EX)
        answer = demo("--port", str(free_port), "--data", str(tmp_path), *fresh)
    assert_refused(answer, "Another demo is running", "--data DIR")
    assert (tmp_path / "postgres").exists()


def test_fresh_never_touches_a_database_of_ones_own(tmp_path: Path, free_port: int) -> None:
    answer = demo(
        "--port", str(free_port), "--data", str(tmp_path), "--database", "postgresql:///mine", "--fresh"
    )
    assert_refused(answer, "--fresh")


@pytest.mark.parametrize("port", ["0", "65535", "no"])
def test_a_port_that_is_none(port: str) -> None:
    answer = demo("--port", port)
    assert answer.returncode == 2
    assert port in answer.stderr
    assert "Traceback" not in answer.stderr
