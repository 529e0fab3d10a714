"""Mutation testing: puts one small fault at a time into a file and runs the tests that should notice. `./dev mutate [FILE ...]`

No file is changed: the tests are collected once, and each fault lives in a process of its own that forks from there. Which tests
concern a file, and why a fault that no test notices does not matter, is in tools/mutation.toml.
"""

import ast
import json
import os
import signal
import sys
import time
import tomllib
from collections.abc import Generator, Sequence
from pathlib import Path
from types import FrameType

import pytest
from _pytest.main import pytest_runtestloop as run_collected
from hypothesis import Phase, settings

from tools.faulty import put_into
from tools.mutations import Mutation, mutations

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = ROOT / "tools/mutation.toml"
QUIET = (
    "-x",
    "-q",
    "--no-header",
    "-p",
    "no:cacheprovider",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)
LONGEST = 60
"""Seconds of processor time after which a fault that makes a test hang counts as noticed."""


class Mutating:
    """A pytest plugin: once the tests are collected it runs them with each fault of the file, each time in a new process."""

    def __init__(self, path: Path, reasons: set[str]) -> None:
        self._path = path
        self._module = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        self._reasons = reasons
        self._callers: dict[str, list[int]] = {}
        self.left = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of one run of the tests: one without a fault, and one for each."""
        started, explained = time.monotonic(), set()
        self._callers = self._called_by_tests(session)
        tree = ast.parse(self._path.read_bytes())
        faults = mutations(tree)
        survived = [fault for fault in faults if not self._notices(session, tree, fault)]
        for fault in survived:
            explained |= {fault.name} & self._reasons
            if fault.name not in self._reasons:
                say(f"not noticed: {self._path.name}:{fault.line} {fault.name}")
        for stale in sorted(self._reasons - explained):
            say(f"explained, and yet noticed or gone: {self._path.name} {stale}")
        known = sum(fault.name in explained for fault in survived)
        self.left = len(survived) - known + len(self._reasons - explained)
        took = time.monotonic() - started
        say(
            f"{self._path.name}: {len(faults)} faults, {len(faults) - len(survived)} noticed, {known} explained, "
            f"{len(survived) - known} left, {took:.0f} s"
        )
        return True

    def _called_by_tests(self, session: pytest.Session) -> dict[str, list[int]]:
        """The first lines of the file's functions that each test calls; the tests must pass with the file as it is."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            quieten()
            recorder = Recorder(str(self._path))
            session.config.pluginmanager.register(recorder)
            put_into(sys.modules[self._module], ast.parse(self._path.read_bytes()))
            run_collected(session)
            with os.fdopen(writing, "w") as told:
                json.dump({test: sorted(lines) for test, lines in recorder.called.items()}, told)
            os._exit(1 if session.testsfailed else 0)
        os.close(writing)
        with os.fdopen(reading) as told:
            called: dict[str, list[int]] = json.loads(told.read() or "{}")
        if os.waitpid(child, 0)[1] != 0:
            raise pytest.UsageError(f"{self._path.name}: the tests must pass before a fault is put in.")
        return called

    def _notices(self, session: pytest.Session, tree: ast.Module, fault: Mutation) -> bool:
        """Whether a collected test fails with that fault in the tree; the fork keeps it out of ours."""
        child = os.fork()
        if child == 0:
            signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
            quieten()
            os._exit(self._fails(session, tree, fault))
        return os.waitpid(child, 0)[1] != 0

    def _fails(self, session: pytest.Session, tree: ast.Module, fault: Mutation) -> int:
        if fault.function:
            session.items = [
                item for item in session.items if fault.function in self._callers.get(item.nodeid, [])
            ]
        try:
            fault.put()
            put_into(sys.modules[self._module], tree)
            run_collected(session)
        except BaseException:  # noqa: BLE001 - whatever a fault does, its process ends here
            return 1
        return 1 if session.testsfailed else 0


class Recorder:
    """A pytest plugin that notes which functions of a file each test calls, by their first lines."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.called: dict[str, set[int]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Notes while the test runs, fixtures with it."""
        called = self.called.setdefault(item.nodeid, set())

        def note(frame: FrameType, event: str, _: object) -> None:
            if event == "call" and frame.f_code.co_filename == self._path:
                called.add(frame.f_code.co_firstlineno)

        sys.setprofile(note)
        try:
            return (yield)
        finally:
            sys.setprofile(None)


def quieten() -> None:
    """Throws away what this process prints."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def say(line: str) -> None:
    """A line at once, past what pytest holds back."""
    os.write(2, f"{line}\n".encode())


def main(arguments: Sequence[str]) -> int:
    """Runs the files named, or all that the configuration names; 1 where a fault was neither noticed nor explained."""
    configuration = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))
    settings.register_profile(
        "mutation", phases=[Phase.explicit, Phase.generate], database=None, deadline=None
    )
    settings.load_profile("mutation")
    files = configuration["tests"]
    left = 0
    for each in [str(Path(name).resolve().relative_to(ROOT)) for name in arguments] or files:
        child = os.fork()  # so that no file's tests find another's modules in memory
        if child == 0:
            reasons = {row["fault"] for row in configuration.get("explained", []) if row["file"] == each}
            mutating = Mutating(ROOT / each, reasons)
            os._exit(max(int(pytest.main([*QUIET, *files[each]], plugins=[mutating])), min(mutating.left, 1)))
        left += os.waitpid(child, 0)[1] != 0
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
