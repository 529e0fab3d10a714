"""The service, as it runs, signs for its audit rows; an auditor's command agrees with what it signed."""

import argparse
import asyncio
from pathlib import Path

import asyncpg
import httpx
import pytest

from helsekort.cli import parser
from helsekort.ledger.checkpoint_folder import last_written
from tests.flow.together import sandboxed


async def helsekort_audit(*arguments: str) -> int:
    """The exit code of `helsekort audit ...`."""
    asked = ["audit", *arguments]
    parsed: argparse.Namespace = parser(asked).parse_args(asked)
    code: int = await asyncio.to_thread(parsed.run, parsed)
    return code


async def test_a_running_service_signs_for_what_it_writes(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, key = tmp_path / "checkpoints", tmp_path / "audit.pub"
    async with sandboxed(database_url, tmp_path) as address, httpx.AsyncClient() as http:
        for _ in range(3):
            refused = await http.get(f"{address.api}/status")
            assert refused.status_code == 401
        async with asyncio.timeout(20):
            while last_written(folder) is None:
                refused = await http.get(f"{address.api}/status")
    assert await helsekort_audit("key", "--keys", str(tmp_path / "keys")) == 0
    key.write_text(capsys.readouterr().out)
    verify = ("verify", "--database", database_url, "--checkpoints", str(folder), "--key", str(key))
    assert await helsekort_audit(*verify) == 0
    assert "heads: all agree" in capsys.readouterr().out
    administrator = await asyncpg.connect(database_url)
    await administrator.execute("DELETE FROM audit WHERE id = (SELECT id FROM audit ORDER BY tx, id LIMIT 1)")
    await administrator.close()
    assert await helsekort_audit(*verify) == 1
    assert "rows 1 to " in capsys.readouterr().out
