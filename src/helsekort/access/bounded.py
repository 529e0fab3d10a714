"""A memory that cannot grow beyond its limit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Keeps the newest `limit` values by key; the oldest goes out first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """The value kept under the key, or None."""
        return self._kept.get(key)

    def put(self, key: K, value: V) -> None:
        """Keeps a value under its key, as the newest."""
        self._kept.pop(key, None)
        self._kept[key] = value
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def forget(self, key: K) -> None:
        """Drops the value kept under the key, where there is one."""
        self._kept.pop(key, None)

    def forget_all(self) -> None:
        """Drops everything."""
        self._kept.clear()
