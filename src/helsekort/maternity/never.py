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
_NAMES = tuple(name for never in CATALOGUE.never for name in never.names)
_CODE_NAME = re.compile("code|kode|coding|koding|concept|begrep|token")
_SYSTEM_NAME = re.compile("system|kodeverk|oid|vocabulary|terminolog|thesaurus")
_TOKEN = re.compile(r"la[0-9]{1,7}-[0-9]|[0-9]{1,7}-[0-9]\b|[a-z0-9]+(?:\.[0-9]+)?")
_BELOW = ("", *"0123456789", *(f"{number:02}" for number in range(100)))
_TRACES = frozenset(
    code.partition("-")[0].encode() for system in _SYSTEMS if system != "ICD10" for code in _CODES[system]
) | frozenset(
    trace.encode()
    for code in _CODES["ICD10"]
    for trace in (code[:3], *(code.replace(".", "") + more for more in _BELOW))
)
"""Every code as it stands between anything but letters and digits: what is below an ICD-10 code too, without a dot."""
_WORDS = bytes.maketrans(
    bytes(range(256)), bytes(one if chr(one).isascii() and chr(one).isalnum() else 32 for one in range(256))
)


def may_hold_never(v1: bytes) -> bool:
    """False where a body has no trace of any of it: one quick look at its text."""
    text = _plain(v1.decode("utf-8"))
    return not _TRACES.isdisjoint(text.encode("ascii", "ignore").translate(_WORDS).split()) or _named(text)


def never_in(sent: Any, shape: Shape, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Where in an object something stands that is never on the card, as far as the contract has names for the place."""
    system = _system_told(sent)
    for name, value in sent.items():
        node = shape.get(name)
        where = child(path, name) if node is not None else path
        letters = _letters(_plain(name))
        if node is None and (_named(_plain(name)) or _is_code(name, "")):
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


def _said_with(system: str) -> re.Pattern[str]:
    """A text that names the system and, at most three words on, one of its codes. Every repeat is short: time is linear."""
    below = r"(?:\.?[0-9]{1,2})?" if system == "ICD10" else ""
    codes = "|".join(re.escape(code).replace(r"\.", r"\.?") for code in sorted(_CODES[system]))
    between = r"[a-z0-9]{0,20}(?:[^a-z0-9]{1,5}[a-z0-9]{1,20}){0,3}?[^a-z0-9]{1,5}"
    return re.compile(f"(?:{_SYSTEMS[system].pattern}){between}(?:{codes}){below}(?![a-z0-9])")


_SAID = tuple(map(_said_with, _SYSTEMS))


def _is_said(text: str) -> bool:
    """True where a text says a code with its system, "ICPC-2 Z25" or "http://loinc.org|11613-7", or is one of LOINC's."""
    return text.strip() in _CODES["LOINC"] or any(pattern.search(text) for pattern in _SAID)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _named(text: str) -> bool:
    letters = _letters(text)
    return any(map(letters.__contains__, _NAMES))


_NO_LETTERS = bytes(set(range(256)) - set(b"abcdefghijklmnopqrstuvwxyz"))


def _letters(text: str) -> str:
    """Only the letters of a lower-case text, with a for å and æ and o for ø: "vold_i_nære" is "voldinare"."""
    folded = text.replace("å", "a").replace("æ", "a").replace("ø", "o")
    return folded.encode("ascii", "ignore").translate(None, _NO_LETTERS).decode("ascii")
