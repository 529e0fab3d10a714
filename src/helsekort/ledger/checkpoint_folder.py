"""The folder outside the database that the heads are written to: a file for each month, a line for each head, only added to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path

from helsekort.audit.head import Head, NotAHead, head_of, line_of
from helsekort.audit.verify import Found, Seen, Tell
from helsekort.basics.startup import CannotStart

TAIL = 16_384
"""More bytes than two heads take."""


def read_folder(folder: Path, tell: Tell) -> Iterator[Seen]:
    """Every head in the folder in the order they were written, a month at a time; lines that are none are told.

    A line cut short by a crash is passed over where the next line is the same one, whole. Raises CannotStart.
    """
    try:
        files = sorted(folder.glob("*.jsonl"))
        for path in files:
            lines = path.read_bytes().split(b"\n")
            yield from _heads_in(path.name, lines, tell)
            if lines[-1] and path != files[-1]:
                tell(Found(f"{path.name} ends in the middle of a line"))
    except OSError as error:
        raise CannotStart(f"The checkpoints in {folder} cannot be read ({error.strerror}).") from None


def _heads_in(name: str, lines: Sequence[bytes], tell: Tell) -> Iterator[Seen]:
    for number, line in enumerate(lines[:-1], start=1):
        where = f"{name} line {number}"
        try:
            yield Seen(where, head_of(line))
        except NotAHead as error:
            if not (line and lines[number].startswith(line)):
                tell(Found(f"{where} is not a head ({error})"))


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
