"""What the caller says of the call in headers that nobody signed: for whom, in which role, from which system and place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from helsekort.access.act import Basis
from helsekort.access.roles import CODE_SYSTEM
from helsekort.basics import strict_json
from helsekort.basics.nin import InvalidNationalIdentityNumber, NationalIdentityNumber
from helsekort.basics.number_in_text import holds_national_identity_number
from helsekort.basics.refusal import Issue, Kind, Refused

PATIENT, ROLE, SOURCE_SYSTEM, FACILITY = (
    "nhn-patient-nin",
    "nhn-user-role",
    "nhn-source-system",
    "nhn-treatment-facility-name",
)
BASIS, OLDER_BASIS, REASON = "nhn-access-basis", "hit-access-basis", "nhn-access-reason"
_ROLE_CODE = re.compile(r"[A-Z][A-Z0-9]{1,3}")
_LONGEST_ROLE = 512
_BASES = {basis.value: basis for basis in Basis}

_PATIENT = PATIENT.encode()

Sent = Mapping[bytes, tuple[bytes, ...]]
"""Headers by lower-case name; a header sent twice has two values."""


class CallHeaders(msgspec.Struct, frozen=True):
    """The unsigned headers as far as they could be read; `refused` says what is wrong with them.

    `patient` is None, and `role` and the others empty, where the header is missing or wrong.
    """

    patient: NationalIdentityNumber | None
    role: str
    source_system: str
    treatment_facility: str
    refused: Refused | None
    basis: Basis = Basis.ORDINARY
    reason: str = ""


def sent(headers: Iterable[tuple[bytes, bytes]]) -> Sent:
    """Raw headers by name."""
    found: dict[bytes, tuple[bytes, ...]] = {}
    for given, value in headers:
        name = given.lower()
        found[name] = (*found[name], value) if name in found else (value,)
    return found


def texts(headers: Sent, name: str) -> list[str]:
    """The values of a header: UTF-8, or Latin-1 where they are not."""
    return [_text(value) for value in headers.get(name.encode(), ())]


class Naming(Enum):
    """Whether a call names its patient in the header."""

    REQUIRED = "required"
    OPTIONAL = "optional"  # the patient may be told by an id instead
    NOBODY = "nobody"  # the call is about no patient, and one that is named is not looked at


def read_headers(headers: Sent, *, allow_synthetic: bool, naming: Naming = Naming.REQUIRED) -> CallHeaders:
    """Reads the headers of the national contract, all faults at once; nothing here is trusted yet."""
    named = naming is Naming.REQUIRED or (naming is Naming.OPTIONAL and _PATIENT in headers)
    issues: list[Issue] = []
    patient = _patient(headers, issues, allow_synthetic=allow_synthetic) if named else None
    told = _circumstances(tuple(map(headers.get, _TOLD)))
    kind = Kind.INVALID_NIN if issues else Kind.INVALID_HEADER
    issues += told.issues
    refused = Refused(kind, issues) if issues else None
    return CallHeaders(
        patient, told.role, told.source_system, told.facility, refused, told.basis, told.reason
    )


_TOLD = tuple(name.encode() for name in (ROLE, SOURCE_SYSTEM, FACILITY, BASIS, OLDER_BASIS, REASON))


@dataclass(frozen=True, slots=True)
class _Circumstances:
    """What the headers but the patient's say, and what is wrong with them."""

    role: str
    source_system: str
    facility: str
    basis: Basis
    reason: str
    issues: tuple[Issue, ...]


@lru_cache(maxsize=1024)  # a system says the same from call to call
def _circumstances(values: tuple[tuple[bytes, ...] | None, ...]) -> _Circumstances:
    headers: Sent = {name: sent for name, sent in zip(_TOLD, values, strict=True) if sent is not None}
    issues: list[Issue] = []
    role = _role(headers, issues)
    source_system = _plain(headers, SOURCE_SYSTEM, issues, shortest=3)
    facility = _plain(headers, FACILITY, issues, shortest=0)
    basis = _basis(headers, issues)
    reason = _plain(headers, REASON, issues, shortest=0, longest=500)
    return _Circumstances(role, source_system, facility, basis, reason, tuple(issues))


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _only(headers: Sent, name: str, issues: list[Issue]) -> str:
    values = texts(headers, name)
    if len(values) > 1:
        issues.append(Issue("The header is sent more than once.", name))
        return ""
    return values[0] if values else ""


def _patient(headers: Sent, issues: list[Issue], *, allow_synthetic: bool) -> NationalIdentityNumber | None:
    value = _only(headers, PATIENT, issues)
    if issues:
        return None
    if not value:
        issues.append(Issue("The header is missing.", PATIENT))
        return None
    try:
        return NationalIdentityNumber.parse(value, allow_synthetic=allow_synthetic)
    except InvalidNationalIdentityNumber as error:
        issues.append(Issue(f"{str(error).capitalize()}.", PATIENT))
        return None


def _role(headers: Sent, issues: list[Issue]) -> str:
    """The code of `{"system": ..., "code": ...}`, URL-encoded; the empty text where no role is stated."""
    value = _only(headers, ROLE, issues)
    if not value:
        return ""
    code = _role_code(value)
    if not code:
        hint = f'Send URL-encoded JSON: {{"system":"{CODE_SYSTEM}","code":"LE"}}.'
        issues.append(Issue("The role cannot be read.", ROLE, hint))
    return code


def _role_code(value: str) -> str:
    """The code in the header's text; the empty text where it cannot be read."""
    try:
        stated = strict_json.parse(unquote(value).encode("utf-8", "replace"), limit=_LONGEST_ROLE)
    except Refused:
        return ""
    code = stated.get("code") if isinstance(stated, dict) else None
    if not isinstance(code, str) or stated.get("system") != CODE_SYSTEM or not _ROLE_CODE.fullmatch(code):
        return ""
    return code


def _basis(headers: Sent, issues: list[Issue]) -> Basis:
    """The ground stated, under the present or the older name; treatment under her consent where none is."""
    stated = {value for name in (BASIS, OLDER_BASIS) if (value := _only(headers, name, issues))}
    if not stated:
        return Basis.ORDINARY
    basis = _BASES.get(stated.pop()) if len(stated) == 1 else None
    if basis is None:
        issues.append(Issue("The access basis cannot be read.", BASIS, f"Send one of {', '.join(_BASES)}."))
    return basis or Basis.ORDINARY


def _plain(headers: Sent, name: str, issues: list[Issue], *, shortest: int, longest: int = 512) -> str:
    """A short text that will stand in logs and in her access log: printable, percent-encoded or not, no identity number."""
    value = unquote(_only(headers, name, issues)).strip()
    if not shortest and not value:
        return ""
    if not shortest <= len(value) <= longest or not value.isprintable():
        issues.append(
            Issue(f"The header must have {max(shortest, 1)} to {longest} printable characters.", name)
        )
        return ""
    if holds_national_identity_number(value):
        issues.append(Issue("A national identity number does not belong in this header.", name))
        return ""
    return value
