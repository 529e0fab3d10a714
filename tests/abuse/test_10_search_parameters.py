"""Abuse 10: search parameters that leaked in other servers, sent to this contract, which has none: each is refused by name."""

from __future__ import annotations

import pytest

from helsekort.ledger.ledger import Ledger
from tests.flow.v1_service import ANNE, service_on

LEAKED_ELSEWHERE = [
    "_include=*",
    "_revinclude=Provenance:target",
    "_has:Observation:patient:code=718-7",
    "patient.identifier=x",
    "_filter=status%20eq%20final",
    "_sort=hiv",
    "_count=0",
    "_total=accurate",
    "_elements=clinicalTests",
    "_summary=count",
    "$everything",
    "fields=hiv",
    "at=2026-01-01",
]


@pytest.mark.parametrize("query", LEAKED_ELSEWHERE)
@pytest.mark.parametrize("path", ["/status", "/history", "/record/{record}", "/history/{record}"])
async def test_an_unknown_parameter_is_refused_never_ignored(
    module_ledger: Ledger, path: str, query: str
) -> None:
    service = service_on(module_ledger)
    await service.consent(ANNE)
    view = (await service.client().ok("GET", "/status"))["latestRecordId"]
    record = view or await service.client().record({"clinicalTests": {"hiv": False}})
    answer = await service.client().send("GET", f"{path.format(record=record)}?{query}")
    assert answer.status_code == 400
    assert 'hiv":' not in answer.text
