"""The audit rows as a file that can be verified anywhere: the bytes that are signed for, one after the other.

Format: a line `helsekort audit rows 1`, for each row its length (4 bytes, big-endian) and its bytes (audit/leaf.py), at the end
length 0 and the number of rows (8 bytes). With zstd around it where the file's name ends in .zst.
"""

from __future__ import annotations

import os
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import asyncpg
import zstandard

from helsekort.audit.leaf import PLACE
from helsekort.basics.startup import CannotStart
from helsekort.ledger.audit_rows import START, read_rows, settled

MAGIC = b"helsekort audit rows 1\n"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
PAGE = 5_000
BLOCK = 1 << 20
LONGEST = 1 << 24
LENGTH = struct.Struct(">I")
COUNT = struct.Struct(">Q")


class NotWhole(Exception):
    """The file is no export, or was cut short; the message says which."""


async def stored_rows(connection: asyncpg.Connection) -> AsyncIterator[list[bytes]]:
    """Every row there is, in batches, as the database holds them now."""
    before, place = await settled(connection), START
    while rows := await read_rows(connection, after=place, before=before, most=PAGE):
        yield rows
        place = rows[-1][PLACE]


async def write_export(batches: AsyncIterator[list[bytes]], path: Path) -> AsyncIterator[int]:
    """Writes the batches to a new file that only this user can read; yields how many rows are written so far."""
    count = 0
    with _new_file(path) as file:
        file.write(MAGIC)
        async for rows in batches:
            file.write(b"".join([LENGTH.pack(len(row)) + row for row in rows]))
            count += len(rows)
            yield count
        file.write(LENGTH.pack(0) + COUNT.pack(count))


def exported_rows(path: Path) -> Iterator[list[bytes]]:
    """The rows of an export in batches; raises NotWhole and CannotStart."""
    try:
        with path.open("rb") as raw:
            compressed = raw.read(len(ZSTD_MAGIC)) == ZSTD_MAGIC
            raw.seek(0)
            yield from _rows(zstandard.ZstdDecompressor().stream_reader(raw) if compressed else raw)
    except OSError as error:
        raise CannotStart(f"{path} cannot be read ({error.strerror}).") from None
    except zstandard.ZstdError as error:
        raise NotWhole(f"the file is damaged ({error})") from None


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CannotStart(f"{path} cannot be made ({error.strerror}). Give another file.") from None
    with os.fdopen(descriptor, "wb") as raw:
        if path.suffix == ".zst":
            with zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as packed:
                yield packed
        else:
            yield raw
        raw.flush()
        os.fsync(raw.fileno())


def _rows(file: IO[bytes]) -> Iterator[list[bytes]]:
    if file.read(len(MAGIC)) != MAGIC:
        raise NotWhole("the file is not an export of audit rows")
    count, rest = 0, b""
    while block := file.read(BLOCK):
        rows, rest, ended = _split(rest + block)
        count += len(rows)
        yield rows
        if ended:
            if rest + file.read(COUNT.size + 1) != COUNT.pack(count):
                raise NotWhole(f"the file does not end as an export of {count} rows does")
            return
    raise NotWhole(f"the file ends after {count} rows without the mark of an export's end")


def _split(data: bytes) -> tuple[list[bytes], bytes, bool]:
    """The whole rows, what is left after them, and whether the end's mark (taken off) stood there."""
    rows: list[bytes] = []
    start, end = 0, len(data)
    while start + LENGTH.size <= end:
        (length,) = LENGTH.unpack_from(data, start)
        if length == 0:
            return rows, data[start + LENGTH.size :], True
        if length > LONGEST:
            raise NotWhole(f"the file has a row of {length} bytes")
        if start + LENGTH.size + length > end:
            break
        rows.append(data[start + LENGTH.size : start + LENGTH.size + length])
        start += LENGTH.size + length
    return rows, data[start:], False
