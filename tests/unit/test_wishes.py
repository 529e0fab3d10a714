"""When a block gives way, when she is told of an act, and what two numbers' wishes become."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from helsekort.access.act import Act, Action, Basis
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.access.wishes import NO_WISHES, Wishes, gives_way, is_told
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.persons import both

ANNE = NationalIdentityNumber.parse("01819012365", allow_synthetic=True)
OFFICE = Organisation("998570328", "974589095", "Munkholmen legesenter", supplier_number="988888888")
GP = Actor(ActorKind.PRACTITIONER, "Rolf Lege", "ehr-1", hpr_number="222200063", organisation=OFFICE)
ACT = Act(GP, Action.READ_RECORD, ANNE, datetime(2026, 3, 2, tzinfo=UTC), "event")

BLOCKS = {
    "a part": Wishes(blocked_sections=frozenset({"mother"})),
    "the legal entity": Wishes(blocked_organisations=frozenset({OFFICE.parent_number})),
    "the point of care": Wishes(blocked_organisations=frozenset({OFFICE.number})),
    "the supplier": Wishes(blocked_organisations=frozenset({OFFICE.supplier_number})),
}
NO_BLOCKS = {
    "nothing": NO_WISHES,
    "another organisation": Wishes(blocked_organisations=frozenset({"999999999", ""})),
    "a professional, who stays blocked": Wishes(blocked_practitioners=frozenset({GP.hpr_number})),
    "a notice": Wishes(notice=True),
}


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("wishes", BLOCKS.values(), ids=BLOCKS)
def test_a_block_gives_way_to_another_basis_than_the_ordinary(basis: Basis, wishes: Wishes) -> None:
    assert gives_way(replace(ACT, basis=basis), wishes) is (basis is not Basis.ORDINARY)


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("wishes", NO_BLOCKS.values(), ids=NO_BLOCKS)
def test_where_nothing_is_blocked_nothing_gives_way(basis: Basis, wishes: Wishes) -> None:
    assert not gives_way(replace(ACT, basis=basis), wishes)


def test_an_actor_without_an_organisation_passes_no_organisations_block() -> None:
    act = replace(ACT, actor=replace(GP, organisation=None), basis=Basis.EMERGENCY)
    assert not gives_way(act, Wishes(blocked_organisations=frozenset({""})))


@pytest.mark.parametrize("kind", ActorKind)
@pytest.mark.parametrize("action", Action)
def test_she_is_told_of_others_and_not_of_status(kind: ActorKind, action: Action) -> None:
    act = replace(ACT, actor=replace(GP, kind=kind), action=action)
    told = kind is not ActorKind.CITIZEN and action is not Action.READ_STATUS
    assert is_told(act, Wishes(notice=True)) is told
    assert not is_told(act, NO_WISHES)


@pytest.mark.parametrize("name", [each.name for each in fields(Wishes)])
def test_of_two_numbers_every_wish_holds(name: str) -> None:
    sets = isinstance(getattr(NO_WISHES, name), frozenset)
    first: dict[str, Any] = {name: frozenset({"a"}) if sets else True}
    second: dict[str, Any] = {name: frozenset({"b"}) if sets else False}
    one, other = replace(NO_WISHES, **first), replace(NO_WISHES, **second)
    assert getattr(both(one, other), name) == (frozenset({"a", "b"}) if sets else True)
    assert both(other, one) == both(one, other)
    assert both(one, NO_WISHES) == one
