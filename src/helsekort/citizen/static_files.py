"""The static files as the build left them: a logical name leads to a name with a hash in it."""

from __future__ import annotations

import json
from pathlib import Path

from helsekort.basics.startup import CannotStart

FOLDER = Path(__file__).parent / "static"


def addresses(folder: Path) -> dict[str, str]:
    """The address of each file by its source's name; raises CannotStart where the files have not been built."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CannotStart("The pages' static files have not been built. Do: ./dev assets") from None
    return {name: f"/static/{entry['file']}" for name, entry in manifest["files"].items()}
