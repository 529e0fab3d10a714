"""Finding the route of a request: one dictionary look-up for each segment of the path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar
from uuid import UUID

_CANONICAL = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

IdT = TypeVar("IdT")

ReadId = Callable[[bytes], IdT | None]
"""Reads a segment of a path as an id; None for one that is none."""


Plain = Callable[[bytes], bytes]
"""The path that one with percent-encoding is equivalent to."""


class Addressed(Protocol):
    """What the router needs of a route: `/record/{recordId}` as template, with whole segments as parameters."""

    @property
    def method(self) -> str: ...

    @property
    def template(self) -> str: ...


RouteT = TypeVar("RouteT", bound=Addressed)


def uuid_of(segment: bytes) -> UUID | None:
    """A UUID in its canonical form (RFC 9562 section 4)."""
    return UUID(segment.decode("ascii")) if _CANONICAL.fullmatch(segment) else None


class _Node(Generic[RouteT]):
    __slots__ = ("literals", "parameter", "routes")

    def __init__(self) -> None:
        self.literals: dict[bytes, _Node[RouteT]] = {}
        self.parameter: _Node[RouteT] | None = None
        self.routes: dict[str, RouteT] = {}


class Router(Generic[RouteT, IdT]):
    """The registered routes below a prefix, and at it: template `/`. A literal segment goes before a parameter."""

    def __init__(
        self, prefix: str, routes: Iterable[RouteT], read_id: ReadId[IdT], plain: Plain | None = None
    ) -> None:
        """`read_id` is asked for each segment that is a parameter, `plain` for a path with percent-encoding."""
        self._prefix = prefix.encode("ascii") + b"/"
        self._read_id = read_id
        self._plain = plain
        self._root: _Node[RouteT] = _Node()
        for route in routes:
            self._add(route)

    def find(self, method: str, path: bytes) -> tuple[RouteT, list[IdT | None]] | None:
        """The route and the ids in the path; None where there is no such address or method."""
        found = self._walk(path)
        if found is None:
            return None
        node, parameters = found
        route = node.routes.get(method)
        return None if route is None else (route, parameters)

    def methods(self, path: bytes) -> list[str]:
        """The methods an address takes, none where there is no such address."""
        found = self._walk(path)
        return sorted(found[0].routes) if found else []

    def _walk(self, path: bytes) -> tuple[_Node[RouteT], list[IdT | None]] | None:
        if self._plain is not None and b"%" in path:
            path = self._plain(path)
        if not path.startswith(self._prefix):
            if path != self._prefix[:-1]:
                return None
            path = self._prefix
        node = self._root
        parameters: list[IdT | None] = []
        for segment in path[len(self._prefix) :].split(b"/"):
            following = node.literals.get(segment)
            if following is None:
                following = node.parameter
                if following is None or not segment:
                    return None
                parameters.append(self._read_id(segment))
            node = following
        return node, parameters

    def _add(self, route: RouteT) -> None:
        node = self._root
        for segment in route.template.strip("/").split("/"):
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment.encode("ascii"), _Node())
        if route.method in node.routes:
            raise ValueError(f"{route.method} {route.template} is registered twice")
        node.routes[route.method] = route
