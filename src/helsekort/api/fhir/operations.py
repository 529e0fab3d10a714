"""Operations that read: the card, the summary, the newest of each; and where each operation is.

https://hl7.org/fhir/R4/operations.html: by GET with the parameters in the address, by POST with Parameters in the body.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from helsekort.access.act import Action
from helsekort.api.fhir import histories
from helsekort.api.fhir.call import Call
from helsekort.api.fhir.everything import everything
from helsekort.api.fhir.her import joined, shelf_in
from helsekort.api.fhir.media import JSON_BODIES
from helsekort.api.fhir.naming import by_id, by_parameters
from helsekort.api.fhir.parameters import Parameters
from helsekort.api.fhir.searches import EVERY, cursor_of, cut, page_of, parsed, pinned_by, seen
from helsekort.api.fhir.work import Handle, Names, Route
from helsekort.api.http.answer import Answer
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.offering import OperationOffered
from helsekort.fhir.search.included import included_with
from helsekort.fhir.search.lastn import most_each, newest_each
from helsekort.fhir.search.search import Search
from helsekort.maternity.document import card_document
from helsekort.patient_summary.document import CLAIMED, named, summary

LANGUAGES = ("nb", "nn", "en")


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


async def card(call: Call) -> Answer:
    """The whole card as a document, now or at a moment; raises NO_SUCH_RESOURCE where there was none yet."""
    _check_at(Parameters(call, ("at",)))
    [view] = await seen(call)
    shelf = shelf_in(call, view)
    if view.record is None or shelf.get("EpisodeOfCare", call.ids[0]) is None:
        raise Refused(Kind.NO_SUCH_RESOURCE, [Issue("There was no record yet.", "at")])
    raw = card_document(
        shelf,
        record=view.record.record,
        base=call.base,
        at=call.at or call.api.clock(),
        id_=call.api.new_id(),
        language=language_of(call),
    )
    return call.marked(Answer(200, raw, (), call.content_type), view)


def _check_at(asked: Parameters) -> None:
    asked.moment("at")
    asked.check()


async def patient_summary(call: Call) -> Answer:
    """The International Patient Summary of the woman, named as the person register names her."""
    asked = Parameters(call, ("at", "profile"))
    profile = asked.one("profile")
    if profile is not None and profile.partition("|")[0] not in CLAIMED:
        asked.wrong("profile", "No summary of this profile is made.", f"There are: {', '.join(CLAIMED)}.")
    _check_at(asked)
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
    """The newest `max` observations of each code (https://hl7.org/fhir/R4/observation-operation-lastn.html).

    All in one Bundle unless `_count` asks for pages.
    """
    most, search = _newest_asked(call)
    cursor = cursor_of(call, search)
    views = await seen(call, pinned_by(cursor))
    shelf = joined([shelf_in(call, view) for view in views])
    offset = 0 if cursor is None else cursor.offset
    results = search.results
    found = cut(newest_each(search, shelf, most), offset, results.count)
    included = included_with(found.matches, results.includes, shelf, search.setting.base)
    found = replace(found, included=tuple(included), total=found.total if results.total else None)
    return page_of(call, search, found, views, path="Observation/$lastn", offset=offset)


def _newest_asked(call: Call) -> tuple[int, Search]:
    """How many of each, and the search among what; raises INVALID_PARAMETER with everything that is wrong."""
    issues: list[Issue] = []
    most = 1
    try:
        most, _ = most_each(call.but())
    except Refused as refused:
        issues.extend(refused.issues)
    try:
        search = parsed(call, ("max",))
    except Refused as refused:
        raise Refused(refused.kind, [*issues, *refused.issues]) from None
    if issues:
        raise Refused(Kind.INVALID_PARAMETER, issues)
    return most, _whole_unless_counted(call, search)


def _whole_unless_counted(call: Call, search: Search) -> Search:
    """The search with the operation's own order and, where no page is asked for, without a limit."""
    given = {name for name, _ in call.but()}
    results = search.results
    if "_count" not in given and results.count:
        results = replace(results, count=EVERY)
    own = [pair for pair in call.but() if pair[0] == "max"]
    warnings = (*search.warnings, _ORDER) if "_sort" in given else search.warnings
    return replace(search, results=results, used=(*search.used, *own), warnings=warnings)


_ORDER = Issue(
    "This parameter was left out.",
    "_sort",
    "The newest come first, and the codes in the order of their newest.",
)


def language_of(call: Call) -> str:
    """The first language asked for that there is; bokmål where none is."""
    for one in call.request.header(b"accept-language").split(","):
        language = one.partition(";")[0].strip().lower().partition("-")[0]
        if language in {*LANGUAGES, "no"}:
            return "nb" if language == "no" else language
    return LANGUAGES[0]


_HANDLES: Mapping[str, Handle] = {
    "card": card,
    "everything": everything,
    "history": histories.of_record,
    "lastn": newest_of_each,
    "summary": patient_summary,
}
