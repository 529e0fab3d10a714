"""Words of a FHIRPath expression (https://hl7.org/fhirpath/N1/#lexical-elements)."""

from __future__ import annotations

import re
from typing import NamedTuple

from helsekort.fhir.path.errors import PathError

LONGEST_EXPRESSION = 20_000

_DATE = r"\d{4}(?:-\d{2}(?:-\d{2})?)?"
_TIME = r"\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_WORDS = re.compile(
    rf"""(?P<blank>\s+|//[^\n\r]*|/\*.*?\*/)
    |(?P<datetime>@{_DATE}T(?:{_TIME}(?:Z|[+-]\d{{2}}:\d{{2}})?)?)
    |(?P<date>@{_DATE})
    |(?P<time>@T{_TIME})
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*|`(?:[^`\\]|\\.)*`)
    |(?P<dollar>\$(?:this|index|total)\b)
    |(?P<sign><=|>=|!=|!~|[-+*/&|<>=~.,()\[\]{{}}%])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Word(NamedTuple):
    """One word: what sort it is, its text (unescaped and without its quotes), and where it begins."""

    kind: str
    text: str
    at: int
    quoted: bool = False


def words_of(expression: str) -> list[Word]:
    """The words of an expression, an `end` last. Raises PathError for a character that begins none."""
    if len(expression) > LONGEST_EXPRESSION:
        raise PathError(f"The expression is longer than {LONGEST_EXPRESSION} characters.")
    found: list[Word] = []
    at = 0
    while at < len(expression):
        match = _WORDS.match(expression, at)
        if match is None:
            raise PathError(f"Character {at + 1} begins no word of FHIRPath.")
        if match.lastgroup != "blank":
            found.append(_word(match, at))
        at = match.end()
    found.append(Word("end", "", at))
    return found


def _word(match: re.Match[str], at: int) -> Word:
    kind, text = str(match.lastgroup), match[0]
    if kind == "string" or text[0] == "`":
        return Word(kind, _unescaped(text[1:-1], at), at, quoted=True)
    return Word(kind, text, at)


def _unescaped(text: str, at: int) -> str:
    def plain(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] == "u" and len(code) == 5:
            return chr(int(code[1:], 16))
        if code in "`'\"\\/":
            return code
        if code not in _ESCAPED:
            raise PathError(f"The escape in the text at character {at + 1} is not one of FHIRPath's.")
        return _ESCAPED[code]

    return _ESCAPE.sub(plain, text) if "\\" in text else text
