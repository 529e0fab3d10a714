"""Parts and segments in small: msgpack and zstd, with a dictionary trained on cards.

A card is read whole, so it is one frame; so is a commit, which never changes. Each part of a record is a frame by itself, since
it is read and changed by itself. Every frame names the dictionary it was made with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
import zstandard

from helsekort.ledger.parts import Directory

LEVEL = 1  # with the dictionary, higher ones take more time and save nothing
DICTIONARY_BYTES = 64 * 1024
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, bytes]).decode
_decode_directory = msgspec.msgpack.Decoder(dict[str, tuple[int, int]]).decode
_decode_pair = msgspec.msgpack.Decoder(tuple[dict[str, bytes], dict[str, bytes]]).decode


class Packer:
    """Packs with the newest dictionary and unpacks what any of them made; dictionary 0 is none."""

    def __init__(self, dictionaries: Mapping[int, bytes]) -> None:
        trained = {number: zstandard.ZstdCompressionDict(data) for number, data in dictionaries.items()}
        self._unpackers = {
            number: zstandard.ZstdDecompressor(dict_data=dictionary).decompress
            for number, dictionary in trained.items()
        }
        self._unpackers[0] = zstandard.ZstdDecompressor().decompress
        self.newest = max(self._unpackers)
        self.unpack: Callable[[bytes], bytes] = self._unpack_any
        """What a frame holds; KeyError where its dictionary is unknown."""
        if len(self._unpackers) <= 2:  # nothing was ever packed with another
            self.unpack = self._unpackers[self.newest]
        if self.newest:
            trained[self.newest].precompute_compress(level=LEVEL)
        self._pack = zstandard.ZstdCompressor(level=LEVEL, dict_data=trained.get(self.newest)).compress

    def _unpack_any(self, frame: bytes) -> bytes:
        return self._unpackers[zstandard.get_frame_parameters(frame).dict_id](frame)

    def pack(self, parts: Mapping[str, bytes]) -> bytes:
        """A card's segments."""
        return self._pack(_encode(parts))

    def unpack_all(self, packed: bytes) -> dict[str, bytes]:
        """What `pack` was given."""
        return _decode(self.unpack(packed))

    def pack_part(self, part: bytes) -> bytes:
        """One part."""
        return self._pack(part)

    def pack_directory(self, directory: Directory) -> bytes:
        """Where the parts of a record are."""
        return self._pack(_encode(directory))

    def unpack_directory(self, packed: bytes) -> dict[str, tuple[int, int]]:
        """What `pack_directory` was given."""
        return _decode_directory(self.unpack(packed))

    def pack_pair(self, parts: Mapping[str, bytes], segments: Mapping[str, bytes]) -> bytes:
        """A commit's parts and segments."""
        return self._pack(_encode((parts, segments)))

    def unpack_pair(self, packed: bytes) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """What `pack_pair` was given."""
        return _decode_pair(self.unpack(packed))


def train(number: int, samples: Sequence[Mapping[str, bytes]]) -> bytes:
    """The dictionary of that number (it becomes the frames' dictionary id, RFC 8878) from sample cards and parts."""
    texts: list[bytes | bytearray | memoryview[int]] = list(_texts(samples))
    size = min(DICTIONARY_BYTES, max(1024, sum(map(len, texts)) // 10))
    return zstandard.train_dictionary(size, texts, dict_id=number).as_bytes()


def _texts(samples: Sequence[Mapping[str, bytes]]) -> Iterable[bytes]:
    for sample in samples:
        yield _encode(sample)
        yield from sample.values()
