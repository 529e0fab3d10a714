"""Abuse 22: bombs. What is sent to exhaust the service is refused with 4xx, in little processor time and little memory."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from helsekort.api.v1.work import PREFIX
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.catalogue import CATALOGUE
from tests.flow.serving import served
from tests.flow.v1_service import ANNE, service_on
from tests.timing import quickly

MEGABYTE = 1024 * 1024
MOST_MEMORY = 50 * MEGABYTE
MOST = 10  # references of processor time, client included
HEADERS = {
    "authorization": "gp",
    "nhn-patient-nin": ANNE.reveal(),
    "nhn-source-system": "EPJ",
    "content-type": "application/json",
}

# what is sent, and the reader's words for the limit that it meets; none where it is the catalogue's checks that refuse it
BOMBS = {
    "deep arrays": (b'{"x":' + b"[" * 500_000, "more than 20000 members"),
    "deep objects": (b'{"a":' * 200_000 + b"1", "more than 20000 members"),
    "deep and closed": (b'{"x":' + b"[" * 9_000 + b"]" * 9_000 + b"}", "more than 64 deep"),
    "a text without end": (b'{"x":' + b"[" * 100 + b'"' + b"a" * 27, "more than 64 deep"),
    "brackets in a text": (b'{"note":"' + b"[" * 1_000_000 + b'"}', ""),
    "one long number": (b'{"hemoglobin":' + b"9" * 1_000_000 + b"}", "more than 64 characters"),
    "many long numbers": (b'{"x":[' + b",".join([b"9" * 4_000] * 400) + b"]}", "more than 64 characters"),
    "a huge exponent": (b'{"hemoglobin":1e1000000000}', "exponent is beyond 60"),
    "many huge exponents": (
        b'{"x":[' + b",".join([b"1e999999999"] * 10_000) + b"]}",
        "exponent is beyond 60",
    ),
    "many names": (
        b"{" + b",".join(b'"a%d":1' % n for n in range(150_000)) + b"}",
        "more than 20000 members",
    ),
    "one name many times": (b"{" + b",".join([b'"a":1'] * 19_000) + b"}", "same name stands twice"),
    "names that collide": (b"{" + b",".join(b'"%d":1' % (n << 61) for n in range(15_000)) + b"}", ""),
    "escapes": (b'{"note":"' + b"\\u00e5" * 300_000 + b'"}', ""),
    "quotes and backslashes": (b'{"note":"' + b'\\"' * 900_000, "not JSON"),
    "white space": (b" " * 2_000_000, "empty"),
    "not UTF-8": (b'{"note":"' + b"\xff" * 1_000_000 + b'"}', "not UTF-8"),
    "many visits at once": (json.dumps({"fetusesVitalSigns": [{"fosterId": 1}] * 9_000}).encode(), ""),
}
LONG = 20_000
TEXTS = [" " * LONG, "1" * LONG, "1/" * LONG, "2026-" * LONG, "T" * LONG, "9" * LONG + "/", "\t1\t/" * LONG]


@dataclass(frozen=True)
class Target:
    """The served contract with a record of Anne's."""

    client: httpx.AsyncClient
    record: str
    port: int


@pytest.fixture(scope="module")
async def target(module_ledger: Ledger) -> AsyncIterator[Target]:
    """The contract behind the real server."""
    service = service_on(module_ledger)
    await service.consent()
    record = await service.client().record()
    async with (
        served(service.app) as base,
        httpx.AsyncClient(base_url=base + PREFIX, headers=HEADERS) as client,
    ):
        yield Target(client, record, int(base.rpartition(":")[2]))


@pytest.fixture
def memory() -> Iterator[None]:
    """The process's memory may not have grown by more than the limit at its highest point during the test."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # proc(5): begins the peak anew
    before = peak()
    yield
    assert peak() - before < MOST_MEMORY


def peak() -> int:
    """The highest resident memory of this process, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_refused_quickly(target: Target, name: str) -> None:
    bomb, limit = BOMBS[name]
    address = f"/record/{target.record}/antenatalAppointments"
    answer = await quickly(lambda: target.client.post(address, content=bomb), MOST)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["errorCode"] in {"DHG-0011", "DHG-0012"}
    assert limit in answer.text
    assert len(answer.content) < 10_000


@pytest.mark.usefixtures("memory")
async def test_bodies_that_are_streamed_without_end(target: Target) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"[" * MEGABYTE

    address = f"/record/{target.record}/mother"
    answers = await asyncio.gather(*(target.client.post(address, content=endless()) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {413}


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_no_text_makes_a_check_slow(target: Target, text: str) -> None:
    """Every field of a section gets the text; each pattern must take time in proportion to it."""
    for section in CATALOGUE.routed:
        body = {field.name.split(".")[0].removesuffix("[]"): text for field in section.fields}
        for field in section.fields:
            if "." not in field.name and "[]" not in field.name:
                body[field.name] = text
        address, content = f"/record/{target.record}/{section.name}", json.dumps(body).encode()
        answer = await quickly(partial(target.client.post, address, content=content), MOST)
        assert answer.status_code == (413 if len(content) > 2 * MEGABYTE else 422), answer.text


@pytest.mark.parametrize(
    "name", ["nhn-user-role", "nhn-source-system", "nhn-event-id", "nhn-patient-nin", "authorization"]
)
@pytest.mark.parametrize("value", ["%" * 20_000, "%7B" * 6_000, "1" * 20_000, "a" * 20_000])
async def test_no_header_makes_a_check_slow(target: Target, name: str, value: str) -> None:
    answer = await quickly(lambda: target.client.get("/status", headers={name: value}), MOST)
    assert answer.status_code < 500


async def test_a_body_that_is_declared_as_too_large_is_not_waited_for(target: Target) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    head = (
        b"POST %s/record/%s/mother HTTP/1.1\r\nhost: a\r\nauthorization: gp\r\nnhn-source-system: EPJ\r\n"
        b"nhn-patient-nin: %s\r\ncontent-type: application/json\r\ncontent-length: 9999999999\r\n\r\n"
    )
    writer.write(head % (PREFIX.encode(), target.record.encode(), ANNE.reveal().encode()))
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()


async def test_headers_that_are_too_large_together(target: Target) -> None:
    answer = await target.client.get("/status", headers={"x-one": "a" * 20_000, "x-two": "a" * 20_000})
    assert answer.status_code == 400
    assert "larger than 32 KiB" in answer.text


async def test_those_who_say_nothing_do_not_hold_up_the_others(target: Target) -> None:
    """Two hundred connections that stop in the middle of a request; docs/how-to/proxy.md says how a proxy limits them.

    Where they do hold up the others no answer comes at all: the minute only ends the test.
    """
    half = (
        b"POST %s/record HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
    )
    slow = [await asyncio.open_connection("127.0.0.1", target.port) for _ in range(200)]
    for _, writer in slow:
        writer.write(half % PREFIX.encode())
    answer = await target.client.get("/status", timeout=60)
    assert answer.status_code == 200
    for _, writer in slow:
        writer.close()
