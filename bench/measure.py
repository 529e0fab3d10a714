"""The run: for each size and each caller the requests of each kind, then the cold start, then the limits."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import peer, validation
from bench.callers import Credentials, credentials
from bench.client import Generator, Load, Traffic
from bench.cluster import Cluster, appended_bytes, settle, wal_position, warm
from bench.fhir_traffic import KINDS as FHIR_KINDS
from bench.generate import Stock, stocked
from bench.limits import SameFile, bare_server, nginx_server, pgbench
from bench.national import National
from bench.peer import Peer
from bench.processor import Meter, memory
from bench.results import Cold, Figures, Limit, Row, expect_good, figures, middle
from bench.service import CHECKED, FIXED, Service, serving
from bench.traffic import Asking, Card, PutVisit, Status

KINDS: dict[str, Callable[[Asking], Traffic]] = {
    "status": Status,
    "card": Card,
    "visit": PutVisit,
    **FHIR_KINDS,
}
WRITES = (
    "visit",
    "fhir-transaction",
)  # after all reads, which would otherwise pay for tidying up behind them
COLD = ("card", "fhir-search")
VALIDATION = "validation"
ALL_KINDS = (*KINDS, VALIDATION)
CONNECTIONS = 32
SLICES = 3
COLD_READS = 1_000
COLD_AT_ONCE = 100
FIRST_GUESS = 2_000  # requests a second, before the warm-up has told
SPARE = 1.6
LIMIT_GUESS = 200_000
START_SECOND = (
    1.1  # a proof made in the second in which the service started is refused: iat has whole seconds
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: sizes, kinds, seconds of each slice; where the databases are kept; with what nginx to compare."""

    sizes: Sequence[int]
    kinds: Sequence[str]
    seconds: float
    data: Path
    nginx: Path | None
    peer: bool = True


@dataclass(frozen=True, slots=True)
class Subject:
    """A service over one of the databases, under measurement."""

    stock: Stock
    service: Service
    credentials: Sequence[Credentials]
    seeds: Iterator[int]

    @property
    def cluster(self) -> Cluster:
        """Its database."""
        return self.stock.cluster

    def asking(self) -> Asking:
        """A fresh choice of records and callers."""
        return Asking(
            port=self.service.port,
            records=self.cluster.records,
            seed=next(self.seeds),
            visits=self.stock.held.visits,
            observations=self.stock.held.observations,
            versions=self.stock.versions,
            credentials=self.credentials,
        )


@dataclass(slots=True)
class Run:
    """What has been measured so far. `say` tells the person who waits what is being done."""

    plan: Plan
    say: Callable[[str], None]
    rows: list[Row] = field(default_factory=list)
    cold: list[Cold] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    validation: dict[str, float] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    storage: dict[int, dict[str, float]] = field(default_factory=dict)
    _seeds: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _generator: Generator = field(init=False)
    _national: National = field(init=False)

    def measure(self) -> None:
        """Everything, in one run."""
        with ExitStack() as stack:
            self._generator = stack.enter_context(Generator())
            self._national = stack.enter_context(National())
            stocks = [
                stack.enter_context(stocked(self.plan.data, each, self.say)) for each in self.plan.sizes
            ]
            for stock in stocks:
                self.storage[stock.cluster.records] = {
                    "bytes_per_record": stock.made_bytes / stock.cluster.records
                }
                asyncio.run(settle(stock.cluster))
                asyncio.run(warm(stock.cluster))
            reads = [kind for kind in self.plan.kinds if kind in KINDS and kind not in WRITES]
            writes = [kind for kind in self.plan.kinds if kind in WRITES]
            for kinds, caller in itertools.product((reads, writes), (FIXED, CHECKED)):
                if kinds:
                    self._kinds(kinds, caller, stocks)
            for kind in COLD:
                if kind in self.plan.kinds:
                    for stock in stocks:
                        self._cold(stock, kind)
            if "card" in self.plan.kinds:
                self._limits(stocks[0])
            if VALIDATION in self.plan.kinds:
                self.say("validation, in this process")
                self.validation = validation.measured()
        if self.plan.peer and any(kind in FHIR_KINDS for kind in self.plan.kinds):
            self._peer()

    def _peer(self) -> None:
        """The peer alone on the processor, after everything else has ended."""
        self.say("the peer")
        with Generator() as generator:
            self.peers = peer.measured(self.plan.data / "peer", generator, self.plan.seconds)

    def _kinds(self, kinds: Sequence[str], caller: str, stocks: Sequence[Stock]) -> None:
        """One caller's requests of these kinds, on every size in turn: a machine that is slow for a while is so for all sizes."""
        with ExitStack() as stack:
            subjects = [stack.enter_context(self._serving(stock, caller)) for stock in stocks]
            for kind in kinds:
                self._kind(kind, caller, subjects)
            for subject in subjects:
                self.memory[f"{caller}, {subject.cluster.records} records"] = memory(subject.service.pid)

    @contextmanager
    def _serving(self, stock: Stock, caller: str) -> Iterator[Subject]:
        """The service over one of the databases."""
        given = credentials(self._national.issuer) if caller == CHECKED else ()
        with serving(stock.cluster, self._national, caller) as service:
            time.sleep(START_SECOND)
            yield Subject(stock, service, given, self._seeds)

    def _kind(self, kind: str, caller: str, subjects: Sequence[Subject]) -> None:
        rates: dict[int, float] = {}
        slices: dict[int, list[Figures]] = {subject.cluster.records: [] for subject in subjects}
        for subject in subjects:
            self.say(f"{subject.cluster.records} records, {caller}: {kind}")
            first = Load(subject.service.port, CONNECTIONS, min(2.0, self.plan.seconds))
            self._generator.prepare(KINDS[kind](subject.asking()), int(FIRST_GUESS * first.seconds))
            rates[subject.cluster.records] = expect_good(self._generator.run(first))
        for subject in list(subjects) * SLICES:
            records = subject.cluster.records
            load = Load(subject.service.port, CONNECTIONS, self.plan.seconds)
            enough = int(rates[records] * load.seconds * SPARE) + CONNECTIONS
            self._generator.prepare(KINDS[kind](subject.asking()), enough)
            slices[records].append(one_slice(subject, load, self._generator))
            rates[records] = slices[records][-1].per_second
        for records, measured in slices.items():
            row = Row(kind, records, caller, middle(measured), tuple(measured))
            self.rows.append(row)
            self.say(f"{records} records, {caller}: {kind}: {row.figures.cpu_us:.0f} us")

    def _cold(self, stock: Stock, kind: str) -> None:
        for caller in (FIXED, CHECKED):
            self.say(f"{stock.cluster.records} records, {caller}: cold {kind}")
            stock.cluster.restart_cold()
            with self._serving(stock, caller) as subject:
                latencies = self._one_by_one(subject, kind, min(COLD_READS, stock.cluster.records))
            p50, p99, worst = (latencies[int(share * (len(latencies) - 1))] for share in (0.50, 0.99, 1.0))
            self.cold.append(Cold(kind, stock.cluster.records, caller, len(latencies), p50, p99, worst))

    def _one_by_one(self, subject: Subject, kind: str, count: int) -> list[float]:
        """The latencies of so many random requests of a kind, one at a time, sorted; prepared a few at a time, as proofs age."""
        latencies: list[float] = []
        while len(latencies) < count:
            self._generator.prepare(KINDS[kind](subject.asking()), min(COLD_AT_ONCE, count - len(latencies)))
            outcome = self._generator.run(Load(subject.service.port, 1, 60.0))
            expect_good(outcome)
            latencies += outcome.latencies
        return sorted(latencies)

    def _limits(self, stock: Stock) -> None:
        self.say("limits: the bare ASGI server, nginx, pgbench")
        folder, card = self.plan.data, stock.held.card
        with bare_server(card, folder) as (process, traffic):
            self.limits.append(self._limit("bare ASGI server, same bytes", process.pid, traffic))
        if self.plan.nginx is None:
            self.limits.append(Limit("nginx, file of the same size", None, None, "not measured"))
        else:
            with nginx_server(self.plan.nginx, card, folder) as (process, traffic):
                self.limits.append(self._limit("nginx, file of the same size", process.pid, traffic))
        reached = pgbench(stock.cluster, folder, self.plan.seconds)
        note = f"database alone on one core, {reached.per_second:.0f} transactions a second"
        self.limits.append(
            Limit("pgbench, the SQL of a card", 1e6 / reached.database_us, reached.database_us, note)
        )

    def _limit(self, name: str, pid: int, traffic: SameFile) -> Limit:
        slices = []
        for _ in range(SLICES):
            self._generator.prepare(traffic, int(LIMIT_GUESS * self.plan.seconds))
            with Meter(service=pid, postmaster=None) as meter:
                outcome = self._generator.run(Load(traffic.port, CONNECTIONS, self.plan.seconds))
            slices.append(figures(outcome, meter))
        found = middle(slices)
        return Limit(name, found.per_core, found.cpu_us, f"{found.per_second:.0f} requests a second")


def one_slice(subject: Subject, load: Load, generator: Generator) -> Figures:
    """One slice of load with what it cost."""
    cluster = subject.cluster
    wal, stored = asyncio.run(wal_position(cluster)), asyncio.run(appended_bytes(cluster))
    with Meter(service=subject.service.pid, postmaster=cluster.server.pid) as meter:
        outcome = generator.run(load)
    wal = asyncio.run(wal_position(cluster)) - wal
    stored = asyncio.run(appended_bytes(cluster)) - stored
    return figures(outcome, meter, wal=wal, stored=stored)
