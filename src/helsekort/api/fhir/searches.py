"""Search by GET and by POST, of a type and in her compartment, over each of her records (https://hl7.org/fhir/R4/search.html).

What is searched is what the caller may see, so no parameter, chain, count or order tells of anything else. Her number finds
her in the body of a POST and nowhere else; the links of the answer name her by her opaque id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from helsekort.api.fhir.call import Api, Call
from helsekort.api.fhir.her import joined, shelf_in, views_of
from helsekort.api.fhir.naming import without_numbers
from helsekort.api.http.answer import Answer
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.definitions import Definitions
from helsekort.fhir.offering import Offering
from helsekort.fhir.search.bundle import searchset
from helsekort.fhir.search.compartment import within
from helsekort.fhir.search.cursor import NAME, Cursor, decode
from helsekort.fhir.search.links import page_links
from helsekort.fhir.search.outline import Outline, outline_of
from helsekort.fhir.search.parameter import Offered, SearchParameter, standard_parameters
from helsekort.fhir.search.parse import parse_search
from helsekort.fhir.search.run import Found, run
from helsekort.fhir.search.search import Search
from helsekort.fhir.shelf import Entry
from helsekort.ledger.view import View, Wants
from helsekort.maternity.episodes import EPISODE_OF_CARE, episode_parameter
from helsekort.maternity.history import view_at
from helsekort.maternity.shelf import parts_with_code
from helsekort.terminology.code_systems import canonical_uri

_RECORDS = 10**9
"""A cursor's t is the number of records searched times this, plus the t of the newest of them: the older ones are ended."""
EVERY = 10**9
"""The size of a page on which everything is."""
_BY_CODE = frozenset({"Observation", "Condition"})
_ELSEWHERE = ("_include", "_revinclude", "_has")


@dataclass(frozen=True, slots=True)
class Pinned:
    """Where a following page was pinned: how many of her records there were, and the t of the newest of them."""

    records: int
    t: int


def searchable(offering: Offering, definitions: Definitions) -> Offered:
    """The search parameters that are offered, by kind and code."""
    known = {one.kind: _known(one.kind, definitions) for one in offering.types}
    return {one.kind: {code: known[one.kind][code] for code in one.parameters} for one in offering.types}


def _known(kind: str, definitions: Definitions) -> dict[str, SearchParameter]:
    """R4's own parameters, and the pregnancy where R4 has none for it."""
    return {EPISODE_OF_CARE: episode_parameter(kind)} | standard_parameters(definitions, kind)


async def of_type(call: Call) -> Answer:
    """`Observation?patient=Patient/...`, and the same by POST."""
    return await _answered(call, parsed(call), call.route.kind)


async def in_compartment(call: Call) -> Answer:
    """`Patient/{id}/Observation?...`: what points to her."""
    kind, owner = call.route.kind, f"Patient/{call.ids[0]}"
    search = within(parsed(call), owner, call.api.definitions.compartment(kind))
    return await _answered(call, search, f"{owner}/{kind}")


def parsed(call: Call, own: Sequence[str] = ()) -> Search:
    """What is asked for, without the parameters in `own`; raises INVALID_PARAMETER with everything that is wrong."""
    params = without_numbers(call.but("at", *own), call.route.kind)
    search = parse_search(
        call.route.kind,
        params,
        call.api.searchable,
        base=call.base,
        zone=call.api.zone,
        strict=call.prefer.get("handling") == "strict",
        value_sets=call.api.codes_in,
        canonical=canonical_uri,
    )
    at = [pair for pair in call.parameters if pair[0] == "at"]
    return replace(search, used=(*search.used, *at)) if at else search


async def _answered(call: Call, search: Search, path: str) -> Answer:
    cursor = cursor_of(call, search)
    views = await seen(call, pinned_by(cursor), parts=_parts(search, call))
    offset = 0 if cursor is None else cursor.offset
    found = run(search, joined([shelf_in(call, view) for view in views]), offset)
    return page_of(call, search, found, views, path=path, offset=offset)


def page_of(
    call: Call, search: Search, found: Found, views: Sequence[View], *, path: str, offset: int
) -> Answer:
    """One page of what was found, with links to the others; `path` is the address below the base."""
    search = _named_by_id(call, search, views[0])
    links = page_links(f"{call.base}/{path}", search, found, t=moment_of(views), offset=offset)
    raw = searchset(
        search, found, base=call.base, links=links, outline_of=lambda kind: outline_in(call.api, kind)
    )
    answer = Answer(200, raw, (), call.content_type)
    return call.marked(answer, views[0])


def cursor_of(call: Call, search: Search) -> Cursor | None:
    """Where the page that is asked for begins; None for the first."""
    pages = [value for name, value in call.parameters if name == NAME]
    if len(pages) > 1:
        raise Refused(Kind.INVALID_PARAMETER, [Issue("This parameter stands more than once.", NAME)])
    return decode(pages[0], search) if pages else None


def cut(entries: Sequence[Entry], offset: int, count: int) -> Found:
    """The page of what is in its order already."""
    page = tuple(entries[offset : offset + count])
    return Found(page, (), len(entries), has_more=0 < count < len(entries) - offset)


def pinned_by(cursor: Cursor | None) -> Pinned | None:
    """What a following page was pinned to; None for a first one."""
    return None if cursor is None else Pinned(*divmod(cursor.t, _RECORDS))


async def seen(
    call: Call, pinned: Pinned | None = None, *, parts: frozenset[str] | None = None
) -> list[View]:
    """What the caller may see of each record, the newest first; as it was when a following page was pinned."""
    past = pinned is not None or call.at is not None
    views = await views_of(call, Wants.PARTS | Wants.COMMITS if past else Wants.PARTS, parts=parts)
    if pinned is None:
        return views
    if not pinned.records:
        return [replace(views[0], record=None, card={}, parts={}, commits=())]
    kept = views[len(views) - pinned.records :] if pinned.records <= len(views) else views
    return [_as_of(view, pinned.t) if n == 0 else view for n, view in enumerate(kept)]


def outline_in(api: Api, kind: str) -> Outline:
    """What a part of a resource of a kind has to hold."""
    return outline_of(api.definitions, kind)


def _as_of(view: View, t: int) -> View:
    """The view when its record had t commits."""
    kept = tuple(one for one in view.commits if one.t <= t)
    if view.record is None or view.record.t <= t or not kept:
        return view
    return view_at(replace(view, commits=kept), max(one.at for one in kept))


def moment_of(views: Sequence[View]) -> int:
    """What the following pages of what was found in the views are pinned to."""
    newest = views[0].record
    return 0 if newest is None else len(views) * _RECORDS + newest.t


def _named_by_id(call: Call, search: Search, view: View) -> Search:
    """The search as its links tell it: who was found by her number is named by her id from here on."""
    if call.named.patient is None:
        return search
    person = str(view.person.person)
    named = ("_id", person) if search.kind == "Patient" else ("patient", f"Patient/{person}")
    return replace(search, used=(*search.used, named))


def _parts(search: Search, call: Call) -> frozenset[str] | None:
    """The parts that can hold what is searched for by its code; None where all have to be opened."""
    if search.kind not in _BY_CODE or call.at is not None:
        return None
    names = [name for name, _ in search.used]
    if any("." in name or name.startswith(_ELSEWHERE) for name in names) or names.count("code") != 1:
        return None
    [asked] = [value for name, value in search.used if name == "code"]
    return parts_with_code(one.rpartition("|")[2] for one in asked.split(","))
