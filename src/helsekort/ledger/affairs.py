"""What is done about one woman as a whole: her row locked, the act decided on, done, and written down in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg

from helsekort.ledger.connection import commit
from helsekort.ledger.rows import locked_heads
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.trail import AuditRow, insert_audit
from helsekort.ledger.view import Judge, Judgement, PersonState, Query, UnknownPerson, View

Do = Callable[[asyncpg.Connection, Keyring, PersonState, Judgement], Awaitable[None]]
"""Does what was permitted, inside the transaction."""


@dataclass(frozen=True, slots=True)
class Affair:
    """Whose affair, who decides, and what is then done."""

    nin_hash: bytes
    query: Query
    judge: Judge
    do: Do


async def settle(connection: asyncpg.Connection, keyring: Keyring, affair: Affair) -> None:
    """Does the affair if it is permitted; raises the judge's refusal once its audit row is stored."""
    await connection.execute("BEGIN")
    [head] = await locked_heads(connection, keyring, [(affair.nin_hash, affair.query)])
    if head is None:
        raise UnknownPerson
    judgement = affair.judge(View(head.person, head.record))
    if judgement.refused is None:
        await affair.do(connection, keyring, head.person, judgement)
    await insert_audit(connection, [AuditRow.of(head.person.person, judgement)])
    await commit(connection)
    if judgement.refused is not None:
        raise judgement.refused
