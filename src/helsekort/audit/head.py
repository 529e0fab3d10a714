"""A signed tree head: how many audit rows there were at a moment, and one hash that stands for them all. Pure.

RFC 6962 section 3.5 in our own form: one line of JSON, signed with Ed25519 (RFC 8032) over the text of `signed_text`.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from helsekort.audit.leaf import place_bytes, place_of
from helsekort.audit.tree import Tree

VERSION = 1


class NotAHead(ValueError):
    """A line that is no tree head; the message says why."""


@dataclass(frozen=True, slots=True)
class Head:
    """The log's state after `size` rows, the last of which stands at `last` (leaf.place_bytes).

    `origin` names the log, the same in all its heads. `peaks` (tree.Tree) are not signed: they must give the root.
    """

    origin: str
    size: int
    root: bytes
    at: datetime
    last: bytes
    peaks: tuple[bytes, ...]
    signature: bytes = b""

    def tree(self) -> Tree:
        """The tree as it was, to add the following rows to."""
        return Tree.of(self.size, self.peaks)


def signed_text(head: Head) -> bytes:
    """What the signature is over: a line for each thing that is promised."""
    tx, last = place_of(head.last)
    lines = (
        f"helsekort audit head {VERSION}",
        head.origin,
        str(head.size),
        head.root.hex(),
        head.at.isoformat(),
        f"{tx} {last}",
    )
    return "".join(f"{line}\n" for line in lines).encode()


def sign(head: Head, key: Ed25519PrivateKey) -> Head:
    """The head with its signature."""
    return replace(head, signature=key.sign(signed_text(head)))


def is_signed_by(head: Head, key: Ed25519PublicKey) -> bool:
    """Whether the key's owner signed this head, and its peaks give its root."""
    try:
        key.verify(head.signature, signed_text(head))
        return head.tree().root() == head.root
    except (InvalidSignature, ValueError):
        return False


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A head as it is written."""

    version: int
    origin: str
    size: int
    root: str
    at: datetime
    tx: int
    last: str
    peaks: list[str]
    signature: str


def line_of(head: Head) -> bytes:
    """The head as one line of JSON, without the line's end."""
    tx, last = place_of(head.last)
    line = _Line(
        version=VERSION,
        origin=head.origin,
        size=head.size,
        root=head.root.hex(),
        at=head.at,
        tx=tx,
        last=str(last),
        peaks=[peak.hex() for peak in head.peaks],
        signature=base64.b64encode(head.signature).decode(),
    )
    return msgspec.json.encode(line)


def head_of(line: bytes) -> Head:
    """The head a line holds; raises NotAHead."""
    try:
        read = msgspec.json.decode(line, type=_Line)
        if read.version != VERSION or read.at.utcoffset() is None or not 0 < read.size < 2**63:
            raise NotAHead(f"not a head of version {VERSION}")
        return Head(
            origin=read.origin,
            size=read.size,
            root=bytes.fromhex(read.root),
            at=read.at,
            last=place_bytes(read.tx, msgspec.convert(read.last, UUID)),
            peaks=tuple(bytes.fromhex(peak) for peak in read.peaks),
            signature=base64.b64decode(read.signature, validate=True),
        )
    except (msgspec.MsgspecError, binascii.Error, ValueError, OverflowError) as error:
        raise NotAHead(str(error)) from None
