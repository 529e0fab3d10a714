"""Full cards as the service itself would have stored them: built by its own rules from the project's example women."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from uuid import UUID

import msgspec

from bench.at_home import measured_at_home
from bench.callers import CHILD, PARENT, practitioners
from bench.people import FIRST_RECORD, drawn_id, number
from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.audit.entry import describe
from helsekort.ledger.view import PersonState, RecordState, View
from helsekort.maternity import card as cards
from helsekort.maternity.examples import full_card
from helsekort.maternity.identity import short

VARIANTS = 200
FIRST_SEED = 1_000_000  # other women than those the compression dictionary is trained on
FIRST_INDEX = 1_300_000  # variants are women of their own, beyond those in the database


@dataclass(frozen=True, slots=True)
class Variant:
    """One full card, from which many women's are made: its segments and its parts, and the details of its two audit rows."""

    person: UUID
    record: UUID
    card: Mapping[str, bytes]
    parts: Mapping[str, bytes]
    consent_detail: bytes
    creation_detail: bytes


@cache
def variants(records: int) -> tuple[Variant, ...]:
    """The variants of a full card for so many records; the same in every process and every run."""
    return tuple(variant(index) for index in range(min(records, VARIANTS)))


def variant(index: int) -> Variant:
    """An example woman's card: the record created with all its sections, twelve visits among them, and by FHIR what she has
    measured at home; in one commit.

    A card that has grown visit by visit has the same heads and more rows in the append-only tables. With all of those a
    million records would not fit on the disks this runs on; what a further commit takes is measured by itself.
    """
    woman = FIRST_INDEX + index
    person, record = drawn_id(woman, "person"), drawn_id(woman, "record")
    ids = (drawn_id(woman, f"id {n}") for n in count())
    creation = act_of(woman, Action.CREATE_RECORD, record)
    stamp = cards.Stamp(at=creation.at, author=cards.author_of(creation), new_id=lambda: next(ids))
    view = View(PersonState(person, True, False, False, None, None, None), None)  # noqa: FBT003 consented, alive
    change = cards.create_record(full_card(FIRST_SEED + index), stamp)(view, record, 1)
    state = RecordState(record, 1, True, creation.at, creation.at)  # noqa: FBT003 active
    seen = View(view.person, state, card=change.segments, parts=change.parts)
    added = measured_at_home(creation, stamp)(seen, record, 2)
    card, parts = {**change.segments, **added.segments}, {**change.parts, **added.parts}
    consent = act_of(woman, Action.GIVE_CONSENT, None)
    return Variant(person, record, card, parts, detail_of(consent), detail_of(creation))


def act_of(woman: int, action: Action, record: UUID | None) -> Act:
    """What one of the doctors does to that woman's record."""
    doctor = practitioners()[woman % len(practitioners())]
    actor = Actor(
        kind=ActorKind.PRACTITIONER,
        name=doctor.name,
        client_id="bench-ehr",
        hpr_number=doctor.hpr_number,
        role="LE",
        organisation=Organisation(PARENT, CHILD, "Ytelse fødeavdeling"),
        token_id="0" * 24,
    )
    return Act(
        actor=actor,
        action=action,
        patient=number(woman),
        at=FIRST_RECORD,
        event_id=str(drawn_id(woman, "event")),
        record=record,
        source_system="Ytelse EPJ 1.0",
        treatment_facility="Ytelse legesenter",
    )


def detail_of(act: Act) -> bytes:
    """The detail of a permitted act's audit row."""
    return msgspec.msgpack.encode(describe(act, reason="Samtykke", refusal=""))


class Template:
    """Texts of one woman's record, from which another's are made: her id and the record's stand in them in three forms."""

    def __init__(self, person: UUID, record: UUID, texts: Mapping[str, bytes]) -> None:
        ids = re.compile(b"(" + b"|".join(_forms(person, record)) + b")")
        self._old = _forms(person, record)
        self._pieces = {key: ids.split(text) for key, text in texts.items()}

    def of(self, person: UUID, record: UUID) -> dict[str, bytes]:
        """The texts as they are in that woman's record."""
        new = dict(zip(self._old, _forms(person, record), strict=True))
        return {key: _filled(pieces, new) for key, pieces in self._pieces.items()}


def _forms(person: UUID, record: UUID) -> tuple[bytes, bytes, bytes]:
    return str(person).encode(), str(record).encode(), short(record).encode()


def _filled(pieces: list[bytes], new: Mapping[bytes, bytes]) -> bytes:
    filled = pieces.copy()
    filled[1::2] = [new[one] for one in pieces[1::2]]
    return b"".join(filled)
