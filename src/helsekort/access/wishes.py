"""What the woman has decided about her own record: blocks, opting out, what is shown online, notices.

Pasient- og brukerrettighetsloven section 5-3 and pasientjournalloven section 17 (the right to block); kjernejournalforskriften
section 3 (the right to opt out). Only she changes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from helsekort.access.act import Act, Action, Basis
from helsekort.access.actor import ActorKind

SENSITIVE = frozenset({"B", "C"})
"""Visibility classes that nobody but she and her clinicians see: sensitive, and what should never have been on the card."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Her standing decisions. Organisations are legal entities or points of care; sections are the contract's names."""

    blocked_practitioners: frozenset[str] = frozenset()  # HPR numbers
    blocked_organisations: frozenset[str] = frozenset()
    blocked_sections: frozenset[str] = frozenset()
    opted_out: bool = False
    hidden_online: bool = False
    notice: bool = False


NO_WISHES = Wishes()


class WishKind(Enum):
    """The kinds of decision, as they are kept and shown."""

    BLOCK_PRACTITIONER = "block-practitioner"
    BLOCK_ORGANISATION = "block-organisation"
    BLOCK_SECTION = "block-section"
    OPT_OUT = "opt-out"
    HIDE_ONLINE = "hide-online"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Wish:
    """One decision as she makes it: what, about whom or which part, on or off."""

    kind: WishKind
    on: bool
    target: str = ""


def with_wish(wishes: Wishes, wish: Wish) -> Wishes:
    """Her decisions after one more."""
    match wish.kind:
        case WishKind.OPT_OUT:
            return replace(wishes, opted_out=wish.on)
        case WishKind.HIDE_ONLINE:
            return replace(wishes, hidden_online=wish.on)
        case WishKind.NOTICE:
            return replace(wishes, notice=wish.on)
        case WishKind.BLOCK_PRACTITIONER:
            return replace(wishes, blocked_practitioners=_changed(wishes.blocked_practitioners, wish))
        case WishKind.BLOCK_ORGANISATION:
            return replace(wishes, blocked_organisations=_changed(wishes.blocked_organisations, wish))
        case WishKind.BLOCK_SECTION:
            return replace(wishes, blocked_sections=_changed(wishes.blocked_sections, wish))


def _changed(before: frozenset[str], wish: Wish) -> frozenset[str]:
    return before | {wish.target} if wish.on else before - {wish.target}


@dataclass(frozen=True, slots=True)
class Hidden:
    """What an act may not see of a record: whole sections, and every field of some visibility classes."""

    sections: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.sections or self.classes)


NOTHING_HIDDEN = Hidden()


def gives_way(act: Act, wishes: Wishes) -> bool:
    """Whether a block of hers, of an organisation or of parts, stands back for the act's basis."""
    if act.basis is Basis.ORDINARY:
        return False
    unit = act.actor.organisation
    numbers = {unit.number, unit.parent_number, unit.supplier_number} if unit else set[str]()
    return bool(wishes.blocked_sections) or not wishes.blocked_organisations.isdisjoint(numbers - {""})


def is_told(act: Act, wishes: Wishes) -> bool:
    """Whether she is told of the act as it happens: she has asked for it, and somebody else opens or changes a record."""
    return wishes.notice and act.actor.kind is not ActorKind.CITIZEN and act.action is not Action.READ_STATUS


def hidden_from(act: Act, wishes: Wishes) -> Hidden:
    """What her decisions and the visibility classes hide from an act that was let in.

    A block of parts gives way to her consent there and then, or to an emergency; the sensitive classes never open to a proxy.
    """
    kind = act.actor.kind
    if kind is ActorKind.CITIZEN:
        return NOTHING_HIDDEN
    if kind is ActorKind.PROXY:
        return Hidden(classes=SENSITIVE)
    if act.basis is not Basis.ORDINARY or not wishes.blocked_sections:
        return NOTHING_HIDDEN
    return Hidden(sections=wishes.blocked_sections)
