"""kill -9 of the service and of PostgreSQL, in turn, while EHRs write through the real API: nothing acknowledged is lost.

That such a comparison finds a server that forgets is shown by `test_a_server_that_forgets_would_be_found_out` in
tests/contract/test_ledger_kill.py; that this one finds a missing commit or audit row, by the last lines of the test here.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.demo.processes import Running, environment, helsekort, wait_until_answering
from helsekort.ledger.embedded import EmbeddedServer, start
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.view import StoredCommit, Wants
from helsekort.sandbox.address import API_PATH, Address, loopback_client
from helsekort.sandbox.ehr import Answer, Ehr
from helsekort.sandbox.people import Woman, fictional_people
from helsekort.sandbox.process import sandbox_app
from helsekort.sandbox.woman_browser import WomanBrowser
from tests.contract.ledger_acts import read
from tests.flow.killing import Acknowledged, CutOff, write_and_kill
from tests.flow.ports import free_pair
from tests.flow.serving import serving_on

ROUNDS = 20
ENOUGH = 12
WOMEN = ("anne", "berit", "cecilie", "dina", "elin", "frida")
EHRS = ("gp", "midwife", "hospital")
VISITS = "antenatalAppointments"

AUDITED = """
SELECT count(*) FILTER (WHERE m.t IS NULL) AS acts_without, count(*) FILTER (WHERE a.id IS NULL) AS commits_without,
       count(DISTINCT (m.record, m.t)) AS commits, count(DISTINCT a.id) AS acts, count(*) AS pairs,
       (SELECT count(*) FROM outbox WHERE t IS NOT NULL) AS told
FROM commit m FULL JOIN (
    SELECT * FROM audit WHERE permitted AND action IN ('create-record', 'write-section', 'write-resources')
) a ON a.person = m.person AND a.at = m.at AND a.record = m.record
"""


def visit(note: str) -> dict[str, Any]:
    """A visit with nothing but its day and a note."""
    return {"appointmentDate": "2026-03-02", "note": note}


class Declined(Exception):
    """The write was refused, or never reached the service: it must not be stored."""


@dataclass
class Writer:
    """An EHR that writes marks in one woman's visits: a new visit each time, or one visit over and over."""

    woman: Woman
    ehr: Ehr
    record: str
    visit: str = ""  # the one that is written over, with the version last seen
    seen: int | None = None
    answers: dict[int, Any] = field(default_factory=dict)

    async def write(self, mark: int) -> None:
        """Writes one mark; keeps the answer when it is acknowledged."""
        if self.visit and self.seen is None:
            self.seen = await self._version()
        seen, self.seen = self.seen, None
        body = must(await self._send(visit(f"mark {mark}"), seen))
        if self.visit:
            self.seen = int(body["metadata"]["version"])
        self.answers[mark] = body

    async def _send(self, content: dict[str, Any], seen: int | None) -> Answer:
        try:
            if seen is None:
                return await self.ehr.add(self.woman.nin, self.record, VISITS, content)
            return await self.ehr.replace_item(
                self.woman.nin, self.record, VISITS, self.visit, content, seen=seen
            )
        except httpx.ConnectError as error:
            raise Declined from error
        except httpx.TransportError as error:
            raise CutOff from error

    async def _version(self) -> int:
        card = must(await self.ehr.record(self.woman.nin, self.record))
        [version] = [v["metadata"]["version"] for v in card[VISITS] if v["metadata"]["id"] == self.visit]
        return int(version)


def must(answer: Answer) -> Any:  # noqa: ANN401 - a JSON value
    """The body of an accepted call; CutOff where the service cannot know, Declined where it refused."""
    if answer.error is None:
        return answer.body
    if answer.status == 503 and "not known" in answer.error.message:
        raise CutOff
    raise Declined(answer.error.code)


@dataclass
class World:
    """The two processes that are killed, and what stays: the folder, the address and the sandbox."""

    folder: Path
    address: Address
    server: EmbeddedServer
    service: Running | None = None

    def spawn_service(self) -> None:
        """Starts the service's process."""
        options = {
            "database": self.server.url,
            "keys": str(self.folder / "keys"),
            "port": self.address.service.rpartition(":")[2],
            "sandbox": self.address.sandbox,
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        with (self.folder / "service.log").open("ab") as log:
            process = subprocess.Popen(
                helsekort(["serve", *words]), stdout=log, stderr=log, env=environment()
            )
        self.service = Running("service", process, self.folder / "service.log")

    async def until_answering(self) -> None:
        """Returns when the service answers."""
        assert self.service is not None
        await asyncio.to_thread(wait_until_answering, self.service, f"{self.address.service}/health")

    def kill_service(self) -> None:
        """kill -9 of the service."""
        assert self.service is not None
        self.service.process.kill()
        self.service.process.wait()

    async def again(self) -> None:
        """Starts again what was killed, and waits until the two work together."""
        if self.server.process.poll() is not None:
            before, self.server = self.server.url, start(self.folder)
            assert self.server.url == before
        if self.service is None or not self.service.alive:
            self.spawn_service()
            await self.until_answering()
        async with loopback_client() as http:
            for _ in range(200):
                if (await http.get(f"{self.address.service}/health")).is_success:
                    return
                await asyncio.sleep(0.05)
        pytest.fail("the service did not find its database again")

    def stop(self) -> None:
        """Ends both."""
        if self.service is not None:
            self.kill_service()
        self.server.stop()

    async def audited(self) -> asyncpg.Record:
        """The commits laid beside the audit rows of permitted writes, in one snapshot."""
        connection = await asyncpg.connect(self.server.url)
        try:
            found = await connection.fetchrow(AUDITED)
        finally:
            await connection.close()
        assert found is not None
        return found


async def writers_of(address: Address, http: httpx.AsyncClient) -> list[Writer]:
    """Six women who have consented, each with a record that one EHR writes in."""
    found = []
    for number, key in enumerate(WOMEN):
        woman = fictional_people().woman(key)
        assert woman is not None
        async with WomanBrowser(service=address.service) as browser:
            await browser.log_in(woman)
            await browser.consent()
        ehr = Ehr(EHRS[number % len(EHRS)], http=http, address=address)
        record = (await ehr.create(woman.nin)).must()["metadata"]["recordId"]
        writer = Writer(woman, ehr, record)
        if number % 2:
            first = (await ehr.add(woman.nin, record, VISITS, visit("first"))).must()
            writer.visit, writer.seen = first["metadata"]["id"], first["metadata"]["version"]
        found.append(writer)
    return found


async def check(world: World, writers: list[Writer], told: Acknowledged) -> None:
    """What is stored is what was answered, heads are what the commits make, each commit has its one audit row."""
    ledger = await Ledger.open(world.server.url, Keyring.load(world.folder / "keys"), new_id=new_id)
    try:
        for number, writer in enumerate(writers):
            patient = NationalIdentityNumber.parse(writer.woman.nin, allow_synthetic=True)
            view = await read(ledger, patient, UUID(writer.record), Wants.COMMITS)
            assert [commit.t for commit in view.commits] == list(range(1, len(view.commits) + 1))
            visits = [visit for commit in view.commits for visit in visits_of(commit)]
            compare(number, writer, visits, told)
        rebuilt = await ledger.rebuild()
    finally:
        await ledger.close()
    assert (rebuilt.checked, rebuilt.repaired, rebuilt.damaged) == (len(writers), [], [])
    found = await world.audited()
    assert (found["acts_without"], found["commits_without"]) == (0, 0)
    assert found["pairs"] == found["commits"] == found["acts"] == found["told"]


def visits_of(commit: StoredCommit) -> Iterable[Any]:
    """The visits a commit wrote, as the contract shows them."""
    return (json.loads(segment) for key, segment in commit.segments.items() if key.startswith(VISITS))


def compare(number: int, writer: Writer, visits: list[Any], told: Acknowledged) -> None:
    """The marks of one woman's visits beside what her writer was told: content, version and order."""
    marked = {int(v["note"].removeprefix("mark ")): v for v in visits if v["note"].startswith("mark ")}
    told.compare(number, list(marked))
    for mark, answer in writer.answers.items():
        assert marked[mark] == json.loads(json.dumps(answer, default=str))
    versions = [visit["metadata"]["version"] for visit in visits]
    assert versions == (list(range(1, len(visits) + 1)) if writer.visit else [1] * len(visits))


async def rounds(world: World, http: httpx.AsyncClient) -> tuple[list[Writer], Acknowledged]:
    """Kills the service and the database in turn, and compares after each time."""
    writers, told = await writers_of(world.address, http), Acknowledged()

    async def write(writer: int, mark: int) -> None:
        await writers[writer].write(mark)

    for number in range(ROUNDS):
        kill = world.server.kill if number % 2 else world.kill_service
        await write_and_kill(told, writers=len(writers), write=write, kill=kill, enough=ENOUGH)
        await world.again()
        await check(world, writers, told)
    return writers, told


async def test_no_acknowledged_write_is_lost(tmp_path: Path) -> None:
    port = free_pair()
    service, base = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
    world = World(tmp_path, Address(service, service + API_PATH, base, answers=True), start(tmp_path))
    stand_ins = sandbox_app(base=base, service=service, data=tmp_path / "sandbox")
    try:
        with socket.create_server(("127.0.0.1", port + 1)) as listening:
            async with serving_on(listening, stand_ins), loopback_client() as http:
                world.spawn_service()
                await world.until_answering()
                writers, told = await rounds(world, http)
        assert told.count >= ROUNDS * ENOUGH
        assert told.unknown  # writes were cut off in the middle
        await finds_what_is_missing(world, writers, told)
    finally:
        world.stop()


async def finds_what_is_missing(world: World, writers: list[Writer], told: Acknowledged) -> None:
    """The comparison fails where an acknowledged commit, or the audit row of one, is taken away."""
    connection = await asyncpg.connect(world.server.url)
    last = "(SELECT ctid FROM {} ORDER BY at DESC LIMIT 1)"
    for table in ("audit", "commit"):
        await connection.execute(
            f"CREATE TABLE kept AS TABLE {table};"  # noqa: S608 - a name above
            f"DELETE FROM {table} WHERE {'permitted AND' if table == 'audit' else ''} ctid = {last.format(table)}"
        )
        with pytest.raises(AssertionError):
            await check(world, writers, told)
        await connection.execute(
            f"DELETE FROM {table}; INSERT INTO {table} TABLE kept; DROP TABLE kept"  # noqa: S608 - a name above
        )
    await connection.close()
