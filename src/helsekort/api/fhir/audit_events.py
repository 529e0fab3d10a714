"""Her own access log as AuditEvents: who has opened her record, by search and line by line.

https://hl7.org/fhir/R4/auditevent.html
"""

from __future__ import annotations

from dataclasses import replace

from helsekort.access.act import Action
from helsekort.api.fhir.call import Call
from helsekort.api.fhir.conditional import answer_with
from helsekort.api.fhir.naming import by_parameters
from helsekort.api.fhir.parts import looks_of, part_of
from helsekort.api.fhir.searches import cursor_of, outline_in, parsed
from helsekort.api.fhir.work import Named, Route
from helsekort.api.http.answer import Answer
from helsekort.audit.audit_event import audit_event
from helsekort.audit.entry import AuditEntry
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.search.bundle import searchset
from helsekort.fhir.search.links import page_links
from helsekort.fhir.search.run import run
from helsekort.fhir.search.search import Search, SortKey
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import ListShelf
from helsekort.ledger.view import View, Wants
from helsekort.maternity.identity import log_line_id, of_person

KIND = "AuditEvent"


async def search(call: Call) -> Answer:
    """The newest lines of her log that match, the newest first; for herself alone, and reading it is a line in it too.

    The pages are of the log as it was when the first was read: each page that is read makes it longer.
    """
    asked = _newest_first(parsed(call))
    cursor = cursor_of(call, asked)
    view = await call.view(Wants.LOG)
    upto = max(map(_place, view.log), default=0) if cursor is None else cursor.t
    offset = 0 if cursor is None else cursor.offset
    lines = (entry for entry in view.log if _place(entry) <= upto)
    shelf = ListShelf([_event(call, view, entry) for entry in lines])
    found = run(asked, shelf, offset)
    raw = searchset(
        asked,
        found,
        base=call.base,
        links=page_links(f"{call.base}/{KIND}", asked, found, t=upto, offset=offset),
        outline_of=lambda kind: outline_in(call.api, kind),
    )
    return Answer(200, raw, (), call.content_type)


async def read(call: Call) -> Answer:
    """One of the newest lines of her log; for herself alone, and reading it is a line in it too."""
    call.check_parameters()
    looks = looks_of(call)
    found = of_person(call.ids[0])
    view = await call.view(Wants.LOG)
    line = next((one for one in view.log if found is not None and one.id == found[1]), None)
    if line is None:
        what = "There is no such line among the newest of the log, which are those that are shown."
        raise Refused(Kind.NO_SUCH_RESOURCE, [Issue(what, "id")])
    [entry] = ListShelf([_event(call, view, line)]).all()
    return answer_with(part_of(call, entry, looks).raw, call.request, call.content_type)


def _event(call: Call, view: View, entry: AuditEntry) -> Resource:
    person = view.person.person
    return audit_event(entry, person=person, site=call.base) | {"id": log_line_id(person, entry.id)}


def _named_by_id(call: Call) -> Named:
    found = of_person(call.ids[0])
    if found is None:
        raise Refused(Kind.NO_SUCH_RESOURCE, [Issue("This is not an id of this service.", "id")])
    return Named(person=found[0])


def _newest_first(asked: Search) -> Search:
    """In the order of a log, where no other is asked for: a line has no meta.lastUpdated."""
    if asked.results.sort:
        return asked
    by_date = SortKey(asked.setting.offered[KIND]["date"], descending=True)
    return replace(asked, results=replace(asked.results, sort=(by_date,)))


def _place(entry: AuditEntry) -> int:
    """Where a line stands among the others: its id's milliseconds and counter (RFC 9562 section 5.7)."""
    return entry.id.int >> 80 << 12 | entry.id.int >> 64 & 0xFFF


ROUTES = (
    Route(
        "GET",
        f"/{KIND}",
        "search-type",
        Action.READ_LOG,
        search,
        by_parameters,
        KIND,
        of_record=False,
    ),
    Route("GET", f"/{KIND}/{{id}}", "read", Action.READ_LOG, read, _named_by_id, KIND, of_record=False),
)
