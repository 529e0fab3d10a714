"""One resource: as it is, as it was in one version, and every version of it. Stored bytes are sent, never parsed."""

from __future__ import annotations

from helsekort.api.fhir.call import Call
from helsekort.api.fhir.conditional import answer_with
from helsekort.api.fhir.her import shelf_in
from helsekort.api.fhir.parts import looks_of, part_of
from helsekort.api.http.answer import Answer
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.shelf import Entry
from helsekort.ledger.view import NEWEST, View, Wants
from helsekort.maternity.history import Version, resource_versions
from helsekort.maternity.identity import parts_of
from helsekort.maternity.shelf import shelf_of

OF_ALL_HER_RECORDS = "Patient"


async def read(call: Call) -> Answer:
    """The resource as it is, or as it was at the moment that `at` names."""
    call.check_parameters("at")
    looks = looks_of(call)
    kind, id_ = call.route.kind, call.ids[0]
    wants = Wants.PARTS if call.at is None else Wants.PARTS | Wants.COMMITS
    if kind == OF_ALL_HER_RECORDS:
        view = await call.view(wants, record=NEWEST)
    else:
        parts = parts_of(kind, id_)
        sought = Sought(call) if parts and call.at is None else None
        view = await call.view(wants, parts=frozenset(parts) or None, further=sought)
        if sought is not None and sought.view is view and sought.entry is not None:
            return call.marked(_answer(call, part_of(call, sought.entry, looks)), view)
    entry = shelf_in(call, view).get(kind, id_)
    if entry is None:
        raise _missing(call, view)
    return call.marked(_answer(call, part_of(call, entry, looks)), view)


class Sought:
    """Looks for the resource of a call in what was opened for it: where it is not there, the record's commits tell why.

    What it finds is an answer only where that very view is what the caller may see, with nothing taken out of it since.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self.view: View | None = None
        self.entry: Entry | None = None

    def __call__(self, view: View) -> bool:
        self.view = view
        self.entry = shelf_in(self._call, view).get(self._call.route.kind, self._call.ids[0])
        return self.entry is None


def _answer(call: Call, entry: Entry) -> Answer:
    return answer_with(entry.raw, call.request, call.content_type)


async def vread(call: Call) -> Answer:
    """The resource as it was in one version."""
    call.check_parameters()
    looks = looks_of(call)
    kind, id_, number = call.route.kind, *call.ids
    view = await call.view(Wants.COMMITS)
    version = next(
        (one for one in resource_versions(view.commits, kind, id_) if str(one.number) == number), None
    )
    if version is None:
        raise Refused(Kind.NO_SUCH_RESOURCE, [Issue("The resource has no such version.", "id")])
    if version.entry is None:
        raise _deleted()
    return call.marked(_answer(call, part_of(call, version.entry, looks)), view)


async def versions_of(call: Call) -> tuple[View, list[Version]]:
    """Every version of one resource that may be seen, the oldest first; raises NO_SUCH_RESOURCE where there is none."""
    view = await call.view(Wants.COMMITS)
    found = resource_versions(view.commits, call.route.kind, call.ids[0])
    if not found:
        raise _unknown()
    return view, found


def _missing(call: Call, view: View) -> Refused:
    """Gone or never there: the record's commits tell."""
    gone = shelf_of(view).gone(call.route.kind, call.ids[0])
    return _deleted() if gone and call.at is None else _unknown()


def _deleted() -> Refused:
    return Refused(Kind.DELETED, [Issue("It was deleted; its history tells when.", "id")])


def _unknown() -> Refused:
    return Refused(Kind.NO_SUCH_RESOURCE, [Issue("There is no such resource in the record.", "id")])
