"""The documents that are generated: `./dev fix` writes them, `./dev check` fails when one is stale.

A new one is a row of PAGES: its path and the function that returns its text.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from helsekort import handbook
from tools.errors_page import errors_page
from tools.map_page import map_page
from tools.texts import catalogues
from tools.v1_and_fhir import v1_and_fhir

PAGES: dict[str, Callable[[], str]] = {
    "docs/map.md": map_page,
    "docs/reference/errors.md": errors_page,
    "docs/reference/v1-and-fhir.md": v1_and_fhir,
}


def stale() -> dict[Path, str]:
    """The pages whose file is not what would be generated now, with what it should be."""
    fresh = {Path(path): render() for path, render in PAGES.items()}
    fresh |= {Path(path): text for path, text in handbook.pages().items()} | catalogues()
    return {p: t for p, t in fresh.items() if not p.exists() or p.read_text(encoding="utf-8") != t}


def write(pages: dict[Path, str]) -> None:
    """Put the pages in their places."""
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"{path}: written")


def main() -> int:
    """Write the stale pages, or with `--check` name them and return 1."""
    pages = stale()
    if "--check" not in sys.argv[1:]:
        write(pages)
        return 0
    for path in pages:
        print(f"{path}: is not what the code says now; run ./dev fix and commit it")
    return 1 if pages else 0


if __name__ == "__main__":
    sys.exit(main())
