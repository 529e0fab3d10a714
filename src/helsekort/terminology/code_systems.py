"""Norwegian code systems (Volven) by number, with their codes, and the one table of how a system may be spelled.

Sources: HL7 Norge's best practice (urn:oid), HL7Norway/kodeverk (helsedir.no), NILAR (ehelse.no), Helsenorge's profiles, and
the national contract's own `VOLVEN_NNNN`. What was sent is returned; what is compared and stored as FHIR is the canonical URI.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel import Locale

VOLVEN = "2.16.578.1.12.4.1.1."
LOINC = "http://loinc.org"
SNOMED_CT = "http://snomed.info/sct"
NLK = f"urn:oid:{VOLVEN}7280"
ICD_10 = f"urn:oid:{VOLVEN}7110"
ICPC_2 = f"urn:oid:{VOLVEN}7170"
UCUM = "http://unitsofmeasure.org"
HPR_NUMBER = "urn:oid:2.16.578.1.12.4.1.4.4"
ORGANISATION_NUMBER = "urn:oid:2.16.578.1.12.4.1.4.101"

STATUSES = frozenset({"confirmed", "unconfirmed", "local"})
LANGUAGES = ("nb", "nn", "en")

_SPELLINGS = re.compile(
    r"VOLVEN_(?P<volven>[0-9]{4})"
    r"|(?:urn:oid:)?2\.16\.578\.1\.12\.4\.1\.1\.(?P<oid>[0-9]{4})"
    r"|http://(?:helsedir|ehelse)\.no/fhir/CodeSystem/no-kodeverk-(?P<page>[0-9]{4})"
    r"|http://helsenorge\.no/fhir/CodeSystem/no-kodeverk-(?P<helsenorge>[0-9]{4})\.codesystem"
)


class BadCodeSystem(ValueError):
    """A row of the code system file cannot be used; the message names the row."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code with its name in each language. `status` says whether it was seen in the list itself."""

    code: str
    names: Mapping[str, str]
    status: str


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """One Volven list. `shape` is empty where the list is known in full: then only its codes are taken."""

    number: str
    title: str
    status: str
    shape: str
    cldr: str
    source: tuple[str, ...]
    codes: Mapping[str, Code]
    _pattern: re.Pattern[str] = field(repr=False)

    @property
    def uri(self) -> str:
        """The canonical URI: the one that is compared and stored."""
        return f"urn:oid:{VOLVEN}{self.number}"

    @property
    def contract_name(self) -> str:
        """How the national JSON contract spells it."""
        return f"VOLVEN_{self.number}"

    def takes(self, code: str) -> bool:
        """True for a code of the list, or one of its shape where the list is not known in full."""
        return code in self.codes or (self.shape != "" and self._pattern.fullmatch(code) is not None)

    def name(self, code: str, language: str = "nb") -> str | None:
        """The code's name, or None where it is not known."""
        if code in self.codes:
            return self.codes[code].names[language]
        return _cldr(self.cldr, language).get(code) if self.cldr else None

    def status_of(self, code: str) -> str:
        """Whether the code itself was confirmed."""
        return self.codes[code].status if code in self.codes else self.status


def number_of(spelling: str) -> str | None:
    """The Volven number behind any spelling of a code system in use, or None.

    >>> number_of("VOLVEN_8534"), number_of("urn:oid:2.16.578.1.12.4.1.1.8534"), number_of("volven-8534")
    ('8534', '8534', None)
    """
    found = _SPELLINGS.fullmatch(spelling)
    return found[found.lastgroup] if found and found.lastgroup else None


_OIDS = {"2.16.840.1.113883.6.1": LOINC, "2.16.840.1.113883.6.96": SNOMED_CT, "2.16.840.1.113883.6.8": UCUM}


@lru_cache(maxsize=1024)
def canonical_uri(spelling: str) -> str:
    """The one URI a code system is compared by, whichever of the spellings in use was sent; others stay as they are.

    >>> canonical_uri("http://ehelse.no/fhir/CodeSystem/no-kodeverk-8534"), canonical_uri("http://loinc.org")
    ('urn:oid:2.16.578.1.12.4.1.1.8534', 'http://loinc.org')
    """
    number = number_of(spelling)
    if number is not None:
        return f"urn:oid:{VOLVEN}{number}"
    return _OIDS.get(spelling.removeprefix("urn:oid:"), spelling)


@cache
def _cldr(table: str, language: str) -> dict[str, str]:
    """Unicode CLDR's names of countries (ISO 3166-1) or languages (ISO 639-1), by two upper-case letters."""
    names: Mapping[str, str] = getattr(Locale(language), table)
    return {code.upper(): _capital(name) for code, name in names.items() if len(code) == 2}


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def load(path: Path) -> dict[str, CodeSystem]:
    """Reads and checks the code system file; raises `BadCodeSystem` with the row named."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    systems: dict[str, CodeSystem] = {}
    for row in rows["system"]:
        system = _system(row, set(rows["sources"]))
        if system.number in systems:
            raise BadCodeSystem(f"Code system {system.number} stands twice.")
        systems[system.number] = system
    return systems


_KEYS = {"number", "title", "status", "shape", "cldr", "source", "codes"}


def _system(row: dict[str, Any], sources: set[str]) -> CodeSystem:
    number = row.get("number", "")
    if unknown := row.keys() - _KEYS:
        raise BadCodeSystem(f"Code system {number}: unknown keys {sorted(unknown)}.")
    if not re.fullmatch("[0-9]{4}", number) or row.get("status") not in STATUSES or not row.get("title"):
        raise BadCodeSystem(f"Code system {number}: needs a four-digit number, a title and a status.")
    if missing := set(row.get("source", ())) - sources or not row.get("source"):
        raise BadCodeSystem(f"Code system {number}: sources {missing} are not listed.")
    shape = row.get("shape", "")
    codes = [_code(number, item, row["status"]) for item in row.get("codes", ())]
    by_code = {code.code: code for code in codes}
    if len(by_code) != len(codes) or not (codes or shape):
        raise BadCodeSystem(
            f"Code system {number}: a code stands twice, or there are neither codes nor a shape."
        )
    pattern = re.compile(shape)
    if shape and not all(map(pattern.fullmatch, by_code)):
        raise BadCodeSystem(f"Code system {number}: a code does not have the shape {shape}.")
    return CodeSystem(
        number,
        row["title"],
        row["status"],
        shape,
        row.get("cldr", ""),
        tuple(row["source"]),
        by_code,
        pattern,
    )


def _code(number: str, row: dict[str, str], status: str) -> Code:
    names = {language: row.get(language, "") for language in LANGUAGES}
    if not all(names.values()) or row.keys() - {"code", "status", *LANGUAGES}:
        raise BadCodeSystem(
            f"Code system {number}, code {row.get('code')}: needs a name in each of {LANGUAGES}."
        )
    own = row.get("status", status)
    if own not in STATUSES:
        raise BadCodeSystem(
            f"Code system {number}, code {row['code']}: status {own} is not one of {STATUSES}."
        )
    return Code(row["code"], names, own)


CODE_SYSTEMS: Mapping[str, CodeSystem] = load(Path(__file__).with_name("code_systems.toml"))
"""Every code system of the card by its Volven number."""
