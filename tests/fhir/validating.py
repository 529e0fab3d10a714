"""What the validation tests share: R4's definitions, and a way to write a small profile."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from helsekort.fhir.definitions import BASE, BUILT, Definitions, Element, File, Structure
from helsekort.fhir.validation import Validator

OWN = "https://profiles.example/"


@cache
def r4() -> File:
    """FHIR R4's own definitions."""
    return msgspec.json.decode(BUILT.read_bytes(), type=File)


@cache
def validator() -> Validator:
    """A validator of R4 alone."""
    return Validator(Definitions([r4()]))


def with_profiles(*structures: Structure, value_sets: dict[str, Any] | None = None) -> Validator:
    """A validator of R4 and some profiles."""
    own = File(
        structures={one.url: msgspec.Raw(msgspec.json.encode(one)) for one in structures},
        extensions=tuple(one.url for one in structures if one.type == "Extension"),
        value_sets=value_sets or {},
    )
    return Validator(Definitions([r4(), own]))


def profile(name: str, of: str, changes: dict[str, dict[str, Any]]) -> Structure:
    """A profile's snapshot: a type's, with rows changed. A row with `:` is a new slice; one that is not there is unfolded."""
    base = structure(of)
    rows = {row.id: row for row in base.elements}
    for key, change in changes.items():
        _unfold(rows, key)
        rows[key] = msgspec.structs.replace(rows[key], **change)
    return msgspec.structs.replace(
        base, url=OWN + name, name=name, derivation="constraint", elements=tuple(rows.values())
    )


def structure(of: str) -> Structure:
    """A type of R4."""
    found = Definitions([r4()]).type(of)
    assert found is not None
    return found


def _unfold(rows: dict[str, Element], key: str) -> None:
    """Makes the row of an id, and the rows it stands under, from what they are rows of."""
    if key in rows:
        return
    holder, _, last = key.rpartition(".")
    _unfold(rows, holder)
    whole, _, slice_name = last.partition(":")
    if slice_name:
        _unfold(rows, f"{holder}.{whole}")
        model = rows[f"{holder}.{whole}"]
        rows[key] = msgspec.structs.replace(model, id=key, slicing=None, slice_name=slice_name, min=0)
        return
    for row in _inside(rows, holder):
        rows[row.id] = row


def _inside(rows: dict[str, Element], holder: str) -> list[Element]:
    """The rows inside an element that has none yet: those of the element it is a slice of, or of its data type."""
    unsliced = holder.rpartition(":")[0] if ":" in holder.rpartition(".")[2] else holder
    own = [row for row in rows.values() if row.id.startswith(f"{unsliced}.")]
    if own and unsliced != holder:
        return [msgspec.structs.replace(row, id=holder + row.id.removeprefix(unsliced)) for row in own]
    of = structure(rows[holder].types[0].code)
    return [
        msgspec.structs.replace(
            row,
            id=holder + row.id.removeprefix(of.name),
            path=rows[holder].path.removesuffix("[x]") + row.path.removeprefix(of.name),
        )
        for row in of.elements[1:]
    ]


def extension(name: str, changes: dict[str, dict[str, Any]]) -> Structure:
    """An extension's definition."""
    url = {"Extension.url": {"fixed": (OWN + name,)}}
    return profile(name, "Extension", url | changes)


def places(issues: list[Any]) -> set[str]:
    """Where the issues are."""
    return {one.where for one in issues}


__all__ = ["BASE", "OWN", "extension", "places", "profile", "r4", "structure", "validator", "with_profiles"]
