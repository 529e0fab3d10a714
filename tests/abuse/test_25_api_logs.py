"""Abuse 25: what is sent to get a number, or a line of one's own, into the logs. Every output is searched."""

import json
import logging
from dataclasses import dataclass

import pytest

from helsekort.access.act import Action
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import View, Wants
from helsekort.records.door import Door
from tests.flow.v1_service import ANNE, BERIT, CARI, DINA, NOBODY, Api, Service, service_on

NUMBERS = [woman.reveal() for woman in (ANNE, BERIT, CARI, DINA, NOBODY)]
INJECTIONS = [
    "a\r\nb",
    "a\nb",
    "\x1b[31mred",
    "a\x00b",
    '","route":"forged',
    "\u2028line",
    "%0d%0aforged",
    "\\n{}",
]


@dataclass(frozen=True)
class Watched:
    """A service whose outputs are kept."""

    service: Service
    caplog: pytest.LogCaptureFixture

    def said(self) -> str:
        """All that was logged, by us or by a library."""
        self.service.log.flush()
        return "".join(self.service.lines) + self.caplog.text

    def lines(self) -> list[dict[str, object]]:
        """The request log, line by line; each line must be one JSON object."""
        self.service.log.flush()
        return [json.loads(line) for line in "".join(self.service.lines).splitlines()]


@pytest.fixture
async def watched(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> Watched:
    """A service with Anne's record, every logger at its most talkative."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the client's own log has the address it was given
    service = service_on(ledger)
    await service.consent()
    return Watched(service, caplog)


async def attempts(api: Api, number: str, record: str) -> list[str]:
    """Sends a number everywhere a request has room; the answers' texts."""
    visit = {"appointmentDate": "2026-03-02"}
    answers = [
        await api.send("GET", f"/record/{number}"),
        await api.send("GET", f"/{number}"),
        await api.send("GET", f"/status?nin={number}"),
        await api.send("GET", f"/status?nin={number[:6]}%20{number[6:]}"),
        await api.send("GET", "/status", headers={"nhn-event-id": number}),
        await api.send("GET", "/status", headers={"nhn-patient-nin": number[:-1]}),
        await api.send("GET", "/status", headers={"authorization": f"DPoP {number}"}),
        await api.send("POST", f"/record/{record}/mother", {"name": {number: number}}),
        await api.send("POST", f"/record/{record}/mother", {"countryOfBirth": {"code": number}}),
        await api.send("POST", f"/record/{record}/antenatalAppointments", visit | {"bloodPressure": number}),
        await api.send("POST", f"/record/{record}/mother", content=f'{{"{number}": {number},}}'.encode()),
        await api.send("POST", f"/record/{record}/updateStatus", {"status": number}),
        await api.send("PUT", f"/record/{record}/mother", {"metadata": {"version": number}}),
    ]
    return [answer.text for answer in answers if answer.status_code >= 400]


@pytest.mark.parametrize("number", NUMBERS)
async def test_a_number_is_in_no_log_and_in_no_error(watched: Watched, number: str) -> None:
    api = watched.service.client()
    record = await api.record()
    refused = await attempts(api, number, record)
    assert len(refused) >= 11
    for text in (watched.said(), *refused):
        assert number not in text
        assert number[6:] not in text


async def test_her_own_access_log_has_no_number(watched: Watched) -> None:
    api = watched.service.client()
    for number in NUMBERS:
        await attempts(api, number, await api.record() if number == NUMBERS[0] else "x")
    view = await watched.service.door.read(watched.service.own_act(Action.READ_LOG, ANNE), Wants.LOG)
    assert len(view.log) > 20
    assert not any(number in repr(view.log) for number in NUMBERS)


@pytest.mark.parametrize("text", INJECTIONS)
async def test_no_line_of_ones_own(watched: Watched, text: str) -> None:
    api = watched.service.client()
    for name in ("nhn-event-id", "nhn-source-system", "user-agent", "authorization"):
        await api.http.get("/status", headers={name.encode(): text.encode()})
    await api.http.get(f"/{text.encode().hex()}")
    await api.http.request("GET\tX", "/status")
    lines = watched.lines()
    assert all(line.keys() == {"at", "method", "route", "status", "ms", "event"} for line in lines)
    assert {line["route"] for line in lines} <= {"-", "/status"}
    assert "forged" not in watched.said()


async def test_a_fault_is_told_by_type_and_place_only(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: Door, act: object, wants: Wants) -> View:
        raise RuntimeError(f"{ANNE.reveal()} {NationalIdentityNumber} Anne Antonsen")

    monkeypatch.setattr(Door, "read", broken)
    answer = await watched.service.client().send("GET", "/status")
    assert (answer.status_code, answer.json()["errorCode"]) == (500, "DHG-0001")
    fault = next(line for line in watched.lines() if "fault" in line)
    assert (fault["fault"], fault["event"]) == ("RuntimeError", answer.headers["nhn-event-id"])
    assert "broken" in str(fault["place"])
    assert "Antonsen" not in watched.said() + answer.text
