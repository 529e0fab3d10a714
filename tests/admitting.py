"""Admission for tests that are about something else: nothing is switched off, and requests have a thousand times their rate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from helsekort.access.limits import Allowances, Limits
from helsekort.access.switch import Off
from helsekort.basics.clock import system_clock
from helsekort.basics.ids import new_id
from helsekort.ledger.ledger import Ledger
from helsekort.records.admission import Admission

PATIENT_TESTS = Allowances().times(1_000)


def nothing_off() -> Off:
    """The switch with everything on."""
    return frozenset()


async def as_it_is() -> None:
    """There is nothing newer to read."""


def admitting(
    ledger: Ledger,
    *,
    off: Callable[[], Off | None] = nothing_off,
    read_again: Callable[[], Awaitable[None]] = as_it_is,
    allowances: Allowances = PATIENT_TESTS,
    clock: Callable[[], datetime] = system_clock,
) -> Admission:
    """An admission whose alarms reach the ledger."""
    return Admission(
        off=off,
        read_again=read_again,
        limits=Limits(allowances, salt=b"tests"),
        note=partial(ledger.note, None),
        clock=clock,
        new_id=new_id,
    )
