"""Who is behind a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from helsekort.basics.nin import NationalIdentityNumber


class ActorKind(Enum):
    """The kinds of caller the record knows."""

    __hash__ = object.__hash__  # a member is the only one of its kind: Enum's own hash is slow

    PRACTITIONER = "practitioner"  # helsepersonell with a HelseID user token
    MACHINE = "machine"  # an EHR's own token, no person behind it: /status only
    CITIZEN = "citizen"  # the pregnant woman herself
    PROXY = "proxy"  # somebody with a power of attorney (fullmakt) from her, or a parent
    SYSTEM = "system"  # this service, on a legal basis


@dataclass(frozen=True, slots=True)
class Organisation:
    """The legal entity and point of care behind a call (hovedenhet and underenhet in Enhetsregisteret)."""

    parent_number: str
    number: str
    name: str
    supplier_number: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller whose token, proof, role and organisation have been verified.

    `name` and `role` are what the pregnant woman sees in her access log; `nin` is the person's own number and is never shown.
    """

    kind: ActorKind
    name: str
    client_id: str
    nin: NationalIdentityNumber | None = None
    hpr_number: str = ""
    role: str = ""  # Volven 9060: LE, JO, SP ...
    organisation: Organisation | None = None
    token_id: str = ""
