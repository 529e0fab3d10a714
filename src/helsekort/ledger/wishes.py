"""What she decides about her own record, stored so that it outlives a withdrawal."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import msgspec

from helsekort.access.wishes import Wish, Wishes, with_wish
from helsekort.ledger.rows import sealed_wishes
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.statements import ADD_WISH, SET_WISHES
from helsekort.ledger.view import Judgement, PersonState

_encode = msgspec.msgpack.Encoder().encode


async def set_wish(
    connection: asyncpg.Connection, keyring: Keyring, state: PersonState, judgement: Judgement, wish: Wish
) -> None:
    """One decision more, and what she has decided in all: whoever reads after this is stored is held to it."""
    entry = judgement.entry
    await put_wishes(connection, keyring, state, with_wish(state.wishes, wish))
    sealed = keyring.seal(_encode(wish), place=wish_place(state.person, entry.id))
    await connection.execute(ADD_WISH, state.person, entry.id, entry.at, sealed)


async def put_wishes(
    connection: asyncpg.Connection, keyring: Keyring, state: PersonState, wishes: Wishes
) -> None:
    """What she has decided as it stands now."""
    await connection.execute(SET_WISHES, state.person, sealed_wishes(keyring, state.person, wishes))


def wish_place(person: UUID, id_: UUID) -> bytes:
    """What one decision of hers is bound to."""
    return b"wish" + person.bytes + id_.bytes
