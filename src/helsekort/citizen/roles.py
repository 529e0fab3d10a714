"""Roles in words: jordmor Kari Nordmann."""

from __future__ import annotations

from helsekort.access.roles import ROLES
from helsekort.citizen.language import Language


def with_role(code: str, name: str, language: Language) -> str:
    """A person with the role an EHR stated (Volven 9060), in lower case; the name alone where the role is not known."""
    role = language.text(ROLES[code].name) if code in ROLES else ""
    return f"{role} {name}".strip()
