"""A property that is worked out once for an object, without a lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, overload

S = TypeVar("S")
T = TypeVar("T")


class once(Generic[S, T]):  # noqa: N801 a decorator, as functools.cached_property is
    """As functools.cached_property, for objects of one event loop: until Python 3.12 that takes a lock each time."""

    def __init__(self, make: Callable[[S], T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, owner: None, kind: type[S]) -> once[S, T]: ...

    @overload
    def __get__(self, owner: S, kind: type[S]) -> T: ...

    def __get__(self, owner: S | None, kind: type[S]) -> T | once[S, T]:
        """What the object's own attribute says from then on."""
        if owner is None:
            return self
        made = owner.__dict__[self._name] = self._make(owner)
        return made
