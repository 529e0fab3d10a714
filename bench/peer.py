"""A peer in the same run, on the same payloads: sekmet-fhir (PyPI), a FHIR R4 server of FastAPI over SQLite that really stores.

It is made for testing integrations. It has no token, no access rules, no audit row and no encryption; it checks structure (the
models of fhir.resources), not profiles, invariants or whose a reference is. It keeps every version, indexes search parameters,
and commits to disk. Its own log of requests and its simulator are switched off. Installed beside the databases, never with us.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from bench.cards import Template, variants
from bench.client import Generator, Load
from bench.fhir_traffic import KINDS as TRAFFIC
from bench.fhir_traffic import MADE
from bench.limits import SLICES_OF_LIMITS
from bench.people import drawn_id
from bench.processes import free_port, started
from bench.processor import Meter
from bench.results import Figures, figures, middle
from bench.traffic import Asking
from helsekort.maternity.slicing import entries_of

ROOT = Path(__file__).parents[1]
PINNED = ROOT / "requirements" / "peer.txt"
UV = ROOT / ".dev" / "venv" / "bin" / "uv"
WOMEN = 20
AT_ONCE = 8  # it has one lock around its database
KINDS = tuple(kind for kind in MADE if kind != "fhir-card")  # it has no such operation
PREFIX = "/fhir"


@dataclass(frozen=True, slots=True)
class Peer:
    """What one kind of request costs there."""

    kind: str
    figures: Figures


def program(folder: Path) -> Path:
    """The peer's command, installed in an environment of its own by the pinned hashes where it is not there yet."""
    home, stamp, wanted = folder / "environment", folder / "installed", PINNED.read_text(encoding="utf-8")
    found = home / "bin" / "sekmet"
    if not found.exists() or not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        run = [str(UV), "venv", "--quiet", "--clear", "--python", sys.executable, str(home)]
        subprocess.run(run, check=True, cwd=ROOT)
        sync = ["pip", "sync", "--quiet", "--python", str(home / "bin" / "python"), "--require-hashes"]
        subprocess.run([str(UV), *sync, str(PINNED)], check=True, cwd=ROOT)
        stamp.write_text(wanted, encoding="utf-8")
    return found


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int]]:
    """The peer with an empty database, as process id and port."""
    folder.mkdir(parents=True, exist_ok=True)
    command, port = program(folder), free_port()
    for old in folder.glob("peer.db*"):
        old.unlink()
    settings = folder / "settings.yaml"
    settings.write_text(json.dumps(told(folder, port)), encoding="utf-8")  # JSON is YAML too
    with (folder / "peer.log").open("wb") as output:
        serve = [str(command), "serve", "--config", str(settings), "--host", "127.0.0.1"]
        with started(serve, port, output=output) as process:
            yield process.pid, port


def told(folder: Path, port: int) -> dict[str, Any]:
    """Its settings."""
    return {
        "base_url": f"http://127.0.0.1:{port}{PREFIX}",
        "port": port,
        "data_dir": str(folder),
        "db_path": str(folder / "peer.db"),
        "log_inbound": False,
        "simulator": {"enabled": False},
    }


def measured(folder: Path, generator: Generator, seconds: float) -> list[Peer]:
    """Each kind of request, on the women's resources as our service answers them."""
    with serving(folder) as (pid, port):
        made = variants(WOMEN)
        observations = []
        for index, one in enumerate(made):
            parts = Template(one.person, one.record, one.parts).of(*ids_of(index))
            found = [entry for part in parts.values() for entry in entries_of(part, "Observation")]
            store(port, index, [json.loads(entry.raw) for entry in found])
            observations.append([entry.id.partition(".")[2] for entry in found])
        asking = Asking(port, WOMEN, 1, (), observations, folder, fhir=PREFIX)
        return [Peer(kind, cost(kind, asking, pid, generator, seconds)) for kind in KINDS]


def ids_of(index: int) -> tuple[Any, Any]:
    """The woman and her record."""
    return drawn_id(index, "person"), drawn_id(index, "record")


def store(port: int, index: int, resources: list[dict[str, Any]]) -> None:
    """The woman and her Observations in one transaction; raises where it is refused."""
    person = {"resourceType": "Patient", "id": str(ids_of(index)[0])}
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in [person, *resources]
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    connection = HTTPConnection("127.0.0.1", port, timeout=300)
    headers = {"Content-Type": "application/fhir+json"}
    connection.request("POST", PREFIX, json.dumps(bundle), headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"The peer answered {answer.status}: {said[:300]!r}")


def cost(kind: str, asking: Asking, pid: int, generator: Generator, seconds: float) -> Figures:
    """The middle of some slices."""
    slices = []
    for _ in range(SLICES_OF_LIMITS):
        generator.prepare(TRAFFIC[kind](asking), int(2_000 * seconds) + AT_ONCE)
        with Meter(service=pid, postmaster=None) as meter:
            outcome = generator.run(Load(asking.port, AT_ONCE, seconds))
        slices.append(figures(outcome, meter))
    return middle(slices)
