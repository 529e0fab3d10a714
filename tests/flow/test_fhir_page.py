"""The Python on the page about the FHIR API (docs/how-to/fhir.md) runs as it stands there, against service and sandbox."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from helsekort.ledger.embedded import EmbeddedServer
from tests.conftest import new_database
from tests.flow.together import sandboxed

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "fhir.md"
HELSEKORT = Path(sys.executable).with_name("helsekort")
SEEN = """
assert episode["resourceType"] == "EpisodeOfCare" and newest["total"] == 1, newest
assert stored["id"], stored
gone = call("GET", f"/Observation/{stored['id']}")
assert gone["issue"][0]["details"]["coding"][0]["code"] == "deleted", gone
history = call("GET", f"/Observation/{stored['id']}/_history")
assert [one["request"]["method"] for one in history["entry"]] == ["DELETE", "PUT", "POST"], history
"""


async def run(*arguments: str | Path, within: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=within
    )
    out, errors = await asyncio.wait_for(process.communicate(), timeout=120)
    assert process.returncode == 0, errors.decode()
    return out.decode()


async def test_it_runs_as_it_stands(postgres: EmbeddedServer, migrated: str, tmp_path: Path) -> None:
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(snippets) == 2
    async with new_database(postgres, migrated) as url, sandboxed(url, tmp_path) as address:
        port = str(urlsplit(address.service).port)
        await run(HELSEKORT, "sandbox", "load", "--port", port, within=tmp_path)
        token = await run(HELSEKORT, "sandbox", "token", "--as", "gp", "--port", port, within=tmp_path)
        (tmp_path / "token.json").write_text(token, encoding="utf-8")
        script = tmp_path / "page.py"
        script.write_text("\n".join([*snippets, SEEN]).replace("8460", port), encoding="utf-8")
        await run(sys.executable, script, within=tmp_path)
