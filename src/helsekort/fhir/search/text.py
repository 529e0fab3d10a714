r"""The text of a parameter's value: commas, bars and dollars divide it unless a backslash stands before them.

https://hl7.org/fhir/R4/search.html#escaping
"""

from __future__ import annotations

import re
import unicodedata

_CHARACTERS = re.compile(r"\\?.", re.DOTALL)
_ESCAPED = re.compile(r"\\([,|$\\])")


def split(text: str, mark: str) -> tuple[str, ...]:
    r"""The parts between unescaped marks, still escaped.

    >>> split(r"a\,b,c", ",")
    ('a\\,b', 'c')
    """
    if "\\" not in text:
        return tuple(text.split(mark))
    parts = [""]
    for character in _CHARACTERS.findall(text):
        if character == mark:
            parts.append("")
        else:
            parts[-1] += character
    return tuple(parts)


def unescaped(text: str) -> str:
    r"""The text as it is meant.

    >>> unescaped(r"a\,b\\c\d")
    'a,b\\c\\d'
    """
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def plain(text: str) -> str:
    """A text without case, accents and double spaces, as names are compared.

    >>> plain("  Åse   MARÍA")
    'ase maria'
    """
    if text.isascii():
        return " ".join(text.lower().split())
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in apart if not unicodedata.combining(one)).casefold().split())
