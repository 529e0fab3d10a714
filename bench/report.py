"""The result as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from bench.measure import Run
from bench.results import Figures, Limit, Row
from bench.service import CHECKED, FIXED

AIMS_PER_CORE = {
    ("status", FIXED): 4_000,
    ("card", FIXED): 2_000,
    ("status", CHECKED): 2_500,
    ("card", CHECKED): 1_500,
    ("visit", FIXED): 1_000,
    ("visit", CHECKED): 500,
    ("fhir-read", FIXED): 5_000,
    ("fhir-search", FIXED): 2_000,
    ("fhir-transaction", FIXED): 300,
}
"""Requests a second on one core; a kind that is not here has none."""
VALIDATION_AIMS = "aims: 30 us an Observation, 1000 us a bundle of 30"
AIM_GROWTH = 1.10
AIM_COLD_P99_MS = 10.0
AIM_MEMORY_MB = 150.0
WORDS = {
    "status": "GET /status",
    "card": "GET /record/{id}, 12 visits",
    "visit": "PUT of a visit",
    "fhir-read": "FHIR read of an Observation",
    "fhir-read-by-id": "FHIR read, no patient header",
    "fhir-search": "FHIR search, 20 newest of a code",
    "fhir-card": "FHIR $card, every resource",
    "fhir-validate": "FHIR $validate of an Observation",
    "fhir-transaction": "FHIR transaction of 15 creates",
}

HEAD = (
    "request, caller",
    "records",
    "CPU us",
    "service",
    "database",
    "per core",
    "aim",
    "req/s",
    "p50 ms",
    "p99 ms",
)
HEAD_BYTES = "WAL B", "stored B", "client"
WIDTHS = (50, 9, 8, 8, 8, 9, 7, 8, 7, 8, 8, 8, 7)


def as_json(run: Run, machine: Mapping[str, object]) -> dict[str, Any]:
    """Everything that was measured, each slice too."""
    return {
        "machine": dict(machine),
        "rows": [row_json(row) for row in run.rows],
        "cold": [asdict(cold) for cold in run.cold],
        "limits": [asdict(limit) for limit in run.limits],
        "peers": [{"kind": one.kind, **figures_json(one.figures)} for one in run.peers],
        "validation": run.validation,
        "memory_mb": run.memory,
        "storage": {str(records): figures for records, figures in run.storage.items()},
        "ratios": {name: round(value, 3) for name, value in ratios(run)},
    }


def row_json(row: Row) -> dict[str, Any]:
    """A row with its slices, and whether the aim was reached."""
    return {
        "kind": row.kind,
        "records": row.records,
        "caller": row.caller,
        "aim_per_core": AIMS_PER_CORE.get((row.kind, row.caller)),
        **figures_json(row.figures),
        "slices": [figures_json(each) for each in row.slices],
    }


def figures_json(figures: Figures) -> dict[str, float]:
    """Every figure, rounded to what it is good for."""
    values = asdict(figures) | {"cpu_us": figures.cpu_us, "per_core": figures.per_core}
    return {name: round(value, 3) for name, value in values.items()}


def as_text(run: Run, machine: Mapping[str, object]) -> str:
    """The table."""
    return "\n".join(
        [*head_lines(machine), line(HEAD + HEAD_BYTES), *map(row_line, run.rows), "", *other_lines(run)]
    )


def head_lines(machine: Mapping[str, object]) -> Iterator[str]:
    """On what, with what, when."""
    yield f"{machine['date']}  {machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}"
    yield f"Python {machine['python']}, PostgreSQL {machine['postgresql']}, revision {machine['revision']}"
    yield "Service and database on one core, load on another; 32 connections; median of 3 slices; fsync on."
    yield ""


def row_line(row: Row) -> str:
    """One line of the table."""
    got = row.figures
    return line(
        (
            f"{WORDS[row.kind]}, {row.caller}",
            str(row.records),
            f"{got.cpu_us:.0f}",
            f"{got.service_us:.0f}",
            f"{got.database_us:.0f}",
            f"{got.per_core:.0f}",
            str(AIMS_PER_CORE.get((row.kind, row.caller), "")),
            f"{got.per_second:.0f}",
            f"{got.p50_ms:.1f}",
            f"{got.p99_ms:.1f}",
            f"{got.wal_bytes:.0f}",
            f"{got.stored_bytes:.0f}",
            f"{got.client_busy:.0%}",
        )
    )


def line(cells: tuple[str, ...]) -> str:
    """Cells in their columns: the first to the left, numbers to the right."""
    padded = [cell.rjust(width) for cell, width in zip(cells[1:], WIDTHS[1:], strict=True)]
    return cells[0].ljust(WIDTHS[0]) + "".join(padded)


def other_lines(run: Run) -> Iterator[str]:
    """Cold start, memory, storage, limits, ratios."""
    for cold in run.cold:
        yield (
            f"cold restart, {cold.records} records, {cold.caller}: {cold.requests} times {WORDS[cold.kind]}, one at a time,"
            f" p50 {cold.p50_ms:.1f} ms, p99 {cold.p99_ms:.1f} ms (aim {AIM_COLD_P99_MS:.0f}), slowest {cold.slowest_ms:.1f} ms"
        )
    for name, sizes in run.memory.items():
        held = f"{sizes['rss_mb']:.0f} MB resident, {sizes['pss_mb']:.0f} MB PSS (aim {AIM_MEMORY_MB:.0f})"
        yield f"memory of the worker, {name}: {held}"
    for records, stored in run.storage.items():
        yield f"storage, {records} records: {stored['bytes_per_record']:.0f} bytes a record, everything included"
    for limit in run.limits:
        yield f"limit: {limit_words(limit)}"
    for what, cost in run.validation.items():
        yield f"validation in process, with profile and invariants: {what} {cost:.1f} ({VALIDATION_AIMS})"
    for one in run.peers:
        got = one.figures
        yield f"peer (sekmet-fhir): {WORDS[one.kind]}: {got.cpu_us:.0f} us, {got.per_core:.0f} per core, p99 {got.p99_ms:.1f} ms"
    for name, value in ratios(run):
        yield f"ratio: {name}: {value:.2f}"


def limit_words(limit: Limit) -> str:
    """One limit in words."""
    if limit.cpu_us is None or limit.per_core is None:
        return f"{limit.name}: {limit.note}"
    return f"{limit.name}: {limit.cpu_us:.0f} us, {limit.per_core:.0f} per core ({limit.note})"


def ratios(run: Run) -> Iterator[tuple[str, float]]:
    """What was reached of each limit, and how cost grows from the smallest to the largest size (1 is not at all)."""
    first, last = run.plan.sizes[0], run.plan.sizes[-1]
    costs = {(row.kind, row.caller, row.records): row.figures.cpu_us for row in run.rows}
    for limit in run.limits:
        for caller in (FIXED, CHECKED):
            cost = costs.get(("card", caller, first))
            if cost and limit.cpu_us:
                yield f"card, {caller}, of {limit.name}", limit.cpu_us / cost
    for one in run.peers:
        for caller in (FIXED, CHECKED):
            cost = costs.get((one.kind, caller, first))
            if cost:
                yield f"peer's cost of {one.kind} to ours, {caller}", one.figures.cpu_us / cost
    for kind, caller, records in costs:
        if records == last != first:
            growth = costs[kind, caller, last] / costs[kind, caller, first]
            yield f"cost of {kind}, {caller}, at {last} records to that at {first} (aim {AIM_GROWTH})", growth
