"""Every link and every file that a document names is there: relative links with their headings, and paths in code marks."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
_LINK = re.compile(r"\]\((?!https?:|mailto:)(?P<file>[^)#\s]*)(?:#(?P<heading>[^)\s]+))?\)")
_HEADING = re.compile(r"^#+ +(?P<text>.+)$", re.MULTILINE)
_MARKED = re.compile(r"`(?P<path>[\w./*-]+)`")
_KINDS = (".py", ".toml", ".md", ".fsh", ".css", ".html", ".mjs", ".sql", ".json")
_MADE = (".dev/", "guide/fsh-generated/", "package.json")
"""What stands in no commit: it is made at set-up."""
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def tracked(root: Path) -> list[str]:
    """Every file of the repository, committed or about to be."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listed, cwd=root, check=True, capture_output=True, text=True)
    return found.stdout.splitlines()


def wrong_in(document: str, text: str, files: list[str]) -> Iterator[str]:
    """What a document names that is not there."""
    text = _FENCED.sub("", text)
    for link in _LINK.finditer(text):
        yield from _wrong_link(document, text, link["file"], link["heading"] or "", files)
    for marked in _MARKED.finditer(text):
        if _is_file(marked["path"]) and not _there(marked["path"], files):
            yield f"{document}: there is no {marked['path']}"


def _wrong_link(document: str, text: str, name: str, heading: str, files: list[str]) -> Iterator[str]:
    there = (ROOT / document).parent / name if name else ROOT / document
    path = there.resolve().relative_to(ROOT).as_posix()
    if path not in files and not any(file.startswith(f"{path}/") for file in files):
        yield f"{document}: the link to {name} leads nowhere"
    elif heading and heading not in _anchors(there.read_text() if name else text):
        yield f"{document}: {name or 'it'} has no heading #{heading}"


def _anchors(text: str) -> set[str]:
    """What GitHub and GitLab call each heading."""
    found = (one["text"].lower() for one in _HEADING.finditer(text))
    return {re.sub(r"[^\w -]", "", one).strip().replace(" ", "-") for one in found}


def _is_file(path: str) -> bool:
    return path.endswith(_KINDS) and not path.startswith((*_MADE, "/"))


def _there(path: str, files: list[str]) -> bool:
    """Whether some file has that path, or ends with it: a document names a file from the room it tells of."""
    steps = (re.escape(step) for step in path.removeprefix("./").split("*"))
    pattern = re.compile("(?:.*/)?" + "[^/]*".join(steps))
    return any(pattern.fullmatch(file) for file in files)


def main() -> int:
    """Prints what is wrong in every document, and says by its status whether anything is."""
    files = tracked(ROOT)
    documents = [file for file in files if file.endswith(".md") and (ROOT / file).exists()]
    wrong = [line for name in documents for line in wrong_in(name, (ROOT / name).read_text(), files)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
