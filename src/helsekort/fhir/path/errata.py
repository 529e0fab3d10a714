"""Invariants of R4 that do not say what they mean, with what does, as later versions of FHIR or HL7's own validator have it.

An invariant that gives nothing is broken, so one about an element that may be missing must say so.
"""

from __future__ import annotations

import re

_NAME = re.compile(r"name\.matches\('\^?\[A-Z\]\(\[A-Za-z0-9_\]\)\{0,254\}\$?'\)")

_CORRECTED = {
    # ref-1: a reference with only an identifier or a display has no address to look at.
    "reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))": (
        "reference.exists() implies (reference.startsWith('#').not() or reference = '#' "
        "or (reference.substring(1) in %rootResource.contained.id))"
    ),
    # per-1: a period from 2026-03 to 2026-03-10 is in order, though `<=` cannot tell.
    "start.hasValue().not() or end.hasValue().not() or (start <= end)": (
        "start.hasValue().not() or end.hasValue().not() or iif(start > end, false, true)"
    ),
    # inv-1 of Task: the same.
    "lastModified.exists().not() or authoredOn.exists().not() or lastModified >= authoredOn": (
        "lastModified.exists().not() or authoredOn.exists().not() or iif(lastModified < authoredOn, false, true)"
    ),
    # que-7: the type is FHIR's boolean, not System.Boolean.
    "operator = 'exists' implies (answer is Boolean)": "operator = 'exists' implies (answer is boolean)",
    # que-12: its sentence says more than one.
    "enableWhen.count() > 2 implies enableBehavior.exists()": "enableWhen.count() >= 2 implies enableBehavior.exists()",
}


def corrected(invariant: str) -> str:
    """An invariant of the R4 definitions, corrected where it is known to be wrong."""
    if _NAME.fullmatch(invariant):
        return f"name.exists() implies {invariant}"
    return _CORRECTED.get(invariant, invariant)
