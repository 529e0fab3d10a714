"""Abuse 31: values that change on the way, and bytes that change at rest. What is read is what was written, or it is refused."""

from __future__ import annotations

import asyncpg
import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.flow.v1_service import service_on

WRITTEN = (
    b'{"clinicalTests":{"hemoglobin":11.80,"ferritin":30,"glucoseTolerance":{"fastingGlucoseLevel":5.30}}}'
)


async def test_decimals_come_back_to_the_digit(ledger: Ledger) -> None:
    service = service_on(ledger)
    await service.consent()
    answer = await service.client().send(
        "POST", "/record", content=WRITTEN, headers={"content-type": "application/json"}
    )
    record = answer.json()["metadata"]["recordId"]
    read = (await service.client().send("GET", f"/record/{record}")).content
    assert b'"hemoglobin":11.80,"ferritin":30,"glucoseTolerance":{"fastingGlucoseLevel":5.30}' in read


@pytest.mark.parametrize(
    "content",
    [
        b'{"clinicalTests":{"hemoglobin":11.80,"hemoglobin":8.10}}',
        b'{"clinicalTests":{"hemoglobin":11.80},"clinicalTests":{"hemoglobin":8.10}}',
    ],
    ids=["value", "section"],
)
async def test_a_member_that_stands_twice_is_refused_and_nothing_is_stored(
    ledger: Ledger, database_url: str, content: bytes
) -> None:
    """Two readers would each take another of the two, and both be sure."""
    service = service_on(ledger)
    await service.consent()
    await service.client().refused(
        Kind.MALFORMED, "POST", "/record", content=content, headers={"content-type": "application/json"}
    )
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM card") == 0
    await connection.close()


@pytest.mark.parametrize("place", [20, -1])
async def test_a_byte_that_changed_at_rest_is_never_shown_as_hers(
    ledger: Ledger, database_url: str, place: int
) -> None:
    service = service_on(ledger)
    await service.consent()
    record = await service.client().record({"clinicalTests": {"hemoglobin": 11.8}})
    connection = await asyncpg.connect(database_url)
    sealed = bytearray(await connection.fetchval("SELECT sealed FROM card"))
    sealed[place] ^= 1
    await connection.execute("UPDATE card SET sealed = $1", bytes(sealed))
    await connection.close()
    await service.client().refused(Kind.TECHNICAL, "GET", f"/record/{record}")


async def test_another_womans_bytes_do_not_open_as_hers(ledger: Ledger, database_url: str) -> None:
    service = service_on(ledger)
    await service.consent()
    record = await service.client().record({"mother": {"name": "En"}})
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE card SET sealed = (SELECT sealed FROM part LIMIT 1)")
    await connection.close()
    await service.client().refused(Kind.TECHNICAL, "GET", f"/record/{record}")
