"""What the door needs to know of a person from the person register."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegisteredPerson:
    """A person as Folkeregisteret states her: alive or deceased, address protected or not."""

    name: str
    deceased: bool
    confidential_address: bool  # address grade fortrolig or strengtFortrolig
