"""The HTTP engine under the contract, over real connections: caps, deadlines, one header once, errors in the contract's words."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from helsekort.api.http import request as reading
from helsekort.api.http.answer import Answer
from helsekort.api.http.log import RequestLog
from helsekort.api.http.request import Request
from helsekort.api.http.routing import Router, uuid_of
from helsekort.api.http.service import HttpService
from helsekort.api.v1.errors import render
from helsekort.basics.refusal import OUTCOMES, Kind, Refused
from tests.flow.serving import served

NIN = "13870173959"  # fictional: month + 80
ID = "0190f3c2-0000-7000-8000-000000000001"


@dataclass(frozen=True)
class Echo:
    """A route that answers what it was sent."""

    method: str
    template: str
    body: bool = False


ROUTES = [
    Echo("GET", "/thing"),
    Echo("GET", "/thing/{id}"),
    Echo("POST", "/thing", body=True),
    Echo("GET", "/broken"),
    Echo("GET", "/busy"),
]


async def echo(route: Echo, ids: list[UUID | None], request: Request) -> Answer:
    """Answers with the ids and the size of the body."""
    if route.template == "/broken":
        raise ValueError(f"this message must not be told, nor {NIN}")
    if route.template == "/busy":
        raise Refused(Kind.TOO_MANY)
    request.check_body_headers(wanted=route.body, required=route.body)
    size = len(await request.body()) if route.body else 0
    return Answer(200, json.dumps({"ids": [str(each) for each in ids], "size": size}).encode())


@dataclass(frozen=True)
class Engine:
    """A served engine: a client for it, its address and the lines of its log."""

    client: httpx.AsyncClient
    base: str
    lines: list[str]
    log: RequestLog

    def logged(self) -> str:
        """Everything logged so far."""
        self.log.flush()
        return "".join(self.lines)


@pytest.fixture(scope="module")
async def started() -> AsyncIterator[Engine]:
    """The engine with a few routes under /x."""
    lines: list[str] = []
    log = RequestLog(lines.append, lambda: datetime.now(UTC))
    app = HttpService(router=Router("/x", ROUTES, uuid_of), handle=echo, render=render, log=log)
    async with served(app) as base, httpx.AsyncClient(base_url=base + "/x") as client:
        yield Engine(client, base, lines, log)


@pytest.fixture
def engine(started: Engine) -> Engine:
    """The engine with an empty log."""
    started.logged()
    started.lines.clear()
    return started


def assert_refused(answer: httpx.Response, kind: Kind) -> str:
    """The answer is this refusal in full; returns its message."""
    outcome = OUTCOMES[kind]
    body = answer.json()
    assert (answer.status_code, body["errorCode"]) == (outcome.status, outcome.contract_code)
    assert answer.headers["nhn-error-code"] == outcome.contract_code
    assert body["eventId"] == answer.headers["nhn-event-id"] != ""
    assert set(body) == {"errorCode", "errorMessage", "eventId"}
    return str(body["errorMessage"])


async def test_every_answer_is_private_and_typed(engine: Engine) -> None:
    for answer in (await engine.client.get("/thing"), await engine.client.get("/nothing")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] == "application/json"
        UUID(answer.headers["nhn-event-id"])


async def test_ids_in_the_path_are_canonical_uuids(engine: Engine) -> None:
    good = await engine.client.get(f"/thing/{ID}")
    assert good.json()["ids"] == [ID]
    for other in (ID.upper(), ID.replace("-", ""), "{" + ID + "}", "42"):
        answer = await engine.client.get(f"/thing/{other}")
        assert answer.json()["ids"] == ["None"], other


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/thing/",
        f"/thing/{ID}/",
        f"/thing/{ID}/more",
        "//thing",
        "/%74hing",
        "/thing;a=b",
        "/THING",
        "/",
    ],
)
async def test_an_address_that_does_not_exist(engine: Engine, path: str) -> None:
    answer = await engine.client.get(engine.base + "/x" + path)
    assert_refused(answer, Kind.NO_SUCH_ROUTE)


async def test_a_path_outside_the_prefix(engine: Engine) -> None:
    for path in ("/", "/xthing", "/y/thing"):
        assert_refused(await engine.client.get(engine.base + path), Kind.NO_SUCH_ROUTE)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
async def test_a_method_that_is_not_offered(engine: Engine, method: str) -> None:
    answer = await engine.client.request(method, "/thing")
    if method == "BREW":  # the HTTP parser knows the registered methods only
        assert answer.status_code == 400
        return
    assert_refused(answer, Kind.METHOD_NOT_ALLOWED)
    assert answer.headers["allow"] == "GET, POST"


async def test_head_is_refused_without_a_body(engine: Engine) -> None:
    answer = await engine.client.head("/thing")
    assert (answer.status_code, answer.content, answer.headers["allow"]) == (405, b"", "GET, POST")


@pytest.mark.parametrize(
    "path",
    [
        f"/thing/{NIN}",
        f"/{NIN}",
        f"/thing?patient={NIN}",
        f"/thing/{NIN[:6]}%20{NIN[6:]}",
        f"/thing/%31{NIN[1:]}",
        f"/thing/x{NIN}x",
        f"/thing/{ID}?q={ID}/{NIN}",
    ],
)
async def test_an_identity_number_in_the_address_is_refused_and_not_logged(engine: Engine, path: str) -> None:
    answer = await engine.client.get(engine.base + "/x" + path)
    message = assert_refused(answer, Kind.INVALID_NIN)
    assert "address" in message
    assert NIN not in message
    assert NIN not in engine.logged()
    assert NIN[6:] not in engine.logged()


async def test_a_uuid_that_looks_like_a_number_is_no_number(engine: Engine) -> None:
    answer = await engine.client.get(f"/thing/0190f3c2-0000-7000-8000-1{NIN}")
    assert answer.status_code == 200


@pytest.mark.parametrize("event", ["c65f8f64-2c9c-4624-a4f0-3dbc4bde3300", "epj:1@a/b+c=", "x" * 128])
async def test_the_event_id_is_the_callers_own_where_it_can_be(engine: Engine, event: str) -> None:
    answer = await engine.client.get("/nothing", headers={"nhn-event-id": event})
    assert_refused(answer, Kind.NO_SUCH_ROUTE)
    assert answer.headers["nhn-event-id"] == event
    assert event in engine.logged()


@pytest.mark.parametrize(
    "event",
    ["", "x" * 129, 'a"b', "besøk", "a b", "a\tb", "a\\b", NIN, f"visit-{NIN}"],
)
async def test_an_event_id_that_cannot_be_used(engine: Engine, event: str) -> None:
    answer = await engine.client.get("/thing", headers={b"nhn-event-id": event.encode()})
    assert "nhn-event-id" in assert_refused(answer, Kind.INVALID_HEADER)
    UUID(answer.headers["nhn-event-id"])
    assert NIN not in engine.logged()
    assert all(json.loads(line) for line in engine.logged().splitlines())


@pytest.mark.parametrize("name", ["nhn-patient-nin", "nhn-user-role", "nhn-event-id", "content-type"])
async def test_a_header_that_matters_is_sent_once(engine: Engine, name: str) -> None:
    """Authorization and DPoP too, but that is the gate's to refuse, and to write down: see the deny matrix."""
    answer = await engine.client.get("/thing", headers=[(name, "a"), (name, "a")])
    assert name in assert_refused(answer, Kind.INVALID_HEADER)
    unharmed = await engine.client.get("/thing", headers=[("accept", "a"), ("accept", "b")])
    assert unharmed.status_code == 200


async def test_headers_have_a_cap(engine: Engine) -> None:
    answer = await engine.client.get("/thing", headers={"x-much": "y" * (reading.HEADERS_CAP + 1)})
    assert_refused(answer, Kind.INVALID_HEADER)


async def test_a_long_address_is_no_address(engine: Engine) -> None:
    assert_refused(await engine.client.get("/thing/" + "1" * 60_000), Kind.NO_SUCH_ROUTE)


async def test_parameters_that_are_too_long_for_an_address_are_told_so(engine: Engine) -> None:
    assert_refused(await engine.client.get("/thing?" + "1" * 60_000), Kind.INVALID_PARAMETER)


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
)
async def test_json_is_taken(engine: Engine, kind: str) -> None:
    answer = await engine.client.post("/thing", content=b"{}", headers={"content-type": kind})
    assert answer.json()["size"] == 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/json; charset=iso-8859-1"},
        {"content-type": "application/json-patch+json"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
async def test_nothing_but_json_is_taken(engine: Engine, headers: dict[str, str]) -> None:
    answer = await engine.client.post("/thing", content=b"{}", headers=headers)
    message = assert_refused(answer, Kind.UNSUPPORTED_MEDIA_TYPE)
    assert "Content-" in message


async def test_a_body_where_one_is_needed(engine: Engine) -> None:
    answer = await engine.client.post("/thing", headers={"content-type": "application/json"})
    assert "no body" in assert_refused(answer, Kind.MALFORMED)


async def test_a_body_where_none_is_wanted_does_no_harm(engine: Engine) -> None:
    answer = await engine.client.request("GET", "/thing", content=b"x" * 100)
    assert answer.status_code == 200


async def test_a_fault_of_ours_tells_nothing(engine: Engine) -> None:
    answer = await engine.client.get("/broken")
    message = assert_refused(answer, Kind.TECHNICAL)
    logged = engine.logged()
    assert "ValueError" in logged
    assert "test_v1_engine.py" in logged
    assert "must not be told" not in message + logged
    assert NIN not in message + logged
    assert answer.json()["eventId"] in logged


async def test_too_many_is_an_empty_429(engine: Engine) -> None:
    answer = await engine.client.get("/busy")
    assert (answer.status_code, answer.content) == (429, b"")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_line_for_each_request(engine: Engine) -> None:
    await engine.client.get(f"/thing/{ID}", headers={"nhn-event-id": "one"})
    line = json.loads(engine.logged())
    assert line.pop("ms") >= 0
    assert line.pop("at").endswith("Z")
    assert line == {"method": "GET", "route": "/thing/{id}", "status": 200, "event": "one"}


class TestMuchTooSlow:
    """What a client could do to hold us up."""

    async def test_a_huge_body_is_refused_before_it_is_read(self, engine: Engine) -> None:
        answer = await engine.client.post(
            "/thing", content=b"x" * 50_000_000, headers={"content-type": "application/json"}
        )
        assert_refused(answer, Kind.TOO_LARGE)

    async def test_a_huge_body_of_undeclared_size(self, engine: Engine) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(50):
                yield b"x" * 1_000_000

        answer = await engine.client.post(
            "/thing", content=chunks(), headers={"content-type": "application/json"}
        )
        assert_refused(answer, Kind.TOO_LARGE)
        assert (await engine.client.get("/thing")).status_code == 200

    async def test_a_body_that_never_ends(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "BODY_SECONDS", 0.2)
        port = int(engine.base.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /x/thing HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"
        )
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2)
        assert b"400" in answer.split(b"\r\n")[0]
        assert b"connection: close" in answer
        writer.close()

    async def test_a_client_that_goes_away(self, engine: Engine) -> None:
        port = int(engine.base.rpartition(":")[2])
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /x/thing HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"
        )
        await writer.drain()
        writer.close()
        for _ in range(100):
            if '"status":499' in engine.logged():
                return
            await asyncio.sleep(0.02)
        pytest.fail("the request was not given up")

    async def test_more_at_once_than_there_is_room_for(self) -> None:
        gate = asyncio.Event()

        async def waits(route: Echo, ids: list[UUID | None], request: Request) -> Answer:
            await gate.wait()
            return Answer(200, b"{}")

        log = RequestLog(lambda _: None, lambda: datetime.now(UTC))
        app = HttpService(
            router=Router("/x", ROUTES, uuid_of), handle=waits, render=render, log=log, most_at_once=2
        )
        async with served(app) as base, httpx.AsyncClient(base_url=base) as client:
            waiting = [asyncio.create_task(client.get("/x/thing")) for _ in range(2)]
            await asyncio.sleep(0.2)
            assert (await client.get("/x/thing")).status_code == 429
            gate.set()
            assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200]
            assert (await client.get("/x/thing")).status_code == 200
