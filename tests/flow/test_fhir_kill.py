"""kill -9 of the service and of PostgreSQL while EHRs write transactions through FHIR, several to one record.

What was acknowledged is there, whole; what was refused is not; of what was cut off there is all or nothing; and each commit has
its one audit row. That such a comparison finds what is missing is shown in test_kill.py.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx

from helsekort.ledger.embedded import start
from helsekort.sandbox.address import API_PATH, Address, loopback_client
from helsekort.sandbox.cli import token_for
from helsekort.sandbox.ehr import Ehr
from helsekort.sandbox.people import fictional_people
from helsekort.sandbox.process import sandbox_app
from helsekort.sandbox.woman_browser import WomanBrowser
from tests.flow.fhir_bodies import bundle, condition, entry, urn
from tests.flow.fhir_doctor import Doctor, dumped
from tests.flow.killing import Acknowledged, CutOff, write_and_kill
from tests.flow.ports import free_pair
from tests.flow.serving import serving_on
from tests.flow.test_kill import Declined, World
from tests.interop.clinic import STARTED, Clinic

ROUNDS, ENOUGH, WRITERS, ENTRIES = 3, 10, 2, 3
MARKS = "https://ehr.example/marks"
WOMEN = ("anne", "berit")


@dataclass(frozen=True)
class Record:
    """A woman's record, and the doctor who writes in it from several machines."""

    doctor: Doctor

    async def write(self, writer: int, mark: int) -> None:
        """One transaction: so many conditions with one mark, which refer to each other."""
        person = self.doctor.clinic.person
        marked = {"identifier": [{"system": MARKS, "value": f"{writer}-{mark}"}]}
        seen = {"evidence": [{"detail": [{"reference": urn(1)}]}]}
        entries = [
            entry("POST", "Condition", condition(person) | marked | (seen if n else {}), fullUrl=urn(n + 1))
            for n in range(ENTRIES)
        ]
        try:
            answer = await self.doctor.send("POST", "/", dumped(bundle(*entries)))
        except httpx.ConnectError as error:
            raise Declined from error
        except httpx.TransportError as error:
            raise CutOff from error
        if answer.status_code == 503 and "not known" in answer.text:
            raise CutOff
        if answer.status_code != 200:
            raise Declined(answer.text)

    async def stored(self) -> Counter[str]:
        """How many conditions there are of each mark."""
        path = f"/Condition?patient=Patient/{self.doctor.clinic.person}&_count=500"
        found: Counter[str] = Counter()
        while path:
            page = (await self.doctor.send("GET", path)).raise_for_status().json()
            found.update(one["resource"]["identifier"][0]["value"] for one in page.get("entry", ()))
            path = next((one["url"] for one in page["link"] if one["relation"] == "next"), "")
        return found


async def begun(http: httpx.AsyncClient, address: Address, key: str) -> Record:
    """A woman who consents, with a new record."""
    woman = fictional_people().woman(key)
    assert woman is not None
    async with WomanBrowser(service=address.service) as browser:
        await browser.log_in(woman)
        await browser.consent()
    created = (await Ehr("gp", http=http, address=address).create(woman.nin)).must()
    token = await token_for(http, address.sandbox, "gp")
    record = str(created["metadata"]["recordId"])
    doctor = Doctor(http, Clinic(address, token, record, ""))
    episode = (await doctor.send("GET", f"/EpisodeOfCare/{record}")).raise_for_status().json()
    person = episode["patient"]["reference"].removeprefix("Patient/")
    return Record(Doctor(http, Clinic(address, token, record, person)))


async def check(world: World, records: list[Record], told: Acknowledged) -> None:
    """What is stored is what was acknowledged, whole; and each commit has its audit row."""
    await asyncio.sleep(STARTED)
    for number, record in enumerate(records):
        stored = await record.stored()
        assert set(stored.values()) <= {ENTRIES}
        for writer in range(number * WRITERS, (number + 1) * WRITERS):
            marks = [mark.partition("-") for mark in stored]
            told.compare(writer, sorted(int(mark) for of, _, mark in marks if of == str(writer)))
    found = await world.audited()
    assert (found["acts_without"], found["commits_without"]) == (0, 0)
    assert found["pairs"] == found["commits"] == found["acts"] == found["told"]
    assert found["commits"] >= told.count


async def rounds(world: World, http: httpx.AsyncClient) -> Acknowledged:
    """Kills the service and the database in turn, and compares after each time."""
    told = Acknowledged()
    records = [await begun(http, world.address, key) for key in WOMEN]

    async def write(writer: int, mark: int) -> None:
        await records[writer // WRITERS].write(writer, mark)

    for number in range(ROUNDS):
        kill = world.server.kill if number % 2 else world.kill_service
        await write_and_kill(told, writers=len(records) * WRITERS, write=write, kill=kill, enough=ENOUGH)
        await world.again()
        await check(world, records, told)
    return told


async def test_no_acknowledged_transaction_is_lost_or_halved(tmp_path: Path) -> None:
    port = free_pair()
    service, base = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
    world = World(tmp_path, Address(service, service + API_PATH, base, answers=True), start(tmp_path))
    stand_ins = sandbox_app(base=base, service=service, data=tmp_path / "sandbox")
    try:
        with socket.create_server(("127.0.0.1", port + 1)) as listening:
            async with serving_on(listening, stand_ins), loopback_client() as http:
                world.spawn_service()
                await world.until_answering()
                await asyncio.sleep(STARTED)
                told = await rounds(world, http)
        assert told.count >= ROUNDS * ENOUGH
    finally:
        world.stop()
