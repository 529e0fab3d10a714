"""One session with PostgreSQL: how it is opened, and that the server keeps what it acknowledges."""

from __future__ import annotations

import asyncpg

from helsekort.basics.startup import CannotStart
from helsekort.ledger.migrate import APP_ROLE

OLDEST_SERVER = 150000
STATEMENT_SECONDS = 10

# Plans must not depend on a table's size or on what the statistics were when they were made: every statement names its
# person first, so it is always an index lookup inside a nested loop, and it is planned once.
SESSION = {
    "application_name": "helsekort",
    "timezone": "UTC",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_material": "off",
    "enable_memoize": "off",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "20s",
}

DATABASE_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a statement sent in the moment the session was lost
    OSError,
    TimeoutError,
)
"""What a session can raise when the database refuses, is gone or is too slow."""


class OutcomeUnknown(Exception):
    """The session was lost while it committed: nobody can know whether what was sent is stored."""


async def commit(connection: asyncpg.Connection) -> None:
    """Ends the transaction; durable when this returns. Raises OutcomeUnknown where the session is lost meanwhile."""
    try:
        await connection.execute("COMMIT")
    except DATABASE_ERRORS as error:
        if isinstance(error, asyncpg.PostgresError) and not connection.is_closed():
            raise  # the server said no
        raise OutcomeUnknown from error


async def open_session(dsn: str) -> asyncpg.Connection:
    """A session in the service's role, for statements of ours only; raises CannotStart where the server is not durable."""
    connection = await asyncpg.connect(
        dsn,
        server_settings=SESSION | {"role": APP_ROLE},
        timeout=5,
        command_timeout=STATEMENT_SECONDS + 5,
        max_cached_statement_lifetime=0,
    )
    try:
        await require_durable(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def open_owner_session(dsn: str) -> asyncpg.Connection:
    """A session as the database's owner, for migrations and maintenance; CannotStart where it cannot be had."""
    try:
        return await asyncpg.connect(dsn, timeout=5, command_timeout=600)
    except (*DATABASE_ERRORS, ValueError) as error:
        what = " ".join(str(error).split()) or type(error).__name__
        raise CannotStart(
            f"The database cannot be reached: {what}. Check --database and that it runs."
        ) from None


async def require_durable(connection: asyncpg.Connection) -> None:
    """Refuses a server that could lose what it has acknowledged, or that is too old."""
    row = await connection.fetchrow(
        "SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync,"
        " current_setting('full_page_writes') AS full_page_writes,"
        " current_setting('synchronous_commit') AS synchronous_commit"
    )
    assert row is not None
    if row["version"] < OLDEST_SERVER:
        raise CannotStart(
            f"PostgreSQL {row['version'] // 10000} is too old (server_version). Use 15 or newer."
        )
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        if row[setting] == "off":
            raise CannotStart(
                f"PostgreSQL runs with {setting} = off and could lose what it acknowledged. Set {setting} = on."
            )
