"""What a running service answers by FHIR for every fictional woman, each answer in a file of its own, as the bytes it sent.

A midwife first sends what the JSON contract cannot say (guide/examples/*.json, as transactions), so that it is among the answers.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from helsekort.basics import strict_json
from helsekort.demo.processes import running, wait_until_answering
from helsekort.maternity.identity import short
from helsekort.sandbox.address import Address, find, loopback_client
from helsekort.sandbox.cli import token_for
from helsekort.sandbox.ehr import ROLE_SYSTEM, Ehr, WomanStatus
from helsekort.sandbox.people import Woman, fictional_people
from helsekort.sandbox.token_client import BoundToken, sign_proof
from helsekort.sandbox.woman_browser import WomanBrowser

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
        reader.keep("service", "metadata", (await http.get(f"{address.service}{FHIR}/metadata")).content)
        for woman in fictional_people().women:
            await reader.of_woman(woman)
    return reader.written


class Caller:
    """One practitioner's EHR that speaks FHIR, with real tokens and proofs."""

    def __init__(self, http: httpx.AsyncClient, address: Address, key: str) -> None:
        self._http, self._address, self._key = http, address, key
        self._token: BoundToken | None = None

    async def call(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        """One request below the FHIR base."""
        if self._token is None:
            self._token = await token_for(self._http, self._address.sandbox, self._key)
        token, url = self._token, f"{self._address.service}{FHIR}/{path}"
        proof = sign_proof(
            token.key, method=method, url=url, now=time.time(), access_token=token.access_token
        )
        role = {"system": ROLE_SYSTEM, "code": fictional_people().practitioner(self._key).authorisations[0]}
        headers = {
            "Authorization": f"DPoP {token.access_token}",
            "DPoP": proof,
            "Content-Type": "application/fhir+json",
            "nhn-source-system": "Conformance",
            "nhn-user-role": quote(json.dumps(role)),
        }
        content = None if body is None else strict_json.dump(body)
        return await self._http.request(method, url, headers=headers, content=content)


class Reader:
    """Asks the service and keeps what it answers."""

    def __init__(self, http: httpx.AsyncClient, address: Address, folder: Path) -> None:
        self._folder, self._service = folder, address.service
        self._v1 = Ehr("gp", http=http, address=address, machine=True)
        self._gp, self._midwife = Caller(http, address, "gp"), Caller(http, address, "midwife")
        self.written: list[Path] = []

    async def of_woman(self, woman: Woman) -> None:
        """All of a woman's record and its documents, and of one also history, search and log; nothing where she has no record."""
        record = WomanStatus.of((await self._v1.status(woman.nin)).must()).latest_record
        if record is None:
            return
        episode: Json = json.loads(_done(await self._gp.call("GET", f"EpisodeOfCare/{record}")))
        person: str = episode["patient"]["reference"].removeprefix("Patient/")
        sent = await self._send_examples(woman, record, person)
        paths = [f"EpisodeOfCare/{record}{what}" for what in ("", "/$everything", "/$card")]
        if sent:
            paths += [f"EpisodeOfCare/{record}/_history", f"Patient/{person}/Observation"]
        for path in [*paths, f"Patient/{person}/$summary"]:
            name = "-".join(path.replace("$", "").split("/")[::2])
            self.keep(woman.key, name, _done(await self._gp.call("GET", path)))
        if sent:
            self.keep(woman.key, "AuditEvents", await self._log(woman))
        self.keep(woman.key, "refused", (await self._gp.call("GET", f"Observation/{record}")).content)

    async def _log(self, woman: Woman) -> bytes:
        """Her log as she downloads it."""
        async with WomanBrowser(service=self._service) as browser:
            await browser.log_in(woman)
            return (await browser.read("/logg/last-ned")).encode()

    async def _send_examples(self, woman: Woman, record: str, person: str) -> bool:
        """What a midwife sends of her by FHIR, where there is an example of it; whether there is."""
        path = EXAMPLES / f"{woman.key}.json"
        if not path.exists():
            return False
        ids = {"record": record, "person": person, "short": short(UUID(record))}
        text = Template(path.read_text(encoding="utf-8")).substitute(ids)
        self.keep(woman.key, "transaction", _done(await self._midwife.call("POST", "", json.loads(text))))
        return True

    def keep(self, owner: str, name: str, content: bytes) -> None:
        """An answer as a file."""
        path = self._folder / owner / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.written.append(path)


def _done(answer: httpx.Response) -> bytes:
    if not answer.is_success:
        raise NotServed(f"{answer.status_code}: {answer.text[:3000]}")
    return answer.content


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
