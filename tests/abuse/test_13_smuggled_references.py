"""Abuse 13: a reference to another woman's record inside a change of one's own. Only what the address names changes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import Query, Wants
from tests.contract.ledger_acts import permit
from tests.flow.v1_service import ANNE, BERIT, service_on

VISIT: dict[str, Any] = {"appointmentDate": "2026-03-02", "note": "egen"}
PLACES = ("subject", "patient", "focus", "recordId", "record", "encounter", "derivedFrom")


async def _two(ledger: Ledger) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    service = service_on(ledger)
    cards = []
    for woman in (ANNE, BERIT):
        await service.consent(woman)
        body = {"mother": {"name": "En"}, "antenatalAppointments": [VISIT]}
        cards.append(await service.client("gp", woman).ok("POST", "/record", body, status=201))
    return service, cards[0], cards[1]


async def test_metadata_that_names_another_item_or_record_is_refused(ledger: Ledger) -> None:
    service, hers, others = await _two(ledger)
    record = hers["metadata"]["recordId"]
    visit = hers["antenatalAppointments"][0]["metadata"]["id"]
    foreign = others["antenatalAppointments"][0]["metadata"]["id"]
    changed = VISIT | {"metadata": {"version": 1, "id": foreign}}
    api = service.client("gp", ANNE)
    await api.refused(Kind.INVALID, "PUT", f"/record/{record}/antenatalAppointments/{visit}", changed)
    status = {
        "metadata": {"recordId": others["metadata"]["recordId"]},
        "status": "TERMINATED",
        "terminationDate": "2026-05-01",
    }
    await api.refused(Kind.INVALID, "POST", f"/record/{record}/updateStatus", status)
    for woman, card in ((ANNE, hers), (BERIT, others)):
        path = f"/record/{card['metadata']['recordId']}"
        assert await service.client("gp", woman).ok("GET", path) == card


@pytest.mark.parametrize("place", PLACES)
async def test_a_reference_in_an_unknown_property_is_text_and_moves_nothing(
    ledger: Ledger, place: str
) -> None:
    service, hers, others = await _two(ledger)
    record, foreign = hers["metadata"]["recordId"], others["metadata"]["recordId"]
    body = {"note": "egen", place: {"reference": f"EpisodeOfCare/{foreign}"}}
    stored = await service.client("gp", ANNE).ok("POST", f"/record/{record}/medication", body, status=201)
    assert stored[place] == body[place]
    assert await service.client("gp", BERIT).ok("GET", f"/record/{foreign}") == others
    view = await ledger.read(Query(ANNE, UUID(record), Wants.PARTS), permit())
    resources = bytes(view.parts["medication"])
    subject = str(view.person.person).encode()
    assert resources.count(b'"subject"') == resources.count(b'"subject":{"reference":"Patient/' + subject) + (
        place == "subject"
    )
