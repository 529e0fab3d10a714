"""What the figures were measured on: machine, versions, date."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from helsekort.ledger.embedded import binary

LIBRARIES = ("uvicorn", "uvloop", "httptools", "asyncpg", "cryptography", "zstandard", "msgspec", "joserfc")


def describe() -> dict[str, object]:
    """Machine, versions and date of this run, and how busy the machine was before it."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgresql": said([str(binary("postgres")), "--version"]).removeprefix("postgres (PostgreSQL) "),
        "libraries": {name: version(name) for name in LIBRARIES},
        "revision": said(["git", "rev-parse", "--short", "HEAD"]),
        "load_before": os.getloadavg()[0],
    }


def processor() -> str:
    """The processor's name as the kernel gives it."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )


def said(command: list[str]) -> str:
    """The first line a command prints; "unknown" where it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip().split("\n")[0]
