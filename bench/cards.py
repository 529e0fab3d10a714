"""Full cards as the service itself would have stored them: built by its own rules from the project's example women."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from itertools import count
from uuid import UUID

import msgspec

from bench.callers import CHILD, PARENT, practitioners
from bench.people import FIRST_RECORD, drawn_id, number
from bench.traffic import Visit, Visits
from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.audit.entry import describe
from helsekort.ledger.view import PersonState, Propose, RecordState, View
from helsekort.maternity import card as cards
from helsekort.maternity.examples import full_card

VARIANTS = 200
TRAINING = 40
FIRST_SEED = 1_000_000  # of none of the sandbox's women
FIRST_INDEX = 1_300_000  # variants are women of their own, beyond those in the database
BETWEEN_VISITS = timedelta(weeks=3)
VISITS_SECTION = "antenatalAppointments"


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of a card: how long after the first, what it touched, and the detail of its audit row."""

    after: timedelta
    action: str
    parts: Mapping[str, bytes]
    segments: Mapping[str, bytes]
    detail: bytes


@dataclass(frozen=True, slots=True)
class Variant:
    """One full card with its commits, from which many women's are made."""

    record: UUID
    steps: Sequence[Step]
    card: Mapping[str, bytes]
    facts: Mapping[str, bytes]
    consent_detail: bytes

    @property
    def visits(self) -> Visits:
        """The visits by date, with their fields as a client would send them back."""
        found = [json.loads(segment) for key, segment in self.card.items() if key.startswith(VISITS_SECTION)]
        found.sort(key=lambda visit: str(visit["appointmentDate"]))
        return [Visit(visit.pop("metadata")["id"], visit) for visit in found]

    @property
    def card_json(self) -> bytes:
        """The card as GET /record/{id} answers it."""
        return cards.card_json(self.card)


@cache
def variants(records: int) -> tuple[Variant, ...]:
    """The variants of a full card for so many records; the same in every process and every run."""
    return tuple(Builder(index).variant() for index in range(min(records, VARIANTS)))


def training() -> list[Mapping[str, bytes]]:
    """Cards and facts of other women, to train the compression dictionary on."""
    made = [Builder(VARIANTS + index).variant() for index in range(TRAINING)]
    return [part for variant in made for part in (variant.card, variant.facts)]


class Builder:
    """Writes one example woman's card commit by commit: the record with its sections, then twelve visits."""

    def __init__(self, index: int) -> None:
        self._body = full_card(FIRST_SEED + index)
        self._index = FIRST_INDEX + index
        self._person, self._record = drawn_id(self._index, "person"), drawn_id(self._index, "record")
        self._ids = (drawn_id(self._index, f"id {n}") for n in count())
        self._card: dict[str, bytes] = {}
        self._facts: dict[str, bytes] = {}
        self._steps: list[Step] = []

    def variant(self) -> Variant:
        """The finished card."""
        visits = self._body.pop(VISITS_SECTION)
        act = self._act(Action.CREATE_RECORD, "")
        self._commit(act, cards.create_record(self._body, self._stamp(act)))
        for visit in visits:
            act = self._act(Action.WRITE_SECTION, VISITS_SECTION)
            self._commit(act, cards.post_section(VISITS_SECTION, visit, self._stamp(act)))
        consent = replace(self._act(Action.GIVE_CONSENT, ""), record=None)
        return Variant(self._record, self._steps, self._card, self._facts, detail_of(consent))

    def _act(self, action: Action, section: str) -> Act:
        doctor = practitioners()[self._index % len(practitioners())]
        return Act(
            actor=Actor(
                kind=ActorKind.PRACTITIONER,
                name=doctor.name,
                client_id="bench-ehr",
                hpr_number=doctor.hpr_number,
                role="LE",
                organisation=Organisation(PARENT, CHILD, "Ytelse fødeavdeling"),
                token_id="0" * 24,
            ),
            action=action,
            patient=number(self._index),
            at=FIRST_RECORD + len(self._steps) * BETWEEN_VISITS,
            event_id=str(drawn_id(self._index, f"event {len(self._steps)}")),
            record=self._record,
            section=section,
            source_system="Ytelse EPJ 1.0",
            treatment_facility="Ytelse legesenter",
        )

    def _stamp(self, act: Act) -> cards.Stamp:
        return cards.Stamp(at=act.at, author=cards.author_of(act), new_id=lambda: next(self._ids))

    def _commit(self, act: Act, propose: Propose) -> None:
        t = len(self._steps)
        change = propose(self._view(t), self._record, t + 1)
        self._card |= change.segments
        self._facts |= change.parts
        after = act.at - FIRST_RECORD
        self._steps.append(Step(after, act.action.value, change.parts, change.segments, detail_of(act)))

    def _view(self, t: int) -> View:
        active = self._record if t else None
        person = PersonState(
            person=self._person,
            consented=True,
            deceased=False,
            confidential_address=False,
            active_record=active,
            latest_record=active,
            last_changed=None,
        )
        record = RecordState(self._record, t, active=True, created=FIRST_RECORD, changed=FIRST_RECORD)
        return View(person, record if t else None, self._card, self._facts)


def detail_of(act: Act) -> bytes:
    """The detail of a permitted act's audit row."""
    return msgspec.msgpack.encode(describe(act, reason="Samtykke", refusal=""))
