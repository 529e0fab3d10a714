"""`python -m bench`: measure, print a table, and JSON where asked for. docs/reference/performance.md says how to read it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from bench import door
from bench.limits import find_nginx
from bench.machine import describe
from bench.measure import ALL_KINDS, Plan, Run
from bench.processor import CLIENT_CORE, pin
from bench.report import as_json, as_text

SIZES = "1000,100000,1000000"
SECONDS = 5.0
BEGUN = time.monotonic()


def main() -> int:
    """Measure what was asked for."""
    if sys.argv[1:2] == ["door"]:
        return door.main(sys.argv[2:])
    arguments = parser().parse_args()
    data = arguments.data.resolve()
    plan = Plan(
        sizes=[int(each) for each in arguments.sizes.split(",")],
        kinds=arguments.only.split(","),
        seconds=arguments.seconds,
        data=data,
        nginx=find_nginx(data / "nginx-package") if arguments.nginx else None,
        peer=arguments.peer,
    )
    unknown = set(plan.kinds) - set(ALL_KINDS)
    if unknown:
        sys.stderr.write(f"--only takes {', '.join(ALL_KINDS)}, not {', '.join(sorted(unknown))}.\n")
        return 2
    pin(CLIENT_CORE)
    machine = describe()
    run = Run(plan, say)
    run.measure()
    sys.stdout.write(as_text(run, machine) + "\n")
    whole = json.dumps(as_json(run, machine), indent=1)
    if arguments.json:
        arguments.json.write_text(whole + "\n", encoding="utf-8")
    else:
        sys.stdout.write(whole + "\n")
    return 0


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    options.add_argument("--sizes", default=SIZES, help=f"numbers of stored records (default {SIZES})")
    options.add_argument(
        "--only", default=",".join(ALL_KINDS), help=f"of {', '.join(ALL_KINDS)} (default all)"
    )
    options.add_argument(
        "--seconds", type=float, default=SECONDS, help=f"of each slice (default {SECONDS:.0f})"
    )
    options.add_argument(
        "--json", type=Path, metavar="FILE", help="write the JSON there instead of printing it"
    )
    options.add_argument(
        "--data", type=Path, default=Path(".data/bench"), help="where the databases are kept"
    )
    options.add_argument(
        "--no-nginx", dest="nginx", action="store_false", help="do not measure nginx beside it"
    )
    options.add_argument(
        "--no-peer", dest="peer", action="store_false", help="do not measure another FHIR server beside it"
    )
    return options


def say(what: str) -> None:
    """Tell the person who waits what is being done."""
    sys.stderr.write(f"{time.monotonic() - BEGUN:6.0f} s  {what}\n")


if __name__ == "__main__":
    sys.exit(main())
