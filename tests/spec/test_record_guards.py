"""Chapter: the record guards. Who may do what, given consent, death, address protection and the state of the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from helsekort.access.act import RESOURCE_READS, Act, Action, Basis, Representation
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.access.guards import GUARDS, Decision, Facts, decide
from helsekort.access.wishes import NO_WISHES, Wishes
from helsekort.basics.nin import NationalIdentityNumber, check_digits
from helsekort.basics.refusal import OUTCOMES, Kind


def _nin(nine: str) -> NationalIdentityNumber:
    digits = check_digits(nine)
    assert digits is not None
    return NationalIdentityNumber.parse(nine + digits, allow_synthetic=True)


HER, ANOTHER = _nin("018190123"), _nin("158185321")
NOW = datetime(2026, 1, 16, 12, 30, tzinfo=UTC)
ORDINARY = Facts(
    consented=True,
    deceased=False,
    confidential_address=False,
    has_active_record=True,
    record_known=True,
    record_active=True,
)
CHANGES: dict[str, dict[str, Any]] = {
    "consent, active record": {},
    "consent, no record": {"has_active_record": False, "record_known": False, "record_active": False},
    "consent, another record active": {"record_known": False, "record_active": False},
    "consent, record ended": {"has_active_record": False, "record_active": False},
    "no consent": {
        "consented": False,
        "has_active_record": False,
        "record_known": False,
        "record_active": False,
    },
    "deceased, active record": {"deceased": True},
    "confidential address": {"confidential_address": True},
}

# who, does what, when the woman's state is ... -> the contract's code, or "permitted"
TABLE = [
    ("practitioner", Action.READ_STATUS, "consent, active record", "permitted"),
    ("practitioner", Action.READ_STATUS, "no consent", "permitted"),
    ("practitioner", Action.READ_STATUS, "confidential address", "permitted"),
    ("practitioner", Action.READ_RECORD, "consent, active record", "permitted"),
    ("practitioner", Action.READ_RECORD, "consent, record ended", "permitted"),
    ("practitioner", Action.READ_RECORD, "consent, no record", "DHG-0015"),
    ("practitioner", Action.READ_RECORD, "no consent", "DHG-0003"),
    ("practitioner", Action.READ_RECORD, "deceased, active record", "permitted"),
    ("practitioner", Action.READ_RECORD, "confidential address", "DHG-0004"),
    ("practitioner", Action.READ_HISTORY, "consent, no record", "permitted"),
    ("practitioner", Action.READ_HISTORY, "no consent", "DHG-0003"),
    ("practitioner", Action.CREATE_RECORD, "consent, no record", "permitted"),
    ("practitioner", Action.CREATE_RECORD, "consent, record ended", "permitted"),
    ("practitioner", Action.CREATE_RECORD, "consent, another record active", "DHG-0009"),
    ("practitioner", Action.CREATE_RECORD, "no consent", "DHG-0003"),
    ("practitioner", Action.CREATE_RECORD, "deceased, active record", "DHG-0002"),
    ("practitioner", Action.CREATE_RECORD, "confidential address", "DHG-0004"),
    ("practitioner", Action.WRITE_SECTION, "consent, active record", "permitted"),
    ("practitioner", Action.WRITE_SECTION, "consent, no record", "DHG-0015"),
    ("practitioner", Action.WRITE_SECTION, "consent, record ended", "DHG-0015"),
    ("practitioner", Action.WRITE_SECTION, "deceased, active record", "DHG-0002"),
    ("practitioner", Action.ENTER_IN_ERROR, "consent, record ended", "DHG-0015"),
    ("practitioner", Action.UPDATE_STATUS, "consent, record ended", "DHG-0015"),
    ("practitioner", Action.UPDATE_STATUS, "no consent", "DHG-0003"),
    ("practitioner", Action.READ_LOG, "consent, active record", "DHG-0010"),
    ("practitioner", Action.GIVE_CONSENT, "no consent", "DHG-0010"),
    ("practitioner", Action.WITHDRAW_CONSENT, "consent, active record", "DHG-0010"),
    ("secretary", Action.READ_RECORD, "consent, active record", "permitted"),
    ("secretary", Action.WRITE_SECTION, "consent, active record", "DHG-0005"),
    ("secretary", Action.CREATE_RECORD, "consent, no record", "DHG-0005"),
    ("secretary", Action.ENTER_IN_ERROR, "consent, active record", "DHG-0005"),
    ("without a role", Action.WRITE_SECTION, "consent, active record", "DHG-0005"),
    ("machine", Action.READ_STATUS, "consent, active record", "permitted"),
    ("machine", Action.READ_RECORD, "consent, active record", "DHG-0010"),
    ("machine", Action.READ_HISTORY, "consent, active record", "DHG-0010"),
    ("machine", Action.CREATE_RECORD, "consent, no record", "DHG-0010"),
    ("citizen", Action.GIVE_CONSENT, "no consent", "permitted"),
    ("citizen", Action.GIVE_CONSENT, "confidential address", "DHG-0004"),
    ("citizen", Action.WITHDRAW_CONSENT, "consent, active record", "permitted"),
    ("citizen", Action.WITHDRAW_CONSENT, "confidential address", "permitted"),
    ("citizen", Action.READ_LOG, "no consent", "permitted"),
    ("citizen", Action.READ_LOG, "confidential address", "permitted"),
    ("citizen", Action.READ_RECORD, "consent, active record", "permitted"),
    ("citizen", Action.READ_RECORD, "no consent", "DHG-0003"),
    ("citizen", Action.WRITE_SECTION, "consent, active record", "DHG-0010"),
    ("citizen", Action.CREATE_RECORD, "consent, no record", "DHG-0010"),
    ("citizen", Action.READ_STATUS, "confidential address", "permitted"),
    ("citizen", Action.READ_HISTORY, "consent, no record", "permitted"),
    ("citizen", Action.READ_RECORD_HISTORY, "consent, record ended", "permitted"),
    ("citizen", Action.REPORT_LOOKUP, "no consent", "permitted"),
    ("practitioner", Action.REPORT_LOOKUP, "consent, active record", "DHG-0010"),
    ("practitioner", Action.READ_RESOURCES, "consent, record ended", "permitted"),
    ("practitioner", Action.READ_RESOURCES, "consent, no record", "DHG-0015"),
    ("practitioner", Action.READ_RESOURCES, "no consent", "DHG-0003"),
    ("practitioner", Action.READ_RESOURCES, "confidential address", "DHG-0004"),
    ("practitioner", Action.SEARCH_RESOURCES, "consent, active record", "permitted"),
    ("practitioner", Action.SEARCH_RESOURCES, "no consent", "DHG-0003"),
    ("practitioner", Action.WRITE_RESOURCES, "consent, record ended", "DHG-0015"),
    ("practitioner", Action.WRITE_RESOURCES, "deceased, active record", "DHG-0002"),
    ("secretary", Action.SEARCH_RESOURCES, "consent, active record", "permitted"),
    ("secretary", Action.WRITE_RESOURCES, "consent, active record", "DHG-0005"),
    ("machine", Action.READ_RESOURCES, "consent, active record", "DHG-0010"),
    ("machine", Action.SEARCH_RESOURCES, "consent, active record", "DHG-0010"),
    ("citizen", Action.READ_RESOURCES, "consent, active record", "permitted"),
    ("citizen", Action.SEARCH_RESOURCES, "confidential address", "DHG-0004"),
    ("citizen", Action.WRITE_RESOURCES, "consent, active record", "DHG-0010"),
    ("another citizen", Action.READ_RESOURCES, "consent, active record", "DHG-0010"),
    ("another citizen", Action.READ_RECORD, "consent, active record", "DHG-0010"),
    ("another citizen", Action.READ_LOG, "consent, active record", "DHG-0010"),
    ("another citizen", Action.WITHDRAW_CONSENT, "consent, active record", "DHG-0010"),
]


GP_BLOCKED = Wishes(blocked_practitioners=frozenset({"565900101"}))
CLINIC_BLOCKED = Wishes(blocked_organisations=frozenset({"314001273"}))
SOLVIK_BLOCKED = Wishes(blocked_organisations=frozenset({"314000102"}))
SUPPLIER_BLOCKED = Wishes(blocked_organisations=frozenset({"314003217"}))
TESTS_BLOCKED = Wishes(blocked_sections=frozenset({"clinicalTests"}))
BIRTH_BLOCKED = Wishes(blocked_sections=frozenset({"birthStatus"}))
OPTED_OUT = Wishes(opted_out=True)
NOT_ONLINE = Wishes(hidden_online=True)
ORDINARILY, WITH_HER_WORD, IN_EMERGENCY = Basis.ORDINARY, Basis.HER_CONSENT, Basis.EMERGENCY

# who, does what, on which basis, why, what she has decided -> the contract's code, or "permitted"
HerDecision = tuple[str, Action, Basis, str, Wishes, str]
HER_DECISIONS: list[HerDecision] = [
    ("practitioner", Action.READ_RECORD, ORDINARILY, "", GP_BLOCKED, "DHG-0010"),
    ("practitioner", Action.READ_RECORD, WITH_HER_WORD, "", GP_BLOCKED, "DHG-0010"),
    ("practitioner", Action.READ_RECORD, IN_EMERGENCY, "bevisstløs", GP_BLOCKED, "DHG-0010"),
    ("practitioner", Action.READ_STATUS, ORDINARILY, "", GP_BLOCKED, "DHG-0010"),
    ("secretary", Action.READ_RECORD, ORDINARILY, "", GP_BLOCKED, "permitted"),
    ("practitioner", Action.READ_RECORD, ORDINARILY, "", CLINIC_BLOCKED, "DHG-0010"),
    ("practitioner", Action.READ_RECORD, WITH_HER_WORD, "", CLINIC_BLOCKED, "permitted"),
    ("practitioner", Action.READ_RECORD, IN_EMERGENCY, "bevisstløs", CLINIC_BLOCKED, "permitted"),
    ("practitioner", Action.READ_RECORD, IN_EMERGENCY, " ", CLINIC_BLOCKED, "DHG-0012"),
    ("practitioner", Action.READ_RECORD, ORDINARILY, "", SOLVIK_BLOCKED, "DHG-0010"),
    ("practitioner", Action.READ_RECORD, ORDINARILY, "", SUPPLIER_BLOCKED, "DHG-0010"),
    ("machine", Action.READ_STATUS, ORDINARILY, "", CLINIC_BLOCKED, "DHG-0010"),
    ("practitioner", Action.READ_RECORD, ORDINARILY, "", TESTS_BLOCKED, "permitted"),
    ("practitioner", Action.WRITE_SECTION, ORDINARILY, "", TESTS_BLOCKED, "DHG-0010"),
    ("practitioner", Action.WRITE_SECTION, WITH_HER_WORD, "", TESTS_BLOCKED, "permitted"),
    ("practitioner", Action.WRITE_SECTION, ORDINARILY, "", BIRTH_BLOCKED, "permitted"),
    ("practitioner", Action.UPDATE_STATUS, ORDINARILY, "", BIRTH_BLOCKED, "DHG-0010"),
    ("practitioner", Action.READ_RECORD, ORDINARILY, "", OPTED_OUT, "DHG-0003"),
    ("practitioner", Action.READ_RECORD, IN_EMERGENCY, "bevisstløs", OPTED_OUT, "DHG-0003"),
    ("practitioner", Action.READ_STATUS, ORDINARILY, "", OPTED_OUT, "permitted"),
    ("citizen", Action.SET_WISH, ORDINARILY, "", OPTED_OUT, "permitted"),
    ("citizen", Action.READ_RECORD, ORDINARILY, "", NOT_ONLINE, "DHG-0010"),
    ("citizen", Action.READ_HISTORY, ORDINARILY, "", NOT_ONLINE, "DHG-0010"),
    ("citizen", Action.READ_RECORD_HISTORY, ORDINARILY, "", NOT_ONLINE, "DHG-0010"),
    ("citizen", Action.READ_RESOURCES, ORDINARILY, "", NOT_ONLINE, "DHG-0010"),
    ("citizen", Action.SEARCH_RESOURCES, ORDINARILY, "", NOT_ONLINE, "DHG-0010"),
    ("practitioner", Action.SEARCH_RESOURCES, ORDINARILY, "", GP_BLOCKED, "DHG-0010"),
    ("practitioner", Action.READ_RESOURCES, ORDINARILY, "", CLINIC_BLOCKED, "DHG-0010"),
    ("practitioner", Action.SEARCH_RESOURCES, ORDINARILY, "", OPTED_OUT, "DHG-0003"),
    ("proxy with innsyn", Action.READ_RESOURCES, ORDINARILY, "", NO_WISHES, "DHG-0010"),
    ("citizen", Action.READ_LOG, ORDINARILY, "", NOT_ONLINE, "permitted"),
    ("practitioner", Action.READ_RECORD, ORDINARILY, "", NOT_ONLINE, "permitted"),
    ("proxy with innsyn", Action.READ_RECORD, ORDINARILY, "", NO_WISHES, "permitted"),
    ("proxy with innsyn", Action.READ_STATUS, ORDINARILY, "", NO_WISHES, "permitted"),
    ("proxy with innsyn", Action.READ_LOG, ORDINARILY, "", NO_WISHES, "DHG-0010"),
    ("proxy with innsyn", Action.WITHDRAW_CONSENT, ORDINARILY, "", NO_WISHES, "DHG-0010"),
    ("proxy with innsyn", Action.READ_RECORD, ORDINARILY, "", NOT_ONLINE, "DHG-0010"),
    ("proxy with digitale-helsetjenester", Action.READ_RECORD, ORDINARILY, "", NO_WISHES, "DHG-0010"),
    ("proxy with foreldre", Action.READ_STATUS, ORDINARILY, "", NO_WISHES, "DHG-0010"),
    ("proxy with foreldre", Action.READ_RECORD, ORDINARILY, "", NO_WISHES, "DHG-0010"),
    ("practitioner", Action.SET_WISH, ORDINARILY, "", NO_WISHES, "DHG-0010"),
]


def _decision_on_wishes(row: HerDecision) -> Decision:
    who, action, basis, reason, wishes, _ = row
    role, _, ground = who.partition(" with ")
    act = _act(role, action)
    section = "clinicalTests" if action is Action.WRITE_SECTION else ""
    actor = replace(
        act.actor,
        hpr_number="565900101" if role == "practitioner" else "",
        organisation=Organisation("314000102", "314001273", "Solvik legekontor", "314003217"),
    )
    if role in {"citizen", "proxy"}:
        actor = replace(actor, organisation=None)
    act = replace(act, actor=actor, basis=basis, reason=reason, section=section)
    act = replace(act, representation=Representation(ground)) if ground else act
    return decide(act, structs.replace(ORDINARY, wishes=wishes))


@pytest.mark.parametrize("row", HER_DECISIONS)
def test_what_she_has_decided_holds(row: HerDecision) -> None:
    expected = row[-1]
    decision = _decision_on_wishes(row)
    answer = OUTCOMES[decision.refusal].contract_code if decision.refusal else "permitted"
    assert answer == expected


def _act(who: str, action: Action) -> Act:
    roles = {"practitioner": "LE", "secretary": "HE", "without a role": ""}
    kind = ActorKind.PRACTITIONER if who in roles else ActorKind(who.removeprefix("another "))
    nin = {"citizen": HER, "another citizen": ANOTHER}.get(who)
    actor = Actor(kind=kind, name="Kari Nordmann", client_id="ehr", nin=nin, role=roles.get(who, ""))
    return Act(actor=actor, action=action, patient=HER, at=NOW, event_id="e-1", record=UUID(int=1))


@pytest.mark.parametrize(("who", "action", "state", "expected"), TABLE)
def test_who_may_do_what(who: str, action: Action, state: str, expected: str) -> None:
    decision = decide(_act(who, action), structs.replace(ORDINARY, **CHANGES[state]))
    answer = OUTCOMES[decision.refusal].contract_code if decision.refusal else "permitted"
    assert answer == expected
    assert decision.reason


@pytest.mark.parametrize("state", ["consent, record ended", "consent, no record"])
def test_what_is_written_to_no_record_by_name_needs_one_that_is_active(state: str) -> None:
    """She has none that is active: the record is not unknown, since none was named."""
    act, facts = _written_to_none(state)
    assert decide(act, facts).refusal is Kind.INACTIVE_RECORD
    assert decide(act, ORDINARY).permitted
    assert decide(replace(act, action=Action.CREATE_RECORD), facts).permitted


def _written_to_none(state: str) -> tuple[Act, Facts]:
    act = replace(_act("practitioner", Action.WRITE_RESOURCES), record=None)
    return act, structs.replace(ORDINARY, **{**CHANGES[state], "record_known": False, "record_active": False})


# who, does what, when all of this is true -> the guard that speaks: she reads one reason, the first there is
NO_RECORD = {"has_active_record": False, "record_known": False, "record_active": False}
ENDED = {"has_active_record": False, "record_active": False}
FIRST: list[tuple[str, Action, Basis, dict[str, Any], str]] = [
    ("another citizen", Action.WRITE_SECTION, ORDINARILY, {}, "another person's record"),
    ("machine", Action.READ_LOG, ORDINARILY, {}, "only for herself"),
    ("secretary", Action.WRITE_SECTION, ORDINARILY, {"confidential_address": True}, "role only reads"),
    (
        "practitioner",
        Action.READ_RECORD,
        ORDINARILY,
        {"confidential_address": True, "wishes": GP_BLOCKED},
        "confidential address",
    ),
    (
        "practitioner",
        Action.READ_RECORD,
        ORDINARILY,
        {"wishes": replace(GP_BLOCKED, opted_out=True)},
        "blocked practitioner",
    ),
    ("practitioner", Action.READ_RECORD, ORDINARILY, {"consented": False, "wishes": OPTED_OUT}, "opted out"),
    ("practitioner", Action.READ_RECORD, IN_EMERGENCY, {"consented": False}, "no consent"),
    ("practitioner", Action.WRITE_SECTION, ORDINARILY, {"deceased": True, **NO_RECORD}, "deceased"),
    (
        "practitioner",
        Action.WRITE_SECTION,
        ORDINARILY,
        {"wishes": TESTS_BLOCKED, **NO_RECORD},
        "unknown record",
    ),
    ("practitioner", Action.WRITE_SECTION, ORDINARILY, {"wishes": TESTS_BLOCKED, **ENDED}, "blocked part"),
]


@pytest.mark.parametrize(("who", "action", "basis", "state", "name"), FIRST)
def test_where_several_guards_refuse_the_first_gives_the_reason(
    who: str, action: Action, basis: Basis, state: dict[str, Any], name: str
) -> None:
    act = _act(who, action)
    actor = replace(act.actor, hpr_number="565900101")
    decision = decide(
        replace(act, actor=actor, basis=basis, section="clinicalTests"), structs.replace(ORDINARY, **state)
    )
    [guard] = [guard for guard in GUARDS if guard.name == name]
    assert decision == Decision(guard.refusal, guard.reason)


# who, does what, on which basis -> on what ground she reads that it was permitted
GROUNDS = [
    (
        "practitioner",
        Action.READ_STATUS,
        ORDINARILY,
        "Statusoppslag: om du har samtykket og har et helsekort",
    ),
    ("machine", Action.READ_STATUS, ORDINARILY, "Statusoppslag: om du har samtykket og har et helsekort"),
    ("practitioner", Action.READ_RECORD, ORDINARILY, "Samtykke"),
    ("practitioner", Action.WRITE_SECTION, ORDINARILY, "Samtykke"),
    ("practitioner", Action.READ_RECORD, WITH_HER_WORD, "Samtykke der og da: sperring åpnet"),
    ("practitioner", Action.READ_RECORD, IN_EMERGENCY, "Nødrett"),
    ("citizen", Action.READ_STATUS, ORDINARILY, "Egen innlogging"),
    ("citizen", Action.READ_RECORD, ORDINARILY, "Egen innlogging"),
    ("proxy", Action.READ_RECORD, ORDINARILY, "Fullmakt"),
    ("system", Action.WRITE_SECTION, ORDINARILY, "Lovpålagt oppgave"),
]


@pytest.mark.parametrize(("who", "action", "basis", "ground"), GROUNDS)
def test_she_reads_on_what_ground_it_was_permitted(
    who: str, action: Action, basis: Basis, ground: str
) -> None:
    act = replace(_act(who, action), basis=basis, reason="bevisstløs")
    act = replace(act, representation=Representation.HEALTH_INFORMATION) if who == "proxy" else act
    decision = decide(act, ORDINARY)
    assert decision.permitted is True
    assert decision.reason == ground


@pytest.mark.parametrize(("role", "may"), [("LE", True), ("JO", True), ("SP", True), ("HE", False)])
def test_who_follows_a_pregnancy_writes(*, role: str, may: bool) -> None:
    act = _act("practitioner", Action.WRITE_SECTION)
    assert decide(replace(act, actor=replace(act.actor, role=role)), ORDINARY).permitted is may


def test_a_blocked_part_hides_and_does_not_stop_reading() -> None:
    act = replace(_act("practitioner", Action.READ_RECORD), section="clinicalTests")
    assert decide(act, structs.replace(ORDINARY, wishes=TESTS_BLOCKED)).permitted


@pytest.mark.parametrize("action", sorted(RESOURCE_READS, key=str))
def test_what_is_read_through_fhir_may_be_of_no_record_and_is_never_of_another_woman(action: Action) -> None:
    nothing = structs.replace(ORDINARY, **CHANGES["consent, no record"], person=UUID(int=7))
    of_nothing = replace(_act("practitioner", action), record=None)
    assert decide(of_nothing, nothing).permitted
    assert decide(replace(of_nothing, person=UUID(int=7)), nothing).permitted
    assert decide(replace(of_nothing, person=UUID(int=8)), nothing).refusal is Kind.UNKNOWN_RECORD
    assert decide(
        replace(_act("practitioner", action), person=UUID(int=8)),
        structs.replace(ORDINARY, person=UUID(int=7)),
    ).refusal


def test_a_proxy_is_told_nothing_of_a_woman_with_a_protected_address() -> None:
    act = replace(_act("proxy", Action.READ_STATUS), representation=Representation.HEALTH_INFORMATION)
    assert decide(act, ORDINARY).permitted
    assert decide(act, structs.replace(ORDINARY, confidential_address=True)).refusal is Kind.INVALID_USER


def test_a_health_secretary_may_be_blocked_by_name_too() -> None:
    act = _act("secretary", Action.READ_RECORD)
    act = replace(act, actor=replace(act.actor, hpr_number="565900101"))
    assert decide(act, structs.replace(ORDINARY, wishes=GP_BLOCKED)).refusal is Kind.BLOCKED


def test_every_combination_is_decided_with_a_reason_and_writes_need_consent_an_open_address_and_life() -> (
    None
):
    for flags in product((False, True), repeat=6):
        first, second, third, fourth, fifth, sixth = flags
        facts = Facts(first, second, third, fourth, fifth, sixth)
        for kind, action in product(ActorKind, Action):
            actor = Actor(kind=kind, name="", client_id="c", nin=HER)
            decision = decide(Act(actor, action, HER, NOW, "e"), facts)
            assert decision.reason
            hers = {Action.WITHDRAW_CONSENT, Action.SET_WISH, Action.REPORT_LOOKUP}
            if decision.permitted and action.writes and action not in hers:
                assert not facts.deceased
                assert not facts.confidential_address
            if decision.permitted and action in {Action.READ_RECORD, Action.WRITE_SECTION}:
                assert facts.consented
                assert facts.record_known


def test_each_guard_decides_some_case() -> None:
    """A guard that never decides would be dead policy."""
    deciding = {
        decide(_act(who, action), structs.replace(ORDINARY, **CHANGES[state])).reason
        for who, action, state, _ in TABLE
    } | {_decision_on_wishes(row).reason for row in HER_DECISIONS}
    deciding.add(decide(*_written_to_none("consent, no record")).reason)
    assert {guard.reason for guard in GUARDS} <= deciding


def test_each_refusal_has_an_outcome() -> None:
    assert set(OUTCOMES) == set(Kind)
