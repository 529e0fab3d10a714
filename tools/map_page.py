"""docs/map.md: the rooms of the house in the order of the import contract, each in its own first sentence."""

import ast
import configparser
from pathlib import Path

CONTRACT = Path(".importlinter")
SOURCE = Path("src/helsekort")

HEAD = """# The map

Generated from `.importlinter` and from each room's own first sentence by `./dev fix`; `./dev check` fails when it is stale.

A room imports only rooms that stand **below** it here. Rooms on one line never import each other.

| Room | What it is |
|---|---|
"""


def map_page() -> str:
    """The whole page as Markdown."""
    rows = (row for layer in layers() for row in room_rows(layer))
    return HEAD + "".join(rows)


def layers() -> list[list[str]]:
    """The contract's layers from the top, each a list of sibling rooms."""
    contract = configparser.ConfigParser()
    contract.read(CONTRACT, encoding="utf-8")
    lines = contract["importlinter:contract:rooms"]["layers"].split("\n")
    return [[name.strip(" ()") for name in line.split("|")] for line in lines if line.strip()]


def room_rows(rooms: list[str]) -> list[str]:
    """One table row for each room that exists."""
    return [f"| `{room}` | {sentence} |\n" for room in rooms if (sentence := first_sentence(room))]


def first_sentence(room: str) -> str | None:
    """The first line of the room's docstring; None where the room does not exist yet."""
    places = [SOURCE / room / "__init__.py", SOURCE / f"{room}.py"]
    found = next((place for place in places if place.exists()), None)
    if found is None:
        return None
    text = ast.get_docstring(ast.parse(found.read_text(encoding="utf-8")))
    if not text:
        message = f"{found} needs a docstring: its first sentence says what the room is"
        raise SystemExit(message)
    return text.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
