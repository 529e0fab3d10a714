"""What a running service answers by FHIR for every fictional woman, each answer in a file of its own, as the bytes it sent.

A midwife first sends what the JSON contract cannot say (guide/examples/*.json, as transactions), so that it is among the answers.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import Any
from uuid import UUID

import httpx

from helsekort.basics import strict_json
from helsekort.demo.processes import running, wait_until_answering
from helsekort.maternity.identity import short
from helsekort.sandbox.address import Address, find, loopback_client
from helsekort.sandbox.ehr import Answer, Ehr, WomanStatus
from helsekort.sandbox.people import Woman, fictional_people

Json = dict[str, Any]
EXAMPLES = Path("guide/examples")
FHIR = "/fhir/r4"


class NotServed(Exception):
    """The service refused what it has to answer."""


@contextmanager
def demo(folder: Path) -> Iterator[int]:
    """The whole demo with its own database, for as long as the block runs; its port."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    arguments = ["demo", "--port", str(port), "--data", str(folder / "data"), "--fresh"]
    with ExitStack() as stack:
        child = stack.enter_context(running("demo", arguments, folder / "demo.log"))
        wait_until_answering(child, f"http://127.0.0.1:{port}")
        while "Ctrl-C" not in (folder / "demo.log").read_text(encoding="utf-8"):
            if not child.alive:
                raise NotServed(child.last_words())
            asyncio.run(asyncio.sleep(0.2))
        yield port


def free_port() -> int:
    """A port that is free, and whose successor is."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


async def answers(port: int, folder: Path) -> list[Path]:
    """Every answer as a file below the folder, by the woman's name."""
    async with loopback_client() as http:
        address = await find(http, port)
        reader = Reader(http, address, folder)
        await reader.open_answer("metadata")
        for woman in fictional_people().women:
            await reader.of_woman(woman)
    return reader.written


class Reader:
    """Asks the service and keeps what it answers."""

    def __init__(self, http: httpx.AsyncClient, address: Address, folder: Path) -> None:
        self._http = http
        self._base = address.service + FHIR
        self._folder = folder
        self._v1 = Ehr("gp", http=http, address=address, machine=True)
        self._gp = Ehr("gp", http=http, address=replace(address, api=self._base))
        self._midwife = Ehr("midwife", http=http, address=replace(address, api=self._base))
        self.written: list[Path] = []

    async def open_answer(self, name: str) -> None:
        """What is answered without a token."""
        self._keep("service", name, (await self._http.get(f"{self._base}/{name}")).content)

    async def of_woman(self, woman: Woman) -> None:
        """All of a woman's record, its documents and its history; nothing where she has no record."""
        record = WomanStatus.of((await self._v1.status(woman.nin)).must()).latest_record
        if record is None:
            return
        episode = _done(await self._gp.call("GET", f"/EpisodeOfCare/{record}", woman.nin))
        person: str = episode["patient"]["reference"].removeprefix("Patient/")
        await self._send_examples(woman, record, person)
        for path in (
            f"EpisodeOfCare/{record}",
            f"EpisodeOfCare/{record}/_history",
            f"EpisodeOfCare/{record}/$everything",
            f"EpisodeOfCare/{record}/$card",
            f"Patient/{person}/$summary",
            f"Patient/{person}/Observation",
        ):
            answer = _done(await self._gp.call("GET", f"/{path}", woman.nin))
            name = "-".join(path.replace("$", "").split("/")[::2])
            self._keep(woman.key, name, strict_json.dump(answer))
        refused = await self._gp.call("GET", f"/Observation/{record}", woman.nin)
        self._keep(woman.key, "refused", strict_json.dump(refused.body))

    async def _send_examples(self, woman: Woman, record: str, person: str) -> None:
        """What a midwife sends of her by FHIR, where there is an example of it."""
        path = EXAMPLES / f"{woman.key}.json"
        if not path.exists():
            return
        text = Template(path.read_text(encoding="utf-8")).substitute(
            record=record, person=person, short=short(UUID(record))
        )
        _done(await self._midwife.call("POST", "/", woman.nin, json.loads(text)))

    def _keep(self, owner: str, name: str, content: bytes) -> None:
        path = self._folder / owner / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.written.append(path)


def _done(answer: Answer) -> Json:
    if not 200 <= answer.status < 300:
        raise NotServed(f"{answer.status}: {strict_json.dump(answer.body)[:2000].decode()}")
    body: Json = answer.body
    return body


def main(arguments: list[str]) -> int:
    """Ask a demo of its own, or the one on a port: FOLDER [PORT]."""
    folder = Path(arguments[0])
    if len(arguments) > 1:
        written = asyncio.run(answers(int(arguments[1]), folder))
    else:
        with demo(folder / "demo") as port:
            written = asyncio.run(answers(port, folder))
    print("\n".join(str(path) for path in written))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
