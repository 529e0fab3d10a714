"""Who calls and for whom, as far as a request's headers say it and the checks have confirmed it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from helsekort.access.actor import Actor
from helsekort.api.http.request import Request
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Refused


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified actor, and the circumstances the headers give."""

    actor: Actor
    patient: NationalIdentityNumber
    source_system: str = ""
    treatment_facility: str = ""


class CallerRefused(Exception):
    """Somebody trustworthy calls but may not go on.

    With `caller`, the patient is named too and is to see it in her access log.
    """

    def __init__(self, refused: Refused, *, actor: Actor, caller: Caller | None = None) -> None:
        super().__init__(str(refused))
        self.refused = refused
        self.actor = actor
        self.caller = caller


Identify = Callable[[Request], Awaitable[Caller]]
"""Finds out who calls. Raises Refused where nobody trustworthy is behind it, CallerRefused where somebody is."""
