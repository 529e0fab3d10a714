"""An audit row as the bytes that are signed for: every column, in one fixed form (RFC 6962 section 2.1 for the hash). Pure.

A form is never changed, only followed by one with the next number: rows signed for in an old form stay verifiable.
"""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC, datetime, timedelta
from uuid import UUID

FORM = 1
LEAF = b"\x00"
"""Before a leaf's bytes when they are hashed, so that no inner node of the tree can be taken for a row (RFC 6962)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIXED = struct.Struct(">BQ16s16sq??16sHI")
_NO_RECORD = bytes(16)
PLACE = slice(1, 25)
"""Of a row's bytes: transaction (8) and id (16), which sort as the rows do in the log."""


def row_bytes(
    *,
    tx: int,
    id: UUID,  # noqa: A002 - the column's name
    person: UUID,
    at: datetime,
    permitted: bool,
    record: UUID | None,
    action: str,
    detail: bytes,
) -> bytes:
    """The row in form 1: form, tx, id, person, microseconds since 1970, permitted, record, action, detail; big-endian."""
    what = action.encode()
    fixed = _FIXED.pack(
        FORM,
        tx,
        id.bytes,
        person.bytes,
        (at - _EPOCH) // _MICROSECOND,
        permitted,
        record is not None,
        _NO_RECORD if record is None else record.bytes,
        len(what),
        len(detail),
    )
    return fixed + what + detail


def leaf_hash(row: bytes) -> bytes:
    """What stands for the row in the tree: SHA-256 of 0x00 and its bytes."""
    return hashlib.sha256(LEAF + row).digest()


def place_bytes(tx: int, id: UUID) -> bytes:  # noqa: A002 - the column's name
    """Where a row with this transaction and id stands among the others."""
    return tx.to_bytes(8, "big") + id.bytes


def place_of(place: bytes) -> tuple[int, UUID]:
    """The transaction and the id again."""
    return int.from_bytes(place[:8], "big"), UUID(bytes=place[8:])
