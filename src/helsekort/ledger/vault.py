"""Between plain parts and what the database holds: packed, then sealed under her data key for one place."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from helsekort.ledger.packing import Packer
from helsekort.ledger.parts import DIRECTORY, NO_PARTS, Parts
from helsekort.ledger.sealing import Key, Keyring, NotFetched, Unreadable

CARD = b"card"
PARTS = b"parts"
PART = b"part"
COMMIT = b"commit"
NUMBERS = struct.Struct(">QI")
"""Of a part's row: its number, and the number of the commit it is from."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose bytes, of which record, after which commit: what sealed bytes are bound to."""

    person: UUID
    record: UUID
    t: int

    def of(self, kind: bytes) -> bytes:
        """The place of the card, the directory of the parts or the commit."""
        return b"%s%s%s%d" % (kind, self.person.bytes, self.record.bytes, self.t)

    def of_parts(self) -> bytes:
        """What the place of every part begins with; its row's number and the commit it is from follow."""
        return b"%s%s%s" % (PART, self.person.bytes, self.record.bytes)


class Vault:
    """Seals and opens heads and commits. Raises Unreadable where stored bytes are not what was put there."""

    def __init__(self, keyring: Keyring, packer: Packer) -> None:
        self.keyring = keyring
        self._packer = packer

    def seal_card(self, place: Place, key: Key, segments: Mapping[str, bytes]) -> bytes:
        """A card as it is stored."""
        return self._sealed(place.of(CARD), key, self._packer.pack(segments))

    def open_card(self, place: Place, key: Key, sealed: bytes) -> dict[str, bytes]:
        """A card's segments."""
        return self._packer.unpack_all(key.open(sealed, place=place.of(CARD)))

    def seal_change(
        self, place: Place, key: Key, changed: Mapping[str, bytes], unchanged: Parts = NO_PARTS
    ) -> list[tuple[int, bytes]]:
        """The rows to store, by number: the parts that a commit changes, and the directory with the others in it."""
        return self.seal_parts(place, key, changed, dict.fromkeys(changed, place.t), unchanged)

    def seal_parts(
        self,
        place: Place,
        key: Key,
        parts: Mapping[str, bytes],
        written: Mapping[str, int],
        others: Parts = NO_PARTS,
    ) -> list[tuple[int, bytes]]:
        """The rows of these parts, of which `written` tells the commits they are from, and the directory of all."""
        directory, rows = dict(others.directory), []
        taken = {number for number, _ in directory.values()}
        for name, part in parts.items():
            number = self.keyring.parts.of(place.record, name)
            if name not in others and (number in taken or number in others.rows):
                # of ten thousand parts, once in 10^11 records
                raise Unreadable("two parts have the same number")
            directory[name] = (number, written[name])
            where = place.of_parts() + NUMBERS.pack(number, written[name])
            rows.append((number, self._sealed(where, key, self._packer.pack_part(part))))
        packed = self._packer.pack_directory(directory)
        return [(DIRECTORY, self._sealed(place.of(PARTS), key, packed)), *rows]

    def open_parts(self, place: Place, key: Key, rows: Mapping[int, bytes]) -> Parts:
        """The parts in these rows, opened one by one as they are asked for; raises Unreadable without the directory."""
        if DIRECTORY not in rows:
            raise Unreadable("the directory of the parts is missing")
        directory = key.open(rows[DIRECTORY], place=place.of(PARTS))
        where, unpack = place.of_parts(), self._packer.unpack

        def opened(number: int, t: int) -> bytes:
            sealed = rows.get(number)
            if sealed is None:
                raise NotFetched("a part is missing")
            return unpack(key.open(sealed, place=where + NUMBERS.pack(number, t)))

        return Parts(self._packer.unpack_directory(directory), rows, opened)

    def seal_commit(
        self, place: Place, key: Key, parts: Mapping[str, bytes], segments: Mapping[str, bytes]
    ) -> bytes:
        """A commit as it is stored."""
        return self._sealed(place.of(COMMIT), key, self._packer.pack_pair(parts, segments))

    def open_commit(self, place: Place, key: Key, sealed: bytes) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """The parts and segments of a commit."""
        return self._packer.unpack_pair(key.open(sealed, place=place.of(COMMIT)))

    def _sealed(self, place: bytes, key: Key, plain: bytes) -> bytes:
        return key.seal(plain, place=place, dictionary=self._packer.newest)
