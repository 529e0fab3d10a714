"""A part of one resource: what `_summary` and `_elements` leave of it (https://hl7.org/fhir/R4/search.html#summary)."""

from __future__ import annotations

from helsekort.api.fhir.call import Call
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.basics.strict_json import dump
from helsekort.fhir.search.asked import Setting
from helsekort.fhir.search.outline import outline_of, parts_of
from helsekort.fhir.search.results import results_of
from helsekort.fhir.search.search import Results
from helsekort.fhir.shelf import Entry

_NAMES = frozenset({"_summary", "_elements"})


def looks_of(call: Call) -> Results | None:
    """Which part of a resource is asked for, None for all of it; raises INVALID_PARAMETER."""
    asked = [pair for pair in call.query if pair[0] in _NAMES]
    if not asked:
        return None
    setting = Setting(offered=call.api.searchable, base=call.base, zone=call.api.zone)
    results, issues = results_of(call.route.kind, asked, setting)
    if results.summary == "count":
        issues.append(
            Issue("One resource is not counted.", "_summary", "There are: true, text, data, false.")
        )
    if issues:
        raise Refused(Kind.INVALID_PARAMETER, issues)
    return results if results.summary != "false" or results.elements else None


def part_of(call: Call, entry: Entry, looks: Results | None) -> Entry:
    """The part of a resource that is asked for, marked as not whole."""
    if looks is None:
        return entry
    outline = outline_of(call.api.definitions, entry.kind)
    return Entry(entry.kind, entry.id, dump(parts_of(entry.resource, looks, outline)))
