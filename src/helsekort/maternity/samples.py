"""Cards as they are stored, for training the compression dictionary of a new database. Fictional, and the same each time."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from helsekort.basics.ids import time_ordered_id
from helsekort.ledger.view import PersonState, View
from helsekort.maternity.card import Author, Stamp, create_record
from helsekort.maternity.examples import full_card

CARDS = 40
_BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_BEGIN_MILLISECONDS = int(_BEGIN.timestamp() * 1000)
_AUTHORS = (
    Author("HEALTH_CARE_PROFESSIONAL", "974589095", "Solvik legesenter", "", "222200063", "LE", "Kari Lege"),
    Author(
        "HEALTH_CARE_PROFESSIONAL", "974749025", "Fjordby helsestasjon", "", "333300041", "JO", "Jon Jordmor"
    ),
)


def sample_heads() -> list[Mapping[str, bytes]]:
    """Segments and parts of some full cards, by key."""
    return [head for seed in range(CARDS) for head in _heads(seed)]


def _heads(seed: int) -> list[Mapping[str, bytes]]:
    chance = random.Random(seed)  # noqa: S311 - the same cards each time, no secrets

    def new_id() -> UUID:
        return time_ordered_id(_BEGIN_MILLISECONDS + chance.randrange(2**30), chance.randbytes(10))

    person = PersonState(new_id(), True, False, False, None, None, None)  # noqa: FBT003 - consented, alive, open address
    stamp = Stamp(_BEGIN, _AUTHORS[seed % len(_AUTHORS)], new_id)
    propose = create_record(full_card(seed, fetuses=1 + seed % 2), stamp)
    change = propose(View(person, None), new_id(), 1)
    return [change.segments, change.parts]
