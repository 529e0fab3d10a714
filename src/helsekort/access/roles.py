"""Which roles may use the card: codes of Volven 9060 (kategori helsepersonell), one row each.

The national documentation has an error for a role that does not fit and no list of those that do. The table is ours (ADR 0007):
those who follow a pregnancy write, a health secretary reads, and no other role has a purpose here yet.
"""

from __future__ import annotations

from dataclasses import dataclass

CODE_SYSTEM = "urn:oid:2.16.578.1.12.4.1.1.9060"


@dataclass(frozen=True, slots=True)
class Role:
    """A role that may read the card, with its name in bokmål, and whether it may write in it."""

    code: str
    name: str
    writes: bool


ROLES: dict[str, Role] = {
    role.code: role
    for role in (
        Role("LE", "lege", writes=True),
        Role("JO", "jordmor", writes=True),
        Role("SP", "sykepleier", writes=True),
        Role("HE", "helsesekretær", writes=False),
    )
}
