"""The run: for each size and each caller the requests of each kind, then the cold start, then the limits."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.callers import credentials
from bench.client import Generator, Load, Traffic
from bench.cluster import Cluster, appended_bytes, checkpoint, settle, wal_position, warm
from bench.generate import Stock, stocked
from bench.limits import SameFile, bare_server, nginx_server, pgbench
from bench.national import National
from bench.processor import Meter, memory
from bench.results import Cold, Figures, Limit, Row, expect_good, figures, middle
from bench.service import CHECKED, FIXED, Service, serving
from bench.traffic import Asking, Card, PutVisit, Status

KINDS: dict[str, Callable[[Asking], Traffic]] = {"status": Status, "card": Card, "visit": PutVisit}
WRITES = ("visit",)  # after all reads, which would otherwise pay for tidying up behind them
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


@dataclass(slots=True)
class Run:
    """What has been measured so far. `say` tells the person who waits what is being done."""

    plan: Plan
    say: Callable[[str], None]
    rows: list[Row] = field(default_factory=list)
    cold: list[Cold] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    storage: dict[int, dict[str, float]] = field(default_factory=dict)
    _seeds: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def measure(self) -> None:
        """Everything, in one run."""
        with Generator() as generator, National() as national:
            for records in self.plan.sizes:
                self._size(records, generator, national)

    def _size(self, records: int, generator: Generator, national: National) -> None:
        with stocked(self.plan.data, records, self.say) as stock:
            self.storage[records] = {"bytes_per_record": stock.made_bytes / records}
            asyncio.run(settle(stock.cluster))
            asyncio.run(warm(stock.cluster))
            reads = [kind for kind in self.plan.kinds if kind not in WRITES]
            writes = [kind for kind in self.plan.kinds if kind in WRITES]
            for kinds, caller in itertools.product((reads, writes), (FIXED, CHECKED)):
                if kinds:
                    self._kinds(kinds, caller, stock, national, generator)
            if "card" in self.plan.kinds:
                self._cold(stock, national, generator)
                if records == self.plan.sizes[0]:
                    self._limits(stock, generator)

    def _kinds(
        self, kinds: Sequence[str], caller: str, stock: Stock, national: National, generator: Generator
    ) -> None:
        with self._serving(stock, national, caller) as (service, asking):
            for kind in kinds:
                self._kind(kind, caller, stock.cluster, service=service, asking=asking, generator=generator)
            self.memory[f"{caller}, {stock.cluster.records} records"] = memory(service.pid)

    @contextmanager
    def _serving(
        self, stock: Stock, national: National, caller: str
    ) -> Iterator[tuple[Service, Callable[[], Asking]]]:
        """The service, and what makes a fresh choice of records and callers for each slice."""
        given = credentials(national.issuer) if caller == CHECKED else ()
        with serving(stock.cluster, national, caller) as service:
            time.sleep(START_SECOND)

            def asking() -> Asking:
                return Asking(
                    port=service.port,
                    records=stock.cluster.records,
                    seed=next(self._seeds),
                    visits=stock.visits,
                    versions=stock.versions,
                    credentials=given,
                )

            yield service, asking

    def _kind(
        self,
        kind: str,
        caller: str,
        cluster: Cluster,
        *,
        service: Service,
        asking: Callable[[], Asking],
        generator: Generator,
    ) -> None:
        self.say(f"{cluster.records} records, {caller}: {kind}")
        asyncio.run(checkpoint(cluster))
        load = Load(service.port, CONNECTIONS, self.plan.seconds)
        first = Load(service.port, CONNECTIONS, min(2.0, self.plan.seconds))
        generator.prepare(KINDS[kind](asking()), int(FIRST_GUESS * first.seconds))
        guess = expect_good(generator.run(first))
        slices = []
        for _ in range(SLICES):
            generator.prepare(KINDS[kind](asking()), int(guess * load.seconds * SPARE) + CONNECTIONS)
            slices.append(one_slice(cluster, service, load, generator))
            guess = slices[-1].per_second
        self.rows.append(Row(kind, cluster.records, caller, middle(slices), tuple(slices)))

    def _cold(self, stock: Stock, national: National, generator: Generator) -> None:
        for caller in (FIXED, CHECKED):
            self.say(f"{stock.cluster.records} records, {caller}: cold")
            stock.cluster.restart_cold()
            with self._serving(stock, national, caller) as (service, asking):
                latencies = self._one_by_one(
                    service, asking, min(COLD_READS, stock.cluster.records), generator
                )
            p50, p99, worst = (latencies[int(share * (len(latencies) - 1))] for share in (0.50, 0.99, 1.0))
            self.cold.append(Cold(stock.cluster.records, caller, len(latencies), p50, p99, worst))

    def _one_by_one(
        self, service: Service, asking: Callable[[], Asking], count: int, generator: Generator
    ) -> list[float]:
        """The latencies of so many random cards asked for one at a time, sorted; a few at a time, as proofs are short-lived."""
        latencies: list[float] = []
        while len(latencies) < count:
            generator.prepare(Card(asking()), min(COLD_AT_ONCE, count - len(latencies)))
            outcome = generator.run(Load(service.port, 1, 60.0))
            expect_good(outcome)
            latencies += outcome.latencies
        return sorted(latencies)

    def _limits(self, stock: Stock, generator: Generator) -> None:
        self.say("limits: the bare ASGI server, nginx, pgbench")
        folder, card = self.plan.data, stock.card
        with bare_server(card, folder) as (process, traffic):
            self.limits.append(self._limit("bare ASGI server, same bytes", process.pid, traffic, generator))
        if self.plan.nginx is None:
            self.limits.append(Limit("nginx, file of the same size", None, None, "not measured"))
        else:
            with nginx_server(self.plan.nginx, card, folder) as (process, traffic):
                self.limits.append(
                    self._limit("nginx, file of the same size", process.pid, traffic, generator)
                )
        reached = pgbench(stock.cluster, folder, self.plan.seconds)
        note = f"database alone on one core, {reached.per_second:.0f} transactions a second"
        self.limits.append(
            Limit("pgbench, the SQL of a card", 1e6 / reached.database_us, reached.database_us, note)
        )

    def _limit(self, name: str, pid: int, traffic: SameFile, generator: Generator) -> Limit:
        slices = []
        for _ in range(SLICES):
            generator.prepare(traffic, int(LIMIT_GUESS * self.plan.seconds))
            with Meter(service=pid, postmaster=None) as meter:
                outcome = generator.run(Load(traffic.port, CONNECTIONS, self.plan.seconds))
            slices.append(figures(outcome, meter))
        found = middle(slices)
        return Limit(name, found.per_core, found.cpu_us, f"{found.per_second:.0f} requests a second")


def one_slice(cluster: Cluster, service: Service, load: Load, generator: Generator) -> Figures:
    """One slice of load with what it cost."""
    wal, stored = asyncio.run(wal_position(cluster)), asyncio.run(appended_bytes(cluster))
    with Meter(service=service.pid, postmaster=cluster.server.pid) as meter:
        outcome = generator.run(load)
    wal = asyncio.run(wal_position(cluster)) - wal
    stored = asyncio.run(appended_bytes(cluster)) - stored
    return figures(outcome, meter, wal=wal, stored=stored)
