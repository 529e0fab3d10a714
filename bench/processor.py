"""CPU time of processes as the kernel counts it, and which processor they run on.

The time is read from /proc/PID/task/*/schedstat (nanoseconds on a processor, see proc(5)). Requests a second on a machine that
others use too move by half; CPU time a request repeats within about 15 %.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

SAMPLE_SECONDS = 0.05
SERVER_CORE = 0
CLIENT_CORE = 1

Task = tuple[int, int]
"""A process id and one of its thread ids."""


def pin(core: int) -> None:
    """Keep this process, and what it starts, on one processor; on a machine with one they share it."""
    os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})


def family(root: int) -> list[int]:
    """The process and all its descendants that are alive."""
    found = [root]
    for pid in found:
        found += children(pid)
    return found


def children(pid: int) -> list[int]:
    """The processes that one of the process's threads has started and that are alive."""
    started: list[int] = []
    for task in tasks(pid):
        try:
            started += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        except OSError:  # it ended between the two looks
            continue
    return started


def tasks(pid: int) -> list[int]:
    """The threads of a process; none when it has ended."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]  # noqa: PTH208 a hot path, names are enough
    except OSError:
        return []


def run_time(pid: int, task: int) -> int | None:
    """Nanoseconds the thread has run; None when it has ended."""
    try:
        with open(f"/proc/{pid}/task/{task}/schedstat", "rb") as stat:  # noqa: PTH123 a hot path
            return int(stat.read().split(maxsplit=1)[0])
    except (OSError, IndexError):
        return None


@dataclass(slots=True)
class Account:
    """The time of a changing set of processes: those that come count from their start, those that go to their last look."""

    processes: Callable[[], Iterable[int]]
    used: int = 0
    _last: dict[Task, int] = field(default_factory=dict)

    def open(self) -> None:
        """Take what has been used until now as nothing."""
        self.look()
        self.used = 0

    def look(self) -> None:
        """Add what each thread has used since the last look."""
        for pid in self.processes():
            for task in tasks(pid):
                now = run_time(pid, task)
                if now is None:
                    continue
                before = self._last.get((pid, task), 0)
                # A smaller number than before is a new thread with the id of one that has ended.
                self.used += now - before if now >= before else now
                self._last[pid, task] = now


class Meter:
    """Counts the CPU time of the service and of the database while a block runs, in microseconds."""

    def __init__(self, *, service: int, postmaster: int | None) -> None:
        self._service = Account(lambda: family(service))
        self._database = Account(lambda: family(postmaster) if postmaster else ())
        self._done = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Meter:
        self._service.open()
        self._database.open()
        self._sampler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._sampler.join()
        self._look()

    @property
    def service(self) -> float:
        """Microseconds of the service."""
        return self._service.used / 1000

    @property
    def database(self) -> float:
        """Microseconds of all the database's processes."""
        return self._database.used / 1000

    def _sample(self) -> None:
        """Look often, so that little is lost of a process that ends between two looks."""
        while not self._done.wait(SAMPLE_SECONDS):
            self._look()

    def _look(self) -> None:
        self._service.look()
        self._database.look()


def memory(pid: int) -> dict[str, float]:
    """Resident memory of one process in megabytes: all of it (VmRSS), and with shared pages divided among their users (PSS)."""
    rolled = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in rolled.splitlines()[1:]}
    return {"rss_mb": sizes["Rss"] / 1024, "pss_mb": sizes["Pss"] / 1024}
