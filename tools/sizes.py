"""The size budget: a function has at most 60 lines, a file at most 500; data files are not code."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FUNCTION_LINES = 60
FILE_LINES = 500
CODE = ("src", "tests", "tools", "bench")
SUFFIXES = {".py", ".mjs", ".js", ".css", ".html", ".sql"}
NOT_OURS = {"static", "node_modules"}


def code_files(root: Path) -> list[Path]:
    """Every hand-written file of the project, in a fixed order."""
    found = (path for folder in CODE for path in (root / folder).rglob("*") if path.suffix in SUFFIXES)
    return sorted(path for path in found if not NOT_OURS & set(path.relative_to(root).parts))


def too_large(path: Path) -> Iterator[str]:
    """What in the file breaks the budget, a sentence each."""
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield f"{path}: {lines} lines; a file has at most {FILE_LINES}: split it by what its parts are for"
    if path.suffix == ".py":
        yield from too_long(path, text)


def too_long(path: Path, text: str) -> Iterator[str]:
    """The functions of a Python file that break the budget."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        size = (node.end_lineno or node.lineno) - node.lineno + 1
        if size > FUNCTION_LINES:
            yield f"{path}:{node.lineno}: {node.name} has {size} lines; a function has at most {FUNCTION_LINES}"


def main() -> int:
    """Print what is too large; 1 when anything is."""
    problems = [line for path in code_files(Path()) for line in too_large(path)]
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
