"""Chapter: the switch. What is off after which turns, and what that closes to whom."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.access.switch import (
    CONTRACTS,
    Entrance,
    Turn,
    UnknownScope,
    closed,
    closed_to,
    scope_of,
    turned_off,
)
from helsekort.basics.refusal import OUTCOMES, Kind, Refused
from helsekort.citizen.opening import entrance

AT = datetime(2026, 1, 1, tzinfo=UTC)


def turns(text: str) -> list[Turn]:
    """`off all Kari` or `lift all Ola`, one after the other with semicolons between."""
    made = []
    for number, turn in enumerate(text.split(";") if text else [], 1):
        act, scope, by = turn.strip().split(" ", 2)
        made.append(Turn(number, AT, scope, act, by, "øvelse"))
    return made


# turns, what is off after them
STATES: list[tuple[str, set[str]]] = [
    ("", set()),
    ("off all Kari", {"all"}),
    ("off all Kari; lift all Ola", {"all"}),
    ("off all Kari; lift all Ola; lift all Eva", set()),
    ("off all Kari; lift all Kari; lift all Ola", set()),
    ("off all Kari; lift all Ola; lift all Ola", {"all"}),
    ("off all Kari; lift all Ola; lift all  OLA", {"all"}),
    ("off all Kari; lift all Ola Hansen; lift all ola  hansen", {"all"}),
    ("off all Kari; lift all Ola; off all Kari; lift all Eva", {"all"}),
    ("off all Kari; lift all Ola; lift all Eva; off all Kari", {"all"}),
    ("lift all Ola; lift all Eva; off all Kari", {"all"}),
    ("off all Kari; lift writing Ola; lift writing Eva", {"all"}),
    ("off writing Kari; off client:ehr-1 Ola; lift writing Eva; lift writing Liv", {"client:ehr-1"}),
    ("off organisation:314001273 Kari", {"organisation:314001273"}),
    ("explode all Kari", {"all"}),
    ("off everything Kari", {"all"}),
    ("lift everything Kari", {"all"}),
    ("off contract:v9 Kari", {"all"}),
    ("off contract:v9 Kari; lift all Ola; lift all Eva", set()),
]


@pytest.mark.parametrize(("text", "off"), STATES)
def test_what_is_off_after_which_turns(text: str, off: set[str]) -> None:
    assert set(turned_off(turns(text))) == off


def test_the_order_is_that_of_the_numbers() -> None:
    assert set(turned_off(reversed(turns("lift all Ola; lift all Eva; off all Kari")))) == {"all"}


def test_it_is_known_who_why_and_who_has_lifted_so_far() -> None:
    [off] = turned_off(turns("off all Kari; lift all Ola")).values()
    assert (off.by, off.reason, off.lifted_by, off.at) == ("Kari", "øvelse", ("Ola",), AT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ALL",
        "all ",
        "contract:v2",
        "client:",
        "client:a b",
        "client:æ",
        "organisation:1",
        "supplier:31400127x",
        "user:1",
    ],
)
def test_there_are_only_these_scopes(text: str) -> None:
    with pytest.raises(UnknownScope):
        scope_of(text)


@pytest.mark.parametrize(
    "text",
    ["all", "writing", "citizen", *CONTRACTS, "client:ehr-1", "organisation:314001273", "supplier:314003217"],
)
def test_a_scope_is_kept_as_it_is_written(text: str) -> None:
    assert scope_of(text) == text


def test_an_entrance_reads_and_is_nobodys_own_affair_where_nothing_else_is_said() -> None:
    assert Entrance("citizen") == Entrance("citizen", writes=False, own_affair=False)


API, WRITE = Entrance("contract:v1"), Entrance("contract:v1", writes=True)
QUEUE = Entrance("contract:organisation")
PAGE, FORM, OWN = (
    Entrance("citizen"),
    Entrance("citizen", writes=True),
    Entrance("citizen", writes=True, own_affair=True),
)

# what is off (None: not known), the entrance, the refusal
ENTRANCES: list[tuple[set[str] | None, Entrance, Kind | None]] = [
    (set(), WRITE, None),
    (None, API, Kind.DATABASE),
    (None, PAGE, Kind.DATABASE),
    (None, OWN, None),
    ({"all"}, API, Kind.SWITCHED_OFF),
    ({"all"}, QUEUE, Kind.SWITCHED_OFF),
    ({"all"}, PAGE, Kind.SWITCHED_OFF),
    ({"all"}, OWN, None),
    ({"writing"}, API, None),
    ({"writing"}, WRITE, Kind.WRITING_OFF),
    ({"writing"}, FORM, Kind.WRITING_OFF),
    ({"writing"}, OWN, None),
    ({"citizen"}, PAGE, Kind.PAGES_OFF),
    ({"citizen"}, FORM, Kind.PAGES_OFF),
    ({"citizen"}, OWN, None),
    ({"citizen"}, WRITE, None),
    ({"contract:v1"}, API, Kind.CONTRACT_OFF),
    ({"contract:v1"}, QUEUE, None),
    ({"contract:v1"}, PAGE, None),
    ({"contract:organisation"}, QUEUE, Kind.CONTRACT_OFF),
    ({"client:ehr-1", "organisation:2", "supplier:3"}, WRITE, None),
]


@pytest.mark.parametrize(("off", "at", "expected"), ENTRANCES)
def test_what_is_closed_before_anybody_is_known(
    off: set[str] | None, at: Entrance, expected: Kind | None
) -> None:
    assert kind(closed(None if off is None else frozenset(off), at)) is expected


def kind(refused: Refused | None) -> Kind | None:
    """Which refusal."""
    if refused is not None and refused.kind is not Kind.DATABASE:
        assert refused.retry_after > 0
        assert refused.outcome.status == 503
    return refused.kind if refused else None


GP = Actor(ActorKind.PRACTITIONER, "", "ehr-1", organisation=Organisation("1", "2", "", "3"))
SHE = Actor(ActorKind.CITIZEN, "", "portal")

# what is off, who calls, let in
CALLERS: list[tuple[set[str] | None, Actor, Kind | None]] = [
    (set(), GP, None),
    (None, GP, Kind.DATABASE),
    ({"client:ehr-1"}, GP, Kind.CALLER_OFF),
    ({"client:ehr-10"}, GP, None),
    ({"organisation:1"}, GP, Kind.CALLER_OFF),
    ({"organisation:2"}, GP, Kind.CALLER_OFF),
    ({"organisation:3"}, GP, None),
    ({"supplier:3"}, GP, Kind.CALLER_OFF),
    ({"supplier:2"}, GP, None),
    ({"citizen"}, GP, None),
    ({"citizen"}, SHE, Kind.PAGES_OFF),
    ({"citizen"}, Actor(ActorKind.PROXY, "", "portal"), Kind.PAGES_OFF),
    ({"client:portal"}, SHE, Kind.CALLER_OFF),
    ({"supplier:3", "organisation:1"}, SHE, None),
]


@pytest.mark.parametrize(("off", "actor", "expected"), CALLERS)
def test_what_is_closed_to_a_caller(off: set[str] | None, actor: Actor, expected: Kind | None) -> None:
    assert kind(closed_to(None if off is None else frozenset(off), actor)) is expected


# a page, what it needs to be open
PAGES: list[tuple[str, str, bool, bool]] = [
    ("GET", "/", False, True),
    ("GET", "/logg-inn", False, True),
    ("GET", "/innlogget", False, True),
    ("POST", "/logg-ut", True, True),
    ("POST", "/skjul", True, True),
    ("GET", "/logg", False, True),
    ("GET", "/trekk-samtykke", False, True),
    ("POST", "/trekk-samtykke", True, True),
    ("GET", "/samtykke", False, True),
    ("POST", "/samtykke", True, False),
    ("GET", "/helsekort", False, False),
    ("GET", "/helsekort/logg", False, False),
    ("GET", "/loggbok", False, False),
    ("PUT", "/helsekort", True, False),
]


@pytest.mark.parametrize(("method", "path", "writes", "own"), PAGES)
def test_what_stays_open_to_her(method: str, path: str, writes: bool, own: bool) -> None:  # noqa: FBT001 - columns
    assert entrance(method, path) == Entrance("citizen", writes=writes, own_affair=own)


def test_each_state_has_a_code_of_its_own() -> None:
    kinds = (Kind.SWITCHED_OFF, Kind.WRITING_OFF, Kind.PAGES_OFF, Kind.CONTRACT_OFF, Kind.CALLER_OFF)
    assert len({OUTCOMES[each].contract_code for each in kinds}) == len(kinds)
    assert {OUTCOMES[each].status for each in kinds} == {503}
