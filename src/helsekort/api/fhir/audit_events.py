"""Her own access log as AuditEvents: who has opened her record, by search (https://hl7.org/fhir/R4/auditevent.html)."""

from __future__ import annotations

from helsekort.access.act import Action
from helsekort.api.fhir.call import Call
from helsekort.api.fhir.naming import by_parameters
from helsekort.api.fhir.searches import cursor_of, outline_in, parsed
from helsekort.api.fhir.work import Route
from helsekort.api.http.answer import Answer
from helsekort.audit.audit_event import audit_event
from helsekort.audit.entry import AuditEntry
from helsekort.fhir.search.bundle import searchset
from helsekort.fhir.search.links import page_links
from helsekort.fhir.search.run import run
from helsekort.fhir.shelf import ListShelf
from helsekort.ledger.view import Wants

KIND = "AuditEvent"


async def search(call: Call) -> Answer:
    """The newest lines of her log that match; for herself alone, and reading it is a line in it too.

    The pages are of the log as it was when the first was read: each page that is read makes it longer.
    """
    asked = parsed(call)
    cursor = cursor_of(call, asked)
    view = await call.view(Wants.LOG)
    upto = max(map(_milliseconds, view.log), default=0) if cursor is None else cursor.t
    offset = 0 if cursor is None else cursor.offset
    lines = (entry for entry in view.log if _milliseconds(entry) <= upto)
    shelf = ListShelf([audit_event(entry, person=view.person.person, site=call.base) for entry in lines])
    found = run(asked, shelf, offset)
    raw = searchset(
        asked,
        found,
        base=call.base,
        links=page_links(f"{call.base}/{KIND}", asked, found, t=upto, offset=offset),
        outline_of=lambda kind: outline_in(call.api, kind),
    )
    return Answer(200, raw, (), call.content_type)


def _milliseconds(entry: AuditEntry) -> int:
    return int(entry.at.timestamp() * 1000)


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
)
