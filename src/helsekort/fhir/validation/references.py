"""References: well formed, to a type allowed there, and to something that is there when it is inside the resource
(https://hl7.org/fhir/R4/references.html)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from helsekort.fhir.validation.run import Check, Run, inside

_ID = r"[A-Za-z0-9\-.]{1,64}"
_RELATIVE = re.compile(rf"([A-Z][A-Za-z]+)/{_ID}(?:/_history/{_ID})?")
_REST_URL = re.compile(rf"https?://\S+/([A-Z][A-Za-z]+)/{_ID}(?:/_history/{_ID})?")
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?\S+")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
_FORM = "Send Type/id, an absolute URL, urn:uuid: and the UUID of a bundle's entry, or # and the id of a contained resource."


def reference_check(targets: Iterable[str], known: frozenset[str]) -> Check:
    """The check of a Reference that may point to the types of some StructureDefinitions' URLs; none means any."""
    names = frozenset(url.rpartition("/")[2] for url in targets) & known
    allowed = known if "Resource" in names or not names else names
    advice = f"Refer to one of {', '.join(sorted(names))}."

    def check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
        if not isinstance(value, dict):
            return
        text, stated = value.get("reference"), value.get("type")
        if stated is None and type(text) is str and _relative_kind(text) in allowed:
            return  # as most are
        kind = _kind(text, where, run, known) if isinstance(text, str) else None
        if kind is not None and kind not in allowed:
            run.find(
                inside(where, "reference"), "The reference is to a type that is not allowed here.", advice
            )
        if not isinstance(stated, str) or ":" in stated:
            return
        if stated not in allowed:
            run.find(inside(where, "type"), "The type is not one that may be referred to here.", advice)
        elif kind is not None and kind != stated:
            run.find(
                inside(where, "type"),
                "The type is not that of the reference beside it.",
                "Leave one of them out.",
            )

    return check


@lru_cache(maxsize=1024)  # what is written together refers to the same few
def _relative_kind(text: str) -> str | None:
    match = _RELATIVE.fullmatch(text)
    return None if match is None else match[1]


def _kind(text: str, where: str, run: Run, known: frozenset[str]) -> str | None:
    """The type a literal reference points to, where that can be told; notes what is wrong with the reference."""
    kind = _relative_kind(text)
    if kind is not None:
        if kind in known:
            return kind
        run.find(inside(where, "reference"), "The reference is not to a type of FHIR R4.", _FORM)
        return None
    if text.startswith("#"):
        return _local_kind(text[1:], where, run)
    if _ABSOLUTE.fullmatch(text):
        return _absolute_kind(text, where, run, known)
    match = _CONDITIONAL.fullmatch(text) if run.bundle is not None else None
    if match is None:
        run.find(inside(where, "reference"), "This is not a reference.", _FORM)
    return match[1] if match is not None else None


def _local_kind(name: str, where: str, run: Run) -> str | None:
    if not name:
        return str(run.container.get("resourceType"))
    found = run.contained_resources().get(name)
    if found is None:
        what = "The reference is to a contained resource that is not there."
        run.find(
            inside(where, "reference"),
            what,
            "Put the resource in `contained` with that id, or refer to another.",
        )
        return None
    return str(found.get("resourceType"))


def _absolute_kind(text: str, where: str, run: Run, known: frozenset[str]) -> str | None:
    if run.bundle is not None and text in run.bundle:
        return str(run.bundle[text].get("resourceType"))
    if text.startswith("urn:uuid:") and run.bundle is not None:
        what = "The reference is to an entry that is not in the bundle."
        run.find(inside(where, "reference"), what, "Send the resource in an entry with this fullUrl.")
        return None
    match = _REST_URL.fullmatch(text)
    return match[1] if match is not None and match[1] in known else None
