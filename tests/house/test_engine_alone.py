"""The FHIR engine knows no pregnancy: where nothing but it and what it stands on is there, its tests pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = ("__init__.py", "basics", "fhir")
OF_ALL_TESTS = "test_http_requirements.py"  # names the tests of the whole service
LEFT_OUT = shutil.ignore_patterns("__pycache__", OF_ALL_TESTS)
WHAT_IS_THERE = "import helsekort, os; print(*sorted(os.listdir(os.path.dirname(helsekort.__file__))))"


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """A folder with the engine, what it stands on, and its own tests: no maternity, no Norway, no database, no HTTP."""
    for name in ENGINE:
        source, copy = ROOT / "src" / "helsekort" / name, tmp_path / "src" / "helsekort" / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=LEFT_OUT)
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
    shutil.copytree(ROOT / "tests" / "fhir", tmp_path / "tests" / "fhir", ignore=LEFT_OUT)
    shutil.copy(ROOT / "tests" / "timing.py", tmp_path / "tests")
    shutil.copytree(
        ROOT / "tools", tmp_path / "tools", ignore=LEFT_OUT
    )  # build the definitions; no part of the service
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python in the folder, where the package is the folder's and not the installed one."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder / "src")}
    return subprocess.run(
        [sys.executable, "-B", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_engine_passes_its_suite_with_everything_else_deleted(engine: Path) -> None:
    assert run(engine, "-c", WHAT_IS_THERE).stdout.split() == [*ENGINE]
    done = run(
        engine, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=ci", "tests/fhir"
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
