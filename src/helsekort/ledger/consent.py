"""Consent given and withdrawn, each one transaction. Withdrawal deletes everything and destroys her key."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from helsekort.ledger.connection import commit
from helsekort.ledger.rows import fetch_heads, insert_audit
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.statements import CONSENT, ERASE, FORGET, LOCK, NEW_KEY, SET_CONSENT, TELL_ERASED
from helsekort.ledger.view import Judge, Judgement, PersonState, Query, UnknownPerson, View

ERASED = "erased"
"""Kind of the outbox row that tells that a record was deleted; one row without a record tells of the person's data."""


@dataclass(frozen=True, slots=True)
class ConsentAct:
    """Whose consent, who decides that it may change, and the version of the text she agrees to (None: she withdraws)."""

    nin_hash: bytes
    query: Query
    judge: Judge
    text_version: str | None


async def change_consent(connection: asyncpg.Connection, keyring: Keyring, act: ConsentAct) -> None:
    """Does the act if it is permitted; raises the judge's refusal once its audit row is stored."""
    await connection.execute("BEGIN")
    await connection.fetch(LOCK, [act.nin_hash])
    [head] = await fetch_heads(connection, [(act.nin_hash, act.query)])
    if head is None:
        raise UnknownPerson
    judgement = act.judge(View(head.person, head.record))
    if judgement.refused is None and act.text_version is not None:
        await _give(connection, keyring, head.person, judgement, act.text_version)
    elif judgement.refused is None:
        await _withdraw(connection, head.person, judgement)
    await insert_audit(connection, [(head.person.person, judgement.entry)])
    await commit(connection)
    if judgement.refused is not None:
        raise judgement.refused


async def _give(
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


async def _withdraw(connection: asyncpg.Connection, state: PersonState, judgement: Judgement) -> None:
    """Pasientjournalforskriften gives no ground to keep what rested on consent: key, heads, commits and records go."""
    entry = judgement.entry
    erased = [row[0] for row in await connection.fetch(ERASE, state.person)]
    await connection.execute(FORGET, state.person)
    await connection.execute(CONSENT, state.person, entry.id, entry.at, False, None)  # noqa: FBT003
    await connection.execute(TELL_ERASED, state.person, [*erased, None], entry.at, ERASED)
