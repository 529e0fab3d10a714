"""What is never on the card, refused wherever it stands in a body: violence and induced abortion, by codes and property names.

Codes are found in any spelling of {code, system}, in properties nobody knows, as property names and in "system code" in a text.
What is found is not repeated, nor is the name of a property the contract does not have.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from helsekort.basics.strict_json import child
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.tree import Array, Shape

_SYSTEMS: Mapping[str, re.Pattern[str]] = {
    "SCT": re.compile(r"snomed|\bsct\b|2\.16\.840\.1\.113883\.6\.96\b"),
    "LOINC": re.compile(r"loinc|2\.16\.840\.1\.113883\.6\.1\b"),
    "ICPC2": re.compile(
        r"icpc|2\.16\.578\.1\.12\.4\.1\.1\.7170\b|volven_7170|2\.16\.840\.1\.113883\.6\.139\b"
    ),
    "ICD10": re.compile(
        r"icd|2\.16\.578\.1\.12\.4\.1\.1\.7110\b|volven_7110|2\.16\.840\.1\.113883\.6\.(?:3|90)\b"
    ),
}
"""How a system may be named, in lower case."""
_CODES = {
    system: frozenset(
        code.code.lower() for never in CATALOGUE.never for code in never.codes if code.system == system
    )
    for system in _SYSTEMS
}
_UNMISTAKABLE = ("SCT", "LOINC")
"""Systems whose codes are nobody else's; a short code of the others counts where its system, or none, is told."""
_NAMES = re.compile("|".join(name for never in CATALOGUE.never for name in never.names))
_CODE_NAME = re.compile("code|kode|coding|koding|concept|begrep|token")
_SYSTEM_NAME = re.compile("system|kodeverk|oid|vocabulary|terminolog|thesaurus")
_TOKEN = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
_ALL = re.compile(
    "|".join(re.escape(code) for codes in _CODES.values() for code in codes)
    + "|"
    + "|".join(code.replace(".", "") for code in _CODES["ICD10"])
)


def may_hold_never(v1: bytes) -> bool:
    """False where a body has no trace of any of it: one quick look at its text."""
    text = _plain(v1.decode("utf-8"))
    return _ALL.search(text) is not None or _NAMES.search(_letters(text)) is not None


def never_in(sent: Any, shape: Shape, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Where in an object something stands that is never on the card, as far as the contract has names for the place."""
    system = _system_told(sent)
    for name, value in sent.items():
        node = shape.get(name)
        where = child(path, name) if node is not None else path
        letters = _letters(_plain(name))
        if node is None and (_NAMES.search(letters) or _is_code(name, "")):
            yield path
        below = node.children if isinstance(node, Array) else node if isinstance(node, Mapping) else {}
        code_name = _CODE_NAME.search(letters) is not None
        yield from _in_value(value, below, where, system, code_name=code_name)


def _in_value(value: Any, shape: Shape, path: str, system: str, *, code_name: bool) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        yield from never_in(value, shape, path)
    elif isinstance(value, list):
        for one in value:
            yield from _in_value(one, shape, path, system, code_name=code_name)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        text = str(value)
        if ((code_name or system) and _is_code(text, system)) or _is_said(_plain(text)):
            yield path


def _system_told(sent: Mapping[str, Any]) -> str:
    """The code system an object names, in lower case; empty where it names none."""
    for name, value in sent.items():
        if isinstance(value, str) and _SYSTEM_NAME.search(_letters(_plain(name))):
            return _plain(value)
    return ""


def _is_code(text: str, system: str) -> bool:
    """True where a value that is a code, or an expression of codes, has one of them."""
    told = [name for name, spelling in _SYSTEMS.items() if spelling.search(system)]
    systems = {*_UNMISTAKABLE, *(told if system else _SYSTEMS)}
    return any(_has(name, token) for token in _TOKEN.findall(_plain(text)) for name in systems)


def _has(system: str, code: str) -> bool:
    if code in _CODES[system]:
        return True
    if system == "ICD10":  # with what is below it, with and without its dot
        return any(code.replace(".", "").startswith(known.replace(".", "")) for known in _CODES[system])
    return False


def _is_said(text: str) -> bool:
    """True where a text names a code system and, right after it, one of the codes: "ICPC-2 Z25", "http://loinc.org|11613-7"."""
    for system, spelling in _SYSTEMS.items():
        for found in spelling.finditer(text):
            following = _TOKEN.findall(text[found.end() : found.end() + 40])[:4]
            if any(_has(system, token) for token in following):
                return True
    return text.strip() in _CODES["LOINC"]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _letters(text: str) -> str:
    """Only the letters of a text, æ ø å as a, o, a: "vold_i_nære" is "voldinare"."""
    folded = unicodedata.normalize("NFKD", text).replace("æ", "a").replace("ø", "o")
    return re.sub("[^a-z]", "", folded)
