"""What the load generator must know of the cards in a database: read from it once, and kept beside it.

A database outlives the program that made it. What is asked for is what is stored, whatever a card would be made of today.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bench.cluster import Cluster
from bench.people import drawn_id, number
from bench.traffic import Visit, Visits
from helsekort.ledger.connection import open_session
from helsekort.ledger.opening import prepare
from helsekort.ledger.reads import open_card, open_parts
from helsekort.ledger.rows import Head, fetch_heads
from helsekort.ledger.vault import Vault
from helsekort.ledger.view import Query, Wants
from helsekort.maternity.card import card_json
from helsekort.maternity.slicing import entries_of

FILE = "contents.json"
VISITS_SECTION = "antenatalAppointments"


@dataclass(frozen=True, slots=True)
class Contents:
    """Of each variant of the card: its visits, and the ids of its Observations without the record's that they begin with.

    `card` is the first variant as the JSON contract answers it.
    """

    visits: Sequence[Visits]
    observations: Sequence[Sequence[str]]
    card: bytes


def contents(cluster: Cluster, variants: int) -> Contents:
    """Of the first women, one of each variant; read before anybody has written to their cards."""
    path = cluster.folder / FILE
    if not path.exists():
        path.write_text(json.dumps(asyncio.run(read(cluster, variants))), encoding="utf-8")
    return from_json(path)


def from_json(path: Path) -> Contents:
    """As it was kept."""
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    visits = [[Visit(**one) for one in of_one] for of_one in kept["visits"]]
    return Contents(visits, kept["observations"], kept["card"].encode())


async def read(cluster: Cluster, variants: int) -> dict[str, object]:
    """As it is kept."""
    keyring = cluster.keyring()
    vault = Vault(keyring, (await prepare(cluster.url, keyring, None)).packer)
    session = await open_session(cluster.url)
    wants = Wants.CARD | Wants.PARTS
    asked = [
        (keyring.hash_of(number(n)), Query(number(n), drawn_id(n, "record"), wants)) for n in range(variants)
    ]
    heads = await fetch_heads(session, keyring, asked)
    await session.close()
    opened = [opened_head(vault, head) for head in heads if head is not None]
    return {
        "visits": [visits_in(card) for card, _ in opened],
        "observations": [observations_in(parts) for _, parts in opened],
        "card": card_json(opened[0][0]).decode(),
    }


def opened_head(vault: Vault, head: Head) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The card and the parts of one woman."""
    assert head.wrapped_key is not None
    key = vault.keyring.unwrap(head.wrapped_key, person=head.person.person)
    return open_card(vault, head, key), dict(open_parts(vault, head, key))


def visits_in(card: Mapping[str, bytes]) -> list[dict[str, object]]:
    """The visits by date, with their fields as a client would send them back."""
    found = [msgspec.json.decode(segment) for key, segment in card.items() if key.startswith(VISITS_SECTION)]
    found.sort(key=lambda visit: str(visit["appointmentDate"]))
    return [{"item": visit.pop("metadata")["id"], "fields": visit} for visit in found]


def observations_in(parts: Mapping[str, bytes]) -> list[str]:
    """The ends of their ids."""
    found = (one for part in parts.values() for one in entries_of(part, "Observation"))
    return [one.id.partition(".")[2] for one in found]
