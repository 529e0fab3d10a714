"""The XHTML of a narrative: text and its layout, nothing that runs or loads (https://hl7.org/fhir/R4/narrative.html)."""

from __future__ import annotations

from typing import Any

from helsekort.fhir.path.narrative import is_safe
from helsekort.fhir.validation.run import Run, inside


def narrative_check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
    """A Narrative's div is well-formed XHTML with formatting only, and says something (txt-1, txt-2)."""
    text = value.get("div") if isinstance(value, dict) else None
    if isinstance(text, str) and not is_safe(text):
        what = "The narrative is not an XHTML div of formatted text (txt-1, txt-2)."
        run.find(
            inside(where, "div"),
            what,
            "Leave out scripts, forms, frames, event attributes and what loads from elsewhere.",
        )
