"""The folder outside the database that the heads are written to: a file for each month, a line for each head, only added to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from helsekort.audit.head import Head, NotAHead, head_of, line_of
from helsekort.audit.verify import Found, Seen
from helsekort.basics.startup import CannotStart

TAIL = 16_384
"""More bytes than two heads take."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the folder holds: its heads in the order they were written, and lines that are none."""

    heads: tuple[Seen, ...]
    found: tuple[Found, ...]


def read_folder(folder: Path) -> Written:
    """Everything in the folder. A line cut short by a crash is passed over where the next line is the same one, whole."""
    heads: list[Seen] = []
    found: list[Found] = []
    try:
        files = sorted(folder.glob("*.jsonl")) if folder.exists() else []
        for path in files:
            lines = path.read_bytes().split(b"\n")
            for number, line in enumerate(lines[:-1], start=1):
                where = f"{path.name} line {number}"
                try:
                    heads.append(Seen(where, head_of(line)))
                except NotAHead as error:
                    if not (line and lines[number].startswith(line)):
                        found.append(Found(f"{where} is not a head ({error})"))
            if lines[-1] and path != files[-1]:
                found.append(Found(f"{path.name} ends in the middle of a line"))
    except OSError as error:
        raise CannotStart(f"The checkpoints in {folder} cannot be read ({error.strerror}).") from None
    return Written(tuple(heads), tuple(found))


def last_written(folder: Path) -> Head | None:
    """The last whole head in the folder, None where there is none. Raises OSError, and NotAHead where its last line is none."""
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        with path.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - TAIL, 0))
            whole = file.read().split(b"\n")[:-1]
        if whole:
            return head_of(whole[-1])
    return None


def append(folder: Path, head: Head) -> None:
    """Adds a head; on the disk when this returns. Raises OSError.

    After a line that a crash cut short it begins a new one: nothing that was written is ever changed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{head.at.astimezone(UTC):%Y-%m}.jsonl"
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        line = line_of(head) + b"\n"
        if not _ends_a_line(descriptor):
            line = b"\n" + line
        while line:
            line = line[os.write(descriptor, line) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        _fsync_folder(folder)


def _ends_a_line(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
