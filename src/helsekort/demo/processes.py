"""The demo's own processes: started, waited for until they answer, watched, and ended with the demo."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from helsekort.basics.startup import CannotStart

ANSWER_SECONDS = 60
STOP_SECONDS = 10
LAST_WORDS = 20  # lines of a dead process's log that are shown


@dataclass(frozen=True, slots=True)
class Running:
    """A process of the demo: what it is to a person, and where its words go."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it is still running."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Ask it to end, and end it when it does not."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self) -> str:
        """Why it ended, from its log: its one line when it could not start, the last lines when it broke."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().split("\n")
        if self.process.returncode == 2:
            return lines[-1]
        return "\n".join([f"The {self.name} stopped. The end of {self.log}:", *lines[-LAST_WORDS:]])


@contextmanager
def running(
    name: str, arguments: Sequence[str], log: Path, *, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Running]:
    """A `helsekort` command running beside us for as long as the block runs; the kernel ends it with us.

    What must not stand in the machine's list of processes, such as a database's password, goes into `settings`.
    """
    command = ["setpriv", "--pdeathsig=TERM", *helsekort(arguments)]
    with log.open("wb") as output:
        started = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**environment(), **settings},
        )
    child = Running(name, started, log)
    try:
        yield child
    finally:
        child.stop()


def environment() -> dict[str, str]:
    """Our environment without settings of another installation's service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HELSEKORT_")}


def run_to_end(arguments: Sequence[str]) -> str:
    """What a `helsekort` command prints; raises `CannotStart` with its message when it fails."""
    done = subprocess.run(helsekort(arguments), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotStart(done.stderr.strip() or f"helsekort {' '.join(arguments)} failed")
    return done.stdout


def helsekort(arguments: Sequence[str]) -> list[str]:
    """The `helsekort` command line of this very installation."""
    return [sys.executable, "-m", "helsekort.cli", *arguments]


def need_free_port(port: int) -> None:
    """Refuse a port that something else has, before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            message = f"Port {port} cannot be used ({error.strerror}). The demo takes --port and the one after: give another."
            raise CannotStart(message) from None


def wait_until_answering(child: Running, address: str) -> None:
    """Return when the process answers HTTP at the address; raises `CannotStart` when it ends or stays silent."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        if not child.alive:
            raise CannotStart(child.last_words())
        if answers(address):
            return
        time.sleep(0.03)
    message = f"The {child.name} does not answer at {address} after {ANSWER_SECONDS} seconds; see {child.log}"
    raise CannotStart(message)


def answers(address: str) -> bool:
    """Whether something answers HTTP at the address, whatever it answers."""
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - http to loopback
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
