"""How PostgreSQL carries out each statement: index lookups in nested loops, with few rows and with many."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from helsekort.ledger import audit_rows, statements
from helsekort.ledger.connection import open_session

STATEMENTS = {
    name: text
    for module in (statements, audit_rows)
    for name, text in vars(module).items()
    if name.isupper() and isinstance(text, str) and name not in {"ERASE", "SETTLED"}
}

FILL = """
INSERT INTO person (person, consented, deceased, confidential)
    SELECT gen_random_uuid(), true, false, false FROM generate_series(1, 3000);
INSERT INTO identifier SELECT sha256(person::text::bytea), person, '' FROM person;
INSERT INTO data_key SELECT person, '' FROM person;
INSERT INTO record SELECT person, gen_random_uuid(), 1, true, now(), now() FROM person;
INSERT INTO card SELECT person, record, '' FROM record;
INSERT INTO part SELECT person, record, n, '' FROM record, generate_series(0, 9) n;
INSERT INTO commit SELECT person, record, n, now(), true, '' FROM record, generate_series(1, 3) n;
INSERT INTO audit SELECT person, gen_random_uuid(), now(), 'read-status', true, NULL, ''
    FROM person, generate_series(1, 5);
INSERT INTO wishes SELECT person, '' FROM person;
INSERT INTO wish SELECT person, gen_random_uuid(), now(), '' FROM person;
INSERT INTO review SELECT '974589095', id, person, at, 'emergency' FROM audit;
INSERT INTO report (organisation, id, person, at, audit, sealed) SELECT '974589095', id, person, at, id, '' FROM audit;
INSERT INTO subscription (person, id, at, sealed, due) SELECT person, gen_random_uuid(), now(), '', now() FROM person;
INSERT INTO subscription_event (person, id, number, at, record, tx, n)
    SELECT person, id, 1, at, id, pg_current_xact_id(), 1 FROM subscription;
INSERT INTO outbox (person, at, kind) SELECT person, now(), 'x' FROM person;
"""


@pytest.fixture(params=["empty", "filled", "filled-and-analysed"])
async def session(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A service's session on a database with more or less in it and known of it."""
    owner = await asyncpg.connect(database_url)
    if request.param != "empty":
        await owner.execute(FILL)
    if request.param == "filled-and-analysed":
        await owner.execute("ANALYZE")
    await owner.close()
    connection = await open_session(database_url)
    yield connection
    await connection.close()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


ALLOWED = {
    "Aggregate",
    "CTE Scan",
    "Function Scan",
    "Incremental Sort",
    "Index Only Scan",
    "Index Scan",
    "Limit",
    "LockRows",
    "ModifyTable",
    "Nested Loop",
    "Result",
    "Sort",
    "Subquery Scan",
    "Unique",
}


async def plan_of(session: asyncpg.Connection, name: str) -> list[dict[str, Any]]:
    """The steps by which a statement is carried out."""
    statement = STATEMENTS[name]
    await session.execute(f"PREPARE {name} AS {statement}")
    arguments = ", ".join(["NULL"] * max(map(int, re.findall(r"\$(\d+)", statement))))
    text = await session.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE {name} ({arguments})")
    return list(nodes(json.loads(text)[0]["Plan"]))


async def test_only_index_lookups_in_nested_loops(session: asyncpg.Connection) -> None:
    for name in STATEMENTS:
        steps = await plan_of(session, name)
        assert {step["Node Type"] for step in steps} <= ALLOWED, name
        for step in steps:
            if step["Node Type"].startswith("Index"):
                assert "Index Cond" in step, f"{name} goes through the whole of {step['Index Name']}"


async def test_who_reads_a_queue_in_pages_does_not_sort_the_whole_of_it(session: asyncpg.Connection) -> None:
    for name in ("OUTBOX", "ROWS"):
        steps = {step["Node Type"] for step in await plan_of(session, name)}
        assert "Sort" not in steps, name


def test_a_statement_that_goes_through_a_table_would_be_seen() -> None:
    assert "Seq Scan" not in ALLOWED
    assert len(STATEMENTS) >= 15
