"""Search by reference: who or what a resource points to (https://hl7.org/fhir/R4/search.html#reference)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from msgspec import structs

from helsekort.basics.strict_json import dump
from helsekort.fhir.search import tokens
from helsekort.fhir.search.asked import Asked, Compiled
from helsekort.fhir.search.text import unescaped

MODIFIERS = frozenset({"identifier"})
"""Beside these, each kind a parameter may point to is a modifier: `subject:Patient`."""

_LOCAL = re.compile(
    r"(?:(?P<kind>[A-Z][A-Za-z]*)/)?(?P<id>[A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?"
)


def compiled(asked: Asked) -> Compiled:
    """What a reference parameter asks of a resource's values. Raises `Refused` for what is no reference."""
    if asked.modifier == "identifier":
        inner = tokens.compiled(structs.replace(asked, modifier=""))
        return Compiled(lambda values: inner.match(_identifiers(values)), inner.holding)
    wanted = frozenset(_read(asked, unescaped(text)) for text in asked.texts)
    base = asked.setting.base

    def match(values: Iterable[Any]) -> bool:
        return any(not wanted.isdisjoint(_names(target)) for target in targets_of(values, base))

    return Compiled(match, tuple(dump(one)[1:-1] for one in sorted(wanted)), wanted)


def targets_of(values: Iterable[Any], base: str) -> list[str]:
    """What references point to: `Kind/id` for a resource of our own, whatever its version; else the URL as it stands."""
    found = (value.get("reference") if isinstance(value, dict) else value for value in values)
    return [local(text, base) for text in found if isinstance(text, str)]


def local(text: str, base: str) -> str:
    """A reference to a resource of our own as `Kind/id`, another as it stands.

    >>> local("https://example.org/fhir/Patient/1/_history/2", "https://example.org/fhir")
    'Patient/1'
    """
    own = text.removeprefix(f"{base}/") if base else text
    found = _LOCAL.fullmatch(own)
    return f"{found['kind']}/{found['id']}" if found and found["kind"] else text


def _names(target: str) -> tuple[str, ...]:
    """All that a target may be asked for as: `Kind/id` or id alone; a canonical with and without its version."""
    found = _LOCAL.fullmatch(target)
    if found:
        return target, found["id"]
    return target, target.partition("|")[0]


def _read(asked: Asked, text: str) -> str:
    own = local(text, asked.setting.base)
    found = _LOCAL.fullmatch(own)
    if found is None:
        if asked.modifier or ":" not in text:
            asked.refuse("This is not a reference.", "Write id, Kind/id or a whole URL.")
        return text
    if not asked.modifier:
        return own
    if found["kind"] not in {None, asked.modifier}:
        asked.refuse(
            "The kind before the id is another than the modifier says.", f"Write {asked.modifier}/id or id."
        )
    return f"{asked.modifier}/{found['id']}"


def _identifiers(values: Iterable[Any]) -> list[Any]:
    return [value["identifier"] for value in values if isinstance(value, dict) and "identifier" in value]
