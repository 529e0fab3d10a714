"""Whether a code can be one of its system at all: check digits and shapes of LOINC, SNOMED CT and Norsk laboratoriekodeverk."""

from __future__ import annotations

import re

_LOINC = re.compile(r"[0-9]{1,7}-[0-9]")
_SNOMED = re.compile(r"[1-9][0-9]{5,17}")
_NLK = re.compile(r"(NPU|NOR)[0-9]{5}")

# Verhoeff's tables: the dihedral group of order ten, and the permutation applied once a position.
_GROUP = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PERMUTATION = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def loinc(code: str) -> bool:
    """True where the digit after the hyphen is the modulus-10 check digit (LOINC Users' Guide, appendix C).

    >>> loinc("718-7"), loinc("718-8")
    (True, False)
    """
    if not _LOINC.fullmatch(code):
        return False
    number, digit = code.split("-")
    total = 0
    for place, character in enumerate(reversed(number)):
        value = int(character) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10 == int(digit)


def snomed(code: str) -> bool:
    """True where the last digit is the Verhoeff check digit (SNOMED CT TSG 5.5) and the partition is a concept's.

    >>> snomed("289206005"), snomed("289206006")
    (True, False)
    """
    if not _SNOMED.fullmatch(code) or code[-3:-1] not in {"00", "10"}:
        return False
    check = 0
    for place, character in enumerate(reversed(code)):
        permuted = _PERMUTATION[place % 8][int(character)]
        check = int(_GROUP[check][int(permuted)])
    return check == 0


def nlk(code: str) -> bool:
    """True for the shape of a code in Norsk laboratoriekodeverk: NPU or NOR and five digits; it has no check digit.

    >>> nlk("NOR05172"), nlk("NPU1976")
    (True, False)
    """
    return _NLK.fullmatch(code) is not None
