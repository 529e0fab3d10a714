"""Abuse 30: two midwives at once, and an EHR that sends twice. Nothing acknowledged is lost; a woman has one active record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from helsekort.access.act import Action
from helsekort.basics.ids import new_id
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.view import Wants
from tests.flow.v1_service import ANNE, Api, Service, service_on

CLIENTS, ROUNDS = 16, 6


@pytest.fixture
async def two(ledger: Ledger, database_url: str, keyring: Keyring) -> AsyncIterator[tuple[Service, Service]]:
    """Two services on one database: what is put in order within one process is not put in order between two."""
    other = await Ledger.open(database_url, keyring, new_id=new_id)
    yield service_on(ledger), service_on(other)
    await other.close()


async def test_sixteen_clients_change_one_section_and_every_acknowledged_version_was_read_by_the_next(
    two: tuple[Service, Service],
) -> None:
    service = two[0]
    await service.consent()
    record = await service.client().record({"mother": {"name": "start"}})
    whos = ("gp", "midwife", "hospital")
    acknowledged = await asyncio.gather(
        *(_change(two[n % 2].client(whos[n % 3]), record, f"c{n}") for n in range(CLIENTS))
    )
    flat = sorted(pair for pairs in acknowledged for pair in pairs)
    versions = [version for version, _ in flat]
    assert versions == list(range(2, 2 + CLIENTS * ROUNDS))  # gapless, none twice
    history = (await service.client().ok("GET", f"/history/{record}"))["history"]
    names = [each["changes"]["mother"]["name"] for each in history if "mother" in each["changes"]]
    assert names == ["start", *(name for _, name in flat)]
    assert [name.rpartition(" after ")[2] for name in names[1:]] == [
        name.split(" ")[0] for name in names[:-1]
    ]


async def _change(api: Api, record: str, name: str) -> list[tuple[int, str]]:
    """Changes the section until so many changes are acknowledged; each as version and text."""
    done: list[tuple[int, str]] = []
    while len(done) < ROUNDS:
        read = (await api.ok("GET", f"/record/{record}"))["mother"]
        text = f"{name}.{len(done)} after {read['name'].split(' ')[0]}"
        body = {"name": text, "metadata": {"version": read["metadata"]["version"]}}
        answer = await api.send("PUT", f"/record/{record}/mother", body)
        if answer.status_code == 200:
            done.append((answer.json()["metadata"]["version"], text))
        else:
            assert answer.json()["errorCode"] == "DHG-0008"
    return done


async def test_a_hundred_creates_at_once_make_one_record(two: tuple[Service, Service]) -> None:
    service = two[0]
    await service.consent()
    answers = await asyncio.gather(*(two[n % 2].client().send("POST", "/record", {}) for n in range(100)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 99
    assert len((await service.client().ok("GET", "/history"))["history"]) == 1


async def test_the_line_that_tells_of_a_new_record_names_it(ledger: Ledger) -> None:
    service = service_on(ledger)
    await service.consent()
    record = await service.client().record()
    await service.client().send("POST", "/record", {})
    log = (await service.door.read(service.own_act(Action.READ_LOG, ANNE), Wants.LOG)).log
    assert [(line.permitted, str(line.record)) for line in log[:2]] == [(False, "None"), (True, record)]
