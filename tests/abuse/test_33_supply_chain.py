"""Abuse 33: a package that is not what it was. Every package is pinned to a hash, from wherever it is fetched."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINNED = sorted((ROOT / "requirements").glob("*.txt"))
LOCKS = [ROOT / "package-lock.json", *sorted((ROOT / "tests").glob("*/package-lock.json"))]


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.name)
def test_every_python_package_is_pinned_to_hashes(path: Path) -> None:
    packages = re.split(r"\n(?=[a-zA-Z0-9])", re.sub(r"^#.*\n", "", path.read_text(), flags=re.MULTILINE))
    assert packages
    for package in packages:
        assert re.match(r"[A-Za-z0-9._-]+==", package), package[:80]
        assert "--hash=sha256:" in package, package[:80]
        assert "://" not in re.sub(r"#.*", "", package), package[:80]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.parent.name)
def test_every_npm_package_is_pinned_to_a_hash_and_names_no_address(path: Path) -> None:
    packages = json.loads(path.read_text())["packages"]
    for name, package in packages.items():
        if name:
            assert package["integrity"].startswith("sha512-"), name
            assert "resolved" not in package, name


def test_installing_checks_the_hashes() -> None:
    script = (ROOT / "dev").read_text()
    assert script.count("--require-hashes") >= 2
    assert re.search(r"npm ci .*--ignore-scripts", script)
