"""Who is told when a record changes, which changes they are to be told of, and how far they have been told.

What was asked for, and by whom, is opaque here, and sealed under the service's key for one woman.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from helsekort.ledger.outbox import Happened
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.statements import (
    ADD_EVENT,
    ADD_SUBSCRIPTION,
    DUE,
    END_SUBSCRIPTION,
    EVENTS,
    FAILED,
    SUBSCRIPTION,
    SUBSCRIPTIONS_OF,
    TOLD,
)
from helsekort.ledger.view import Judgement, PersonState

MOST = 500
MOST_OF_ONE = 10
"""How many times one subscriber follows one woman: each change is sent, and told in her log, once for each."""


class TooManySubscriptions(Exception):
    """The subscriber follows her as many times as it may, or all together do."""


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription as it stands: `body` is what was asked for and by whom, `told` the last event that was taken."""

    person: UUID
    id: UUID
    at: datetime
    body: bytes
    status: str
    error: str
    events: int
    told: int
    tries: int
    failing: datetime | None


@dataclass(frozen=True, slots=True)
class Changed:
    """One event: its number in the subscription, when, and which record changed."""

    number: int
    at: datetime
    record: UUID


async def add(
    connection: asyncpg.Connection,
    keyring: Keyring,
    state: PersonState,
    judgement: Judgement,
    *,
    id_: UUID,
    body: bytes,
    same: Callable[[bytes], bool],
) -> None:
    """A new subscription to her record, due at once for its handshake; `same` tells the bodies of the same subscriber.

    Raises TooManySubscriptions.
    """
    there = [one for one in await subscriptions_of(connection, keyring, state.person) if one.status != "off"]
    if len(there) >= MOST or sum(same(one.body) for one in there) >= MOST_OF_ONE:
        raise TooManySubscriptions
    sealed = keyring.seal(body, place=place_of(state.person, id_))
    await connection.execute(ADD_SUBSCRIPTION, state.person, id_, judgement.entry.at, sealed)


async def subscriptions_of(
    connection: asyncpg.Connection, keyring: Keyring, person: UUID
) -> list[Subscribed]:
    """Every subscription to a woman's record, the oldest first; those that are ended after the others."""
    return [_subscribed(keyring, row) for row in await connection.fetch(SUBSCRIPTIONS_OF, person, MOST)]


async def subscription(
    connection: asyncpg.Connection, keyring: Keyring, person: UUID, id_: UUID
) -> Subscribed | None:
    """One subscription to a woman's record."""
    row = await connection.fetchrow(SUBSCRIPTION, person, id_)
    return None if row is None else _subscribed(keyring, row)


async def note_change(connection: asyncpg.Connection, happened: Happened) -> None:
    """Makes a change of a record an event of each subscription to it; the same change again adds nothing."""
    at = happened.position
    await connection.execute(ADD_EVENT, happened.person, at.tx, at.n, happened.at, happened.record)


async def due(connection: asyncpg.Connection, now: datetime, most: int) -> list[tuple[UUID, UUID]]:
    """Whose turn it is: person and subscription, those who have waited longest first."""
    return [(row["person"], row["id"]) for row in await connection.fetch(DUE, now, most)]


async def events(
    connection: asyncpg.Connection, person: UUID, id_: UUID, *, first: int, last: int, most: int
) -> list[Changed]:
    """The events of a subscription from one number to another, in order."""
    rows = await connection.fetch(EVENTS, person, id_, first, last, most)
    return [Changed(row["number"], row["at"], row["record"]) for row in rows]


async def told(
    connection: asyncpg.Connection, person: UUID, id_: UUID, *, number: int, again: datetime | None
) -> None:
    """Notes that all events up to a number were taken; the next are due at once, a sign of life at `again`."""
    await connection.execute(TOLD, person, id_, number, again)


async def failed(
    connection: asyncpg.Connection, person: UUID, id_: UUID, *, at: datetime, again: datetime, error: str
) -> None:
    """Notes that nobody took it, and when it is tried again."""
    await connection.execute(FAILED, person, id_, at, again, error)


async def end(connection: asyncpg.Connection, person: UUID, id_: UUID, error: str = "") -> None:
    """Nothing more is sent; the subscription stays to be read, with the reason where it was not asked to end."""
    await connection.execute(END_SUBSCRIPTION, person, id_, error)


def place_of(person: UUID, id_: UUID) -> bytes:
    """What a subscription's sealed bytes are bound to."""
    return b"subscription" + person.bytes + id_.bytes


def _subscribed(keyring: Keyring, row: asyncpg.Record) -> Subscribed:
    person, id_ = row["person"], row["id"]
    return Subscribed(
        person,
        id_,
        row["at"],
        keyring.open(row["sealed"], place=place_of(person, id_)),
        row["status"],
        row["error"],
        row["events"],
        row["told"],
        row["tries"],
        row["failing"],
    )
