"""What a reference says of the type it points at, without following it (https://hl7.org/fhir/R4/references.html#literal)."""

from __future__ import annotations

import re
from typing import Any

_LITERAL = re.compile(
    r"(?:.*/)?([A-Z][A-Za-z]{1,39})/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:\|.*)?"
)


def type_in(reference: Any) -> str:  # noqa: ANN401 - JSON
    """The type named by a Reference's literal address or its `type`, or by a canonical's address; empty where neither says it."""
    if isinstance(reference, str):
        return _in_address(reference)
    if not isinstance(reference, dict):
        return ""
    address, said = reference.get("reference"), reference.get("type")
    found = _in_address(address) if isinstance(address, str) else ""
    return found or (said.rpartition("/")[2] if isinstance(said, str) else "")


def _in_address(address: str) -> str:
    match = _LITERAL.fullmatch(address)
    return match[1] if match else ""
