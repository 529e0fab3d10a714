"""`helsekort audit`: sign for the audit rows, take them out, and verify them without server or database."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from helsekort.audit.head import NotAHead
from helsekort.audit.verify import Found, Result, Verification, trusted_heads
from helsekort.basics.clock import system_clock
from helsekort.basics.ids import new_id
from helsekort.basics.startup import CannotStart
from helsekort.ledger.audit_export import NotWhole, exported_rows, stored_rows, write_export
from helsekort.ledger.checkpoint_folder import last_written, read_folder
from helsekort.ledger.checkpoint_key import public_key, public_pem, signing_key
from helsekort.ledger.checkpoints import Checkpoints, Tampered
from helsekort.ledger.connection import open_session

SHOW_SECONDS = 1.0


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `audit` with its commands."""
    audit = commands.add_parser("audit", help="sign, export and verify the audit log")
    below = audit.add_subparsers(title="commands", metavar="COMMAND", required=True)
    sign = below.add_parser("checkpoint", help="sign for every row there is, now")
    from_setting(sign, "database", str)
    from_setting(sign, "keys", Path)
    from_setting(sign, "checkpoints", Path, needed=False)
    sign.set_defaults(run=checkpoint)
    key = below.add_parser("key", help="print the public key that the heads are verified with")
    from_setting(key, "keys", Path)
    key.set_defaults(run=print_key)
    export = below.add_parser("export", help="write every row to a new file (.zst: compressed)")
    export.add_argument("file", type=Path, metavar="FILE")
    from_setting(export, "database", str)
    export.set_defaults(run=export_rows)
    check = below.add_parser("verify", help="compare rows with the signed heads; 0 where all agree, else 1")
    source = check.add_mutually_exclusive_group(required=True)
    source.add_argument("file", type=Path, nargs="?", metavar="FILE", help="an export")
    source.add_argument("--database", metavar="URL", help="the rows as the database has them now")
    check.add_argument("--checkpoints", type=Path, required=True, metavar="DIR")
    check.add_argument(
        "--key", type=Path, required=True, action="append", metavar="PUB", help="may be repeated"
    )
    check.set_defaults(run=verify)


def from_setting(
    command: argparse.ArgumentParser, name: str, kind: Callable[[str], object], *, needed: bool = True
) -> None:
    """An option that is a setting of the service too, with the same variable."""
    variable = f"HELSEKORT_{name.upper()}"
    command.add_argument(
        f"--{name}",
        type=kind,
        default=os.environ.get(variable),
        required=needed and variable not in os.environ,
        help=f"or the variable {variable}",
    )


def checkpoint(arguments: argparse.Namespace) -> int:
    """Signs once; 1 where the heads are not those of one log."""
    folder = arguments.checkpoints or arguments.keys.parent / "checkpoints"
    checkpoints = Checkpoints(folder, signing_key(arguments.keys), system_clock, new_id)
    try:
        added = asyncio.run(signed(arguments.database, checkpoints))
    except Tampered as error:
        sys.stderr.write(f"Not signed: {error}.\n")
        return 1
    except OSError as error:
        raise CannotStart(f"{folder} cannot be written ({error.strerror}).") from None
    print("Another process is signing." if added is None else f"{added} new heads in {folder}")
    return 0


async def signed(database: str, checkpoints: Checkpoints) -> int | None:
    """How many heads a run added."""
    connection = await open_session(database)
    try:
        return await checkpoints.run(connection)
    finally:
        await connection.close()


def print_key(arguments: argparse.Namespace) -> int:
    """Prints the public key in PEM."""
    print(public_pem(signing_key(arguments.keys)), end="")
    return 0


def export_rows(arguments: argparse.Namespace) -> int:
    """Writes the export."""
    count = asyncio.run(exported(arguments.database, arguments.file))
    print(f"{count} rows in {arguments.file}")
    return 0


async def exported(database: str, file: Path) -> int:
    """How many rows were written."""
    count, progress = 0, Progress()
    connection = await open_session(database)
    try:
        async for count in write_export(stored_rows(connection), file):
            progress.show(count)
    finally:
        await connection.close()
        progress.end()
    return count


def verify(arguments: argparse.Namespace) -> int:
    """Tells what was found."""
    found: list[Found] = []
    seen = read_folder(arguments.checkpoints, found.append)
    heads = trusted_heads(seen, [public_key(path) for path in arguments.key], found.append)
    verification = Verification(heads, found.append)
    progress = Progress(size_of_log(arguments.checkpoints))
    try:
        if arguments.database:
            asyncio.run(check_database(arguments.database, verification, progress))
        else:
            for rows in exported_rows(arguments.file):
                verification.check(rows)
                progress.show(verification.rows)
    except NotWhole as error:
        found.append(Found(str(error)))
    finally:
        progress.end()
    result = verification.result()
    if not result.heads:
        found.append(Found(f"no genuine head in {arguments.checkpoints}: nothing vouches for the rows"))
    return tell(result, found)


def size_of_log(folder: Path) -> int:
    """How many rows the last head covers, for the progress; 0 where that cannot be read."""
    try:
        head = last_written(folder)
    except (NotAHead, OSError):
        return 0  # the verification says why
    return 0 if head is None else head.size


async def check_database(database: str, verification: Verification, progress: Progress) -> None:
    """Every row that the database has now."""
    connection = await open_session(database)
    try:
        async for rows in stored_rows(connection):
            verification.check(rows)
            progress.show(verification.rows)
    finally:
        await connection.close()


def tell(result: Result, found: list[Found]) -> int:
    """The outcome in words, and the exit code."""
    for each in found:
        print(each.what)
    told = f"{result.rows} rows, {result.heads} heads: "
    print(told + (f"{len(found)} things do not agree" if found else "all agree"))
    if result.uncovered:
        print(f"The last {result.uncovered} rows are not yet covered by a head.")
    return 1 if found else 0


class Progress:
    """How far it has come, on standard error, once a second where that is a terminal or takes long."""

    def __init__(self, total: int = 0) -> None:
        self._total = total
        self._began = self._shown = time.monotonic()

    def show(self, count: int) -> None:
        """Says the number of rows so far, and the rows a second."""
        now = time.monotonic()
        if now - self._shown < SHOW_SECONDS:
            return
        self._shown = now
        of = f" of {self._total}" if self._total else ""
        sys.stderr.write(f"\r{count} rows{of}, {count / (now - self._began):.0f} a second")
        sys.stderr.flush()

    def end(self) -> None:
        """Leaves the line, where one was written."""
        if self._shown != self._began:
            sys.stderr.write("\n")
