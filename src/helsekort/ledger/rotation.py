"""A new key-encryption key takes over: all that the service's keys seal is sealed again under it; then the old one can go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import asyncpg

from helsekort.ledger.queues import answer_place, words_place
from helsekort.ledger.rows import wishes_place
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.wishes import wish_place

PAGE = 500
_FORGET = "DELETE FROM service_key WHERE name LIKE 'kek-%' AND name <> $1"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column that is sealed under the service's keys: the columns of its key with their types, and what it is bound to."""

    table: str
    column: str
    key: dict[str, str]
    place: Callable[[asyncpg.Record], bytes]

    def page(self) -> str:
        """The statement for the rows after a key."""
        names = ", ".join(self.key)
        after = ", ".join(f"${n}::{kind}" for n, kind in enumerate(self.key.values(), start=1))
        given = " OR ".join(f"${n}::{kind} IS NULL" for n, kind in enumerate(self.key.values(), start=1))
        return (
            f"SELECT {', '.join(dict.fromkeys([*self.key, 'person']))}, {self.column} AS sealed FROM {self.table} "  # noqa: S608 - names of ours
            f"WHERE {given} OR ({names}) > ({after}) ORDER BY {names} LIMIT {PAGE}"
        )

    def put(self) -> str:
        """The statement that stores a value unless it has been changed meanwhile."""
        key = " AND ".join(f"{name} = ${n}" for n, name in enumerate(self.key, start=3))
        return f"UPDATE {self.table} SET {self.column} = $2 WHERE {self.column} = $1 AND {key}"  # noqa: S608


_OF_PERSON = {"person": "uuid"}
_OF_ORGANISATION = {"organisation": "text", "id": "uuid"}
SEALED = (
    Sealed("data_key", "wrapped", _OF_PERSON, lambda row: b"key" + row["person"].bytes),
    Sealed("identifier", "nin_sealed", {"nin_hash": "bytea"}, lambda row: b"nin" + row["person"].bytes),
    Sealed("wishes", "sealed", _OF_PERSON, lambda row: wishes_place(row["person"])),
    Sealed(
        "wish", "sealed", {"person": "uuid", "id": "uuid"}, lambda row: wish_place(row["person"], row["id"])
    ),
    Sealed("report", "sealed", _OF_ORGANISATION, lambda row: words_place(row["id"])),
    Sealed("report", "answer", _OF_ORGANISATION, lambda row: answer_place(row["id"])),
)


async def rotate(connection: asyncpg.Connection, keyring: Keyring) -> int:
    """Seals everything under the newest key-encryption key, as the database's owner; returns how many values it sealed.

    May run beside a service that has both keys, and again after it was interrupted. Afterwards the older key files are needed
    only to read backups.
    """
    count = 0
    for each in SEALED:
        count += await _reseal(connection, keyring, each)
    await connection.execute(_FORGET, keyring.newest_name)
    return count


async def _reseal(connection: asyncpg.Connection, keyring: Keyring, each: Sealed) -> int:
    count, after = 0, [None] * len(each.key)
    page, put = each.page(), each.put()
    while rows := await connection.fetch(page, *after):
        for row in rows:
            again = keyring.reseal(row["sealed"], place=each.place(row)) if row["sealed"] else None
            if again is not None:
                await connection.execute(put, row["sealed"], again, *(row[name] for name in each.key))
                count += 1
        after = [rows[-1][name] for name in each.key]
    return count
