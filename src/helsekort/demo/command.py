"""`helsekort demo`: start everything, load the fictional women, say what to open, and wait."""

import argparse
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from helsekort.basics.startup import CannotStart
from helsekort.demo.folder import held_folder
from helsekort.demo.processes import Running, need_free_port, run_to_end, running, wait_until_answering
from helsekort.demo.words import welcome
from helsekort.ledger.embedded import embedded_postgres
from helsekort.settings import DEFAULT_PORT

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DEFAULT_FOLDER = Path(__file__).parents[3] / ".data" / "demo"


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `demo` to the command line."""
    demo = commands.add_parser("demo", help="start everything with fictional women")
    demo.add_argument(
        "--port", type=port, default=DEFAULT_PORT, help="the service's port; the sandbox takes the next"
    )
    demo.add_argument(
        "--data", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help="where everything is kept"
    )
    demo.add_argument(
        "--database", metavar="URL", help="a PostgreSQL 15 or newer instead of the embedded one"
    )
    demo.add_argument("--fresh", action="store_true", help="delete what the demo has kept, and begin again")
    demo.set_defaults(run=run)


def port(text: str) -> int:
    """A port whose successor is a port too."""
    number = int(text)
    if not 1 <= number < 65535:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and 65534")
    return number


def run(arguments: argparse.Namespace) -> int:
    """Run the demo until it is stopped with Ctrl-C or SIGTERM."""
    if arguments.fresh and arguments.database:
        message = "--fresh empties only the embedded database. Empty your own yourself, or leave --fresh out."
        raise CannotStart(message)
    for number in STOPS:
        signal.signal(number, interrupt)
    with ExitStack() as stack:
        try:
            return watch(start(arguments, stack))
        except KeyboardInterrupt:
            print("\nStopping ...", flush=True)
            return 0
        finally:
            for number in STOPS:
                signal.signal(number, signal.SIG_IGN)  # what stops now is not interrupted again


def interrupt(number: int, frame: FrameType | None) -> None:
    """Being ended is the same as Ctrl-C."""
    raise KeyboardInterrupt


def start(arguments: argparse.Namespace, stack: ExitStack) -> list[Running]:
    """Start database, sandbox and service, load the women, and say what to open."""
    began = time.monotonic()
    first, second = arguments.port, arguments.port + 1
    service, sandbox = f"http://127.0.0.1:{first}", f"http://127.0.0.1:{second}"
    need_free_port(first)
    need_free_port(second)
    folder = stack.enter_context(held_folder(arguments.data, fresh=arguments.fresh))
    parts, database = [], arguments.database
    if database is None:
        server = stack.enter_context(embedded_postgres(folder))
        parts, database = [Running("database", server.process, server.log)], server.url
    of_sandbox = [
        "sandbox",
        "serve",
        "--port",
        str(second),
        "--service",
        service,
        "--data",
        str(folder / "sandbox"),
    ]
    of_service = ["serve", "--port", str(first), "--keys", str(folder / "keys"), "--sandbox", sandbox]
    at_database = {"HELSEKORT_DATABASE": database}
    children = [
        stack.enter_context(running("sandbox", of_sandbox, folder / "sandbox.log")),
        stack.enter_context(running("service", of_service, folder / "service.log", settings=at_database)),
    ]
    for child, address in zip(children, (sandbox, service), strict=True):
        wait_until_answering(child, address)
    run_to_end(["sandbox", "load", "--port", str(first)])
    print(
        welcome(service=service, sandbox=sandbox, folder=folder, seconds=time.monotonic() - began), flush=True
    )
    return [*parts, *children]


def watch(parts: list[Running]) -> int:
    """Wait until one of the processes ends; its last words, and 1."""
    while True:
        for part in parts:
            if not part.alive:
                print(part.last_words(), file=sys.stderr)
                return 1
        time.sleep(0.2)
