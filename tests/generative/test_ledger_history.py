"""The ledger beside a model in memory, through any interleaving of acts on a few women.

A model of thirty lines cannot be wrong in the same way as a database, a queue and groups. Versions are unique, so a history can
be checked as it is: what a read returns is some acknowledged state, no older than what was acknowledged before the read began.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import Query, StoredCommit, View, Wants
from tests.contract.ledger_acts import consent, create, meet, needs_consent, permit, read, withdraw, write

EVERYTHING = Wants.CARD | Wants.PARTS | Wants.COMMITS
KEYS = ("mother", "children", "visit/1", "visit/2")


@dataclass
class ModelRecord:
    """A record as its acknowledged commits make it."""

    states: list[dict[str, bytes]] = field(default_factory=list)
    active: bool = True

    def append(self, parts: dict[str, bytes]) -> None:
        """One more commit."""
        self.states.append((self.states[-1] if self.states else {}) | parts)


@dataclass
class ModelWoman:
    """A woman and her records, in their order."""

    number: NationalIdentityNumber
    consented: bool = False
    records: dict[UUID, ModelRecord] = field(default_factory=dict)

    @property
    def active(self) -> UUID | None:
        """Her active record."""
        return next((record for record, state in self.records.items() if state.active), None)


# One woman's turn is one act, or several reads and writes at once.
TURN = st.one_of(
    st.sampled_from(["consent", "withdraw", "create", "end"]),
    st.lists(st.sampled_from([*KEYS, "read", "read"]), min_size=2, max_size=8),
)
TURNS = st.lists(st.tuples(st.integers(0, 2), TURN), min_size=1, max_size=14)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(TURNS, min_size=1, max_size=3))
async def test_the_ledger_and_its_model_agree(ledger: Ledger, rounds: list[list[tuple[int, object]]]) -> None:
    women = [ModelWoman(await meet(ledger, consented=False)) for _ in range(3)]
    for turns in rounds:
        await asyncio.gather(
            *(
                take_turns(ledger, woman, [turn for whose, turn in turns if whose == n])
                for n, woman in enumerate(women)
            )
        )
        for woman in women:
            await compare(ledger, woman)


async def take_turns(ledger: Ledger, woman: ModelWoman, turns: Sequence[object]) -> None:
    """One woman's turns, one after the other; the women take theirs at the same time."""
    for turn in turns:
        if isinstance(turn, list):
            await at_once(ledger, woman, turn)
        elif turn == "consent":
            await consent(ledger, woman.number)
            woman.consented = True
        elif turn == "withdraw":
            await withdraw(ledger, woman.number)
            woman.consented, woman.records = False, {}
        elif turn == "create":
            await create_one(ledger, woman)
        elif woman.active is not None:
            record = woman.active
            await write(ledger, woman.number, record, {"birthStatus": b"b"}, active=False)
            woman.records[record].append({"birthStatus": b"b"})
            woman.records[record].active = False


async def create_one(ledger: Ledger, woman: ModelWoman) -> None:
    """A new record, where the model says that she may have one."""
    expected = None if woman.consented else Kind.NO_CONSENT
    if woman.consented and woman.active is not None:
        expected = Kind.ALREADY_EXISTS
    try:
        record = await create(ledger, woman.number, {"mother": b"new"})
    except Refused as refused:
        assert refused.kind is expected  # noqa: PT017 - an answer among others here
        return
    assert expected is None
    woman.records[record] = ModelRecord([{"mother": b"new"}])


async def at_once(ledger: Ledger, woman: ModelWoman, acts: list[str]) -> None:
    """Reads and writes of one record at the same time."""
    record = woman.active
    if record is None:
        return
    model = woman.records[record]
    known = len(model.states)
    values = [f"{known}.{n}".encode() for n in range(len(acts))]
    answers = await asyncio.gather(
        *(
            read(ledger, woman.number, record)
            if act == "read"
            else write(ledger, woman.number, record, {act: value})
            for act, value in zip(acts, values, strict=True)
        )
    )
    commits = sorted((answer for answer in answers if isinstance(answer, StoredCommit)), key=lambda c: c.t)
    assert [commit.t for commit in commits] == list(range(known + 1, known + 1 + len(commits)))
    for commit in commits:
        model.append(dict(commit.parts))
    for answer in answers:
        if isinstance(answer, View):
            assert answer.record is not None
            assert answer.record.t >= known  # never older than what was acknowledged before
            assert answer.parts == model.states[answer.record.t - 1]


async def compare(ledger: Ledger, woman: ModelWoman) -> None:
    """Everything that is stored of her is what the model says."""
    view = await ledger.read(Query(woman.number, None, Wants.RECORDS), permit())
    assert view.person.consented is woman.consented
    assert view.person.active_record == woman.active
    assert view.person.latest_record == (list(woman.records)[-1] if woman.records else None)
    assert [each.state.record for each in view.records] == list(woman.records)
    for record, model in woman.records.items():
        await compare_record(ledger, woman.number, record, model)


async def compare_record(
    ledger: Ledger, number: NationalIdentityNumber, record: UUID, model: ModelRecord
) -> None:
    """Head, card and commits are what the model says, versions without a gap."""
    view = await ledger.read(Query(number, record, EVERYTHING), needs_consent())
    assert view.record is not None
    assert (view.record.t, view.record.active) == (len(model.states), model.active)
    assert view.parts == model.states[-1]
    assert {key: part.upper() for key, part in view.parts.items()} | {
        "record": b"T%d" % view.record.t
    } == view.card
    state: dict[str, bytes] = {}
    for t, commit in enumerate(view.commits, start=1):
        assert commit.t == t
        state |= commit.parts
        assert state == model.states[t - 1]
