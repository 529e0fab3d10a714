"""The XHTML of a narrative: text and its layout, nothing that runs or loads (https://hl7.org/fhir/R4/narrative.html)."""

from __future__ import annotations

import re
from typing import Any

from helsekort.fhir.path.narrative import is_safe
from helsekort.fhir.validation.run import Run, inside

# XHTML inside a resource is plain XML, which knows five names; &nbsp; is written as the character (or &#160;).
_HTML_ENTITY = re.compile("&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z]")


def narrative_check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
    """A Narrative's div is well-formed XHTML with formatting only, and says something (txt-1, txt-2)."""
    text = value.get("div") if isinstance(value, dict) else None
    if isinstance(text, str) and (_HTML_ENTITY.search(text) or not is_safe(text)):
        what = "The narrative is not an XHTML div of formatted text (txt-1, txt-2)."
        run.find(
            inside(where, "div"),
            what,
            "Leave out scripts, forms, frames, event attributes and what loads from elsewhere.",
        )
