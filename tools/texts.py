"""The pages' texts for translators: `./dev fix` extracts them and brings the catalogues up to date.

Bokmål is the source: a text is its own id. A catalogue is compiled when the service starts, so nothing else is to be built.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from helsekort.access.roles import ROLES

CITIZEN = Path("src/helsekort/citizen")
LOCALE = Path("src/helsekort/locale")
TEMPLATE = LOCALE / "citizen.pot"
LANGUAGES = ("nn", "en")
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "text": None,
    "plural": (1, 2),
}


def messages() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Each text with the file it stands in."""
    options = {"**.html": {"trimmed": "true", "silent": "false"}}
    for name, _line, text, _comments, _context in extract_from_dir(
        CITIZEN, METHODS, options, keywords=KEYWORDS
    ):
        yield f"{CITIZEN}/{name}", text
    for role in ROLES.values():
        yield "src/helsekort/access/roles.py", role.name


def extracted() -> str:
    """The catalogue template: every text in alphabetical order, with the files it stands in."""
    catalogue = Catalog(project="Helsekort", charset="utf-8", fuzzy=False)
    for name, text in sorted(messages(), key=lambda found: (str(found[1]), found[0])):
        catalogue.add(text, locations=[(name, 0)])
    return _written(catalogue)


def _written(catalogue: Catalog) -> str:
    written = BytesIO()
    write_po(written, catalogue, omit_header=True, sort_output=True, include_lineno=False, width=120)
    return written.getvalue().decode().strip() + "\n"


def updated(language: str) -> str:
    """The catalogue of a language with the texts of now: what was translated stays, what is gone goes."""
    path = LOCALE / language / "LC_MESSAGES" / "citizen.po"
    known = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    known.update(read_po(BytesIO(extracted().encode())), no_fuzzy_matching=True)
    known.obsolete.clear()
    return _written(known)


def catalogues() -> dict[Path, str]:
    """The template and each language's catalogue, as they should be now."""
    files = {LOCALE / language / "LC_MESSAGES" / "citizen.po": updated(language) for language in LANGUAGES}
    return {TEMPLATE: extracted()} | files
