"""Chapter: how much one caller may ask for. Requests by the second, different persons by the hour."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.access.limits import MOST_CALLERS, Allowance, Allowances, Exceeded, Limits
from helsekort.basics.nin import NationalIdentityNumber, check_digits

AMPLE = Allowance(burst=100_000, each_second=1_000, persons_an_hour=10_000)
EVERYBODY = Allowances(
    client=AMPLE, organisation=AMPLE, practitioner=AMPLE, citizen=AMPLE, machine=AMPLE, source=AMPLE
)
THREE = Allowance(burst=3, each_second=0.5, persons_an_hour=10_000)
TWO_PERSONS = Allowance(burst=10_000, each_second=1_000, persons_an_hour=2)
START = 1_000_000.0


def women() -> list[NationalIdentityNumber]:
    """Some fictional women."""
    digits = ((nine, check_digits(nine)) for nine in (f"0181901{n:02}" for n in range(99)))
    return [NationalIdentityNumber.parse(nine + two, allow_synthetic=True) for nine, two in digits if two]


ANNE, BERIT, CARI, DINA, *_ = women()
CLINIC = Organisation("314000102", "314001273", "Solvik legekontor")
OTHER_CLINIC = replace(CLINIC, number="314001141")
GP = Actor(ActorKind.PRACTITIONER, "Grete", "ehr", hpr_number="565900101", organisation=CLINIC)
MACHINE = Actor(ActorKind.MACHINE, "Solvik", "ehr", organisation=CLINIC)
HERSELF = Actor(ActorKind.CITIZEN, "Anne", "pages", nin=ANNE)
PROXY = Actor(ActorKind.PROXY, "Anne", "pages", nin=ANNE)


def limits(**changes: Allowance) -> Limits:
    """Limits that are ample but for what is named."""
    return Limits(replace(EVERYBODY, **changes), salt=b"salt")


def asked(made: Limits, actor: Actor, patient: NationalIdentityNumber | None, now: float = START) -> object:
    """One request: "in", or who must wait, how long, and whether persons were too many."""
    try:
        made.count(actor, patient, now=now)
    except Exceeded as exceeded:
        return (exceeded.kind, exceeded.wait, exceeded.persons)
    return "in"


# what is scarce, who asks, who asks just as well afterwards
SHARED = [
    ("practitioner", GP, replace(GP, hpr_number="565900102")),
    ("machine", MACHINE, replace(MACHINE, client_id="ehr-2")),
    ("machine", MACHINE, replace(MACHINE, organisation=OTHER_CLINIC)),
    ("machine", replace(MACHINE, organisation=None), MACHINE),
    ("organisation", GP, replace(GP, organisation=OTHER_CLINIC)),
    ("organisation", MACHINE, replace(GP, organisation=OTHER_CLINIC)),
    ("organisation", GP, replace(GP, organisation=None)),
    ("client", GP, replace(GP, client_id="ehr-2")),
    ("client", MACHINE, replace(GP, client_id="ehr-2")),
    ("citizen", HERSELF, replace(HERSELF, nin=BERIT)),
    ("citizen", PROXY, replace(HERSELF, nin=BERIT)),
    ("citizen", replace(HERSELF, nin=None), HERSELF),
]


@pytest.mark.parametrize(("scarce", "actor", "another"), SHARED)
def test_a_burst_then_a_wait_and_nobody_else_waits(scarce: str, actor: Actor, another: Actor) -> None:
    made = limits(**{scarce: THREE})
    assert [asked(made, actor, ANNE) for _ in range(4)] == ["in", "in", "in", (scarce, 3, False)]
    assert asked(made, another, ANNE) == "in"


@pytest.mark.parametrize(("scarce", "actor", "another"), SHARED)
def test_so_many_persons_an_hour_and_nobody_else_waits(scarce: str, actor: Actor, another: Actor) -> None:
    made = limits(**{scarce: TWO_PERSONS})
    told = [asked(made, actor, woman, START + 100) for woman in (ANNE, BERIT, CARI, ANNE)]
    assert told == ["in", "in", (scarce, 3601, True), "in"]
    assert asked(made, another, CARI, START + 100) == "in"


def test_a_citizen_and_her_proxy_use_one_allowance_and_no_clients() -> None:
    made = limits(citizen=THREE, client=replace(THREE, burst=0))
    assert [asked(made, HERSELF, ANNE), asked(made, PROXY, ANNE), asked(made, HERSELF, ANNE)] == ["in"] * 3
    assert asked(made, PROXY, ANNE) == ("citizen", 3, False)


def test_a_client_that_is_called_like_an_organisation_is_still_another() -> None:
    made = limits(organisation=THREE)
    namesake = replace(GP, client_id=CLINIC.number)
    assert [asked(made, namesake, ANNE) for _ in range(3)] == ["in"] * 3


def test_the_bucket_fills_with_time_and_never_over_its_burst() -> None:
    made = limits(client=THREE)
    for _ in range(3):
        asked(made, GP, ANNE)
    assert asked(made, GP, ANNE, START + 1) == ("client", 2, False)
    assert asked(made, GP, ANNE, START + 2) == "in"
    assert asked(made, GP, ANNE, START + 2) == ("client", 3, False)
    much_later = START + 1_000
    assert [asked(made, GP, ANNE, much_later) for _ in range(4)] == ["in", "in", "in", ("client", 3, False)]


def test_a_clock_set_back_takes_nothing_away() -> None:
    made = limits(client=THREE)
    assert [asked(made, GP, ANNE), asked(made, GP, ANNE, START - 100)] == ["in", "in"]
    assert asked(made, GP, ANNE, START - 100) == "in"
    assert asked(made, GP, ANNE, START - 100) == ("client", 3, False)


# seconds after the first two persons -> what a third is told; the wait ends when the hour does
HOURS = [
    (0, ("practitioner", 3601, True)),
    (3599, ("practitioner", 2, True)),
    (3600, ("practitioner", 3601, True)),
    (7199, ("practitioner", 3601, True)),
    (7200, "in"),
]


@pytest.mark.parametrize(("after", "told"), HOURS)
def test_persons_are_forgotten_after_one_to_two_hours(after: int, told: object) -> None:
    made = limits(practitioner=TWO_PERSONS)
    assert [asked(made, GP, ANNE), asked(made, GP, BERIT)] == ["in", "in"]
    assert asked(made, GP, CARI, START + after) == told


def test_a_patient_followed_from_hour_to_hour_is_not_counted_anew() -> None:
    made = limits(practitioner=TWO_PERSONS)
    for hour in range(5):
        assert asked(made, GP, ANNE, START + 3600 * hour) == "in"
        assert asked(made, GP, BERIT, START + 3600 * hour) == "in"
        assert asked(made, GP, CARI, START + 3600 * hour) == ("practitioner", 3601, True)
    assert asked(made, GP, CARI, START + 3600 * 4 + 3599) == ("practitioner", 2, True)


def test_who_has_used_up_her_own_uses_nothing_of_her_organisations() -> None:
    made = limits(practitioner=THREE, organisation=replace(THREE, burst=4))
    for _ in range(50):
        asked(made, GP, ANNE)
    colleague = replace(GP, hpr_number="565900102")
    assert asked(made, colleague, ANNE) == "in"
    assert asked(made, colleague, ANNE) == ("organisation", 3, False)


def test_a_request_about_nobody_counts_no_person() -> None:
    made = limits(practitioner=replace(TWO_PERSONS, persons_an_hour=0))
    assert asked(made, GP, None) == "in"
    assert asked(made, GP, ANNE) == ("practitioner", 3601, True)


def test_a_new_window_begins_with_nobody_in_it() -> None:
    made = limits(client=TWO_PERSONS)
    assert [asked(made, GP, woman) for woman in (ANNE, BERIT)] == ["in"] * 2
    told = [asked(made, GP, woman, START + 7200) for woman in (CARI, DINA, ANNE)]
    assert told == ["in", "in", ("client", 3601, True)]


def test_an_address_that_floods_waits_and_others_do_not() -> None:
    made = limits(source=THREE)
    for _ in range(3):
        made.count_source("192.0.2.1", now=START)
    with pytest.raises(Exceeded) as exceeded:
        made.count_source("192.0.2.1", now=START)
    assert (exceeded.value.kind, exceeded.value.wait, exceeded.value.persons) == ("source", 3, False)
    made.count_source("192.0.2.2", now=START)
    made.count_source("192.0.2.1", now=START + 2)


def test_a_flood_of_callers_forgets_the_one_who_was_idle_longest_and_no_address() -> None:
    made = limits(practitioner=THREE, source=THREE)
    for _ in range(3):
        made.count_source("192.0.2.1", now=START)
        asked(made, GP, ANNE)
    busy = replace(GP, hpr_number="busy")
    for _ in range(3):
        asked(made, busy, ANNE)
    for n in range(MOST_CALLERS - 4):  # besides those two, the organisation and the client
        asked(made, replace(GP, hpr_number=f"{n:07}"), ANNE)
    assert asked(made, GP, ANNE) == (
        "practitioner",
        3,
        False,
    )  # all are remembered still, and she is the newest now
    asked(made, replace(GP, hpr_number="one more"), ANNE)
    assert asked(made, GP, ANNE) == ("practitioner", 3, False)
    assert asked(made, busy, ANNE) == "in"  # forgotten: she begins anew
    with pytest.raises(Exceeded):
        made.count_source("192.0.2.1", now=START)


def test_persons_are_kept_as_short_hashes_that_differ_from_server_to_server() -> None:
    one, other = Limits(EVERYBODY, salt=b"a"), Limits(EVERYBODY, salt=b"b")
    kept = [limits_of._hash(ANNE) for limits_of in (one, other)]
    assert kept[0] != kept[1]
    assert {len(each) for each in kept} == {8}


def test_more_requests_are_not_more_persons() -> None:
    ten = Allowances().times(10)
    assert ten.practitioner == Allowance(burst=6_000, each_second=500, persons_an_hour=200)
    assert ten.source.burst == 200_000


def test_the_allowances_stand_in_the_order_of_what_they_are_for() -> None:
    """ADR 10: a person is held tighter than her clinic, a clinic tighter than a supplier's client."""
    told = Allowances()
    budgets = [told.citizen, told.practitioner, told.organisation, told.client]
    assert [each.persons_an_hour for each in budgets] == [10, 200, 5_000, 20_000]
    assert [each.burst for each in budgets] == [60, 600, 1_000, 2_000]
    assert [each.each_second for each in budgets] == [2, 50, 200, 500]
    assert told.machine == told.organisation
    assert told.source == Allowance(burst=20_000, each_second=4_000, persons_an_hour=0)
