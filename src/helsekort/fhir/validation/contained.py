"""Resources inside resources (https://hl7.org/fhir/R4/references.html#contained)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helsekort.fhir.validation.run import Run, inside


def contained_check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
    """Every contained resource has an id of its own, is referred to, contains none, and has no version or labels (dom-2..5)."""
    if not isinstance(value, dict) or not isinstance(value.get("contained"), list):
        return
    seen: set[str] = set()
    local = set(_local_references(value))
    for index, one in enumerate(value["contained"]):
        if isinstance(one, dict):
            _check_one(one, f"{where}.contained[{index}]", run, seen, local)


def _check_one(one: dict[str, Any], where: str, run: Run, seen: set[str], local: set[str]) -> None:
    name = str(one.get("id", ""))
    if not name or name in seen:
        run.find(inside(where, "id"), "A contained resource needs an id of its own.", "Send ids that differ.")
    seen.add(name)
    if f"#{name}" not in local and "#" not in set(_local_references(one)):
        run.find(
            where,
            "Nothing refers to the contained resource (dom-3).",
            "Refer to it with # and its id, or leave it out.",
        )
    if "contained" in one:
        run.find(
            inside(where, "contained"),
            "A contained resource cannot contain others (dom-2).",
            "Contain all in the outermost.",
        )
    meta = one.get("meta")
    for name in ("versionId", "lastUpdated", "security"):
        if isinstance(meta, dict) and name in meta:
            what = f"A contained resource has no meta.{name} (dom-4, dom-5)."
            run.find(f"{where}.meta.{name}", what, "Leave it out.")


def _local_references(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Every text in a value that begins with #; what refers by `reference`, canonical or uri looks so."""
    if isinstance(value, str):
        if value.startswith("#"):
            yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _local_references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _local_references(part)


def resource_check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
    """A resource inside another is validated like one by itself."""
    run.inner(value, where, run)
