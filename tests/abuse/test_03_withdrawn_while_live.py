"""Abuse 3: tokens and readers are live when she withdraws. The next request finds nothing, and nothing is left to find."""

from __future__ import annotations

import asyncio

import asyncpg

from helsekort.access.act import Action
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.flow.v1_service import ANNE, Api, Service, refusal, service_on

CONTENT = ("data_key", "card", "part", "commit", "record")


async def test_no_reader_that_starts_after_the_answer_gets_a_byte(ledger: Ledger, database_url: str) -> None:
    service = service_on(ledger)
    await service.consent()
    record = await service.client().record({"mother": {"name": "Hemmelig"}})
    withdrawn = asyncio.Event()
    readers = [
        asyncio.create_task(_read_on(service.client(who), record, withdrawn))
        for who in ("gp", "hospital") * 8
    ]
    await asyncio.sleep(0.05)
    await service.door.withdraw_consent(service.own_act(Action.WITHDRAW_CONSENT, ANNE))
    withdrawn.set()
    assert min(await asyncio.gather(*readers)) >= 3
    await _nothing_is_left(database_url)
    assert (await service.log_of())[-1][0] == "read-record"


async def _read_on(api: Api, record: str, withdrawn: asyncio.Event) -> int:
    """Reads until three reads that started after the withdrawal's answer were refused; how many those were."""
    refused = 0
    while refused < 3:
        after = withdrawn.is_set()
        answer = await api.send("GET", f"/record/{record}")
        if after:
            refusal(answer, Kind.NO_CONSENT)
            assert b"Hemmelig" not in answer.content
            refused += 1
    return refused


async def _nothing_is_left(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    for table in CONTENT:
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0, table  # noqa: S608 - names of ours
    await connection.close()


async def test_a_new_consent_opens_nothing_of_the_old(ledger: Ledger) -> None:
    service: Service = service_on(ledger)
    await service.consent()
    record = await service.client().record()
    await service.door.withdraw_consent(service.own_act(Action.WITHDRAW_CONSENT, ANNE))
    await service.consent()
    await service.client().refused(Kind.UNKNOWN_RECORD, "GET", f"/record/{record}")
    assert (await service.client().ok("GET", "/history"))["history"] == []
