"""Abuse 4: a partner with her power of attorney. What is sensitive is not there for him, nor any sign that it ever was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from helsekort.access.act import Act, Action, Representation
from helsekort.access.actor import Actor, ActorKind
from helsekort.access.wishes import SENSITIVE
from helsekort.api.v1 import reads
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.strict_json import dump
from helsekort.citizen.card.presenter import present
from helsekort.citizen.language import SOURCE, load
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import View, Wants
from helsekort.maternity.examples import full_card
from helsekort.maternity.reading import read_card
from tests.abuse.only_the_difference import comparable
from tests.flow.v1_service import ANNE, BERIT, NOBODY, Service, service_on

PROXY = Actor(ActorKind.PROXY, "Per Partner", "helsenorge", NOBODY, token_id="t9")
VISIBLE: dict[str, Any] = {
    "mother": {"name": "Kari Nordmann", "needsLanguageInterpreter": False},
    "clinicalTests": {"hemoglobin": 12.1},
    "antenatalAppointments": [{"appointmentDate": "2026-03-02", "bloodPressure": "118/76"}],
}
SENSITIVE_TOO: dict[str, Any] = {
    "mother": VISIBLE["mother"] | {"occupationAndIndustry": "Bor på krisesenter", "extra": "Hemmelig"},
    "clinicalTests": VISIBLE["clinicalTests"] | {"hiv": True, "note": "Hemmelig"},
    "antenatalAppointments": [VISIBLE["antenatalAppointments"][0] | {"note": "Hemmelig"}],
    "lifestyleFactors": {"note": "Hemmelig"},
    "medicalConditions": {"mentalHealth": True, "note": "Hemmelig"},
    "somethingOfTheirOwn": "Hemmelig",
}


@pytest.fixture
async def service(ledger: Ledger) -> Service:
    """The contract over a database."""
    return service_on(ledger)


async def _record(service: Service, number: NationalIdentityNumber, body: dict[str, Any]) -> UUID:
    await service.consent(number)
    return UUID(await service.client("gp", number).record(body))


async def _read(service: Service, number: NationalIdentityNumber, record: UUID | None, wants: Wants) -> View:
    action = Action.READ_RECORD if record else Action.READ_STATUS
    asked = Act(PROXY, action, number, datetime.now(UTC), "event", record=record)
    return await service.door.read(replace(asked, representation=Representation.HEALTH_INFORMATION), wants)


async def _everything(service: Service, number: NationalIdentityNumber, record: UUID) -> list[bytes]:
    """Whatever could be made for a proxy: the page, the card and the status, and the lists if they were ever let out."""
    all_of_it = Wants.CARD | Wants.PARTS | Wants.RECORDS | Wants.COMMITS
    view = await _read(service, number, record, all_of_it)
    status = await _read(service, number, None, Wants.STATUS)
    page = present(read_card(view.parts), name="Kari", today=date(2026, 4, 1), language=load(SOURCE))
    return [
        repr(page).encode(),
        reads.record(view).body,
        reads.history(view).body,
        reads.record_history(view).body,
        reads.status(status).body,
        dump([dict(reads.record(view).headers)[b"etag"].decode(), len(view.commits), view.something_hidden]),
        b"".join(view.parts[key] for key in sorted(view.parts)),
    ]


async def test_a_proxy_sees_the_same_with_and_without_what_is_sensitive(service: Service) -> None:
    anne = await _record(service, ANNE, SENSITIVE_TOO)
    api = service.client("midwife", ANNE)
    for version in (1, 2):
        body = {"note": "Hemmelig igjen", "metadata": {"version": version}}
        await api.ok("PUT", f"/record/{anne}/lifestyleFactors", body)
    tests = VISIBLE["clinicalTests"] | {"syphilis": True, "metadata": {"version": 1}}
    await api.ok("PUT", f"/record/{anne}/clinicalTests", tests)
    berit = await _record(service, BERIT, VISIBLE)
    hers = await _everything(service, ANNE, anne)
    other = await _everything(service, BERIT, berit)
    assert list(map(comparable, hers)) == list(map(comparable, other))
    assert b"Hemmelig" not in b"".join(hers)
    assert b"krisesenter" not in b"".join(hers)
    assert b"118/76" in hers[1]


async def test_of_a_full_card_a_proxy_sees_no_sensitive_field(service: Service) -> None:
    anne = await _record(service, ANNE, json.loads(dump(full_card(5, fetuses=2))))
    view = await _read(service, ANNE, anne, Wants.PARTS)
    seen = read_card(view.parts).entries
    assert {entry.field.visibility for entry in seen} == {"A", "D"}
    assert not [entry for entry in seen if entry.sensitive]
    own = await service.door.read(
        replace(service.own_act(Action.READ_RECORD, ANNE), record=anne), Wants.PARTS
    )
    hidden = {entry.field.visibility for entry in read_card(own.parts).entries} - {"A", "D"}
    assert hidden <= SENSITIVE
    assert hidden
    assert not own.something_hidden
    assert not view.something_hidden
