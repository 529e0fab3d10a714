"""The service as one: what answers where, what the person register tells reaches the guards, how it starts and stops."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from helsekort.api import plain
from helsekort.app import listen, opened
from helsekort.basics.refusal import Kind, Refused
from helsekort.basics.startup import CannotStart
from helsekort.sandbox.address import Address, loopback_client
from helsekort.sandbox.ehr import Ehr, WomanStatus
from helsekort.sandbox.people import Woman, fictional_people
from helsekort.sandbox.woman_browser import WomanBrowser
from helsekort.settings import Settings, sandbox_settings
from tests.flow.serving import served
from tests.flow.together import sandboxed

WAIT_SECONDS = 10


@pytest.fixture
async def address(database_url: str, tmp_path: Path) -> AsyncIterator[Address]:
    """A running service and its sandbox."""
    async with sandboxed(database_url, tmp_path) as found:
        yield found


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client for loopback."""
    async with loopback_client() as client:
        yield client


def woman(key: str) -> Woman:
    """One of the fictional women."""
    found = fictional_people().woman(key)
    assert found is not None
    return found


async def test_what_answers_where(address: Address, http: httpx.AsyncClient) -> None:
    health = await http.get(f"{address.service}/health")
    assert (health.status_code, health.json()) == (200, {"database": "reachable"})
    about = (await http.get(f"{address.service}/.well-known/helsekort")).json()
    assert (about["api"], about["sandbox"]) == (address.api, address.sandbox)
    keys = (await http.get(f"{address.service}/.well-known/jwks.json")).json()["keys"]
    assert keys
    assert not any({"d", "p", "q"} & each.keys() for each in keys)
    assert (await http.get(address.service)).headers["content-type"].startswith("text/html")
    for path in ("/api/", "/api/maternity-record/v2/status", "/api/maternity-record/v1"):
        assert (await http.get(address.service + path)).json()["errorCode"] == "DHG-0007"
    for answer in (health, await http.get(f"{address.api}/openapi.json"), await http.get(address.service)):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers


async def test_health_says_when_the_database_is_away() -> None:
    async def away() -> None:
        raise Refused(Kind.DATABASE)

    async with served(Starlette(routes=[plain.health(away)])) as base, loopback_client() as http:
        answer = await http.get(f"{base}/health")
        assert (answer.status_code, answer.json()) == (503, {"database": "away"})


async def test_a_death_and_a_protected_address_reach_the_guards(
    address: Address, http: httpx.AsyncClient
) -> None:
    """Registered in Folkeregisteret in the middle of a pregnancy; nobody tells the service but the register's feed."""
    berit, midwife = woman("berit"), Ehr("midwife", http=http, address=address)
    async with WomanBrowser(service=address.service) as browser:
        await browser.log_in(berit)
        await browser.consent()
    record = (await midwife.create(berit.nin)).must()["metadata"]["recordId"]
    await happens(http, address, berit, "adressebeskyttelse")
    await until_refused(midwife, berit, record, "DHG-0004")
    status = WomanStatus.of((await midwife.status(berit.nin)).must())
    assert (status.consented, status.has_active_record, status.latest_record) == (False, False, None)
    await happens(http, address, berit, "adressebeskyttelse", "ugradert")
    await happens(http, address, berit, "doedsfall")
    deadline = time.monotonic() + WAIT_SECONDS
    while not WomanStatus.of((await midwife.status(berit.nin)).must()).deceased:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)
    refused = await midwife.add(berit.nin, record, "mother", {})
    assert refused.error is not None
    assert refused.error.code == "DHG-0002"
    assert (await midwife.record(berit.nin, record)).accepted


async def happens(
    http: httpx.AsyncClient, address: Address, who: Woman, kind: str, grade: str = "strengtFortrolig"
) -> None:
    """Something is registered in Folkeregisteret's stand-in."""
    form = {"woman": who.key, "hendelse": kind, "adressegradering": grade}
    answer = await http.post(f"{address.sandbox}/folkeregisteret/hendelser", data=form)
    assert answer.status_code == 303, answer.text


async def until_refused(ehr: Ehr, who: Woman, record: str, code: str) -> None:
    """Reads until it is refused with the code."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (answer := await ehr.record(who.nin, record)).accepted:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)
    assert answer.error is not None
    assert answer.error.code == code


class TestStart:
    """What keeps it from starting is one line; what is told to stop stops."""

    def test_a_port_in_use(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            settings = sandbox_settings(
                database="", keys=tmp_path, port=taken.getsockname()[1], sandbox="http://127.0.0.1:1"
            )
            with pytest.raises(CannotStart, match="--port"):
                listen(settings)

    async def test_a_database_that_is_not_there(self, tmp_path: Path) -> None:
        url = "postgresql://nobody@127.0.0.1:1/none"
        settings = sandbox_settings(database=url, keys=tmp_path, port=1, sandbox="http://127.0.0.1:1")
        with pytest.raises(CannotStart, match="--database"):
            async with opened(settings):
                pytest.fail("opened without a database")

    async def test_in_operation_keys_are_never_made(self, database_url: str, tmp_path: Path) -> None:
        settings = Settings(
            database=database_url,
            keys=tmp_path,
            public_bases=("https://helsekort.example",),
            helseid_issuer="https://helseid.example",
            idporten_issuer="https://idporten.example",
        )
        with pytest.raises(CannotStart, match="key"):
            async with opened(settings):
                pytest.fail("opened without keys")

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_it_stops_when_told(self, database_url: str, tmp_path: Path, number: signal.Signals) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = {
            "database": database_url,
            "keys": str(tmp_path),
            "port": str(port),
            "sandbox": "http://127.0.0.1:1",
        }
        command = [sys.executable, "-m", "helsekort.cli", "serve"]
        command += [word for name, value in options.items() for word in (f"--{name}", value)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)
        ) as service:
            assert answers(f"http://127.0.0.1:{port}/health", service)
            service.send_signal(number)
            said, complained = service.communicate(timeout=20)
        assert service.returncode == 0, complained
        assert b"Traceback" not in complained
        assert b"person register" in complained  # its sandbox is not there, and it says so and goes on
        assert b"127.0.0.1" not in said


def answers(url: str, service: subprocess.Popen[bytes]) -> bool:
    """Whether it answers within a while."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and service.poll() is None:
        try:
            return httpx.get(url).status_code == 200
        except httpx.TransportError:
            time.sleep(0.1)
    return False
