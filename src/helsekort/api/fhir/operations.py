"""Operations that read: the card, the summary, everything, the newest of each, every change. Functions over what may be seen.

https://hl7.org/fhir/R4/operations.html: by GET with the parameters in the address, by POST with Parameters in the body.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from helsekort.access.act import Action
from helsekort.api.fhir import histories
from helsekort.api.fhir.call import Call, moment_in
from helsekort.api.fhir.her import joined, shelf_in
from helsekort.api.fhir.media import JSON_BODIES
from helsekort.api.fhir.naming import by_id, by_parameters
from helsekort.api.fhir.searches import parsed, seen
from helsekort.api.fhir.work import Handle, Names, Route
from helsekort.api.http.answer import Answer
from helsekort.basics.clock import to_wire
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.basics.turns import in_turns
from helsekort.fhir.offering import OperationOffered
from helsekort.fhir.search.bundle import entry_bytes
from helsekort.fhir.search.bundle import joined as bundle_of
from helsekort.fhir.search.lastn import most_each, newest_each
from helsekort.fhir.shelf import Entry, Shelf
from helsekort.ledger.view import View
from helsekort.maternity.document import card_document
from helsekort.patient_summary.document import named, summary

LANGUAGES = ("nb", "nn", "en")


@dataclass(frozen=True, slots=True)
class Seen:
    """What an operation works on: the call, what may be seen of the records it is about, and the newest of them."""

    call: Call
    shelf: Shelf
    newest: View


Run = Callable[[Seen], Awaitable[bytes]]
"""The answer as JSON; raises Refused."""


def routes(operations: Iterable[OperationOffered]) -> Iterator[Route]:
    """Each operation that is offered at its addresses, by GET and by POST; those of other modules are left out."""
    for one in operations:
        handle = _HANDLES.get(one.name)
        if handle is None:
            continue
        for kind in one.kinds:
            if one.on_instance:
                yield from _both_ways(one, handle, by_id, kind, f"/{kind}/{{id}}/${one.name}")
            if one.on_type:
                yield from _both_ways(one, handle, by_parameters, kind, f"/{kind}/${one.name}")


def _both_ways(
    one: OperationOffered, handle: Handle, names: Names, kind: str, template: str
) -> Iterator[Route]:
    action = Action.READ_RESOURCES if one.on_instance else Action.SEARCH_RESOURCES
    for method, takes in (("GET", frozenset[str]()), ("POST", JSON_BODIES)):
        yield Route(
            method,
            template,
            "operation",
            action,
            handle,
            names,
            kind,
            takes,
            of_record=one.on_instance,
            in_parameters=True,
        )


def _over_shelf(run: Run, *taken: str) -> Handle:
    """Reads what may be seen, and answers with what the function makes of it."""

    async def handle(call: Call) -> Answer:
        call.check_parameters("at", *taken)
        views = await seen(call)
        shelf = joined([shelf_in(call, view) for view in views])
        raw = await run(Seen(call, shelf, views[0]))
        return call.marked(Answer(200, raw, (), call.content_type), views[0])

    return handle


async def card(told: Seen) -> bytes:
    """The whole card as a document, now or at a moment; raises NO_SUCH_RESOURCE where there was none yet."""
    call, record = told.call, told.newest.record
    if record is None or told.shelf.get("EpisodeOfCare", call.ids[0]) is None:
        raise Refused(Kind.NO_SUCH_RESOURCE, [Issue("There was no record yet.", "at")])
    return card_document(
        told.shelf,
        record=record.record,
        base=call.base,
        at=call.at or call.api.clock(),
        id_=call.api.new_id(),
        language=language_of(call),
    )


async def everything(told: Seen) -> bytes:
    """Every resource of the record, or of all of hers; of some types only (`_type`), or changed since (`_since`)."""
    call = told.call
    kinds = _kinds(call)
    since = [value for name, value in call.parameters if name == "_since"]
    after = to_wire(moment_in("_since", since)) if since else ""
    entries = (
        one
        for one in await in_turns(told.shelf.all())
        if (not kinds or one.kind in kinds) and (not after or _changed(one) >= after)
    )
    return await _searchset(call, entries)


def _kinds(call: Call) -> set[str]:
    """The types that are asked for, none for all; raises INVALID_PARAMETER for one that is not known here."""
    kinds = {kind for name, value in call.parameters if name == "_type" for kind in value.split(",")}
    if not kinds <= call.api.searchable.keys():
        hint = f"There are: {', '.join(sorted(call.api.searchable))}."
        raise Refused(
            Kind.INVALID_PARAMETER, [Issue("This kind of resource is not known here.", "_type", hint)]
        )
    return kinds


def _changed(entry: Entry) -> str:
    changed: str = entry.resource.get("meta", {}).get("lastUpdated", "")
    return changed


async def _searchset(call: Call, entries: Iterable[Entry]) -> bytes:
    prefix = f"{call.base}/"
    written = await in_turns(entry_bytes(one, prefix, b"match") for one in entries)
    path = call.request.path.decode("latin-1").partition("/fhir/r4")[2]
    return bundle_of(written, total=len(written), links=[("self", f"{call.base}{path}")])


async def patient_summary(call: Call) -> Answer:
    """The International Patient Summary of the woman, named as the person register names her."""
    call.check_parameters("at", "profile")
    views = await seen(call)
    shelf = joined([shelf_in(call, view) for view in views])
    patient = shelf.get("Patient", call.ids[0])
    if patient is None:
        raise Refused(Kind.NO_SUCH_RESOURCE, [Issue("This is not her id.", "id")])
    known = await call.api.find_person(call.act.patient)
    raw = summary(
        shelf,
        patient=named(patient.resource, name=known.name if known else "", born=call.act.patient.born),
        base=call.base,
        at=call.at or call.api.clock(),
        id_=call.api.new_id(),
        language=language_of(call),
    )
    return call.marked(Answer(200, raw, (), call.content_type), views[0])


async def newest_of_each(call: Call) -> Answer:
    """The newest `max` observations of each code (https://hl7.org/fhir/R4/observation-operation-lastn.html)."""
    most, _ = most_each(call.but("at"))
    search = parsed(call, ("max",))
    views = await seen(call)
    found = newest_each(search, joined([shelf_in(call, view) for view in views]), most)
    return call.marked(Answer(200, await _searchset(call, found), (), call.content_type), views[0])


def language_of(call: Call) -> str:
    """The first language asked for that there is; bokmål where none is."""
    for one in call.request.header(b"accept-language").split(","):
        language = one.partition(";")[0].strip().lower().partition("-")[0]
        if language in {*LANGUAGES, "no"}:
            return "nb" if language == "no" else language
    return LANGUAGES[0]


_HANDLES: Mapping[str, Handle] = {
    "card": _over_shelf(card),
    "everything": _over_shelf(everything, "_type", "_since", "_count"),
    "history": histories.of_record,
    "lastn": newest_of_each,
    "summary": patient_summary,
}
