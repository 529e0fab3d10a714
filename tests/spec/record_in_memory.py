"""A record in memory, for tests of the card's rules: it keeps what the ledger would keep and proposes as the door does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from helsekort.basics.ids import time_ordered_id
from helsekort.ledger.view import Change, PersonState, Propose, RecordState, View
from helsekort.maternity import card
from helsekort.maternity.part import decode

RECORD = UUID("018f0000-0000-7000-8000-000000000001")
PERSON = PersonState(
    person=UUID("018f0000-0000-7000-8000-0000000000aa"),
    consented=True,
    deceased=False,
    confidential_address=False,
    active_record=RECORD,
    latest_record=RECORD,
    last_changed=None,
)
START = datetime(2026, 1, 16, 9, 0, tzinfo=UTC)
KARI, TONE, PER = (
    card.Author("HEALTH_CARE_PROFESSIONAL", f"99997777{n}", f"Kontor {n}", "", f"700000{n}", role, name)
    for n, (role, name) in enumerate([("LE", "Kari"), ("JO", "Tone"), ("LE", "Per")])
)
AUTHORS = (KARI, TONE, PER)


class Ids:
    """Ids in a row, so that a failing case fails the same way again."""

    def __init__(self) -> None:
        self.given = 0

    def __call__(self) -> UUID:
        self.given += 1
        return time_ordered_id(self.given, self.given.to_bytes(10, "big"))


class Record:
    """One record. `t` is the number of its last commit; each commit is an hour after the one before."""

    def __init__(self, body: Any = None) -> None:  # noqa: ANN401 - JSON
        self.ids, self.t = Ids(), 0
        self.active = True
        self.parts: dict[str, bytes] = {}
        self.segments: dict[str, bytes] = {}
        self.do(lambda now: card.create_record(body or {}, now), by=KARI)

    def do(self, propose: Callable[[card.Stamp], Propose], *, by: card.Author) -> Change:
        """One commit of what a function of the card proposes."""
        view = View(PERSON, self.state, dict(self.segments), dict(self.parts))
        change = propose(self.stamp(by))(view, RECORD, self.t + 1)
        self.t += 1
        self.active = change.active
        self.parts |= change.parts
        self.segments |= change.segments
        return change

    @property
    def state(self) -> RecordState:
        """The record as the ledger knows it."""
        return RecordState(record=RECORD, t=self.t, active=self.active, created=START, changed=START)

    def stamp(self, by: card.Author) -> card.Stamp:
        """Who makes the next commit, and when."""
        return card.Stamp(START + timedelta(hours=self.t + 1), by, self.ids)

    def post(self, section: str, body: Any, *, by: card.Author = KARI) -> str:  # noqa: ANN401 - JSON
        """A section for the first time, or a new item; answers the key of its part."""
        return next(iter(self.do(lambda now: card.post_section(section, body, now), by=by).parts))

    def put(self, key: str, body: Any, *, by: card.Author, version: int | None = None) -> Change:  # noqa: ANN401 - JSON
        """The next version of a part, by one who has seen the latest, or `version`."""
        section, _, item = key.partition("/")
        seen = decode(self.parts[key]).version if version is None else version
        content = body | {"metadata": {"version": seen}}
        return self.do(
            lambda now: card.put_section(section, UUID(item) if item else None, content, now), by=by
        )

    def enter_in_error(self, key: str, *, by: card.Author) -> Change:
        """Marks a visit or measurement."""
        section, _, item = key.partition("/")
        return self.do(lambda now: card.enter_in_error(section, UUID(item), now), by=by)
