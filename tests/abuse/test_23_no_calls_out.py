"""Abuse 23: addresses in what is sent, in the hope that the server fetches them. A listener waits; nobody comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.responses import RedirectResponse

from helsekort.basics.clock import system_clock
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.values import Unreadable
from helsekort.outside.practitioner_register import PractitionerRegister
from tests.contract.services import client, issuer
from tests.flow.v1_service import service_on


@asynccontextmanager
async def listener() -> AsyncIterator[tuple[str, list[bytes]]]:
    """An address on this machine and what it has been sent."""
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(100))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/canary", heard


def _long_text(field: Field) -> bool:
    """A text that has room for an address."""
    try:
        return field.type == "text" and field.value.read("x" * 60) is not None
    except Unreadable:
        return False


def _texts(address: str) -> dict[str, Any]:
    """Every text field of every single section holds the address."""
    body: dict[str, Any] = {}
    for field in CATALOGUE.fields.values():
        section = CATALOGUE.sections[field.section]
        if _long_text(field) and field.in_contract and not section.list and "[]" not in field.name:
            node = body.setdefault(field.section, {"$ref": address, "@context": address, "url": address})
            *steps, last = field.name.split(".")
            for step in steps:
                node = node.setdefault(step, {})
            node[last] = address
    return body


async def test_no_address_in_a_body_or_header_is_ever_fetched(ledger: Ledger) -> None:
    service = service_on(ledger)
    await service.consent()
    async with listener() as (address, heard):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.split(":")[2].split("/")[0]))
        writer.write(b"control")
        await writer.drain()
        await reader.read()
        assert heard == [b"control"]  # the listener hears
        writer.close()
        await writer.wait_closed()
        record = await service.client().record(_texts(address))
        for header in ("referer", "x-forwarded-host", "forwarded", "nhn-source-system", "link", "from"):
            await service.client().send("GET", f"/record/{record}", headers={header: address})
        assert address.encode() in (await service.client().send("GET", f"/record/{record}")).content
        await asyncio.sleep(0.2)
        assert heard == [b"control"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_register_sends_the_service_nowhere_else(status: int) -> None:
    """A register that somebody has taken over, or that is wrong, answers with another address."""
    async with listener() as (address, heard), issuer() as register, client() as http:
        register.answers["/helsepersonell/565900101"] = RedirectResponse(address, status)
        asking = PractitionerRegister(http, base=register.base, clock=system_clock)
        with pytest.raises(Refused) as refused:
            await asking.find("565900101")
        assert refused.value.kind is Kind.SOURCE_DOWN
        assert heard == []
