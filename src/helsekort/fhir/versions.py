"""One version of a resource after another: what the server gives, what a change may not touch, and when nothing has changed.

https://hl7.org/fhir/R4/resource.html#Meta. Extensions of `meta` that only the server writes are named by the caller as `own`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from helsekort.basics.refusal import Issue
from helsekort.fhir.shapes import Json, Resource

_sorted = msgspec.json.Encoder(order="sorted", decimal_format="number").encode
_GIVEN = ("versionId", "lastUpdated")
_WHOSE = ("subject", "patient", "for")


def renamed(old: Resource, new: Resource, place: str) -> Iterator[Issue]:
    """What a patch may not touch, since the server gives it."""
    for name in ("resourceType", "id"):
        if new.get(name) != old.get(name):
            yield Issue("This cannot be changed.", f"{place}.{name}")
    meta, before = new.get("meta"), old.get("meta", {})
    if not isinstance(meta, dict) or any(meta.get(name) != before.get(name) for name in _GIVEN):
        yield Issue("The version and its time are given here.", f"{place}.meta")


def moved(old: Resource, new: Resource, place: str) -> Iterator[Issue]:
    """A resource stays with the person it is about; the same person may be named in another way only where it was not by id."""
    for name in _WHOSE:
        before, after = _target(old, name), _target(new, name)
        if before and after != before:
            yield Issue("A resource stays with the person it is about.", f"{place}.{name}")


def _target(resource: Resource, name: str) -> str:
    subject = resource.get(name)
    target = subject.get("reference") if isinstance(subject, dict) else None
    return target if isinstance(target, str) else ""


def same(old: Resource, sent: Resource, own: frozenset[str]) -> bool:
    """True where both say the same, digit for digit; the order of names says nothing, nor does what only the server writes."""
    return _sorted(_content(old, own)) == _sorted(_content(sent, own))


def _content(resource: Resource, own: frozenset[str]) -> Json:
    meta = _meta(resource, own)
    rest = {name: value for name, value in resource.items() if name not in {"meta", "id"}}
    return rest | ({"meta": meta} if meta else {})


def _meta(resource: Resource, own: frozenset[str]) -> Json:
    """The metadata the caller may decide: without version, time, and the extensions that only the server writes."""
    meta = resource.get("meta")
    if not isinstance(meta, dict):
        return {}
    kept = {name: value for name, value in meta.items() if name not in _GIVEN}
    if isinstance(kept.get("extension"), list):
        kept["extension"] = [one for one in kept["extension"] if not _is_own(one, own)]
    return {name: value for name, value in kept.items() if value != []}


def _is_own(extension: Any, own: frozenset[str]) -> bool:  # noqa: ANN401 - JSON is any of six types
    return isinstance(extension, dict) and extension.get("url") in own


def stored(sent: Resource, id_: str, old: Resource | None, *, at: str, own: frozenset[str]) -> Resource:
    """The next version as it is stored: type, id and metadata first."""
    before = int(old["meta"]["versionId"]) if old else 0
    meta = {"versionId": str(before + 1), "lastUpdated": at} | _meta(sent, own)
    rest = {name: value for name, value in sent.items() if name not in {"resourceType", "id", "meta"}}
    return {"resourceType": sent["resourceType"], "id": id_, "meta": meta} | rest
