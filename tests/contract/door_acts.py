"""Acts at the door for its tests: the fictional callers of the contract's tests, and what they may say of themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from helsekort.access.act import Act, Action, Basis
from helsekort.access.wishes import Wish, WishKind
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.view import View, Wants
from tests.flow.v1_service import ACTORS, ANNE, Service


def act(
    by: str,
    action: Action,
    record: UUID | None = None,
    *,
    patient: NationalIdentityNumber = ANNE,
    **circumstances: Any,  # noqa: ANN401 - of an Act
) -> Act:
    """An act of one of the callers; `anne` acts as whoever the patient is."""
    actor = ACTORS[by]
    if by == "anne":
        actor = replace(actor, nin=patient)
    return Act(actor, action, patient, datetime.now(UTC), "event", record=record, **circumstances)


async def card(service: Service, by: str, record: UUID, **circumstances: Any) -> View:  # noqa: ANN401
    """The card as the caller sees it."""
    return await service.door.read(
        act(by, Action.READ_RECORD, record, **circumstances), Wants.CARD | Wants.PARTS
    )


async def wish(
    service: Service,
    kind: WishKind,
    target: str = "",
    *,
    on: bool = True,
    patient: NationalIdentityNumber = ANNE,
) -> None:
    """She decides something."""
    await service.door.set_wish(act("anne", Action.SET_WISH, patient=patient), Wish(kind, on, target))


def emergency(reason: str = "Blødning, bevisstløs") -> dict[str, Any]:
    """The circumstances of an emergency."""
    return {"basis": Basis.EMERGENCY, "reason": reason}


LIFTED: dict[str, Any] = {"basis": Basis.HER_CONSENT, "reason": "Hun åpnet selv"}
"""The circumstances of a block she lifts there and then."""
