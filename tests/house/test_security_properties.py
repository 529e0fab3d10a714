"""The page of security properties names files that exist, and every abuse case stands on it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security-properties.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1:4] for line in PAGE.splitlines() if line.startswith("| ") and "Held by" not in line]


def named(cell: str) -> list[str]:
    """The paths in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def test_every_property_names_files_and_tests_that_exist() -> None:
    assert len(ROWS) > 20
    for promise, files, tests in ROWS:
        assert named(files), promise
        assert named(tests), promise
        assert [name for name in named(files) if not (ROOT / "src" / "helsekort" / name).exists()] == []
        assert [name for name in named(tests) if not (ROOT / "tests" / name).is_file()] == []


def test_every_abuse_case_is_on_the_page() -> None:
    cases = {f"abuse/{path.name}" for path in (ROOT / "tests" / "abuse").glob("test_*.py")}
    assert cases <= {name for row in ROWS for name in named(row[2])}
