"""The switch: what is turned off right now, told from who turned what off and lifted it. Pure.

One person turns off, with a reason; two different persons lift it. What cannot be understood is off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from helsekort.access.actor import Actor, ActorKind
from helsekort.basics.refusal import Issue, Kind, Refused

ALL, WRITING, PAGES = "all", "writing", "citizen"
CONTRACTS = ("contract:v1", "contract:fhir", "contract:organisation")
OFF, LIFT = "off", "lift"
LIFTERS = 2
RETRY_SECONDS = 60

_SCOPE = re.compile(
    r"all|writing|citizen|contract:(?:v1|fhir|organisation)|client:[!-~]{1,128}|(?:organisation|supplier):[0-9]{9}"
)


class UnknownScope(ValueError):
    """There is no such scope; the message says which there are."""


def scope_of(text: str) -> str:
    """A scope as it is kept; raises UnknownScope."""
    if not _SCOPE.fullmatch(text):
        raise UnknownScope(
            "The scope is all, writing, citizen, contract:v1, contract:fhir, contract:organisation, client:ID, "
            "organisation:NUMBER or supplier:NUMBER."
        )
    return text


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the switch as it is kept: `act` is off or lift; `number` orders them."""

    number: int
    at: datetime
    scope: str
    act: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class TurnedOff:
    """One scope that is off: since when, by whom, why, and who has lifted it so far."""

    scope: str
    at: datetime
    by: str
    reason: str
    lifted_by: tuple[str, ...] = ()


def turned_off(turns: Iterable[Turn]) -> dict[str, TurnedOff]:
    """What is off after these turns, by scope. A new turn off undoes lifts; a turn that is not understood turns all off."""
    off: dict[str, TurnedOff] = {}
    for turn in sorted(turns, key=lambda each: each.number):
        known = off.get(turn.scope)
        if turn.act == OFF and _SCOPE.fullmatch(turn.scope):
            off[turn.scope] = TurnedOff(turn.scope, turn.at, turn.by, turn.reason)
        elif turn.act == LIFT and _SCOPE.fullmatch(turn.scope):
            if known is not None:
                off |= {turn.scope: _lifted(known, turn.by)}
                if len(off[turn.scope].lifted_by) >= LIFTERS:
                    del off[turn.scope]
        else:
            off[ALL] = TurnedOff(
                ALL, turn.at, turn.by, "A turn of the switch that this program does not know."
            )
    return off


def _lifted(known: TurnedOff, by: str) -> TurnedOff:
    lifters = known.lifted_by if _same(by, known.lifted_by) else (*known.lifted_by, by)
    return TurnedOff(known.scope, known.at, known.by, known.reason, lifters)


def _same(name: str, names: Iterable[str]) -> bool:
    """One person is one person in capitals and with more spaces too."""
    return " ".join(name.casefold().split()) in {" ".join(each.casefold().split()) for each in names}


class Entrance(msgspec.Struct, frozen=True):
    """Where a request comes in, before anybody knows who calls: the pages or a contract, and whether it writes.

    `own_affair` is true for what stays open to a woman whatever is off: logging in and out, her log, withdrawing.
    """

    scope: str
    writes: bool = False
    own_affair: bool = False


Off = frozenset[str]
"""The scopes that are off; None stands for a state that is not known, which is off."""


def closed(off: Off | None, entrance: Entrance) -> Refused | None:
    """Why nobody gets in here right now, by what can be told before the caller is known."""
    if entrance.own_affair:
        return None
    if off is None:
        return unknown()
    if not off:
        return None
    if ALL in off:
        return switched_off(Kind.SWITCHED_OFF)
    if entrance.scope in off:
        return switched_off(Kind.PAGES_OFF if entrance.scope == PAGES else Kind.CONTRACT_OFF)
    return switched_off(Kind.WRITING_OFF) if entrance.writes and WRITING in off else None


def closed_to(off: Off | None, actor: Actor) -> Refused | None:
    """Why this caller is not let in right now: its client, organisation or supplier is off, or what women see is."""
    if off is None:
        return unknown()
    if not off:
        return None
    if PAGES in off and actor.kind in {ActorKind.CITIZEN, ActorKind.PROXY}:
        return switched_off(Kind.PAGES_OFF)
    scopes = {f"client:{actor.client_id}"}
    if actor.organisation is not None:
        unit = actor.organisation
        scopes |= {f"organisation:{number}" for number in (unit.number, unit.parent_number)}
        scopes.add(f"supplier:{unit.supplier_number}")
    return None if scopes.isdisjoint(off) else switched_off(Kind.CALLER_OFF)


def switched_off(kind: Kind) -> Refused:
    """The refusal, with the seconds after which to ask again."""
    return Refused(
        kind, [Issue("It was switched off by whoever operates this service.")], retry_after=RETRY_SECONDS
    )


def unknown() -> Refused:
    """The refusal where the switch cannot be read: nobody gets in."""
    return Refused(Kind.DATABASE, [Issue("It is not known whether the service is switched off.")])
