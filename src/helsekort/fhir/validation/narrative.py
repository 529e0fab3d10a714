"""The XHTML of a narrative: text and its layout, nothing that runs or loads (https://hl7.org/fhir/R4/narrative.html).

What runs or loads is kept all the same, as data, and warned of (ADR 17): the rest of the resource is somebody's record, and
nothing here shows a narrative. What is no XHTML at all is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from helsekort.basics.refusal import Issue
from helsekort.basics.strict_json import child
from helsekort.fhir.path.narrative import Standing, standing
from helsekort.fhir.validation.run import Run, inside

# XHTML inside a resource is plain XML, which knows five names; &nbsp; is written as the character (or &#160;).
_HTML_ENTITY = re.compile("&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z]")
_HOLD = frozenset({dict, list})


def narrative_check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
    """A Narrative's div is well-formed XHTML, and says something (txt-1, txt-2)."""
    text = value.get("div") if isinstance(value, dict) else None
    if isinstance(text, str) and (_HTML_ENTITY.search(text) or standing(text) is Standing.BROKEN):
        what = "The narrative is not an XHTML div with text in it (txt-1, txt-2)."
        run.find(inside(where, "div"), what, "Send well-formed XML in one div of the XHTML namespace.")


def narrative_warnings(value: object, where: str) -> Iterator[Issue]:
    """Of each narrative in a valid resource, or in resources inside it, that it holds what runs or loads (txt-1)."""
    if isinstance(value, dict):
        text = value.get("text")
        div = text.get("div") if isinstance(text, dict) else None
        if isinstance(div, str) and standing(div) is Standing.ACTS:
            what = "The narrative holds what runs or loads (txt-1). It is kept as it was sent, and shown nowhere."
            yield Issue(what, f"{where}.text.div", "Leave it out. Whoever shows a narrative cleans it first.")
        for name, one in value.items():
            if type(one) in _HOLD:
                yield from narrative_warnings(one, child(where, name))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from narrative_warnings(one, child(where, index))
