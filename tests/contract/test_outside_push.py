"""Who follows a record is told that it changed: signed, to a real receiver, and only as long as they may know."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from helsekort.access.act import Act, Action
from helsekort.access.wishes import WishKind
from helsekort.basics.ids import new_id
from helsekort.basics.refusal import Kind, Refused
from helsekort.fhir.subscription import Asked, Content
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.subscriptions import Subscribed
from helsekort.ledger.view import Wants
from helsekort.maternity.card import Stamp, author_of, post_section
from helsekort.outside.client_key import ClientKey
from helsekort.outside.push import FIRST_WAIT, GIVES_UP, Endpoints, Hook, Push
from helsekort.outside.wire import new_client
from tests.contract.door_acts import LIFTED, act, emergency, wish
from tests.contract.services import SetClock, sandbox
from tests.flow.serving import served
from tests.flow.v1_service import ACTORS, Service, service_on

BASE = "http://127.0.0.1:1/fhir/r4"
TOPIC = "https://w3id.org/helsekort/fhir/SubscriptionTopic/record-changed"
CLIENT = "liksom-journal-lege"


class Receiver:
    """An address that answers as it is told, and keeps what it was sent."""

    def __init__(self) -> None:
        self.status = 204
        self.bodies: list[Any] = []

    @property
    def app(self) -> Starlette:
        """Its one route."""
        return Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        self.bodies.append(await request.json())
        return Response(status_code=self.status, headers={"location": "https://elsewhere.example/"})

    @property
    def kinds(self) -> list[str]:
        """The types of the notifications that came, in order."""
        return [part(body, "type")["valueCode"] for body in self.bodies]


def part(body: Any, name: str) -> Any:  # noqa: ANN401 - JSON
    """A parameter of a notification's status."""
    return next(one for one in body["entry"][0]["resource"]["parameter"] if one["name"] == name)


def numbers(body: Any) -> list[int]:  # noqa: ANN401 - JSON
    """The numbers of the events a notification tells of."""
    events = [one for one in body["entry"][0]["resource"]["parameter"] if one["name"] == "notification-event"]
    return [int(one["part"][0]["valueString"]) for one in events]


class Following:
    """Anne's GP follows her record."""

    def __init__(self, service: Service, receiver: Receiver, at: str, key: ClientKey) -> None:
        self.service = service
        self.receiver = receiver
        self.at = at
        self.clock = SetClock()
        self._key = key
        self.subscription = UUID(int=0)
        self.record = ""

    def push(self, http: httpx.AsyncClient, *, registered: str | None = None) -> Push:
        """The sender, with one registered address."""
        client = ACTORS["gp"].client_id
        endpoints = Endpoints({client: [registered or self.at]}, sandbox=True)
        return Push(
            self.service.ledger,
            self.service.door,
            Hook(http, self._key, self.clock),
            endpoints,
            clock=self.clock,
            new_id=new_id,
            base=BASE,
        )

    async def follow(self, **asked: Any) -> None:  # noqa: ANN401 - of Asked
        """The GP asks to be told."""
        wanted = Asked(TOPIC, "Patient/x", f"{self.at}/gp", Content.ID_ONLY, heartbeat=0, max_count=100)
        self.subscription = await self.service.door.subscribe(
            act("gp", Action.SUBSCRIBE), replace(wanted, **asked)
        )
        self.clock.now = datetime.now(UTC)

    async def once(self, **options: str) -> None:
        """Everything that is due now is sent."""
        async with new_client() as http:
            await self.push(http, **options).once()

    async def visit(self) -> None:
        """The record changes."""
        body = {"appointmentDate": "2026-05-05", "motherWeight": 70}
        path = f"/record/{self.record}/antenatalAppointments"
        await self.service.client("hospital").ok("POST", path, body, status=201)

    async def state(self) -> Subscribed:
        """The subscription as it stands."""
        [found] = await self.service.door.subscriptions(act("gp", Action.SUBSCRIBE))
        return found


@pytest.fixture
async def following(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Following]:
    """Anne has consented and has a record; her GP's system has an address that takes notifications."""
    receiver, service = Receiver(), service_on(ledger)
    await service.consent()
    key = ClientKey.in_folder(tmp_path, client_id="helsekort")
    async with served(receiver.app) as at:
        made = Following(service, receiver, at, key)
        made.record = await service.client("gp").record({"mother": {}})
        yield made


async def test_a_change_is_told_after_the_handshake_once_by_its_number(following: Following) -> None:
    await following.follow()
    await following.visit()
    await following.once()
    assert following.receiver.kinds == ["handshake"]
    following.clock.move(hours=1)
    await following.once()
    assert following.receiver.kinds == ["handshake", "event-notification"]
    told = following.receiver.bodies[1]
    assert numbers(told) == [1]
    assert [entry["fullUrl"] for entry in told["entry"][1:]] == [f"{BASE}/EpisodeOfCare/{following.record}"]
    assert not any("resource" in entry for entry in told["entry"][1:])
    await following.once()
    assert len(following.receiver.bodies) == 2


async def test_an_empty_payload_names_nothing(following: Following) -> None:
    await following.follow(content=Content.EMPTY)
    await following.once()
    await following.visit()
    following.clock.move(hours=1)
    await following.once()
    told = following.receiver.bodies[1]
    assert numbers(told) == [1]
    assert len(told["entry"]) == 1
    assert following.record not in str(told)


async def test_every_notification_is_in_her_log(following: Following) -> None:
    await following.follow()
    await following.once()
    await following.visit()
    following.clock.move(hours=1)
    await following.once()
    log = (await following.service.door.read(act("anne", Action.READ_LOG), Wants.LOG)).log
    assert [one.action for one in log if one.action in {"subscribe", "notify"}] == ["notify", "subscribe"]


async def test_what_nobody_takes_is_sent_again_with_longer_waits(following: Following) -> None:
    await following.follow()
    await following.once()
    await following.visit()
    following.clock.move(hours=1)
    following.receiver.status = 503
    for wait in (0, FIRST_WAIT.seconds + 1, 2 * FIRST_WAIT.seconds + 1):
        following.clock.move(seconds=wait)
        await following.once()
        await following.once()
    assert [numbers(body) for body in following.receiver.bodies[1:]] == [[1], [1], [1]]
    assert (await following.state()).status == "error"
    following.receiver.status = 200
    await following.visit()
    following.clock.move(hours=2)
    await following.once()
    assert numbers(following.receiver.bodies[-1]) == [1, 2]
    assert (await following.state()).status == "active"


async def test_after_three_days_it_ends(following: Following) -> None:
    await following.follow()
    await following.once()
    await following.visit()
    following.receiver.status = 500
    following.clock.move(hours=1)
    await following.once()
    following.clock.now += GIVES_UP + timedelta(hours=1)
    await following.once()
    state = await following.state()
    assert (state.status, state.error) == (
        "off",
        "Nobody takes the notifications (answered with status 500).",
    )
    sent = len(following.receiver.bodies)
    await following.visit()
    following.clock.move(hours=5)
    await following.once()
    assert len(following.receiver.bodies) == sent


@pytest.mark.parametrize("status", [301, 302, 307])
async def test_a_redirect_is_not_followed(following: Following, status: int) -> None:
    following.receiver.status = status
    await following.follow()
    await following.once()
    assert len(following.receiver.bodies) == 1
    assert (await following.state()).error == f"The address answered with status {status}."


async def test_gone_ends_it_at_once(following: Following) -> None:
    following.receiver.status = 410
    await following.follow()
    await following.once()
    assert (await following.state()).status == "off"


async def test_an_address_that_is_not_registered_is_never_called(following: Following) -> None:
    await following.follow()
    await following.once(registered="https://elsewhere.example/")
    assert following.receiver.bodies == []
    assert (await following.state()).error == "The address is not registered for the client."


@pytest.mark.parametrize("block", ["organisation", "practitioner", "opted out"])
async def test_whom_she_has_blocked_is_told_nothing_more(following: Following, block: str) -> None:
    await following.follow()
    await following.once()
    unit = ACTORS["gp"].organisation
    assert unit is not None
    if block == "organisation":
        await wish(following.service, WishKind.BLOCK_ORGANISATION, unit.number)
    elif block == "practitioner":
        await wish(following.service, WishKind.BLOCK_PRACTITIONER, ACTORS["gp"].hpr_number)
    else:
        await following.visit()
        await wish(following.service, WishKind.OPT_OUT)
    if block != "opted out":
        await following.visit()
    following.clock.move(hours=1)
    await following.once()
    assert following.receiver.kinds == ["handshake"]


async def test_what_is_registered_behind_a_block_is_no_event(following: Following) -> None:
    """Told of a change that cannot be seen, the GP's system would know that there is something."""
    service, record = following.service, UUID(following.record)
    await following.follow()
    await wish(service, WishKind.BLOCK_SECTION, "antenatalAppointments")

    async def registered(section: str, body: dict[str, object], **basis: Any) -> None:  # noqa: ANN401 - of Act
        lifted = act("hospital", Action.WRITE_SECTION, record, **basis)
        await service.door.write(lifted, post_section(section, body, stamp_of(lifted)))

    await registered("antenatalAppointments", {"appointmentDate": "2026-05-05"}, **LIFTED)
    await registered("medication", {"drugAllergy": False})
    await registered("antenatalAppointments", {"appointmentDate": "2026-05-06"}, **emergency())
    await registered("lifestyleFactors", {"note": "x"}, **LIFTED)
    await following.once()
    following.clock.move(hours=1)
    await following.once()
    assert [number for body in following.receiver.bodies[1:] for number in numbers(body)] == [1, 2]
    assert (await following.state()).events == 2
    assert len([one for one in await service.ledger.outbox() if one.t is not None]) == 5


def stamp_of(made: Act) -> Stamp:
    """Who registers, and when."""
    return Stamp(at=made.at, author=author_of(made), new_id=new_id)


async def test_a_withdrawal_leaves_nobody_who_follows(following: Following, database_url: str) -> None:
    await following.follow()
    await following.once()
    await following.visit()
    await following.service.door.withdraw_consent(act("anne", Action.WITHDRAW_CONSENT))
    following.clock.move(hours=1)
    await following.once()
    assert following.receiver.kinds == ["handshake"]
    connection = await asyncpg.connect(database_url)
    rows = "SELECT (SELECT count(*) FROM subscription) + (SELECT count(*) FROM subscription_event)"
    assert await connection.fetchval(rows) == 0
    await connection.close()


async def test_a_sign_of_life_when_nothing_happens(following: Following) -> None:
    await following.follow(heartbeat=60)
    await following.once()
    await following.once()
    following.clock.move(seconds=61)
    await following.once()
    assert following.receiver.kinds == ["handshake", "heartbeat"]


async def test_read_again_the_same_change_is_one_event(following: Following) -> None:
    await following.follow()
    await following.visit()
    ledger = following.service.ledger
    for happened in await ledger.outbox():
        if happened.t is not None:
            await ledger.note_change(happened)
            await ledger.note_change(happened)
    assert (await following.state()).events == 1


async def test_others_neither_see_nor_get_it(following: Following) -> None:
    await following.follow()
    assert await following.service.door.subscriptions(act("hospital", Action.SUBSCRIBE)) == []


@pytest.mark.parametrize("by", ["anne", "machine"])
async def test_only_a_clinician_follows(following: Following, by: str) -> None:
    wanted = Asked(TOPIC, "Patient/x", following.at, Content.EMPTY, heartbeat=0, max_count=1)
    with pytest.raises(Refused) as refused:
        await following.service.door.subscribe(act(by, Action.SUBSCRIBE), wanted)
    assert refused.value.kind is Kind.INVALID_USER


async def test_the_receiver_checks_the_signature(
    ledger: Ledger, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The sandbox's EHR takes what the service's key signed for that address, and nothing else."""
    caplog.set_level(logging.WARNING, logger="http_message_signatures")
    ours = ClientKey.in_folder(tmp_path / "ours", client_id="helsekort")
    others = ClientKey.in_folder(tmp_path / "others", client_id="helsekort")
    keys = Starlette(routes=[Route("/.well-known/jwks.json", lambda _: JSONResponse(ours.public_jwks()))])
    body = b'{"entry":[{"resource":{"parameter":[{"name":"type","valueCode":"heartbeat"},'
    body += b'{"name":"events-since-subscription-start","valueString":"0"}]}}]}'
    async with served(keys) as service, sandbox(tmp_path, service=service) as at, new_client() as http:
        clock = SetClock()
        clock.now = datetime.now(UTC)
        endpoint = f"{at}/endringer/{CLIENT}"
        assert await Hook(http, ours, clock).post(endpoint, body) == 204
        assert await Hook(http, others, clock).post(endpoint, body) == 401
        assert (await http.post(endpoint, content=body)).status_code == 401
        clock.move(minutes=-10)
        assert await Hook(http, ours, clock).post(endpoint, body) == 401
        came = (await http.get(endpoint, headers={"accept": "application/json"})).json()
        assert [one["kind"] for one in came] == ["heartbeat"]


@pytest.mark.parametrize(
    ("endpoint", "allowed"),
    [
        ("https://epj.example/hook", True),
        ("https://epj.example/hook/anne", True),
        ("https://epj.example/hooked", False),
        ("https://epj.example/hook/../admin", False),
        ("https://epj.example/hook/%2e%2e/admin", False),
        ("http://epj.example/hook", False),
        ("https://epj.example.evil.example/hook", False),
        ("https://epj.example:8443/hook", False),
    ],
)
def test_only_registered_addresses(endpoint: str, *, allowed: bool) -> None:
    endpoints = Endpoints({"epj": ["https://epj.example/hook"]}, sandbox=False)
    assert endpoints.allows("epj", endpoint) is allowed
    assert not endpoints.allows("another", endpoint)
