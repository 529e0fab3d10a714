"""Running the scripts of this folder with Node.js, one JSON text in and one out."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NODE = shutil.which("node")
INSTALLED = (HERE / "node_modules").is_dir()


def why_not() -> str:
    """Why the scripts cannot run here, empty where they can. In continuous integration there is no excuse."""
    if NODE is None:
        return "NO NODE: the cross-checks with independent OpenID software did not run. Install Node.js 20, then ./dev test."
    if not INSTALLED:
        return "NO PACKAGES: the cross-checks did not run, tests/interop/node_modules is missing. ./dev test installs it."
    return ""


needs_node = pytest.mark.skipif(bool(why_not()) and not os.environ.get("CI"), reason=why_not() or "-")


async def run_node(script: str, given: dict[str, Any]) -> dict[str, Any]:
    """What the script prints; its own error text where it fails."""
    assert NODE is not None, why_not()
    process = await asyncio.create_subprocess_exec(
        NODE,
        script,
        json.dumps(given),
        cwd=HERE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await asyncio.wait_for(process.communicate(), timeout=120)
    assert process.returncode == 0, errors.decode()
    answer: dict[str, Any] = json.loads(out)
    return answer
