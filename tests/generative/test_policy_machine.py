"""The door on a real database beside the oracle: women, callers, consents, blocks, the person register and changed numbers.

Each step is an act or an event; after each question the door's answer is the oracle's, and what is let in leaves exactly one
permitted row in her log, what is refused one refused row.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind
from helsekort.access.wishes import Wish, WishKind
from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Refused
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.view import View, Wants
from helsekort.maternity.card import Stamp, author_of, create_record, post_section
from helsekort.maternity.redaction import for_proposal, redact_in_turns
from helsekort.records.door import Door
from helsekort.records.register import RegisteredPerson
from tests.contract.ledger_acts import a_woman
from tests.generative.oracle import Asked, World, answer
from tests.generative.test_policy import PARTS, PEOPLE, PLACES, as_act, questions

READS = {"read-status": Wants.STATUS, "read-history": Wants.RECORDS, "read-record": Wants.CARD}
ASKED = (*(Action(name) for name in READS), Action.CREATE_RECORD, Action.WRITE_SECTION)
OF_A_RECORD = {"read-record", "write-section"}
WISHES = {
    WishKind.BLOCK_PRACTITIONER: ("blocked_people", PEOPLE),
    WishKind.BLOCK_ORGANISATION: ("blocked_places", PLACES),
    WishKind.BLOCK_SECTION: ("blocked_parts", PARTS),
}


@dataclass
class Woman:
    """One woman: her number now, those she had, and the oracle's world of her."""

    number: NationalIdentityNumber
    former: list[NationalIdentityNumber] = field(default_factory=list)
    world: World = field(default_factory=World)
    active: UUID | None = None
    rows: int = 0


class Machine(RuleBasedStateMachine):
    """Two women and everything that can happen to them."""

    database_url = ""
    keys: Keyring

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.ledger = self.runner.run(Ledger.open(self.database_url, self.keys, new_id=new_id))
        self.door = Door(
            ledger=self.ledger,
            find_person=found,
            new_id=new_id,
            redact=redact_in_turns,
            for_proposal=for_proposal,
        )
        self.women = [Woman(a_woman()), Woman(a_woman())]

    def teardown(self) -> None:
        """Closes what was opened."""
        self.runner.run(self.ledger.close())
        self.runner.close()

    def hers(self, woman: Woman, action: Action, **more: Any) -> Act:  # noqa: ANN401 - an act's other fields
        """An act of the woman's own."""
        actor = Actor(kind=ActorKind.CITIZEN, name="", client_id="pages", nin=woman.number)
        return Act(actor, action, woman.number, datetime.now(UTC), "e", **more)

    def tried(self, woman: Woman, work: Any, expected: str) -> bool:  # noqa: ANN401 - any of the door's answers
        """Does it and compares with the oracle; every attempt leaves one row."""
        woman.rows += 1
        try:
            self.runner.run(work)
        except Refused as refused:
            assert refused.outcome.contract_code == expected  # noqa: PT017 - an answer among others here
            return False
        assert expected == ""
        return True

    @initialize(started=st.sampled_from([2, 2, 2, 1, 0]))
    def start(self, started: int) -> None:
        """Most stories start with women who have consented and have a record."""
        clinician = Asked("clinician", "create-record", hpr="565900404", places=frozenset({"314001999"}))
        for which in range(started):
            self.consent(which, given=True)
            self.ask_one(self.women[which], clinician, former=False)

    @rule(which=st.integers(0, 1), given=st.sampled_from([True, True, False]))
    def consent(self, which: int, given: bool) -> None:  # noqa: FBT001 - drawn
        woman = self.women[which]
        action = Action.GIVE_CONSENT if given else Action.WITHDRAW_CONSENT
        act = self.hers(woman, action)
        work = self.door.give_consent(act, text_version="1") if given else self.door.withdraw_consent(act)
        if self.tried(woman, work, answer(woman.world, Asked("herself", action.value))):
            woman.world.consented = given
            if not given:
                woman.active, woman.world.active = None, False

    @rule(which=st.integers(0, 1), kind=st.sampled_from(tuple(WISHES)), on=st.booleans(), data=st.data())
    def block(self, which: int, kind: WishKind, on: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
        woman = self.women[which]
        name, targets = WISHES[kind]
        target = data.draw(st.sampled_from(targets))
        work = self.door.set_wish(self.hers(woman, Action.SET_WISH), Wish(kind, on, target))
        if self.tried(woman, work, answer(woman.world, Asked("herself", "set-wish"))):
            blocked: set[str] = getattr(woman.world, name)
            (blocked.add if on else blocked.discard)(target)

    @rule(
        which=st.integers(0, 1),
        kind=st.sampled_from([WishKind.OPT_OUT, WishKind.HIDE_ONLINE]),
        on=st.booleans(),
    )
    def choose(self, which: int, kind: WishKind, on: bool) -> None:  # noqa: FBT001 - drawn
        woman = self.women[which]
        work = self.door.set_wish(self.hers(woman, Action.SET_WISH), Wish(kind, on))
        if self.tried(woman, work, answer(woman.world, Asked("herself", "set-wish"))):
            name = "opted_out" if kind is WishKind.OPT_OUT else "not_online"
            setattr(woman.world, name, on)

    @precondition(lambda self: any(woman.rows for woman in self.women))
    @rule(which=st.integers(0, 1), deceased=st.sampled_from([False, False, True]), protected=st.booleans())
    def register_event(self, which: int, deceased: bool, protected: bool) -> None:  # noqa: FBT001 - drawn
        woman = self.women[which]
        if self.runner.run(
            self.ledger.update_person(woman.number, deceased=deceased, confidential=protected)
        ):
            woman.world.deceased, woman.world.protected = deceased, protected

    @rule(which=st.integers(0, 1))
    def new_number(self, which: int) -> None:
        woman = self.women[which]
        number = a_woman()
        if self.runner.run(self.ledger.add_number(woman.number, number)):
            woman.former.append(woman.number)
            woman.number = number

    @rule(
        which=st.integers(0, 1),
        several=st.lists(questions(ASKED), min_size=2, max_size=8),
        former=st.booleans(),
    )
    def ask(self, which: int, several: list[Asked], former: bool) -> None:  # noqa: FBT001 - drawn
        for asked in several:
            self.ask_one(self.women[which], asked, former=former)

    def ask_one(self, woman: Woman, asked: Asked, *, former: bool) -> None:
        """One question, about her active record or the other woman's, where there is one."""
        other = self.women[1 - self.women.index(woman)]
        another = asked.record == "another woman's"
        named = other.active if another else woman.active if asked.action in OF_A_RECORD else None
        asked = replace(asked, record="none" if named is None else asked.record if another else "active")
        event(f"{asked.action}: {answer(woman.world, asked) or 'permitted'}")
        patient = woman.former[-1] if former and woman.former and asked.who != "herself" else woman.number
        act = _about(as_act(asked), patient, named)
        if self.tried(woman, self.perform(act, woman), answer(woman.world, asked)):
            woman.world.active = woman.active is not None

    async def perform(self, act: Act, woman: Woman) -> None:
        """The act at the door."""
        if act.action is Action.CREATE_RECORD:
            woman.active, _ = await self.door.create(act, create_record({}, _stamp(act)))
        elif act.action is Action.WRITE_SECTION:
            visit = {"appointmentDate": "2026-03-02", "motherWeight": 70}
            await self.door.write(act, post_section("antenatalAppointments", visit, _stamp(act)))
        else:
            view = await self.door.read(act, READS[act.action.value])
            assert act.action is not Action.READ_RECORD or view.card

    @rule(which=st.integers(0, 1))
    def her_log_tells_of_every_attempt(self, which: int) -> None:
        woman = self.women[which]
        act = self.hers(woman, Action.READ_LOG)
        if woman.rows:
            view: View = self.runner.run(self.door.read(act, Wants.LOG))
            assert len(view.log) == min(woman.rows, 500)
            woman.rows += 1


def _about(act: Act, patient: NationalIdentityNumber, record: UUID | None) -> Act:
    herself = act.actor.kind is ActorKind.CITIZEN and act.actor.nin == act.patient
    actor = replace(act.actor, nin=patient) if herself else act.actor
    return replace(act, actor=actor, patient=patient, record=record, at=datetime.now(UTC))


def _stamp(act: Act) -> Stamp:
    return Stamp(at=act.at, author=author_of(act), new_id=new_id)


async def found(number: NationalIdentityNumber) -> RegisteredPerson:
    """The person register of this test: everybody lives, and nobody's address is protected, until an event says so."""
    return RegisteredPerson("", deceased=False, confidential_address=False)


def test_the_door_and_the_oracle_agree(database_url: str, keyring: Keyring) -> None:
    Machine.database_url, Machine.keys = database_url, keyring
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
