"""The guards beside an independent oracle: any woman, any caller, any act."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from helsekort.access.act import Act, Action, Basis, Representation
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.access.guards import Facts, decide
from helsekort.access.wishes import Wishes
from helsekort.basics.refusal import OUTCOMES
from tests.contract.ledger_acts import a_woman
from tests.generative.oracle import Asked, Who, World, answer

HER, ANOTHER = a_woman(), a_woman()
PEOPLE, PLACES, PARTS = ("565900101", "565900202"), ("314001273", "314001532"), ("mother", "birthStatus")
KINDS: dict[Who, ActorKind] = {
    "clinician": ActorKind.PRACTITIONER,
    "machine": ActorKind.MACHINE,
    "herself": ActorKind.CITIZEN,
    "somebody else": ActorKind.CITIZEN,
    "proxy": ActorKind.PROXY,
}


def some(values: tuple[str, ...]) -> st.SearchStrategy[set[str]]:
    """Any of a few values."""
    return st.sets(st.sampled_from(values))


WORLDS = st.builds(
    World,
    consented=st.booleans(),
    deceased=st.booleans(),
    protected=st.booleans(),
    opted_out=st.booleans(),
    not_online=st.booleans(),
    blocked_people=some(PEOPLE),
    blocked_places=some(PLACES),
    blocked_parts=some(PARTS),
    active=st.booleans(),
)


@st.composite
def questions(draw: st.DrawFn, actions: Sequence[Action] = tuple(Action)) -> Asked:
    """Any request for one of the actions; only what a kind of caller has is drawn for it."""
    who: Who = draw(st.sampled_from(tuple(KINDS)))
    employed = who in {"clinician", "machine"}
    return Asked(
        who=who,
        action=draw(st.sampled_from(actions)).value,
        hpr=draw(st.sampled_from(PEOPLE)) if who == "clinician" else "",
        places=frozenset({draw(st.sampled_from(PLACES))}) if employed else frozenset(),
        writes=draw(st.booleans()),
        ground=draw(st.sampled_from(Basis)).value if employed else "UNNTAK",
        reason=draw(st.sampled_from(["", "  ", "bevisstløs"])),
        power=draw(st.sampled_from(Representation)).value if who == "proxy" else "",
        part=draw(st.sampled_from(("", *PARTS))),
        record=draw(st.sampled_from(["none", "active", "ended", "another woman's"])),
    )


def as_act(asked: Asked) -> Act:
    """The request as the code knows it."""
    place = next(iter(asked.places), "")
    actor = Actor(
        kind=KINDS[asked.who],
        name="",
        client_id="c",
        nin={"herself": HER, "somebody else": ANOTHER, "proxy": ANOTHER}.get(asked.who),
        hpr_number=asked.hpr,
        role=("LE" if asked.writes else "HE") if asked.who == "clinician" else "",
        organisation=Organisation("314000102", place, "") if place else None,
    )
    return Act(
        actor=actor,
        action=Action(asked.action),
        patient=HER,
        at=datetime(2026, 3, 2, tzinfo=UTC),
        event_id="e",
        record=UUID(int=1),
        section=asked.part,
        basis=Basis(asked.ground),
        reason=asked.reason,
        representation=Representation(asked.power) if asked.power else None,
    )


def as_facts(world: World, asked: Asked) -> Facts:
    """What the ledger would say of the woman and of the record that is asked for."""
    wishes = Wishes(
        blocked_practitioners=frozenset(world.blocked_people),
        blocked_organisations=frozenset(world.blocked_places),
        blocked_sections=frozenset(world.blocked_parts),
        opted_out=world.opted_out,
        hidden_online=world.not_online,
    )
    known = asked.record in {"active", "ended"}
    return Facts(
        consented=world.consented,
        deceased=world.deceased,
        confidential_address=world.protected,
        has_active_record=world.active,
        record_known=known,
        record_active=asked.record == "active",
        wishes=wishes,
    )


@settings(max_examples=1_000, deadline=None)
@given(world=WORLDS, asked=questions())
def test_the_guards_decide_as_the_oracle_says(world: World, asked: Asked) -> None:
    decision = decide(as_act(asked), as_facts(world, asked))
    code = OUTCOMES[decision.refusal].contract_code if decision.refusal else ""
    assert code == answer(world, asked)
