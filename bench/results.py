"""What was measured, as values: a slice, the median of slices, a cold series, a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.client import Outcome
from bench.processor import Meter


class Wrong(Exception):
    """An answer was refused or was not the right one: the figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One kind of request under load. Times in microseconds a request (CPU) and milliseconds (latency)."""

    service_us: float
    database_us: float
    per_second: float
    p50_ms: float
    p99_ms: float
    client_busy: float
    wal_bytes: float
    stored_bytes: float
    requests: int
    body_bytes: int

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU a request, service and database together."""
        return self.service_us + self.database_us

    @property
    def per_core(self) -> float:
        """Requests a second that one core could serve, database included."""
        return 1e6 / self.cpu_us


def expect_good(outcome: Outcome) -> float:
    """Requests a second; raises Wrong where any answer was not the right one."""
    if outcome.refused or outcome.wrong or not outcome.checked:
        refused, example = sum(outcome.refused.values()), next(iter(outcome.refused), "")
        good = f"{outcome.answered} good answers, {outcome.checked} of them looked into"
        raise Wrong(f"{good}; {refused} refused: {example or 'none'}; wrong: {outcome.wrong or 'none'}")
    return outcome.answered / outcome.seconds


def figures(outcome: Outcome, meter: Meter, *, wal: int = 0, stored: int = 0) -> Figures:
    """The figures of one slice; raises Wrong where any answer was not the right one."""
    expect_good(outcome)
    done = outcome.answered
    return Figures(
        service_us=meter.service / done,
        database_us=meter.database / done,
        per_second=done / outcome.seconds,
        p50_ms=outcome.percentile(0.50),
        p99_ms=outcome.percentile(0.99),
        client_busy=outcome.busy,
        wal_bytes=wal / done,
        stored_bytes=stored / done,
        requests=done,
        body_bytes=outcome.body_bytes,
    )


def middle(slices: Sequence[Figures]) -> Figures:
    """The slice with the median CPU time, with the sum of the requests of all."""
    by_cost = sorted(slices, key=lambda each: each.cpu_us)
    chosen = by_cost[len(by_cost) // 2]
    values = {name: getattr(chosen, name) for name in Figures.__slots__}
    values["p99_ms"] = median(each.p99_ms for each in slices)
    values["requests"] = sum(each.requests for each in slices)
    return Figures(**values)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result: what was asked, of how many records, by whom."""

    kind: str
    records: int
    caller: str
    figures: Figures
    slices: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class Cold:
    """The first requests of a kind after a restart with nothing in the page cache, one at a time; in milliseconds."""

    kind: str
    records: int
    caller: str
    requests: int
    p50_ms: float
    p99_ms: float
    slowest_ms: float


@dataclass(frozen=True, slots=True)
class Limit:
    """What something that does less needs for the same bytes; None where it was not measured, and why."""

    name: str
    per_core: float | None
    cpu_us: float | None
    note: str = ""
