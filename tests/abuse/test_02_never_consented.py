"""Abuse 2: a valid token, and a woman who never consented. Nothing tells her from one who withdrew or opted out."""

from __future__ import annotations

import re

import pytest

from helsekort.access.act import Action
from helsekort.access.wishes import Wish, WishKind
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.ledger import Ledger
from tests.flow.v1_service import ANNE, BERIT, Service, service_on

RECORD = "01a1fd90-d093-7052-a797-6b34ada848b7"
ASKED = [
    ("GET", "/status", None),
    ("GET", "/history", None),
    ("GET", f"/record/{RECORD}", None),
    ("GET", f"/history/{RECORD}", None),
    ("POST", "/record", {}),
    ("POST", f"/record/{RECORD}/mother", {"name": "Anne"}),
    ("POST", f"/record/{RECORD}/updateStatus", {"status": "TERMINATED", "terminationDate": "2026-05-01"}),
]


async def _answers(service: Service, woman: NationalIdentityNumber) -> list[tuple[int, str]]:
    """Every answer about her, event ids taken out."""
    found = []
    for method, path, body in ASKED:
        answer = await service.client("gp", woman).send(method, path, body)
        found.append((answer.status_code, re.sub(r'"eventId":"[^"]*"', "", answer.text)))
    return found


@pytest.mark.parametrize("history", ["withdrew", "opted out"])
async def test_never_consented_looks_like_withdrawn_and_opted_out(ledger: Ledger, history: str) -> None:
    service = service_on(ledger)
    await service.consent(ANNE)
    await service.client("gp", ANNE).record({"mother": {"name": "Anne"}})
    if history == "withdrew":
        await service.door.withdraw_consent(service.own_act(Action.WITHDRAW_CONSENT, ANNE))
    else:
        wish = Wish(WishKind.OPT_OUT, on=True)
        await service.door.set_wish(service.own_act(Action.SET_WISH, ANNE), wish)
    assert await _answers(service, ANNE) == await _answers(service, BERIT)
