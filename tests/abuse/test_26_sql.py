"""Abuse 26: SQL in every place a caller fills. It is kept as text or refused; the service's role could not do more anyhow."""

from __future__ import annotations

from urllib.parse import quote

import asyncpg
import pytest

from helsekort.ledger.connection import open_session
from helsekort.ledger.ledger import Ledger
from tests.flow.v1_service import service_on

POLYGLOTS = [
    "'; DROP TABLE audit; --",
    "' OR '1'='1",
    "\\'; DELETE FROM record WHERE 'a'='a",
    "$$; TRUNCATE card; $$",
    "1) UNION SELECT wrapped FROM data_key --",
    "%27%3B%20DROP%20TABLE%20person%3B--",
]


@pytest.mark.parametrize("text", POLYGLOTS)
async def test_sql_is_text(ledger: Ledger, text: str) -> None:
    service = service_on(ledger)
    await service.consent()
    api = service.client()
    record = await api.record({"mother": {"name": text, text: text}, "medication": {"note": text}})
    for path in (
        f"/record/{quote(text, safe='')}",
        f"/history/{quote(text, safe='')}",
        f"/status?x={quote(text)}",
    ):
        assert 400 <= (await api.send("GET", path)).status_code < 500
    for header in ("nhn-source-system", "nhn-event-id", "nhn-treatment-facility-name"):
        assert (await api.send("GET", "/status", headers={header: quote(text)})).status_code < 500
    card = await api.ok("GET", f"/record/{record}")
    assert (card["mother"]["name"], card["mother"][text]) == (text, text)
    assert len(await service.log_of()) >= 3


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit",
        "UPDATE audit SET permitted = true",
        "TRUNCATE commit",
        "UPDATE commit SET t = 1",
        "DELETE FROM data_key",
        "DELETE FROM record",
        "DROP TABLE person",
        "CREATE TABLE mine (a int)",
        "COPY audit TO PROGRAM 'cat'",
    ],
)
async def test_the_services_role_may_not(ledger: Ledger, database_url: str, statement: str) -> None:
    connection = await open_session(database_url)  # as the service itself does
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)
    await connection.close()
