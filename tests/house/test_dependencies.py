"""Every direct dependency is pinned with a hash, without an address, and has its reason in ADR 2."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REASONS = (ROOT / "docs" / "adr" / "0002-dependencies.md").read_text(encoding="utf-8")
NPM = (ROOT, ROOT / "guide", ROOT / "tests" / "interop")
MAVEN = ROOT / "guide" / "conformance" / "pom.xml"
SETS = ("uv", "run", "dev", "node", "peer")


def direct(name: str) -> list[str]:
    """The packages that a requirements/*.in file names."""
    lines = (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8").split("\n")
    return [line.strip() for line in lines if re.match("[a-z]", line)]


def npm_direct(folder: Path) -> dict[str, str]:
    """The npm packages that a package.json names, with their versions."""
    named = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    return {**named.get("dependencies", {}), **named.get("devDependencies", {})}


def maven_direct() -> set[str]:
    """The Maven artifacts that the validator's pom.xml names."""
    named = re.findall(
        r"<dependency>.*?<artifactId>(.*?)</artifactId>", MAVEN.read_text(encoding="utf-8"), re.DOTALL
    )
    return set(named)


def reasoned() -> set[str]:
    """The packages in the first column of the ADR's tables."""
    cells = re.findall(r"^\| ([^|]+) \|", REASONS, re.MULTILINE)
    return {name.strip() for cell in cells for name in cell.split(",")} - {"Package", "---"}


def test_every_direct_dependency_has_its_reason_and_no_other() -> None:
    ours = {name for chosen in SETS for name in direct(chosen)} | maven_direct()
    assert reasoned() == ours | {name for folder in NPM for name in npm_direct(folder)}


@pytest.mark.parametrize("name", SETS)
def test_every_package_is_pinned_with_a_hash_and_without_an_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    packages = re.findall(r"^[a-z].*?(?=^[a-z]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert packages
    for package in packages:
        assert re.match(r"[a-z0-9._-]+==[0-9]", package)
        assert "--hash=sha256:" in package
    assert not re.search(r"https?://|--index|--find-links", text)


@pytest.mark.parametrize("name", SETS)
def test_what_is_asked_for_is_what_is_pinned(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE))
    assert set(direct(name)) <= pinned


@pytest.mark.parametrize("folder", NPM)
def test_npm_packages_are_exact_and_their_lock_has_no_address(folder: Path) -> None:
    for version in npm_direct(folder).values():
        assert re.fullmatch(r"[0-9.]+", version)
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    for place, package in lock["packages"].items():
        assert "resolved" not in package, place
        assert place == "" or "integrity" in package or package.get("inBundle"), place
