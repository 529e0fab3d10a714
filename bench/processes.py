"""Servers that are measured, each a process on the service's processor."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from bench.processor import CLIENT_CORE, SERVER_CORE, pin

START_SECONDS = 30
STOP_SECONDS = 30


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(
    command: list[str], port: int, *, output: IO[bytes] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A server on the service's processor, once it listens, for as long as the block runs."""
    pin(SERVER_CORE)
    process = subprocess.Popen(command, stdout=output, stderr=output, env=environment())
    pin(CLIENT_CORE)
    try:
        wait_until_listening(process, port, said=output.name if output else "above")
        yield process
    finally:
        process.terminate()
        process.wait(30)


def wait_until_listening(process: subprocess.Popen[bytes], port: int, *, said: str) -> None:
    """Return when somebody listens on the port; raises when the process ends first or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    message = f"{process.args!r} does not listen on port {port} (exit code {process.poll()}): see {said}"
    raise RuntimeError(message)


def module(name: str) -> list[str]:
    """A Python module as a process that ends when we do."""
    return ["setpriv", "--pdeathsig=TERM", sys.executable, "-m", name]


def environment() -> dict[str, str]:
    """Our environment without settings of another installation's service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HELSEKORT_")}
