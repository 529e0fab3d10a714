"""Chapter: what the woman decides about her own record, and what that hides from whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from helsekort.access.act import Act, Action, Basis
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.access.wishes import (
    NO_WISHES,
    NOTHING_HIDDEN,
    Hidden,
    Wish,
    Wishes,
    WishKind,
    gives_way,
    hidden_from,
    is_told,
    with_wish,
)
from helsekort.basics.nin import NationalIdentityNumber

HER = NationalIdentityNumber.parse("06868491807", allow_synthetic=True)
CLINIC = Organisation("314000102", "314001273", "Solvik legekontor", "314003217")
GP = Actor(ActorKind.PRACTITIONER, "Grete", "ehr", hpr_number="565900101", organisation=CLINIC)
READ = Act(GP, Action.READ_RECORD, HER, datetime(2026, 1, 1, tzinfo=UTC), "e-1")
ORDINARILY, WITH_HER_WORD, IN_EMERGENCY = Basis.ORDINARY, Basis.HER_CONSENT, Basis.EMERGENCY
TESTS_BLOCKED = Wishes(blocked_sections=frozenset({"clinicalTests"}))

# what she decides, on or off -> the one thing that it changes
CHANGES: list[tuple[WishKind, str, Wishes]] = [
    (WishKind.OPT_OUT, "", Wishes(opted_out=True)),
    (WishKind.HIDE_ONLINE, "", Wishes(hidden_online=True)),
    (WishKind.NOTICE, "", Wishes(notice=True)),
    (WishKind.BLOCK_PRACTITIONER, "565900101", Wishes(blocked_practitioners=frozenset({"565900101"}))),
    (WishKind.BLOCK_ORGANISATION, "314001273", Wishes(blocked_organisations=frozenset({"314001273"}))),
    (WishKind.BLOCK_SECTION, "clinicalTests", TESTS_BLOCKED),
]


@pytest.mark.parametrize(("kind", "target", "after"), CHANGES)
def test_each_decision_changes_one_thing_and_can_be_taken_back(
    kind: WishKind, target: str, after: Wishes
) -> None:
    assert with_wish(NO_WISHES, Wish(kind, on=True, target=target)) == after
    assert with_wish(after, Wish(kind, on=False, target=target)) == NO_WISHES


def test_a_second_block_leaves_the_first() -> None:
    both = with_wish(TESTS_BLOCKED, Wish(WishKind.BLOCK_SECTION, on=True, target="birthStatus"))
    assert both.blocked_sections == {"clinicalTests", "birthStatus"}
    assert with_wish(both, Wish(WishKind.BLOCK_SECTION, on=False, target="birthStatus")) == TESTS_BLOCKED


def test_the_names_under_which_decisions_are_kept_do_not_change() -> None:
    """They stand in append-only rows of her history."""
    assert [kind.value for kind in WishKind] == [
        "block-practitioner",
        "block-organisation",
        "block-section",
        "opt-out",
        "hide-online",
        "notice",
    ]


# who, on which basis -> what a block of a part and the visibility classes hide
HIDING: list[tuple[ActorKind, Basis, Hidden]] = [
    (ActorKind.PRACTITIONER, ORDINARILY, Hidden(sections=frozenset({"clinicalTests"}))),
    (ActorKind.PRACTITIONER, WITH_HER_WORD, NOTHING_HIDDEN),
    (ActorKind.PRACTITIONER, IN_EMERGENCY, NOTHING_HIDDEN),
    (ActorKind.MACHINE, ORDINARILY, Hidden(sections=frozenset({"clinicalTests"}))),
    (ActorKind.CITIZEN, ORDINARILY, NOTHING_HIDDEN),
    (ActorKind.PROXY, ORDINARILY, Hidden(classes=frozenset({"B", "C"}))),
]


@pytest.mark.parametrize(("kind", "basis", "hidden"), HIDING)
def test_what_is_hidden_from_whom(kind: ActorKind, basis: Basis, hidden: Hidden) -> None:
    act = replace(READ, actor=replace(GP, kind=kind), basis=basis)
    assert hidden_from(act, TESTS_BLOCKED) == hidden
    assert bool(hidden) is (hidden != NOTHING_HIDDEN)


def test_without_a_block_nothing_is_hidden_from_a_clinician_and_the_sensitive_always_from_a_proxy() -> None:
    assert hidden_from(READ, NO_WISHES) is NOTHING_HIDDEN
    proxy = replace(READ, actor=replace(GP, kind=ActorKind.PROXY))
    assert hidden_from(proxy, NO_WISHES).classes == {"B", "C"}


# what she has blocked, on which basis -> whether a block of hers stood back, which is told her
ORGANISATIONS = [
    Wishes(blocked_organisations=frozenset({n})) for n in ("314000102", "314001273", "314003217")
]
GIVING_WAY = [
    *((wishes, WITH_HER_WORD, True) for wishes in (*ORGANISATIONS, TESTS_BLOCKED)),
    *((wishes, IN_EMERGENCY, True) for wishes in (*ORGANISATIONS, TESTS_BLOCKED)),
    *((wishes, ORDINARILY, False) for wishes in (*ORGANISATIONS, TESTS_BLOCKED)),
    (NO_WISHES, IN_EMERGENCY, False),
    (Wishes(blocked_organisations=frozenset({"314001141"})), IN_EMERGENCY, False),
    (Wishes(opted_out=True, notice=True), IN_EMERGENCY, False),
]


@pytest.mark.parametrize(("wishes", "basis", "stood_back"), GIVING_WAY)
def test_when_a_block_of_hers_gives_way(*, wishes: Wishes, basis: Basis, stood_back: bool) -> None:
    assert gives_way(replace(READ, basis=basis), wishes) is stood_back


def test_a_caller_without_an_organisation_passes_no_block_of_one() -> None:
    act = replace(READ, actor=replace(GP, organisation=None), basis=IN_EMERGENCY)
    assert not gives_way(act, ORGANISATIONS[0])
    assert gives_way(act, TESTS_BLOCKED)


# who, does what, has she asked for it -> whether she is told as it happens
TOLD = [
    (ActorKind.PRACTITIONER, Action.READ_RECORD, True, True),
    (ActorKind.PRACTITIONER, Action.WRITE_SECTION, True, True),
    (ActorKind.PROXY, Action.READ_RECORD, True, True),
    (ActorKind.PRACTITIONER, Action.READ_RECORD, False, False),
    (ActorKind.PRACTITIONER, Action.READ_STATUS, True, False),
    (ActorKind.CITIZEN, Action.READ_RECORD, True, False),
]


@pytest.mark.parametrize(("kind", "action", "asked", "told"), TOLD)
def test_of_which_look_ups_she_is_told(*, kind: ActorKind, action: Action, asked: bool, told: bool) -> None:
    act = replace(READ, actor=replace(GP, kind=kind), action=action)
    assert is_told(act, Wishes(notice=asked)) is told


def test_having_decided_nothing_is_no_block_no_notice_and_no_opting_out() -> None:
    none: frozenset[str] = frozenset()
    assert Wishes() == Wishes(none, none, none, opted_out=False, hidden_online=False, notice=False)
