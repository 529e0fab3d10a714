"""The service under measurement as its own process, on its processor: as it is started in operation, or with a fixed caller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.cluster import Cluster
from bench.national import National
from bench.processes import free_port, module, started

CHECKED = "token and proof"
FIXED = "fixed caller"


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: the id of its process and its port."""

    pid: int
    port: int


@contextmanager
def serving(cluster: Cluster, national: National, caller: str) -> Iterator[Service]:
    """The service over that database, once it listens, for as long as the block runs."""
    port = free_port()
    make = as_in_operation if caller == CHECKED else with_fixed_caller
    log = cluster.folder / "service.log"
    with log.open("wb") as output, started(make(cluster, national, port), port, output=output) as process:
        yield Service(process.pid, port)


def as_in_operation(cluster: Cluster, national: National, port: int) -> list[str]:
    """`helsekort serve`, with the benchmark's stand-ins where the sandbox's are in the demo."""
    where = ["--database", cluster.url, "--keys", str(cluster.keys), "--port", str(port)]
    return [*module("helsekort.cli"), "serve", *where, *budgets(), "--sandbox", national.base]


def budgets() -> list[str]:
    """A handful of callers that ask for every woman there is: budgets of persons that are not met."""
    names = ("practitioner", "organisation", "client", "citizen")
    return [word for name in names for word in (f"--{name}-persons", "1000000000")]


def with_fixed_caller(cluster: Cluster, _national: National, port: int) -> list[str]:
    """The same parts put together in bench/fixed.py; no setting of the service can do that."""
    return [*module("bench.fixed"), cluster.url, str(cluster.keys), str(port)]
