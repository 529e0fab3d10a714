"""Logg over bruk: every look-up of her record, the refused ones too, in words and never with anybody's number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from helsekort.access.act import Action
from helsekort.access.actor import ActorKind
from helsekort.audit.entry import AuditEntry, Detail
from helsekort.citizen.language import Language
from helsekort.citizen.language import marked as _
from helsekort.citizen.roles import with_role
from helsekort.citizen.sections import heading_of
from helsekort.citizen.site import site_of
from helsekort.ledger.view import Wants

PAGE_SIZE = 50

FILTERS = {"": _("Alle"), "helsepersonell": _("Helsepersonell"), "meg": _("Meg")}

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
    Action.SET_WISH: _("Endret hvem som kan se helsekortet"),
    Action.REPORT_LOOKUP: _("Meldte fra om et oppslag"),
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One look-up as it is shown."""

    when: str
    iso: str
    who: str
    place: str
    what: str
    basis: str
    refused: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class LogDay:
    """The look-ups of one day, newest first."""

    day: str
    lines: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class LogPage:
    """What the page prints. `older` is the address of the next page, empty where there is none."""

    days: tuple[LogDay, ...]
    chosen: str
    filters: tuple[tuple[str, str], ...]
    count: str
    older: str


def present(log: Iterable[AuditEntry], *, chosen: str, start: int, language: Language) -> LogPage:
    """The page of the log that starts at a given line, newest first."""
    newest_first = sorted(_one_per_visit(log), key=lambda entry: (entry.at, entry.id), reverse=True)
    wanted = [entry for entry in newest_first if not chosen or _is_mine(entry) == (chosen == "meg")]
    shown = wanted[start : start + PAGE_SIZE]
    more = start + PAGE_SIZE
    query = f"vis={chosen}&fra={more}" if chosen else f"fra={more}"
    return LogPage(
        days=_by_day(shown, language),
        chosen=chosen,
        filters=tuple(FILTERS.items()),
        count=language.plural("{count} oppslag", "{count} oppslag", len(wanted)),
        older=f"/logg?{query}" if len(wanted) > more else "",
    )


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
    return [
        entry
        for entry in entries
        if not (
            _is_mine(entry) and entry.action == Action.READ_STATUS.value and entry.detail.event_id in did_more
        )
    ]


def _by_day(entries: list[AuditEntry], language: Language) -> tuple[LogDay, ...]:
    days: dict[str, list[LogLine]] = {}
    for entry in entries:
        days.setdefault(language.day(language.day_of(entry.at)), []).append(_line(entry, language))
    return tuple(LogDay(day, tuple(lines)) for day, lines in days.items())


def _line(entry: AuditEntry, language: Language) -> LogLine:
    return LogLine(
        when=language.time(entry.at),
        iso=entry.at.isoformat(timespec="seconds"),
        who=_who(entry.detail, language),
        place=_place(entry.detail),
        what=_what(entry, language),
        basis=entry.detail.reason.removeprefix("Avvist: ").capitalize()
        if not entry.permitted
        else entry.detail.reason,
        refused=not entry.permitted,
        mine=_is_mine(entry),
    )


def _who(detail: Detail, language: Language) -> str:
    match detail.actor_kind:
        case ActorKind.CITIZEN.value:
            return language.text("Du")
        case ActorKind.MACHINE.value:
            return language.text("Journalsystemet, uten innlogget bruker")
        case ActorKind.SYSTEM.value:
            return language.text("Digitalt helsekort (automatisk)")
        case ActorKind.PROXY.value:
            return language.text("{name}, på vegne av deg").format(name=detail.name)
    person = with_role(detail.role, detail.name, language)
    return person[:1].upper() + person[1:] if person else language.text("Ukjent bruker")


def _place(detail: Detail) -> str:
    places = (detail.treatment_facility, detail.organisation_name)
    return ", ".join(dict.fromkeys(place for place in places if place))


def _what(entry: AuditEntry, language: Language) -> str:
    known = {action.value: text for action, text in ACTIONS.items()}
    what = language.text(known[entry.action])
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
