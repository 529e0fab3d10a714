"""Logg over bruk: every look-up of her record, the refused ones too, in words and never with anybody's number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from helsekort.access.act import Action, Basis
from helsekort.access.actor import ActorKind
from helsekort.audit.audit_event import log_bundle
from helsekort.audit.entry import AuditEntry, Detail, review_kind
from helsekort.basics.strict_json import dump
from helsekort.citizen.language import Language
from helsekort.citizen.language import marked as _
from helsekort.citizen.roles import with_role
from helsekort.citizen.sections import heading_of
from helsekort.citizen.site import site_of
from helsekort.ledger.view import Wants

PAGE_SIZE = 50

FILTERS = {
    "": _("Alle"),
    "helsepersonell": _("Helsepersonell"),
    "fullmakt": _("Med fullmakt"),
    "meg": _("Meg"),
}
_KINDS = {
    "helsepersonell": frozenset({ActorKind.PRACTITIONER.value, ActorKind.MACHINE.value}),
    "fullmakt": frozenset({ActorKind.PROXY.value}),
    "meg": frozenset({ActorKind.CITIZEN.value}),
}

ACTIONS = {
    Action.READ_STATUS: _("Sjekket om du har samtykket og har et helsekort"),
    Action.READ_HISTORY: _("Leste listen over helsekortene dine"),
    Action.READ_RECORD: _("Leste helsekortet"),
    Action.READ_RECORD_HISTORY: _("Leste tidligere utgaver av helsekortet"),
    Action.CREATE_RECORD: _("Opprettet helsekortet"),
    Action.UPDATE_STATUS: _("Endret status for svangerskapet"),
    Action.WRITE_SECTION: _("Skrev i helsekortet"),
    Action.ENTER_IN_ERROR: _("Merket noe som feilregistrert"),
    Action.GIVE_CONSENT: _("Ga samtykke"),
    Action.WITHDRAW_CONSENT: _("Trakk samtykket"),
    Action.READ_LOG: _("Åpnet loggen over bruk"),
    Action.SET_WISH: _("Endret et valg om personvern"),
    Action.REPORT_LOOKUP: _("Meldte fra om et oppslag"),
    Action.READ_RESOURCES: _("Leste opplysninger fra helsekortet"),
    Action.SEARCH_RESOURCES: _("Søkte i opplysningene på helsekortet"),
    Action.WRITE_RESOURCES: _("Skrev opplysninger i helsekortet"),
    Action.SUBSCRIBE: _("Ba om varsel når helsekortet endres"),
    Action.NOTIFY: _("Fikk varsel om at helsekortet er endret"),
}

TRIED = {
    Action.READ_STATUS: _("Ville sjekke om du har samtykket og har et helsekort"),
    Action.READ_HISTORY: _("Ville lese listen over helsekortene dine"),
    Action.READ_RECORD: _("Ville lese helsekortet"),
    Action.READ_RECORD_HISTORY: _("Ville lese tidligere utgaver av helsekortet"),
    Action.CREATE_RECORD: _("Ville opprette helsekortet"),
    Action.UPDATE_STATUS: _("Ville endre status for svangerskapet"),
    Action.WRITE_SECTION: _("Ville skrive i helsekortet"),
    Action.ENTER_IN_ERROR: _("Ville merke noe som feilregistrert"),
    Action.GIVE_CONSENT: _("Ville gi samtykke"),
    Action.WITHDRAW_CONSENT: _("Ville trekke samtykket"),
    Action.READ_LOG: _("Ville åpne loggen over bruk"),
    Action.SET_WISH: _("Ville endre et valg om personvern"),
    Action.REPORT_LOOKUP: _("Ville melde fra om et oppslag"),
    Action.READ_RESOURCES: _("Ville lese opplysninger fra helsekortet"),
    Action.SEARCH_RESOURCES: _("Ville søke i opplysningene på helsekortet"),
    Action.WRITE_RESOURCES: _("Ville skrive opplysninger i helsekortet"),
    Action.SUBSCRIBE: _("Ville få varsel når helsekortet endres"),
    Action.NOTIFY: _("Skulle få varsel om at helsekortet er endret"),
}
"""What was refused, and so was not done."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One look-up as it is shown. `marks` stand in words before it; `why` is what a clinician wrote of an emergency or a block.

    `day` is set where the line stands apart from its day.
    """

    id: UUID
    day: str
    when: str
    iso: str
    who: str
    place: str
    what: str
    basis: str
    marks: tuple[str, ...]
    why: str
    refused: bool
    to_report: bool
    reported: bool


@dataclass(frozen=True, slots=True)
class LogDay:
    """The look-ups of one day, newest first."""

    day: str
    lines: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class LogPage:
    """What the page prints: emergencies and opened blocks first, the rest by day.

    `older` is the address of the next page, empty where there is none.
    """

    first: tuple[LogLine, ...]
    days: tuple[LogDay, ...]
    chosen: str
    filters: tuple[tuple[str, str], ...]
    count: str
    older: str


def present(log: Iterable[AuditEntry], *, chosen: str, start: int, language: Language) -> LogPage:
    """The page of the log that starts at a given line, newest first."""
    entries = list(log)
    reported = _reported(entries)
    newest_first = sorted(_one_per_visit(entries), key=lambda entry: (entry.at, entry.id), reverse=True)
    wanted = [one for one in newest_first if not chosen or one.detail.actor_kind in _KINDS[chosen]]
    apart = [one for one in wanted if review_kind(one)]
    by_day = [one for one in wanted if not review_kind(one)]
    shown = by_day[start : start + PAGE_SIZE]
    more = start + PAGE_SIZE
    query = f"vis={chosen}&fra={more}" if chosen else f"fra={more}"
    return LogPage(
        first=tuple(_line(one, reported, language) for one in apart) if start == 0 else (),
        days=_by_day(shown, reported, language),
        chosen=chosen,
        filters=tuple(FILTERS.items()),
        count=language.plural("{count} oppslag", "{count} oppslag", len(wanted)),
        older=f"/logg?{query}" if len(by_day) > more else "",
    )


def _without_repeats(entries: Iterable[AuditEntry]) -> list[tuple[AuditEntry, int]]:
    """Her own looks at where she stands come with every page of hers: one line for those in a row, with how many."""
    found: list[tuple[AuditEntry, int]] = []
    for entry in entries:
        before = found[-1] if found else None
        if before and _is_look(entry) and _is_look(before[0]) and before[0].at.date() == entry.at.date():
            found[-1] = (before[0], before[1] + 1)
        else:
            found.append((entry, 1))
    return found


def _is_look(entry: AuditEntry) -> bool:
    return _is_mine(entry) and entry.action == Action.READ_STATUS.value


def line_of(entry: AuditEntry, log: Iterable[AuditEntry], language: Language) -> LogLine:
    """One line of the log by itself, with its day."""
    return replace(_line(entry, _reported(log), language), day=language.day(language.day_of(entry.at)))


def may_report(entry: AuditEntry) -> bool:
    """Whether she can report it: what she did herself, and what the service does by law, is nobody's to explain."""
    return entry.detail.actor_kind not in {ActorKind.CITIZEN.value, ActorKind.SYSTEM.value}


def _reported(log: Iterable[AuditEntry]) -> frozenset[str]:
    """The ids of the lines she has reported."""
    reports = (one for one in log if one.action == Action.REPORT_LOOKUP.value and one.permitted)
    return frozenset(one.detail.reference for one in reports)


def _is_mine(entry: AuditEntry) -> bool:
    return entry.detail.actor_kind == ActorKind.CITIZEN.value


def _one_per_visit(log: Iterable[AuditEntry]) -> list[AuditEntry]:
    """Opening her own card asks for its status first: the two rows are one thing she did."""
    entries = list(log)
    did_more = {
        entry.detail.event_id
        for entry in entries
        if _is_mine(entry) and entry.action != Action.READ_STATUS.value
    }
    return [entry for entry in entries if not (_is_look(entry) and entry.detail.event_id in did_more)]


def _by_day(entries: list[AuditEntry], reported: frozenset[str], language: Language) -> tuple[LogDay, ...]:
    days: dict[str, list[LogLine]] = {}
    for entry, times in _without_repeats(entries):
        line = _line(entry, reported, language)
        if times > 1:
            count = language.plural("{count} gang", "{count} ganger", times)
            line = replace(line, what=f"{line.what} ({count})")
        days.setdefault(language.day(language.day_of(entry.at)), []).append(line)
    return tuple(LogDay(day, tuple(lines)) for day, lines in days.items())


def _line(entry: AuditEntry, reported: frozenset[str], language: Language) -> LogLine:
    return LogLine(
        id=entry.id,
        day=language.day(language.day_of(entry.at)) if review_kind(entry) else "",
        when=language.time(entry.at),
        iso=entry.at.isoformat(timespec="seconds"),
        who=_who(entry.detail, language),
        place=_place(entry.detail),
        what=_what(entry, language),
        basis=entry.detail.reason.removeprefix("Avvist: ").capitalize()
        if not entry.permitted
        else entry.detail.reason,
        marks=_marks(entry, language),
        why=entry.detail.why,
        refused=not entry.permitted,
        to_report=may_report(entry),
        reported=str(entry.id) in reported,
    )


def _marks(entry: AuditEntry, language: Language) -> tuple[str, ...]:
    """What is out of the ordinary, in words."""
    if not entry.permitted:
        return (language.text("Avvist oppslag"),)
    emergency = entry.detail.basis == Basis.EMERGENCY.value
    marks = ((emergency, _("Nødrett")), (entry.detail.lifted, _("Åpnet en sperre")))
    return tuple(language.text(mark) for holds, mark in marks if holds)


def _who(detail: Detail, language: Language) -> str:
    match detail.actor_kind:
        case ActorKind.CITIZEN.value:
            return language.text("Du")
        case ActorKind.MACHINE.value:
            return language.text("Journalsystemet, uten innlogget bruker")
        case ActorKind.SYSTEM.value:
            return language.text("Digitalt helsekort (automatisk)")
        case ActorKind.PROXY.value:
            return language.text("{name}, med fullmakt").format(name=detail.name)
    person = with_role(detail.role, detail.name, language)
    return person[:1].upper() + person[1:] if person else language.text("Ukjent bruker")


def _place(detail: Detail) -> str:
    places = (detail.treatment_facility, detail.organisation_name)
    return ", ".join(dict.fromkeys(place for place in places if place))


def _what(entry: AuditEntry, language: Language) -> str:
    what = language.text((ACTIONS if entry.permitted else TRIED)[Action(entry.action)])
    if written := sum(entry.detail.resources.values()):
        count = language.plural("{count} opplysning", "{count} opplysninger", written)
        what = f"{what} ({count})"
    return f"{what}: {heading_of(entry.detail.section, language)}" if entry.detail.section else what


async def show(request: Request) -> Response:
    """The log, filtered by a link."""
    site = site_of(request)
    session = await site.session(request)
    chosen, start = request.query_params.get("vis", ""), request.query_params.get("fra", "0")
    view = await site.door.read(site.act(request, session, Action.READ_LOG), Wants.LOG)
    page = present(
        view.log,
        chosen=chosen if chosen in FILTERS else "",
        start=int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 0,
        language=site.language,
    )
    return site.render(request, "log.html", session=session, page=page)


async def download(request: Request) -> Response:
    """The whole log as a file for machines: a FHIR Bundle of AuditEvents."""
    site = site_of(request)
    session = await site.session(request)
    act = site.act(request, session, Action.READ_LOG)
    view = await site.door.read(act, Wants.LOG)
    bundle = log_bundle(view.log, person=view.person.person, site=site.settings.public_bases[0], at=act.at)
    return Response(
        dump(bundle),
        media_type="application/fhir+json",
        headers={"Content-Disposition": 'attachment; filename="logg-over-bruk.json"'},
    )
