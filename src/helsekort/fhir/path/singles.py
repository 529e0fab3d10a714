"""One item where one is asked for (https://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections)."""

from __future__ import annotations

from collections.abc import Sequence

from helsekort.fhir.path.errors import PathError
from helsekort.fhir.path.node import Node


def single(items: Sequence[Node]) -> Node | None:
    """The only item, None where there is none. Raises PathError where there are several."""
    if len(items) > 1:
        raise PathError("One item is expected here, and there are several.")
    return items[0] if items else None


def truth(items: Sequence[Node]) -> bool | None:
    """What a collection says as true or false: empty is unknown, and a single item that is no boolean is true."""
    item = single(items)
    if item is None or item.value is None:
        return None
    return item.value if isinstance(item.value, bool) else True


def condition(items: Sequence[Node]) -> bool | None:
    """What a criterion says. Raises PathError where it is neither true, false nor empty."""
    item = single(items)
    if item is None or item.value is None:
        return None
    if not isinstance(item.value, bool):
        raise PathError("A criterion is true, false or empty.")
    return item.value


def text(items: Sequence[Node]) -> str | None:
    """The only item's text. Raises PathError where it is none."""
    item = single(items)
    if item is None or item.value is None:
        return None
    if not isinstance(item.value, str):
        raise PathError("A text is expected here.")
    return item.value


def integer(items: Sequence[Node]) -> int | None:
    """The only item's whole number. Raises PathError where it is none."""
    item = single(items)
    if item is None or item.value is None:
        return None
    if isinstance(item.value, bool) or not isinstance(item.value, int):
        raise PathError("A whole number is expected here.")
    return item.value
