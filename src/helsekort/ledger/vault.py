"""Between plain parts and what the database holds: packed, then sealed under her data key for one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from helsekort.ledger.packing import Packer
from helsekort.ledger.sealing import Key, Keyring, Unreadable

CARD = b"card"
FACTS = b"facts"
COMMIT = b"commit"


@dataclass(frozen=True, slots=True)
class Place:
    """Whose bytes, of which record, after which commit: what sealed bytes are bound to."""

    person: UUID
    record: UUID
    t: int

    def of(self, kind: bytes) -> bytes:
        """The place of the card, the facts or the commit."""
        return b"%s%s%s%d" % (kind, self.person.bytes, self.record.bytes, self.t)


class Vault:
    """Seals and opens heads and commits. Raises Unreadable where stored bytes are not what was put there."""

    def __init__(self, keyring: Keyring, packer: Packer) -> None:
        self.keyring = keyring
        self._packer = packer

    def seal_head(self, kind: bytes, place: Place, key: Key, parts: Mapping[str, bytes]) -> bytes:
        """The card or the facts of a record as they are stored."""
        dictionary, packed = self._packer.pack(parts)
        return key.seal(packed, place=place.of(kind), dictionary=dictionary)

    def open_head(self, kind: bytes, place: Place, key: Key, sealed: bytes) -> dict[str, bytes]:
        """The card's segments or the facts' parts."""
        packed, dictionary = key.open(sealed, place=place.of(kind))
        return self._packer.unpack(self._known(dictionary), packed)

    def seal_commit(
        self, place: Place, key: Key, parts: Mapping[str, bytes], segments: Mapping[str, bytes]
    ) -> bytes:
        """A commit as it is stored."""
        dictionary, packed = self._packer.pack_commit(parts, segments)
        return key.seal(packed, place=place.of(COMMIT), dictionary=dictionary)

    def open_commit(self, place: Place, key: Key, sealed: bytes) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """The parts and segments of a commit."""
        packed, dictionary = key.open(sealed, place=place.of(COMMIT))
        return self._packer.unpack_commit(self._known(dictionary), packed)

    def _known(self, dictionary: int) -> int:
        if not self._packer.knows(dictionary):
            raise Unreadable(f"dictionary {dictionary} is not in the database")
        return dictionary
