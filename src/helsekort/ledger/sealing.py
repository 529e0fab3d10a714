"""Keys, and sealing under them: AES-256-GCM bound to whose bytes they are, so that no two can be swapped.

NIST SP 800-38D: a random 96-bit nonce for each message. A woman's data key seals some hundred messages, the key-encryption key
one message per woman, both far below the 2^32 the standard allows.
"""

from __future__ import annotations

import hmac
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.startup import CannotStart
from helsekort.ledger.parts import Numbers

VERSION = 1
HEADER = struct.Struct(">BII")
"""Of every sealed value: format version, key id, and the newest dictionary its frames may be made with (0: none)."""
KEY_BYTES = 32
NONCE_BYTES = 12
_NONCE = HEADER.size
_BODY = _NONCE + NONCE_BYTES
"""Where the nonce and what is sealed begin."""


class Unreadable(Exception):
    """Stored bytes cannot be opened: another key, another place, or changed."""


class NotFetched(Unreadable):
    """A part that the directory names is not among the rows: it was not asked for, or it is lost."""


@dataclass(frozen=True, slots=True)
class Key:
    """An AES-256 key with the id that sealed values name it by."""

    id: int
    cipher: AESGCM

    def seal(self, plain: bytes, *, place: bytes, dictionary: int = 0) -> bytes:
        """The bytes sealed for one place: whose they are, what they are, which version."""
        header = HEADER.pack(VERSION, self.id, dictionary)
        nonce = os.urandom(NONCE_BYTES)
        return header + nonce + self.cipher.encrypt(nonce, plain, header + place)

    def open(self, sealed: bytes, *, place: bytes) -> bytes:
        """The bytes; raises Unreadable."""
        if len(sealed) < _BODY:
            raise Unreadable("too short")
        header = sealed[:_NONCE]
        version, key, _dictionary = HEADER.unpack(header)
        if version != VERSION or key != self.id:
            raise Unreadable(f"format {version}, key {key}")
        try:
            return self.cipher.decrypt(sealed[_NONCE:_BODY], sealed[_BODY:], header + place)
        except InvalidTag:
            raise Unreadable("not sealed for this place, or changed") from None


def key_id(sealed: bytes) -> int:
    """The id of the key a value was sealed with; raises Unreadable."""
    if len(sealed) < HEADER.size:
        raise Unreadable("too short")
    return int(HEADER.unpack_from(sealed)[1])


class Keyring:
    """The service's own keys, from files that only its user can read: the database never sees them.

    `nin.key` makes the keyed hash a person is found by, and the key of the numbers of `parts`. `kek-N.key` are key-encryption
    keys by number: the highest wraps new data keys, all unwrap, so that keys can be rotated without a pause.
    """

    def __init__(self, *, nin_key: bytes, key_encryption_keys: dict[int, bytes]) -> None:
        self._numbers = hmac.new(nin_key, digestmod="sha256")
        self.parts = Numbers(hmac.digest(nin_key, b"helsekort numbers of parts", "sha256"))
        self._keks = {number: Key(number, AESGCM(key)) for number, key in key_encryption_keys.items()}
        self._newest = self._keks[max(self._keks)]
        self._proofs = {"nin": nin_key} | {
            f"kek-{number}": key for number, key in key_encryption_keys.items()
        }

    @classmethod
    def load(cls, folder: Path) -> Keyring:
        """The keys in the folder; CannotStart where one is missing, too short or readable for others."""
        found = {int(path.stem[4:]): _read_key(path) for path in sorted(folder.glob("kek-*.key"))}
        if not found:
            raise CannotStart(
                f"There is no key-encryption key kek-1.key in {folder}. Put back the service's keys."
            )
        return cls(nin_key=_read_key(folder / "nin.key"), key_encryption_keys=found)

    @classmethod
    def load_or_make(cls, folder: Path) -> Keyring:
        """The keys in the folder, made there first when it has none: for a sandbox."""
        if not (folder / "nin.key").exists() and not any(folder.glob("kek-*.key")):
            make_keys(folder)
        return cls.load(folder)

    def proofs(self) -> dict[str, bytes]:
        """For each key, a value that tells it again and does not reveal it."""
        return {
            name: hmac.digest(key, b"helsekort key proof", "sha256") for name, key in self._proofs.items()
        }

    def hash_of(self, patient: NationalIdentityNumber) -> bytes:
        """The keyed hash (HMAC-SHA-256) a person is found by."""
        made = self._numbers.copy()  # the key worked in already: half of what a hash costs
        made.update(patient.reveal().encode())
        return made.digest()

    @property
    def newest_name(self) -> str:
        """The file name, without its ending, of the key-encryption key that seals."""
        return f"kek-{self._newest.id}"

    def seal(self, plain: bytes, *, place: bytes) -> bytes:
        """Bytes of a person's that outlive her data key, sealed under the service's."""
        return self._newest.seal(plain, place=place)

    def open(self, sealed: bytes, *, place: bytes) -> bytes:
        """Bytes that `seal` sealed for that place; raises Unreadable."""
        return self._opened(sealed, place)

    def move_number(self, sealed: bytes, *, person: UUID, to: UUID) -> bytes:
        """A stored number of one person's, as it is stored for another."""
        return self._newest.seal(self._opened(sealed, b"nin" + person.bytes), place=b"nin" + to.bytes)

    def seal_number(self, patient: NationalIdentityNumber, *, person: UUID) -> bytes:
        """The national identity number as it is stored."""
        return self._newest.seal(patient.reveal().encode(), place=b"nin" + person.bytes)

    def open_number(self, sealed: bytes, *, person: UUID) -> NationalIdentityNumber:
        """The number as it was stored for a person; raises Unreadable."""
        digits = self._opened(sealed, b"nin" + person.bytes).decode()
        return NationalIdentityNumber.parse(digits, allow_synthetic=True)  # it was judged when it was stored

    def new_data_key(self, person: UUID) -> bytes:
        """A fresh data key, wrapped: what the database keeps of it."""
        plain = os.urandom(4) + AESGCM.generate_key(bit_length=KEY_BYTES * 8)
        return self._newest.seal(plain, place=b"key" + person.bytes)

    def unwrap(self, wrapped: bytes, *, person: UUID) -> Key:
        """A person's data key; raises Unreadable."""
        plain = self._opened(wrapped, b"key" + person.bytes)
        return Key(int.from_bytes(plain[:4], "big"), AESGCM(plain[4:]))

    def reseal(self, sealed: bytes, *, place: bytes) -> bytes | None:
        """The same bytes under the newest key-encryption key; None where they are that already."""
        if key_id(sealed) == self._newest.id:
            return None
        return self._newest.seal(self._opened(sealed, place), place=place)

    def _opened(self, sealed: bytes, place: bytes) -> bytes:
        kek = self._keks.get(key_id(sealed))
        if kek is None:
            raise Unreadable(f"key-encryption key {key_id(sealed)} is not in the key folder")
        return kek.open(sealed, place=place)


def make_keys(folder: Path) -> None:
    """Writes a first nin.key and kek-1.key that only this user can read."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("nin.key", "kek-1.key"):
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(KEY_BYTES))
            os.fsync(file.fileno())


def _read_key(path: Path) -> bytes:
    try:
        mode, key = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise CannotStart(f"The key {path} cannot be read ({error.strerror}). Put it back.") from None
    if mode & 0o077:
        raise CannotStart(f"Others can read the key {path}. Do: chmod 400 {path}")
    if len(key) != KEY_BYTES:
        raise CannotStart(f"The key {path} is not {KEY_BYTES} bytes. Put back the right file.")
    return key
