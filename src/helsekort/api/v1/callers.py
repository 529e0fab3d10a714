"""Who may call what, asked of the record guards themselves, so that no second table can disagree with them."""

from __future__ import annotations

from datetime import UTC, datetime

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind
from helsekort.access.guards import Facts, decide
from helsekort.basics.nin import NationalIdentityNumber

_NOBODY = NationalIdentityNumber("0" * 11)
_ACTIVE = Facts(
    consented=True,
    deceased=False,
    confidential_address=False,
    has_active_record=True,
    record_known=True,
    record_active=True,
)
_WITHOUT_RECORD = Facts(
    consented=True,
    deceased=False,
    confidential_address=False,
    has_active_record=False,
    record_known=False,
    record_active=False,
)


def callers_of(action: Action) -> frozenset[ActorKind]:
    """The kinds of caller that an action is open to where nothing else stands in the way."""
    facts = _WITHOUT_RECORD if action is Action.CREATE_RECORD else _ACTIVE
    return frozenset(kind for kind in ActorKind if decide(_act(kind, action), facts).permitted)


def _act(kind: ActorKind, action: Action) -> Act:
    role = "JO" if kind is ActorKind.PRACTITIONER else ""
    actor = Actor(kind, name="", client_id="", nin=_NOBODY, role=role)
    return Act(actor, action, _NOBODY, datetime(2026, 1, 1, tzinfo=UTC), event_id="")
