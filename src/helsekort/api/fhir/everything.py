"""Everything of a record, or of all of hers (https://hl7.org/fhir/R4/operation-patient-everything.html).

In one Bundle unless `_count` asks for pages, which then stay as more is written. `start` and `end` are about when care was given,
`_since` about when something was last changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helsekort.api.fhir.call import Call
from helsekort.api.fhir.her import joined, shelf_in
from helsekort.api.fhir.parameters import Parameters
from helsekort.api.fhir.searches import EVERY, cursor_of, cut, moment_of, pinned_by, seen
from helsekort.api.http.answer import Answer
from helsekort.basics.clock import to_wire
from helsekort.basics.turns import in_turns
from helsekort.fhir.search.asked import Setting
from helsekort.fhir.search.bundle import entry_bytes, warned
from helsekort.fhir.search.bundle import joined as bundle_of
from helsekort.fhir.search.dates import ranges_of
from helsekort.fhir.search.links import page_links
from helsekort.fhir.search.ranges import Range
from helsekort.fhir.search.results import MOST_COUNT
from helsekort.fhir.search.search import Results, Search
from helsekort.fhir.search.values import reader
from helsekort.fhir.shelf import Entry, Shelf
from helsekort.maternity.projections import PROJECTED

TAKEN = ("_count", "_since", "_type", "at", "end", "start")
_CARE: Mapping[str, str] = {
    "CarePlan": "date",
    "DocumentReference": "period",
    "Encounter": "date",
    "Immunization": "date",
    "MedicationStatement": "effective",
    "Observation": "date",
    "Procedure": "date",
    "QuestionnaireResponse": "authored",
    "Task": "period",
}
"""The search parameter that tells when care was given. Of other types none does: an allergy goes on."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked for: types (none: all), the moment since which it was changed, and when care was given."""

    kinds: frozenset[str]
    since: str
    care: Range | None


async def everything(call: Call) -> Answer:
    """The resources asked for, and who registered them."""
    wanted, search = _asked(call)
    cursor = cursor_of(call, search)
    views = await seen(call, pinned_by(cursor))
    chosen = await _chosen(call, joined([shelf_in(call, view) for view in views]), wanted)
    offset = 0 if cursor is None else cursor.offset
    found = cut(chosen, offset, search.results.count)
    address = f"{call.base}/{call.route.kind}/{call.ids[0]}/$everything"
    links = page_links(address, search, found, t=moment_of(views), offset=offset)
    prefix = f"{call.base}/"
    entries = await in_turns(entry_bytes(one, prefix, b"match") for one in found.matches)
    raw = bundle_of([*entries, *warned(search.warnings)], total=found.total, links=links)
    return call.marked(Answer(200, raw, (), call.content_type), views[0])


def _asked(call: Call) -> tuple[_Wanted, Search]:
    """What is asked for, and the same as a search without clauses, for its pages; raises INVALID_PARAMETER."""
    asked = Parameters(call, (*TAKEN, "_page"), tells_warnings=True)
    kinds = frozenset(asked.every("_type"))
    if not kinds <= call.api.searchable.keys():
        hint = f"There are: {', '.join(sorted(call.api.searchable))}."
        asked.wrong("_type", "This kind of resource is not known here.", hint)
    since, count = asked.moment("_since"), asked.whole("_count")
    asked.moment("at")
    care = _care(asked)
    asked.check()
    search = Search(
        kind=f"{call.route.kind}/$everything",
        clauses=(),
        results=Results(count=EVERY if count is None else min(count, MOST_COUNT)),
        setting=Setting(offered=call.api.searchable, base=call.base, zone=call.api.zone),
        used=tuple(asked.used),
        warnings=tuple(asked.warnings),
    )
    return _Wanted(kinds, "" if since is None else to_wire(since), care), search


def _care(asked: Parameters) -> Range | None:
    start, end = asked.days("start"), asked.days("end")
    if start is not None and end is not None and start[0] > end[1]:
        asked.wrong("start", "This is after the end.", "Send start and end in their order.")
    if start is None and end is None:
        return None
    return (-(10**30) if start is None else start[0], 10**30 if end is None else end[1])


async def _chosen(call: Call, shelf: Shelf, wanted: _Wanted) -> list[Entry]:
    """The entries asked for in their order; what is made when it is asked for has no dates, and follows what is stored."""
    found = await in_turns((one, _is_wanted(call, one, wanted)) for one in shelf.all())
    stored = {one.id for one, is_wanted in found if is_wanted and one.kind not in PROJECTED}
    narrowed = bool(wanted.since or wanted.care)
    return [
        one
        for one, is_wanted in found
        if is_wanted
        and (not wanted.kinds or one.kind in wanted.kinds)
        and (not narrowed or one.kind not in PROJECTED or _follows(one, stored))
    ]


def _follows(made: Entry, stored: set[str]) -> bool:
    """A Provenance goes with its target, which has its id; she, the fetuses and those who registered go with anything."""
    return made.id in stored if made.kind == "Provenance" else bool(stored)


def _is_wanted(call: Call, entry: Entry, wanted: _Wanted) -> bool:
    """Whether it was changed since, and is of care given then."""
    if entry.kind in PROJECTED:
        return True
    if wanted.since and entry.glimpse(_META).get("meta", {}).get("lastUpdated", "") < wanted.since:
        return False
    return wanted.care is None or _is_of_care(call, entry, wanted.care)


_META = frozenset({"meta"})


def _is_of_care(call: Call, entry: Entry, care: Range) -> bool:
    """Whether any of its dates lies within; what has none comes along."""
    code = _CARE.get(entry.kind)
    if code is None:
        return True
    values = reader(call.api.searchable[entry.kind][code])(entry.resource)
    spans = [span for value in values for span in ranges_of(value, call.api.zone)]
    return not spans or any(span[0] <= care[1] and care[0] <= span[1] for span in spans)
