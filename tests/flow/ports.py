"""Ports for the processes that tests start."""

import os
import socket
from itertools import count

# Below the range from which the kernel gives connections their own ports, and elsewhere for each test run.
CANDIDATES = count(20000 + os.getpid() * 2 % 10000, 2)


def free_pair() -> int:
    """A port that is free together with its successor."""
    return next(port for port in CANDIDATES if is_free(port) and is_free(port + 1))


def is_free(port: int) -> bool:
    """Whether nothing uses the port on loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
