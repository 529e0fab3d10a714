"""The parts of a record as rows: which rows hold what is wanted, and what is in them, opened when it is asked for.

A row's number is a keyed hash of the part's name, so that whoever reads the database sees how many parts a record has and not
what they are. The directory (number 0) has every part's name with the commit it is from. It is sealed for the record's last
commit and each part for its own, so that none can be left out, put back as it was, or taken from elsewhere unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from uuid import UUID

DIRECTORY = 0
NUMBER_BYTES = 8


class Numbers:
    """The numbers of parts' rows, by a key that the database never sees (keyed BLAKE2b, RFC 7693)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, record: UUID, name: str) -> int:
        """The number of a part of a record: a positive bigint."""
        made = blake2b(record.bytes + name.encode(), digest_size=NUMBER_BYTES, key=self._key)
        return int.from_bytes(made.digest(), "big") >> 1


Directory = Mapping[str, tuple[int, int]]
"""The name of each part, with its row's number and the number of the commit it is from."""


class Parts(Mapping[str, bytes]):
    """The parts of a record by name, each opened when it is first asked for."""

    __slots__ = ("_open", "_opened", "directory", "rows")

    def __init__(
        self, directory: Directory, rows: Mapping[int, bytes], open_: Callable[[int, int], bytes]
    ) -> None:
        """`open_` opens the row of a number that is from a commit."""
        self.directory = directory
        self.rows = rows
        self._open = open_
        self._opened: dict[str, bytes] = {}

    def __getitem__(self, key: str) -> bytes:
        found = self._opened.get(key)
        if found is None:
            found = self._opened[key] = self._open(*self.directory[key])
        return found

    def __contains__(self, key: object) -> bool:
        return key in self.directory

    def __iter__(self) -> Iterator[str]:
        return iter(self.directory)

    def __len__(self) -> int:
        return len(self.directory)

    def only(self, keys: frozenset[str] | None) -> Parts:
        """The parts of the keys, still sealed; a key that ends with a slash stands for every part below it, None for all."""
        if keys is None:
            return self
        directory = self.directory
        kept = {key: directory[key] for key in keys if key in directory}
        if below := tuple(filter(is_section, keys)):
            kept |= {name: row for name, row in directory.items() if name.startswith(below)}
        return Parts(kept, self.rows, self._open)


def is_section(key: str) -> bool:
    """True for a key that stands for all the parts below it."""
    return key.endswith("/")


NO_PARTS = Parts({}, {}, lambda number, _: b"%d" % number)
