"""What could be reached at most on this machine, measured in the same run: nginx, the bare ASGI server, pgbench with our SQL."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.client import Request
from bench.cluster import Cluster
from bench.people import drawn_id, number
from bench.processes import free_port, module, started
from bench.processor import Meter
from helsekort.ledger.connection import SESSION
from helsekort.ledger.embedded import binary
from helsekort.ledger.statements import AUDIT, HEADS

SLICES_OF_LIMITS = 3
PGBENCH_CLIENTS = 8
PGBENCH_ROWS = 20_000

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log error;
events {{ worker_connections 512; }}
http {{
    access_log off; sendfile on; keepalive_requests 100000000; default_type application/json;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
"""


@dataclass(frozen=True, slots=True)
class SameFile:
    """GET of one file, over and over."""

    path: str
    port: int
    size: int

    def requests(self, count: int) -> list[Request]:
        """The same request so many times."""
        wire = f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode()
        return [Request(wire, lambda body: len(body) == self.size)] * count


@contextmanager
def bare_server(card: bytes, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], SameFile]]:
    """uvicorn as the service runs it, answering with the card's bytes."""
    file, port = folder / "card.json", free_port()
    file.write_bytes(card)
    with started([*module("bench.bare"), str(port), str(file)], port) as process:
        yield process, SameFile("/", port, len(card))


@contextmanager
def nginx_server(
    program: Path, card: bytes, folder: Path
) -> Iterator[tuple[subprocess.Popen[bytes], SameFile]]:
    """nginx, one process, serving the card's bytes as a file."""
    home, port = (folder / "nginx").resolve(), free_port()
    (home / "www").mkdir(parents=True, exist_ok=True)
    (home / "www" / "card.json").write_bytes(card)
    (home / "nginx.conf").write_text(NGINX.format(folder=home, port=port), encoding="ascii")
    for closed in (home, *home.parents):  # as root its worker is `nobody`, who must reach the file
        if closed.stat().st_uid == os.geteuid() == 0 and closed.is_relative_to(folder.resolve()):
            closed.chmod(0o755)
    with started([str(program), "-p", str(home), "-c", str(home / "nginx.conf")], port) as process:
        yield process, SameFile("/card.json", port, len(card))


def find_nginx(folder: Path) -> Path | None:
    """The machine's nginx, or Debian's package unpacked in the folder without installing it; None where neither can be had."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found:
        return Path(found)
    unpacked = folder / "usr" / "sbin" / "nginx"
    if not unpacked.exists() and shutil.which("apt-get"):
        folder.mkdir(parents=True, exist_ok=True)
        unpack(folder)
    return unpacked if runs(unpacked) else None


def unpack(folder: Path) -> None:
    """Fetch the package with apt and unpack it; nothing is installed or started."""
    subprocess.run(["apt-get", "download", "-qq", "nginx"], cwd=folder, check=False, capture_output=True)
    for package in folder.glob("nginx_*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=False, capture_output=True)


def runs(program: Path) -> bool:
    """Whether the program is there and its libraries are too."""
    if not program.exists():
        return False
    return subprocess.run([str(program), "-v"], check=False, capture_output=True).returncode == 0


@dataclass(frozen=True, slots=True)
class Pgbench:
    """What pgbench reached with the statements of a card's read: transactions a second, database CPU of each."""

    per_second: float
    database_us: float


def pgbench(cluster: Cluster, folder: Path, seconds: float) -> Pgbench:
    """The two statements of GET /record/{id}, one request each and not grouped, over random records of the database."""
    asyncio.run(make_targets(cluster))
    script = folder / "read.sql"
    script.write_text(read_script(), encoding="ascii")
    command = [str(binary("pgbench")), "-n", "-M", "prepared", "-c", str(PGBENCH_CLIENTS), "-j", "1"]
    command += ["-T", str(max(1, round(seconds))), "-f", str(script), "-D", f"targets={targets(cluster)}"]
    options = " ".join(f"-c {name}={value}" for name, value in SESSION.items() if name != "application_name")
    environment = {**os.environ, "PGOPTIONS": options}
    with Meter(service=os.getpid(), postmaster=cluster.server.pid) as meter:
        said = subprocess.run(
            [*command, cluster.url], env=environment, check=True, capture_output=True, text=True
        ).stdout
    lines = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    done = int(lines["number of transactions actually processed"].split("/")[0])
    rate = float(next(line for line in said.splitlines() if line.startswith("tps")).split()[2])
    return Pgbench(rate, meter.database / done)


def read_script() -> str:
    """The ledger's own statements, with the arrays of one element each that a request alone would send."""
    heads = drawn(HEADS, ["t.nin_hash", "t.record", "t.record", "NULL", "true"])
    audit = drawn(
        AUDIT, ["t.person", "gen_random_uuid()", "now()", "'read-record'", "true", "t.record", "t.detail"]
    )
    return f"\\set n random(1, :targets)\n{heads};\n{audit.replace('SELECT *', 'SELECT ask.*')};\n"


def drawn(statement: str, values: list[str]) -> str:
    """The statement in one line over one row drawn by its number, with an array of one value for each `$1::type[]`."""
    for position, value in enumerate(values, start=1):
        statement = statement.replace(f"${position}::", f"ARRAY[{value}]::")
    named = statement if " AS ask " in statement else f"{statement.rstrip()} AS ask "
    lines = named.replace("FROM unnest(", "FROM pgbench_target t CROSS JOIN LATERAL unnest(")
    return " ".join(f"{lines} WHERE t.n = :n".split())


def targets(cluster: Cluster) -> int:
    """How many records pgbench draws from."""
    return min(cluster.records, PGBENCH_ROWS)


async def make_targets(cluster: Cluster) -> None:
    """A table, beside the ledger's own, of random records that pgbench can name by a small number."""
    keyring, count = cluster.keyring(), targets(cluster)
    step = cluster.records // count
    rows = [
        (n, keyring.hash_of(number(index)), drawn_id(index, "person"), drawn_id(index, "record"), b"\0" * 400)
        for n, index in enumerate(range(0, count * step, step), start=1)
    ]
    connection = await asyncpg.connect(cluster.url)
    try:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS pgbench_target"
            " (n integer PRIMARY KEY, nin_hash bytea, person uuid, record uuid, detail bytea)"
        )
        await connection.execute("TRUNCATE pgbench_target")
        await connection.copy_records_to_table("pgbench_target", records=rows)
    finally:
        await connection.close()
