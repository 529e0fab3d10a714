"""Whether a text holds a national identity number, which it must not where it ends up in logs."""

from __future__ import annotations

import re

from helsekort.basics.nin import InvalidNationalIdentityNumber, NationalIdentityNumber

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ELEVEN_DIGITS = re.compile(r"[0-9](?:[ ._+-]?[0-9]){10,}")
_SEPARATORS = re.compile(r"[ ._+-]")


def holds_national_identity_number(text: str) -> bool:
    """True where eleven digits anywhere in the text, separators between them or not, are a valid number.

    A UUID may hold eleven digits in a row by chance and is not looked into.
    """
    runs = _ELEVEN_DIGITS.finditer(_UUID.sub("/", text))
    return any(_holds_one(_SEPARATORS.sub("", run[0])) for run in runs)


def _holds_one(digits: str) -> bool:
    return any(_valid(digits[start : start + 11]) for start in range(len(digits) - 10))


def _valid(digits: str) -> bool:
    try:
        NationalIdentityNumber.parse(digits, allow_synthetic=True)
    except InvalidNationalIdentityNumber:
        return False
    return True
