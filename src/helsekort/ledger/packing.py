"""Parts and segments in small: msgpack and zstd, with a dictionary trained on cards.

A card is read whole, so it is one frame. Facts are changed a part at a time, so each part is a frame: a change packs what it
changes and copies the rest. A commit is one frame and never changes. Every frame names the dictionary it was made with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
import zstandard

LEVEL = 1  # with the dictionary, higher ones take more time and save nothing
DICTIONARY_BYTES = 64 * 1024
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, bytes]).decode
_decode_pair = msgspec.msgpack.Decoder(tuple[dict[str, bytes], dict[str, bytes]]).decode


class Frames(Mapping[str, bytes]):
    """Packed parts by key; a part is unpacked each time it is asked for, and not kept."""

    __slots__ = ("_unpack", "packed")

    def __init__(self, packed: dict[str, bytes], unpack: Callable[[bytes], bytes]) -> None:
        self.packed = packed
        self._unpack = unpack

    def __getitem__(self, key: str) -> bytes:
        return self._unpack(self.packed[key])

    def __contains__(self, key: object) -> bool:
        return key in self.packed

    def __iter__(self) -> Iterator[str]:
        return iter(self.packed)

    def __len__(self) -> int:
        return len(self.packed)

    def only(self, keys: frozenset[str] | None) -> Frames:
        """The frames of the keys, still packed; a key without a slash stands for every part below it too, None for all."""
        if keys is None:
            return self
        kept = {
            key: frame for key, frame in self.packed.items() if key in keys or key.partition("/")[0] in keys
        }
        return Frames(kept, self._unpack)

    def unpacked(self) -> dict[str, bytes]:
        """Every part."""
        unpack = self._unpack
        return {key: unpack(frame) for key, frame in self.packed.items()}


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
        self._unpack_newest = self._unpackers[self.newest]
        if self.newest:
            trained[self.newest].precompute_compress(level=LEVEL)
        self._pack = zstandard.ZstdCompressor(level=LEVEL, dict_data=trained.get(self.newest)).compress

    def unpack(self, frame: bytes) -> bytes:
        """What a frame holds; KeyError where its dictionary is unknown."""
        if len(self._unpackers) <= 2:  # nothing was ever packed with another
            return self._unpack_newest(frame)
        return self._unpackers[zstandard.get_frame_parameters(frame).dict_id](frame)

    def pack(self, parts: Mapping[str, bytes]) -> bytes:
        """A card's segments."""
        return self._pack(_encode(parts))

    def unpack_all(self, packed: bytes) -> dict[str, bytes]:
        """What `pack` was given."""
        return _decode(self.unpack(packed))

    def pack_each(self, parts: Mapping[str, bytes], *, unchanged: Frames) -> bytes:
        """Facts: the changed parts packed, and the frames of the others as they are."""
        pack = self._pack
        return _encode(unchanged.packed | {key: pack(part) for key, part in parts.items()})

    def frames(self, packed: bytes) -> Frames:
        """What `pack_each` made."""
        return Frames(_decode(packed), self.unpack)

    def pack_pair(self, parts: Mapping[str, bytes], segments: Mapping[str, bytes]) -> bytes:
        """A commit's parts and segments."""
        return self._pack(_encode((parts, segments)))

    def unpack_pair(self, packed: bytes) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """What `pack_pair` was given."""
        return _decode_pair(self.unpack(packed))


def train(number: int, samples: Sequence[Mapping[str, bytes]]) -> bytes:
    """The dictionary of that number (it becomes the frames' dictionary id, RFC 8878) from sample cards and facts."""
    texts: list[bytes | bytearray | memoryview[int]] = list(_texts(samples))
    size = min(DICTIONARY_BYTES, max(1024, sum(map(len, texts)) // 10))
    return zstandard.train_dictionary(size, texts, dict_id=number).as_bytes()


def _texts(samples: Sequence[Mapping[str, bytes]]) -> Iterable[bytes]:
    for sample in samples:
        yield _encode(sample)
        yield from sample.values()
