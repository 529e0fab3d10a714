"""Which due dates there are, and which of them a named person has adopted: that one is counted from, and none else is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from helsekort.fhir.shapes import Resource, code_in
from helsekort.maternity.gestation import Basis, DueDate, due_date_beside, in_order
from helsekort.maternity.moments import day_of
from helsekort.maternity.part import Part
from helsekort.maternity.registering import Registered, registered
from helsekort.maternity.uris import OBSERVATION_CODE

ADOPTED = "adopted-due-date"
"""Our code for the due date that a named person has chosen."""
_LENGTH = "pregnancy-length"
_FIELDS = {
    "currentPregnancy.dueDateCorrectedDate": Basis.CORRECTED,
    "currentPregnancy.dueDateBasedOnUltrasound": Basis.ULTRASOUND,
    "currentPregnancy.dueDate": Basis.LAST_PERIOD,
}
_LAST_PERIOD = "currentPregnancy.dateLastPeriod"
_LENGTHS = range(250, 311)
"""What can be a length of pregnancy; another number is no such thing, and the usual length is taken."""
_OVER = frozenset({"entered-in-error", "cancelled"})

Told = tuple[DueDate, Registered]
"""A due date, and who registered it."""


def due_dates(values: Mapping[str, tuple[str, Registered]], parts: Iterable[Part]) -> tuple[Told, ...]:
    """Every due date in the order they are shown; first the one that a named person last adopted, where somebody has.

    `values` are the card's own, by field; an adopted date that the card has no field for is one more.
    """
    found = dict(_of_the_card(values))
    chosen = _adopted([one for part in parts for one in part.resources])
    if chosen is not None and all(due.day != chosen[0].day for due in found):
        found[chosen[0]] = chosen[1]
    first = None if chosen is None else chosen[0].day
    return tuple((due, found[due]) for due in sorted(in_order(found), key=lambda due: due.day != first))


def _of_the_card(values: Mapping[str, tuple[str, Registered]]) -> Iterable[Told]:
    for key, basis in _FIELDS.items():
        if key not in values:
            continue
        day, by = date.fromisoformat(values[key][0]), values[key][1]
        if basis is Basis.LAST_PERIOD and _LAST_PERIOD in values:
            yield due_date_beside(day, date.fromisoformat(values[_LAST_PERIOD][0])), by
        else:
            yield DueDate(day, basis), by


def _adopted(resources: list[Resource]) -> Told | None:
    """The last that was adopted: by the day it was done where that is told, else by when it was registered."""
    last = last_adopted(resources)
    day = None if last is None else day_of(last.get("valueDateTime"))
    if last is None or day is None:
        return None
    due, days = date.fromisoformat(day), _length(last, resources)
    begun = None if days is None or days >= due.toordinal() else due - timedelta(days=days)
    return DueDate(due, Basis.ADOPTED, begun), registered(last)


def last_adopted(resources: Iterable[Resource]) -> Resource | None:
    """Which of the resources is the due date that a named person last adopted; None where nobody has."""
    return max((one for one in resources if _adopts(one)), key=_when, default=None)


def _adopts(resource: Resource) -> bool:
    of_ours = code_in(resource.get("code"), OBSERVATION_CODE) == ADOPTED
    return (
        of_ours and resource.get("status") not in _OVER and day_of(resource.get("valueDateTime")) is not None
    )


def _when(resource: Resource) -> tuple[str, str]:
    at = registered(resource).at
    return day_of(resource.get("effectiveDateTime")) or at[:10], at


def _length(adopted: Resource, resources: list[Resource]) -> int | None:
    """The days that the adopted due date counts with, where it or the one it adopts says so."""
    names = {one.get("reference") for one in adopted.get("derivedFrom", ())}
    holders = [adopted, *(one for one in resources if f"Observation/{one['id']}" in names)]
    told = [component for one in holders for component in one.get("component", ())]
    for component in told:
        days = component.get("valueQuantity", {}).get("value")
        if code_in(component.get("code"), OBSERVATION_CODE) == _LENGTH and days is not None:
            return int(days) if days in _LENGTHS else None
    return None
