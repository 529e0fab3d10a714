"""A log with signed heads, for who tampers with it: rows of the ledger's own, a key, a folder outside the database."""

import argparse
import asyncio
import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from helsekort.audit.entry import AuditEntry, Detail
from helsekort.audit.head import Head
from helsekort.basics.ids import new_id
from helsekort.basics.startup import CannotStart
from helsekort.cli import parser
from helsekort.ledger.checkpoint_folder import read_folder
from helsekort.ledger.checkpoint_key import public_pem, signing_key
from helsekort.ledger.checkpoints import Checkpoints
from helsekort.ledger.connection import open_session
from helsekort.ledger.ledger import Ledger

START = datetime(2026, 11, 30, 23, 58, tzinfo=UTC)


class Ticking:
    """A clock that moves a minute each time it is read: a few heads, and the month is another."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@dataclass
class SignedLog:
    """A database whose log is signed for, and the administrator's own session, who may do anything to it."""

    url: str
    ledger: Ledger
    administrator: asyncpg.Connection
    folder: Path
    checkpoints: Checkpoints

    @classmethod
    async def in_folder(cls, url: str, ledger: Ledger, folder: Path) -> "SignedLog":
        """A log with three heads, of 5, 12 and 20 rows."""
        key = signing_key(folder / "keys")
        (folder / "audit.pub").write_text(public_pem(key))
        checkpoints = Checkpoints(folder / "checkpoints", key, Ticking(), new_id)
        log = cls(url, ledger, await asyncpg.connect(url), folder, checkpoints)
        for count in (5, 7, 8):
            await log.add(count)
            assert await log.sign() == 1
        return log

    async def add(self, count: int) -> None:
        """So many more rows, of acts that name nobody."""
        for number in range(count):
            detail = Detail(actor_kind="practitioner", name=f"Kari {number}", role="JO")
            entry = AuditEntry(new_id(), START, "read-record", permitted=True, record=None, detail=detail)
            await self.ledger.note(None, entry)

    async def sign(self) -> int | None:
        """A worker's run, in the service's role."""
        connection = await open_session(self.url)
        try:
            return await self.checkpoints.run(connection)
        finally:
            await connection.close()

    def heads(self) -> list[Head]:
        """The heads in the folder, in the order they were written."""
        return [seen.head for seen in read_folder(self.checkpoints.folder, lambda _: None)]

    async def row(self, number: int) -> UUID:
        """The id of the row with this number, from 1."""
        found: UUID = await self.administrator.fetchval(
            "SELECT id FROM audit ORDER BY tx, id OFFSET $1 LIMIT 1", number - 1
        )
        return found

    async def helsekort(self, *arguments: str) -> tuple[int, str]:
        """The exit code of a command and what it says, run here as `helsekort audit` runs it."""
        asked = ["audit", *arguments]
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            code = await asyncio.to_thread(outcome, parser(asked).parse_args(asked))
        return code, said.getvalue()

    async def verify(self, *source: str) -> tuple[int, str]:
        """A verification; of the database where no file is named."""
        outside = ("--checkpoints", str(self.folder / "checkpoints"), "--key", str(self.folder / "audit.pub"))
        return await self.helsekort("verify", *(source or ("--database", self.url)), *outside)


def outcome(arguments: argparse.Namespace) -> int:
    """The command's exit code, 2 where it could not start."""
    try:
        code: int = arguments.run(arguments)
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return code
