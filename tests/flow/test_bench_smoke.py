"""The benchmark runs and fills every row of its table. How fast anything is, is not tested: a busy machine is not a fault."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RECORDS = 50
KINDS = (
    "status",
    "card",
    "visit",
    "fhir-read",
    "fhir-search",
    "fhir-card",
    "fhir-validate",
    "fhir-transaction",
    "fhir-read-by-id",
)
STORES_NOTHING = {"fhir-validate"}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What a short run prints, and its JSON."""
    folder = tmp_path_factory.mktemp("bench")
    result = folder / "result.json"
    options = [
        "--sizes",
        str(RECORDS),
        "--seconds",
        "0.3",
        "--no-nginx",
        "--no-peer",
        "--data",
        str(folder),
        "--json",
        str(result),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(result.read_text(encoding="utf-8"))


def test_every_request_is_measured_for_both_callers(measured: tuple[str, dict[str, Any]]) -> None:
    _, result = measured
    assert {(row["kind"], row["caller"]) for row in result["rows"]} == {
        (kind, caller) for kind in KINDS for caller in ("fixed caller", "token and proof")
    }


def test_every_row_has_all_its_figures(measured: tuple[str, dict[str, Any]]) -> None:
    text, result = measured
    for row in result["rows"]:
        assert row["records"] == RECORDS
        assert len(row["slices"]) == 3
        for figure in (
            "service_us",
            "database_us",
            "per_second",
            "p50_ms",
            "p99_ms",
            "wal_bytes",
            "client_busy",
        ):
            if row["kind"] in STORES_NOTHING and figure in {"database_us", "wal_bytes"}:
                continue
            assert row[figure] > 0, (row["kind"], row["caller"], figure)
        assert row["service_us"] + row["database_us"] == pytest.approx(row["cpu_us"], abs=0.01)
    assert text.count("\nGET /record/{id}, 12 visits, ") == 2


def test_a_visit_costs_what_its_audit_row_its_commit_and_its_heads_take(
    measured: tuple[str, dict[str, Any]],
) -> None:
    _, result = measured
    visits = [row for row in result["rows"] if row["kind"] == "visit"]
    reads = [row for row in result["rows"] if row["kind"] == "status"]
    assert min(row["wal_bytes"] for row in visits) > max(row["wal_bytes"] for row in reads) > 200


def test_cold_start_memory_storage_and_limits_are_told(measured: tuple[str, dict[str, Any]]) -> None:
    text, result = measured
    assert [(cold["kind"], cold["requests"]) for cold in result["cold"]] == [
        (kind, RECORDS) for kind in ("card", "fhir-search") for _ in range(2)
    ]
    assert all(sizes["rss_mb"] >= sizes["pss_mb"] > 0 for sizes in result["memory_mb"].values())
    assert result["storage"][str(RECORDS)]["bytes_per_record"] > 10_000
    assert [limit["name"].split(",")[0] for limit in result["limits"]] == [
        "bare ASGI server",
        "nginx",
        "pgbench",
    ]
    assert "processor" in result["machine"]
    told = (
        "cold restart",
        "memory of the worker",
        "bare ASGI server",
        "same size: not measured",
        "limit: pgbench",
    )
    for words in told:
        assert words in text


def test_validation_is_measured_by_itself(measured: tuple[str, dict[str, Any]]) -> None:
    text, result = measured
    costs = result["validation"]
    assert 0 < costs["observation_us"] < costs["bundle_of_30_us"]
    assert "validation in process" in text


def test_a_transaction_is_one_commit_with_fifteen_resources(measured: tuple[str, dict[str, Any]]) -> None:
    _, result = measured
    stored = {kind: [row["stored_bytes"] for row in result["rows"] if row["kind"] == kind] for kind in KINDS}
    assert min(stored["fhir-transaction"]) > max(stored["fhir-read"]) > 0


def test_an_unknown_kind_is_refused_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--only", "cards"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        2,
        f"--only takes {', '.join((*KINDS, 'validation'))}, not cards.\n",
    )
