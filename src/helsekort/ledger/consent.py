"""Consent given and withdrawn. Withdrawal deletes everything and destroys her key."""

from __future__ import annotations

import asyncpg

from helsekort.ledger.sealing import Keyring
from helsekort.ledger.statements import CONSENT, ERASE, FORGET, NEW_KEY, OTHERS, SET_CONSENT, TELL_ERASED
from helsekort.ledger.view import Judgement, PersonState

ERASED = "erased"
"""Kind of the outbox row that tells that a record was deleted; one row without a record tells of the person's data."""


async def give(
    connection: asyncpg.Connection,
    keyring: Keyring,
    state: PersonState,
    judgement: Judgement,
    text_version: str,
) -> None:
    """A fresh data key where she has none; the consents she gave before stay in their rows."""
    entry = judgement.entry
    await connection.execute(SET_CONSENT, state.person)
    await connection.execute(NEW_KEY, state.person, keyring.new_data_key(state.person))
    await connection.execute(CONSENT, state.person, entry.id, entry.at, True, text_version)  # noqa: FBT003


async def withdraw(
    connection: asyncpg.Connection, _keyring: Keyring, state: PersonState, judgement: Judgement
) -> None:
    """Pasientjournalforskriften gives no ground to keep what rested on consent: key, heads, commits and records go.

    So does what was stored under another number before the register found that it was hers.
    """
    entry = judgement.entry
    others = [row["other"] for row in await connection.fetch(OTHERS, [state.person])]
    for person in (state.person, *others):
        erased = [row[0] for row in await connection.fetch(ERASE, person)]
        await connection.execute(FORGET, person)
        await connection.execute(TELL_ERASED, person, [*erased, None], entry.at, ERASED)
    await connection.execute(CONSENT, state.person, entry.id, entry.at, False, None)  # noqa: FBT003
