"""The load generator: one process on its own processor, keep-alive HTTP/1.1 connections, requests made beforehand.

It is written close to the socket so that it is not what is measured: it asks, notes the time, looks at the status and the length,
and asks again. Its own share of its processor is part of each result.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Protocol, cast

import uvloop

from bench.processor import CLIENT_CORE, pin

CHECK_EVERY = 64
ANSWER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Request:
    """One request as bytes; `check` says of the body of a good answer whether it is the right one.

    `done` is called at a good answer, `failed` at any other or none.
    """

    wire: bytes
    check: Callable[[bytes], bool]
    done: Callable[[], None] | None = None
    failed: Callable[[], None] | None = None


class Traffic(Protocol):
    """Makes requests. It is sent to the load generator's process, which calls it there."""

    def requests(self, count: int) -> list[Request]: ...


@dataclass(frozen=True, slots=True)
class Load:
    """How hard to ask: over how many connections at once, and for how long."""

    port: int
    connections: int
    seconds: float


@dataclass(slots=True)
class Outcome:
    """What the load generator saw in one slice; latencies in milliseconds, sorted."""

    seconds: float = 0.0
    busy: float = 0.0
    latencies: array[float] = field(default_factory=lambda: array("d"))
    refused: dict[str, int] = field(default_factory=dict)
    checked: int = 0
    wrong: str = ""
    body_bytes: int = 0
    ran_out: bool = False

    @property
    def answered(self) -> int:
        """How many good answers there were."""
        return len(self.latencies)

    def percentile(self, share: float) -> float:
        """The latency that this share of the answers did not exceed, in milliseconds."""
        return self.latencies[min(self.answered - 1, int(share * self.answered))]


class Caller(asyncio.Protocol):
    """One connection: asks the next request when the answer to the last is complete."""

    def __init__(self, slice_: Slice) -> None:
        self._slice = slice_
        self._buffer = bytearray()
        self._expected = 0
        self._head = 0
        self._asked_at = 0.0
        self._request: Request | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask at once."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's does not derive from it
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 asyncio's signature
        """The server hung up: what was asked is not answered."""
        self._slice.hung_up(self._request)

    def data_received(self, data: bytes) -> None:
        """Collect until the answer is whole."""
        buffer = self._buffer
        buffer += data
        if not self._expected:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head = end + 4
            self._expected = self._head + content_length(buffer[:end])
        if len(buffer) >= self._expected:
            self._answered(time.perf_counter())

    def _answered(self, now: float) -> None:
        request, self._request = self._request, None
        assert request is not None
        self._slice.answered(request, self._buffer, self._head, (now - self._asked_at) * 1000)
        self._buffer.clear()
        self._expected = 0
        self._ask()

    def _ask(self) -> None:
        assert self._transport is not None
        self._request = self._slice.next()
        if self._request is None:
            self._transport.close()
            return
        self._asked_at = time.perf_counter()
        self._transport.write(self._request.wire)


def content_length(head: bytearray) -> int:
    """The length of the body that the answer's head states; 0 where it states none."""
    start = head.lower().find(b"content-length:")
    if start < 0:
        return 0
    end = head.find(b"\r\n", start)
    return int(head[start + 15 : end if end >= 0 else None])


class Slice:
    """One stretch of load: hands out requests until the time is over, collects the answers."""

    def __init__(self, requests: list[Request], load: Load) -> None:
        self.outcome = Outcome()
        self._requests: Iterator[Request] = iter(requests)
        self._load = load
        self._open = load.connections
        self._until = 0.0
        self._finished: asyncio.Future[None] | None = None

    async def run(self) -> Outcome:
        """Ask until the time is over and every answer has come."""
        loop = asyncio.get_running_loop()
        self._finished = loop.create_future()
        begun, used = time.perf_counter(), time.process_time()
        self._until = begun + self._load.seconds
        for _ in range(self._load.connections):
            await loop.create_connection(lambda: Caller(self), "127.0.0.1", self._load.port)
        await asyncio.wait_for(self._finished, self._load.seconds + ANSWER_SECONDS)
        outcome = self.outcome
        outcome.seconds = time.perf_counter() - begun
        outcome.busy = (time.process_time() - used) / outcome.seconds
        outcome.latencies = array("d", sorted(outcome.latencies))
        return outcome

    def next(self) -> Request | None:
        """The next request, or None when it is time to stop."""
        if time.perf_counter() >= self._until:
            return None
        request = next(self._requests, None)
        self.outcome.ran_out = self.outcome.ran_out or request is None
        return request

    def answered(self, request: Request, answer: bytearray, head: int, milliseconds: float) -> None:
        """Count an answer; look into the body of one in 64."""
        outcome = self.outcome
        if answer[9:10] != b"2":
            words = bytes(answer[9:12] + b" " + answer[head : head + 300]).decode("utf-8", "replace")
            self._failed(request, words)
            return
        outcome.latencies.append(milliseconds)
        if request.done is not None:
            request.done()
        if len(outcome.latencies) % CHECK_EVERY == 1:
            self._check(request, bytes(answer[head:]))

    def hung_up(self, unanswered: Request | None) -> None:
        """A connection has ended; with the last one the slice is over."""
        if unanswered is not None:
            self._failed(unanswered, "connection lost")
        self._open -= 1
        if not self._open and self._finished is not None and not self._finished.done():
            self._finished.set_result(None)

    def _failed(self, request: Request, words: str) -> None:
        self.outcome.refused[words] = self.outcome.refused.get(words, 0) + 1
        if request.failed is not None:
            request.failed()

    def _check(self, request: Request, body: bytes) -> None:
        self.outcome.checked += 1
        self.outcome.body_bytes = len(body)
        if not request.check(body):
            self.outcome.wrong = body[:300].decode("utf-8", "replace")


def work(pipe: Connection) -> None:
    """The load generator's process: prepares requests when told to, runs them when told to, ends when the pipe does."""
    pin(CLIENT_CORE)
    prepared: list[Request] = []
    while True:
        try:
            order = pipe.recv()
        except EOFError:
            return
        if isinstance(order, Load):
            pipe.send(uvloop.run(Slice(prepared, order).run()))
        else:
            traffic, count = order
            prepared = traffic.requests(count)
            pipe.send(len(prepared))


class Generator:
    """The load generator as its owner sees it; use it in a `with` block."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Generator:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join(5)
        self._process.terminate()

    def prepare(self, traffic: Traffic, count: int) -> None:
        """Make this many requests; for signed ones right before they are sent, since a proof is good for seconds."""
        self._pipe.send((traffic, count))
        self._pipe.recv()

    def run(self, load: Load) -> Outcome:
        """Send them; raises where any answer was not the right one."""
        self._pipe.send(load)
        outcome = self._pipe.recv()
        assert isinstance(outcome, Outcome)
        return outcome
