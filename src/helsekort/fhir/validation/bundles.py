"""Bundles (https://hl7.org/fhir/R4/bundle.html): the invariants that look at each entry, by hand because a bundle has many."""

from __future__ import annotations

from typing import Any

from helsekort.fhir.shapes import Resource
from helsekort.fhir.validation.run import Run

HELD = frozenset({"bdl-3", "bdl-4", "bdl-7", "bdl-8"})
ASKING = frozenset({"batch", "transaction", "history"})
ANSWERING = frozenset({"batch-response", "transaction-response", "history"})
# Whose entries are known by their fullUrl (bundle.html#bundle-unique); a transaction's and a batch's need not be.
KNOWN_BY_URL = frozenset({"collection", "document", "history", "message", "searchset"})


def entries(value: Any) -> dict[str, Resource]:  # noqa: ANN401 - what was sent
    """Each entry's resource in a Bundle, by fullUrl; nothing of what is no Bundle."""
    rows = value.get("entry") if isinstance(value, dict) else None
    found = [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
    return {
        one["fullUrl"]: one["resource"]
        for one in found
        if isinstance(one.get("fullUrl"), str) and isinstance(one.get("resource"), dict)
    }


def bundle_check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
    """Each entry asks, answers and is addressed as its bundle's type wants (bdl-3, bdl-4, bdl-7, bdl-8)."""
    rows = value.get("entry") if isinstance(value, dict) else None
    if not isinstance(rows, list) or not isinstance(value.get("type"), str):
        return
    seen: set[tuple[str, str]] = set()
    for index, one in enumerate(rows):
        if isinstance(one, dict):
            _check_parts(one, value["type"], f"{where}.entry[{index}]", run)
            _check_address(one, value["type"], f"{where}.entry[{index}]", run, seen)


def _check_parts(one: dict[str, Any], kind: str, where: str, run: Run) -> None:
    if ("request" in one) != (kind in ASKING):
        run.find(where, "An entry has a request in a batch, transaction or history, and only there (bdl-3).")
    if ("response" in one) != (kind in ANSWERING):
        run.find(where, "An entry has a response in a response or history, and only there (bdl-4).")


def _is_outcome(one: dict[str, Any]) -> bool:
    """What a search says of itself: it is no resource at an address (bundle.html#searchset)."""
    search = one.get("search")
    return isinstance(search, dict) and search.get("mode") == "outcome"


def _check_address(one: dict[str, Any], kind: str, where: str, run: Run, seen: set[tuple[str, str]]) -> None:
    url = one.get("fullUrl")
    if not isinstance(url, str):
        if url is None and "resource" in one and kind in KNOWN_BY_URL and not _is_outcome(one):
            run.find(f"{where}.fullUrl", "The entry has no fullUrl.", "Send the address of its resource.")
        return
    if "/_history/" in url:
        run.find(
            f"{where}.fullUrl",
            "A fullUrl names no version (bdl-8).",
            "Leave out /_history/ and what follows.",
        )
    key = (url, _version(one.get("resource")))
    if kind != "history" and key in seen:
        run.find(
            f"{where}.fullUrl", "Another entry has the same fullUrl (bdl-7).", "Send each resource once."
        )
    seen.add(key)


def _version(resource: object) -> str:
    meta = resource.get("meta") if isinstance(resource, dict) else None
    return str(meta.get("versionId", "")) if isinstance(meta, dict) else ""
