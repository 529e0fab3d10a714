"""Whether a free text tells of violence, abuse or induced abortion by its words: then it is sensitive in any field.

The words are data, in sensitive_terms.toml. They find what they know and nothing else; nobody may rely on them alone.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("sensitive_terms.toml")
_KEYS = {"text", "where", "not_then", "language", "source", "status"}
_PATTERNS = {"word": r"\b{}\b", "start": r"\b{}", "within": "{}"}


class BadTerms(ValueError):
    """The list of words cannot be used; the message names the row."""


def is_sensitive_text(text: str) -> bool:
    """True where one of the words stands in the text, whatever its case and accents.

    >>> is_sensitive_text("Utsatt for VOLD i tidligere forhold"), is_sensitive_text("Voldsom kvalme")
    (True, False)
    """
    return _TERMS.search(_folded(text)) is not None


def load_terms(text: str) -> re.Pattern[str]:
    """The words as one pattern over folded text; raises `BadTerms`."""
    tables = tomllib.loads(text)
    return re.compile("|".join(_patterns(tables["term"], set(tables["sources"]))))


def _patterns(rows: Iterable[Mapping[str, Any]], sources: set[str]) -> Iterable[str]:
    for row in rows:
        right = _PATTERNS.keys() >= {row.get("where")} and row.get("source") in sources
        if not right or row.keys() - _KEYS or not row.get("language") or not row.get("text"):
            raise BadTerms(
                f"{row.get('text')}: needs where, language and a listed source, and no unknown keys."
            )
        if row.get("status") not in {"confirmed", "unconfirmed"}:
            raise BadTerms(f"{row['text']}: status must be confirmed or unconfirmed.")
        words = r"\s+".join(map(re.escape, _folded(row["text"]).split()))
        other = "|".join(map(re.escape, row.get("not_then", ())))
        yield _PATTERNS[row["where"]].format(words + (f"(?!{other})" if other else ""))


_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))


def _folded(text: str) -> str:
    """Lower case, compatibility forms and accents gone, and nothing invisible inside a word."""
    plain = unicodedata.normalize("NFKD", text.translate(_INVISIBLE).casefold())
    return "".join(one for one in plain if not unicodedata.combining(one))


_TERMS = load_terms(FILE.read_text(encoding="utf-8"))
