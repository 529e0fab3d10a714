"""Brings the database's tables up to the version this program needs, one numbered file at a time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from helsekort.basics.startup import CannotStart

APP_ROLE = "helsekort_app"
FOLDER = Path(__file__).with_name("migrations")
ADVISORY_LOCK = 4_825_110_001
"""Any fixed number: two programs that start at once migrate one after the other."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of SQL: its number, name and content."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """What tells whether an applied file has been changed since."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """The migrations in order; their numbers run from 1 without a gap."""
    found = [
        Migration(int(path.name[:4]), path.name, path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.sql"))
    ]
    if [each.number for each in found] != list(range(1, len(found) + 1)):
        raise CannotStart(f"The migrations in {folder} are not numbered 0001, 0002 ... without a gap.")
    return found


async def migrate(connection: asyncpg.Connection, wanted: list[Migration]) -> list[str]:
    """Applies what is missing and returns its names; raises CannotStart where the database does not fit the program."""
    await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
    try:
        await connection.execute(_OWN_TABLE)
        applied = {row["number"]: row for row in await connection.fetch(_APPLIED)}
        _refuse_what_does_not_fit(applied, wanted)
        missing = [each for each in wanted if each.number not in applied]
        if missing:
            await _ensure_role(connection)
        for each in missing:
            await _apply(connection, each)
        return [each.name for each in missing]
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", ADVISORY_LOCK)


_OWN_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied timestamptz NOT NULL DEFAULT now()
)"""
_APPLIED = "SELECT number, name, sha256 FROM migration"
_NOTE = "INSERT INTO migration (number, name, sha256) VALUES ($1, $2, $3)"


def _refuse_what_does_not_fit(applied: dict[int, asyncpg.Record], wanted: list[Migration]) -> None:
    known = {each.number: each for each in wanted}
    for number, row in sorted(applied.items()):
        if number not in known:
            raise CannotStart(
                f"The database is newer than this program (it has {row['name']}). Start a newer program."
            )
        if row["sha256"] != known[number].sha256:
            raise CannotStart(
                f"The migration {row['name']} was changed after it was applied. Put the old file back."
            )


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(_NOTE, migration.number, migration.name, migration.sha256)


async def _ensure_role(connection: asyncpg.Connection) -> None:
    """The role the service works as; roles belong to the whole server, so another database may have made it."""
    if await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", APP_ROLE):
        return
    try:
        await connection.execute(f"CREATE ROLE {APP_ROLE} NOLOGIN; GRANT {APP_ROLE} TO CURRENT_USER")
    except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        return  # made by another database's start in the same moment
    except asyncpg.InsufficientPrivilegeError:
        raise CannotStart(
            f"The database user may not create roles. As an administrator: CREATE ROLE {APP_ROLE} NOLOGIN; "
            f"GRANT {APP_ROLE} TO the user in the database URL."
        ) from None
