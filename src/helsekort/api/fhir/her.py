"""The records of one woman: the one that is named, or each of hers, every one read through the door by itself."""

from __future__ import annotations

from dataclasses import replace

from helsekort.api.fhir.call import Call
from helsekort.fhir.shelf import Shelf
from helsekort.ledger.view import View, Wants
from helsekort.maternity.history import view_at
from helsekort.maternity.shelf import shelf_of


async def views_of(call: Call, wants: Wants) -> list[View]:
    """A view of each record of hers that the request can be about, the newest first; of nothing but her where she has none."""
    named = call.named.record
    if named is not None:
        view = await call.view(wants, record=named)
        if view.record is not None:
            return [view]
    return await _each(call, wants)


async def _each(call: Call, wants: Wants) -> list[View]:
    patient, remembered = call.act.patient, call.api.remembered
    if known := remembered.records(patient):
        newest = await call.view(wants, record=known[-1])
        if newest.record is not None and newest.person.latest_record == known[-1]:
            return [newest, *[await call.view(wants, record=one) for one in reversed(known[:-1])]]
    listed = await call.view(Wants.RECORDS)
    records = tuple(one.state.record for one in sorted(listed.records, key=lambda one: one.state.created))
    if not records:
        return [replace(listed, records=())]
    remembered.keep(patient, records)
    return [await call.view(wants, record=one) for one in reversed(records)]


def shelf_in(call: Call, view: View) -> Shelf:
    """What the caller may see of a view, as it was at the moment asked for where one is."""
    seen = view if call.at is None else view_at(view, call.at)
    return shelf_of(seen, number=call.act.patient)
