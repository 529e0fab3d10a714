"""Who may call what, and what the record guards can refuse: asked of the guards themselves, so that no second table disagrees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from msgspec import structs

from helsekort.access.act import Act, Action, Representation
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.access.guards import Facts, decide
from helsekort.access.wishes import Wishes
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind
from helsekort.maternity.catalogue import CATALOGUE

_RECORD = UUID(int=1)  # every write of the contract names its record
_SHE, _ANOTHER = NationalIdentityNumber("0" * 11), NationalIdentityNumber("1" * 11)
_UNIT = Organisation("1", "2", "")
_DOCTOR = Actor(ActorKind.PRACTITIONER, "", "", hpr_number="1", role="LE", organisation=_UNIT)
_MACHINE = Actor(ActorKind.MACHINE, "", "", organisation=_UNIT)
_CITIZEN = Actor(ActorKind.CITIZEN, "", "", nin=_SHE)
_PROXY = Actor(ActorKind.PROXY, "", "", nin=_ANOTHER)
_CALLERS = (_DOCTOR, _MACHINE, _CITIZEN, _PROXY)
_ODD_CALLERS = (replace(_DOCTOR, role="HE"), replace(_CITIZEN, nin=_ANOTHER))
_IN_ORDER = Facts(
    consented=True,
    deceased=False,
    confidential_address=False,
    has_active_record=False,
    record_known=True,
    record_active=True,
)
_WISHES = (
    Wishes(blocked_practitioners=frozenset({"1"})),
    Wishes(blocked_organisations=frozenset({"2"})),
    Wishes(blocked_sections=frozenset(section.name for section in CATALOGUE.routed)),
    Wishes(opted_out=True),
    Wishes(hidden_online=True),
)


@cache
def callers_of(action: Action) -> frozenset[ActorKind]:
    """The kinds of caller that an action is open to where nothing else stands in the way."""
    return frozenset(actor.kind for actor in _CALLERS if decide(_act(actor, action), _IN_ORDER).permitted)


@cache
def guarded(action: Action, section: str) -> frozenset[Kind]:
    """The refusals that the guards can give an action: every caller, and each fact and each wish the other way."""
    acts = [_act(actor, action, section) for actor in (*_CALLERS, *_ODD_CALLERS)]
    decisions = (decide(act, facts) for facts in _deviations() for act in acts)
    return frozenset(decision.refusal for decision in decisions if decision.refusal is not None)


def _deviations() -> Iterator[Facts]:
    yield _IN_ORDER
    for fact in structs.fields(_IN_ORDER):
        value = getattr(_IN_ORDER, fact.name)
        if isinstance(value, bool):
            other: dict[str, Any] = {fact.name: not value}
            yield structs.replace(_IN_ORDER, **other)
    for wishes in _WISHES:
        yield structs.replace(_IN_ORDER, wishes=wishes)


def _act(actor: Actor, action: Action, section: str = "") -> Act:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    power = Representation.HEALTH_INFORMATION if actor.kind is ActorKind.PROXY else None
    return Act(actor, action, _SHE, at, event_id="", record=_RECORD, section=section, representation=power)
