"""A place between two pages of a search: opaque to clients, bound to the moment and the search it belongs to.

It carries no secret and grants nothing: whoever sends it is asked again whether they may search.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import NoReturn

from helsekort.basics.strict_json import dump
from helsekort.fhir.search.asked import refused
from helsekort.fhir.search.search import Search

NAME = "_page"

_TEXT = re.compile("[A-Za-z0-9_-]{8,80}={0,2}", re.ASCII)
_INSIDE = re.compile(rb"(?P<t>[0-9]{1,18})\.(?P<offset>[0-9]{1,9})\.(?P<mark>[0-9a-f]{16})")
_MANY = 11
_MANY_DIGITS = re.compile(rf"(?:[0-9][ ._+-]?){{{_MANY},}}")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: `t` of the record's view the first page was taken from, and how many matches lie before."""

    t: int
    offset: int


def mark_of(kind: str, params: Iterable[tuple[str, str]]) -> str:
    """What tells one search from another, as 16 hex digits. Long runs of digits are left out: none can be guessed from it."""
    said = [[name, _MANY_DIGITS.sub("#", text) if len(text) >= _MANY else text] for name, text in params]
    return sha256(dump([kind, said])).hexdigest()[:16]


def encode(cursor: Cursor, mark: str) -> str:
    """The cursor as it stands in a link of the search with that mark."""
    return urlsafe_b64encode(f"{cursor.t}.{cursor.offset}.{mark}".encode()).decode().rstrip("=")


def decode(text: str, search: Search) -> Cursor:
    """The cursor in a link. Raises `Refused` for what is none of ours, or belongs to another search."""
    if not _TEXT.fullmatch(text):
        _refuse()
    try:
        inside = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        _refuse()
    found = _INSIDE.fullmatch(inside)
    if found is None or found["mark"].decode() != mark_of(search.kind, search.used):
        _refuse()
    return Cursor(int(found["t"]), int(found["offset"]))


def _refuse() -> NoReturn:
    raise refused(
        NAME,
        "This is not a page of this search.",
        "Follow the links of an answer as they stand, or search again.",
    )
