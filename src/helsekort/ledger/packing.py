"""Parts and segments as one compressed value: msgpack, then zstd with a dictionary trained on cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import zstandard

LEVEL = 3
DICTIONARY_BYTES = 64 * 1024
_NONE = 0
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, bytes]).decode
_decode_pair = msgspec.msgpack.Decoder(tuple[dict[str, bytes], dict[str, bytes]]).decode

Packed = tuple[int, bytes]
"""The id of the dictionary and the compressed bytes."""


class Packer:
    """Compresses with the newest dictionary and opens what any of them made. Dictionary 0 is no dictionary."""

    def __init__(self, dictionaries: Mapping[int, bytes]) -> None:
        trained = {number: zstandard.ZstdCompressionDict(data) for number, data in dictionaries.items()}
        self._openers = {
            number: zstandard.ZstdDecompressor(dict_data=dictionary).decompress
            for number, dictionary in trained.items()
        }
        self._openers[_NONE] = zstandard.ZstdDecompressor().decompress
        self.newest = max(trained, default=_NONE)
        if self.newest:
            dictionary = trained[self.newest]
            dictionary.precompute_compress(level=LEVEL)
            self._compress = zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary).compress
        else:
            self._compress = zstandard.ZstdCompressor(level=LEVEL).compress

    def knows(self, dictionary: int) -> bool:
        """Whether bytes made with that dictionary can be opened."""
        return dictionary in self._openers

    def pack(self, parts: Mapping[str, bytes]) -> Packed:
        """A head's parts or segments."""
        return self.newest, self._compress(_encode(parts))

    def unpack(self, dictionary: int, packed: bytes) -> dict[str, bytes]:
        """What `pack` was given."""
        return _decode(self._openers[dictionary](packed))

    def pack_commit(self, parts: Mapping[str, bytes], segments: Mapping[str, bytes]) -> Packed:
        """A commit's parts and segments."""
        return self.newest, self._compress(_encode((parts, segments)))

    def unpack_commit(self, dictionary: int, packed: bytes) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """What `pack_commit` was given."""
        return _decode_pair(self._openers[dictionary](packed))


def train(samples: Sequence[Mapping[str, bytes]]) -> bytes:
    """A dictionary from sample heads: each as a whole and each of its parts by itself, as commits hold them."""
    texts: list[bytes | bytearray | memoryview[int]] = list(_texts(samples))
    size = min(DICTIONARY_BYTES, max(1024, sum(map(len, texts)) // 10))
    return zstandard.train_dictionary(size, texts).as_bytes()


def _texts(samples: Sequence[Mapping[str, bytes]]) -> Iterable[bytes]:
    for sample in samples:
        yield _encode(sample)
        yield from (_encode(({key: part}, {})) for key, part in sample.items())
