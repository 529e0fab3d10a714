"""Between plain parts and what the database holds: packed, then sealed under her data key for one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from helsekort.ledger.packing import Frames, Packer
from helsekort.ledger.sealing import Key, Keyring

CARD = b"card"
FACTS = b"facts"
COMMIT = b"commit"
NO_FACTS = Frames({}, bytes)


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

    def seal_card(self, place: Place, key: Key, segments: Mapping[str, bytes]) -> bytes:
        """A card as it is stored."""
        return self._sealed(CARD, place, key, self._packer.pack(segments))

    def open_card(self, place: Place, key: Key, sealed: bytes) -> dict[str, bytes]:
        """A card's segments."""
        return self._packer.unpack_all(key.open(sealed, place=place.of(CARD))[0])

    def seal_facts(
        self, place: Place, key: Key, changed: Mapping[str, bytes], *, unchanged: Frames = NO_FACTS
    ) -> bytes:
        """Facts as they are stored: as they were, but for the parts changed."""
        return self._sealed(FACTS, place, key, self._packer.pack_each(changed, unchanged=unchanged))

    def open_facts(self, place: Place, key: Key, sealed: bytes) -> Frames:
        """The parts, unpacked one by one as they are asked for."""
        return self._packer.frames(key.open(sealed, place=place.of(FACTS))[0])

    def seal_commit(
        self, place: Place, key: Key, parts: Mapping[str, bytes], segments: Mapping[str, bytes]
    ) -> bytes:
        """A commit as it is stored."""
        return self._sealed(COMMIT, place, key, self._packer.pack_pair(parts, segments))

    def open_commit(self, place: Place, key: Key, sealed: bytes) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """The parts and segments of a commit."""
        return self._packer.unpack_pair(key.open(sealed, place=place.of(COMMIT))[0])

    def _sealed(self, kind: bytes, place: Place, key: Key, plain: bytes) -> bytes:
        return key.seal(plain, place=place.of(kind), dictionary=self._packer.newest)
