"""Abuse 7: somebody looks for a woman whose address is protected. Whether she has a record shows nowhere, from that moment on."""

from __future__ import annotations

import re

from helsekort.access.act import Action
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import Wants
from tests.abuse.test_02_never_consented import ASKED
from tests.flow.v1_service import ANNE, BERIT, Service, service_on


async def _answers(service: Service, woman: NationalIdentityNumber, record: str) -> list[tuple[int, str]]:
    found = []
    for method, path, body in ASKED:
        place = re.sub(r"01a1fd90-[0-9a-f-]+", record, path)
        answer = await service.client("gp", woman).send(method, place, body)
        found.append((answer.status_code, re.sub(r'"eventId":"[^"]*"', "", answer.text)))
    return found


async def test_protected_with_a_record_is_as_protected_without(ledger: Ledger) -> None:
    service = service_on(ledger)
    for woman in (ANNE, BERIT):
        await service.consent(woman)
    record = await service.client("gp", ANNE).record({"mother": {"name": "Anne", "address": "Skjulveien 1"}})
    for woman in (ANNE, BERIT):
        await ledger.update_person(woman, deceased=False, confidential=True)
    hers, others = await _answers(service, ANNE, record), await _answers(service, BERIT, record)
    assert hers == others
    assert "Skjulveien" not in repr(hers)
    assert '"hasGivenConsent":false' in hers[0][1]
    assert '"latestRecordId":null' in hers[0][1]


async def test_protection_in_the_middle_of_a_pregnancy_freezes_at_once_and_leaves_her_log_and_way_out(
    ledger: Ledger,
) -> None:
    service = service_on(ledger)
    await service.consent()
    record = await service.client().record()
    await service.client().ok("GET", f"/record/{record}")
    await ledger.update_person(ANNE, deceased=False, confidential=True)
    await service.client().refused(Kind.CONFIDENTIAL_ADDRESS, "GET", f"/record/{record}")
    view = await service.door.read(service.own_act(Action.READ_LOG, ANNE), Wants.LOG)
    assert view.log[0].detail.refusal == "confidential-address"
    await service.door.withdraw_consent(service.own_act(Action.WITHDRAW_CONSENT, ANNE))
