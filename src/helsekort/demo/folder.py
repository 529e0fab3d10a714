"""The demo's data folder: made by the demo, held by one demo at a time, emptied only when the demo made it."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helsekort.basics.startup import CannotStart

MARKER = "helsekort-demo"  # says that the demo made the folder, and holds the lock


@contextmanager
def held_folder(folder: Path, *, fresh: bool) -> Iterator[Path]:
    """The folder, made where it is missing, emptied when `fresh`, and held for as long as the block runs.

    Raises `CannotStart` when it cannot be written, holds something else or another demo uses it.
    """
    folder = folder.resolve()
    try:
        claim(folder)
        marker = (folder / MARKER).open("a")
    except OSError as error:
        raise CannotStart(cannot_write(folder, error)) from None
    with marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"Another demo is running on {folder}. Stop it, or give another folder with --data DIR."
            raise CannotStart(message) from None
        if fresh:
            empty(folder)
        yield folder


def claim(folder: Path) -> None:
    """Make the folder and mark it as the demo's; refuses one that holds something else."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / MARKER).exists() and any(folder.iterdir()):
        message = (
            f"{folder} holds something that is not a demo's. Give an empty or a new folder with --data DIR."
        )
        raise CannotStart(message)


def empty(folder: Path) -> None:
    """Delete everything in the folder but its marker."""
    try:
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != MARKER:
                entry.unlink()
    except OSError as error:
        raise CannotStart(cannot_write(folder, error)) from None


def cannot_write(folder: Path, error: OSError) -> str:
    """The refusal of a folder that cannot be written, in one line."""
    return f"Cannot write in {folder} ({error.strerror}). Give a folder you may write in with --data DIR."
