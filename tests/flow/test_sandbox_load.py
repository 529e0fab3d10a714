"""The women's cards are written through the real service, once, and the simulator reads them back as they were told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from helsekort.ledger.embedded import EmbeddedServer
from helsekort.sandbox.address import Address, loopback_client
from helsekort.sandbox.ehr import Ehr, WomanStatus
from helsekort.sandbox.load import Loader
from helsekort.sandbox.people import Woman, fictional_people
from helsekort.sandbox.woman_browser import WomanBrowser
from tests.conftest import new_database
from tests.flow.together import sandboxed

PEOPLE = fictional_people()
TODAY = date.today()  # noqa: DTZ011 - the day the stories are told from


@pytest.fixture(scope="module")
async def address(
    postgres: EmbeddedServer, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Address]:
    async with (
        new_database(postgres, migrated) as url,
        sandboxed(url, tmp_path_factory.mktemp("together")) as found,
    ):
        yield found


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with loopback_client() as client:
        yield client


def woman(key: str) -> Woman:
    found = PEOPLE.woman(key)
    assert found is not None
    return found


async def test_the_stories_are_written_once(address: Address, http: httpx.AsyncClient) -> None:
    loader = Loader(http=http, address=address, people=PEOPLE, today=TODAY)
    written = await loader.load()
    assert {w.key for w in written} == {w.key for w in PEOPLE.women if w.consents}
    for each in PEOPLE.women:
        status = await loader.status(each)
        told = (status.consented, status.has_active_record, status.deceased)
        assert told == (each.keeps_consent, each.has_active_record, each.plan == "deceased"), each.key
    assert await loader.load() == []
    await the_cards_tell_their_stories(Ehr("midwife", http=http, address=address))


async def the_cards_tell_their_stories(midwife: Ehr) -> None:
    async def card(key: str) -> dict[str, Any]:
        status = WomanStatus.of((await midwife.status(woman(key).nin)).must())
        assert status.latest_record
        return dict((await midwife.record(woman(key).nin, status.latest_record)).must())

    elin = await card("elin")
    assert elin["currentPregnancy"]["dateLastPeriod"] == (TODAY - timedelta(weeks=24, days=5)).isoformat()
    assert elin["currentPregnancy"]["metadata"]["lastUpdatedBy"]["orgName"].startswith("Fjordby sykehus")
    frida = await card("frida")
    assert [f["fosterId"] for f in frida["antenatalAppointments"][-1]["fetusesVitalSigns"]] == [1, 2]
    assert (await card("guro"))["clinicalTests"]["aboRh"]["rhesusDType"] == "NEGATIVE"
    assert "keisersnitt" in (await card("ida"))["previousPregnancies"]["note"]
    for key, status in (("hanne", "TERMINATED"), ("nora", "DELIVERED")):
        assert (await card(key))["metadata"]["recordStatus"]["status"] == status


async def test_what_is_decided_in_the_sandbox_stays_at_the_next_start(
    address: Address, http: httpx.AsyncClient
) -> None:
    """Whoever tries withdrawal, reservation or a protected address starts the demo again and finds it as it was left."""
    loader = Loader(http=http, address=address, people=PEOPLE, today=TODAY)
    await loader.load()
    for key, path in (("dina", "/trekk-samtykke"), ("maryam", "/personvern/reservasjon")):
        async with WomanBrowser(service=address.service) as browser:
            await browser.log_in(woman(key))
            await browser.fill_in(path, {"bekreft": "ja"})
    protected = {"woman": "tuva", "hendelse": "adressebeskyttelse", "adressegradering": "fortrolig"}
    await http.post(f"{address.sandbox}/folkeregisteret/hendelser", data=protected)
    for _ in range(100):  # until the service has seen it
        if not (await loader.status(woman("tuva"))).latest_record:
            break
        await asyncio.sleep(0.1)
    assert await loader.load() == []
    assert not (await loader.status(woman("dina"))).consented


async def test_the_simulator_meets_the_contracts_refusals(address: Address, http: httpx.AsyncClient) -> None:
    gp, hospital = (Ehr(key, http=http, address=address) for key in ("gp", "hospital"))
    anne = woman("anne")
    refused = await gp.create(anne.nin)
    assert refused.error is not None
    assert (refused.status, refused.error.code) == (403, "DHG-0003")
    assert refused.headers["nhn-error-code"] == "DHG-0003"
    async with WomanBrowser(service=address.service) as browser:
        await browser.log_in(anne)
        await browser.consent()
        record = str((await gp.create(anne.nin)).must()["metadata"]["recordId"])
        visit = {"appointmentDate": TODAY.isoformat(), "bloodPressure": "118/76"}
        stored = (await gp.add(anne.nin, record, "antenatalAppointments", visit)).must()
        item, seen = stored["metadata"]["id"], stored["metadata"]["version"]
        changed = {**visit, "note": "Ny måling."}
        where = (anne.nin, record, "antenatalAppointments", item)
        (await hospital.replace_item(*where, changed, seen=seen)).must()
        stale = await gp.replace_item(*where, visit, seen=seen)
        assert (stale.status, stale.error and stale.error.code) == (409, "DHG-0008")
        assert (await hospital.enter_in_error(*where)).must()["metadata"]["enteredInError"] is True
        await browser.withdraw()
    told_no = await hospital.record(anne.nin, record)
    assert told_no.error is not None
    assert told_no.error.code == "DHG-0003"
    machine = Ehr("gp", http=http, address=address, machine=True)
    assert WomanStatus.of((await machine.status(anne.nin)).must()).consented is False
    assert not (await machine.history(anne.nin)).accepted


async def test_a_health_secretarys_role_is_checked(address: Address, http: httpx.AsyncClient) -> None:
    posing = Ehr("gp", http=http, address=address, practitioner="secretary", role="LE")
    refused = await posing.status(woman("berit").nin)
    assert refused.error is not None
    assert refused.error.code == "DHG-0005"
