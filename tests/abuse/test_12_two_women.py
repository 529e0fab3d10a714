"""Abuse 12: one place of a request says one woman and another place another. Nothing is read or written, and it is in the log."""

from dataclasses import dataclass
from typing import Any

import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.flow.v1_service import ANNE, BERIT, Service, service_on

VISIT: dict[str, Any] = {"appointmentDate": "2026-03-02", "note": "Annes egen"}
MOTHER: dict[str, Any] = {"name": "Anne"}


@dataclass(frozen=True)
class Two:
    """Two women with a record each, the same in form."""

    service: Service
    anne: dict[str, Any]
    berit: dict[str, Any]

    async def cards(self) -> list[bytes]:
        """Both cards, byte for byte."""
        found = []
        for woman, card in ((ANNE, self.anne), (BERIT, self.berit)):
            answer = await self.service.client("gp", woman).send(
                "GET", f"/record/{card['metadata']['recordId']}"
            )
            found.append(answer.content)
        return found


@pytest.fixture(scope="module")
async def two(module_ledger: Ledger) -> Two:
    """Both with a mother section and a visit."""
    service = service_on(module_ledger)
    cards = []
    for woman in (ANNE, BERIT):
        await service.consent(woman)
        body = {"mother": MOTHER, "antenatalAppointments": [VISIT]}
        cards.append(await service.client("gp", woman).ok("POST", "/record", body, status=201))
    return Two(service, *cards)


READS = ["/record/{record}", "/history/{record}"]
WRITES = [
    ("POST", "/record/{record}/medication", {}),
    ("POST", "/record/{record}/antenatalAppointments", VISIT),
    ("PUT", "/record/{record}/mother", MOTHER | {"metadata": {"version": 1}}),
    ("PUT", "/record/{record}/antenatalAppointments/{item}", VISIT | {"metadata": {"version": 1}}),
    ("DELETE", "/record/{record}/antenatalAppointments/{item}", None),
    ("POST", "/record/{record}/updateStatus", {"status": "TERMINATED", "terminationDate": "2026-05-01"}),
]
ALL = [("GET", path, None) for path in READS] + WRITES


def ids(card: dict[str, Any]) -> dict[str, str]:
    """The ids in a card that an address may hold."""
    return {
        "record": card["metadata"]["recordId"],
        "item": card["antenatalAppointments"][0]["metadata"]["id"],
    }


@pytest.mark.parametrize(("method", "path", "body"), ALL)
async def test_header_and_path(two: Two, method: str, path: str, body: object) -> None:
    """The header says Anne, the record in the path is Berit's."""
    before = await two.cards()
    message = await two.service.client("gp", ANNE).refused(
        Kind.UNKNOWN_RECORD, method, path.format(**ids(two.berit)), body
    )
    assert "Annes" not in message
    assert await two.cards() == before
    assert "unknown-record" in [refusal for _, refusal in (await two.service.log_of(ANNE))[-3:]]


@pytest.mark.parametrize(("method", "path", "body"), [write for write in WRITES if "{item}" in write[1]])
async def test_record_and_item(two: Two, method: str, path: str, body: object) -> None:
    """The record is Anne's, the visit Berit's."""
    before = await two.cards()
    mixed = ids(two.anne) | {"item": ids(two.berit)["item"]}
    await two.service.client("gp", ANNE).refused(Kind.NOT_FOUND, method, path.format(**mixed), body)
    assert await two.cards() == before


@pytest.mark.parametrize("section", ["mother", "antenatalAppointments"])
async def test_address_and_body(two: Two, section: str) -> None:
    """Header and address are Anne's, the body was read from Berit's card."""
    before = await two.cards()
    theirs = two.berit[section] if section == "mother" else two.berit[section][0]
    address = f"/record/{ids(two.anne)['record']}/{section}"
    address += "" if section == "mother" else f"/{ids(two.anne)['item']}"
    message = await two.service.client("gp", ANNE).refused(Kind.INVALID, "PUT", address, theirs)
    assert "$.metadata.id" in message
    assert await two.cards() == before


async def test_token_and_header(two: Two) -> None:
    """The citizen's token is Anne's, the header says Berit. It is in Berit's log, with what was tried."""
    before = await two.cards()
    for path in ("/status", "/history", f"/record/{ids(two.berit)['record']}"):
        await two.service.client("anne", BERIT).refused(Kind.INVALID_USER, "GET", path)
    assert await two.cards() == before
    assert ("read-record", "invalid-user") in await two.service.log_of(BERIT)


async def test_two_headers(two: Two) -> None:
    """The header is sent twice, once for each."""
    gp = two.service.client("gp", ANNE)
    twice = [*gp.http.headers.items(), ("nhn-patient-nin", BERIT.reveal())]
    gp.http.headers = twice
    message = await gp.refused(Kind.INVALID_HEADER, "GET", "/status")
    assert "nhn-patient-nin" in message
