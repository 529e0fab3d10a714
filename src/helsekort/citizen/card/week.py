"""The top of the card: the week first, the due dates with what each rests on; or, where the record is ended, only that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from helsekort.citizen.card.said import origin
from helsekort.citizen.language import Language
from helsekort.citizen.language import marked as _
from helsekort.maternity import status as record_status
from helsekort.maternity.gestation import Basis, DueDate, gestational_age
from helsekort.maternity.reading import Card

BASES = {
    Basis.ADOPTED: _("Fastsatt termin"),
    Basis.CORRECTED: _("Korrigert termin"),
    Basis.ULTRASOUND: _("Termin etter ultralyd"),
    Basis.LAST_PERIOD: _("Termin etter siste menstruasjon"),
}


@dataclass(frozen=True, slots=True)
class DueLine:
    """One due date: the day, what it rests on, who registered it, and whether the week is counted from it."""

    day: str
    basis: str
    origin: str
    counted: bool


@dataclass(frozen=True, slots=True)
class Week:
    """How far she is. `share` is how much of the way to term is behind her, in thousandths, for the bar."""

    week: str
    days: str
    left: str
    share: int


@dataclass(frozen=True, slots=True)
class Ended:
    """What is said of a record that is ended: no week, no days left, and nothing cheerful."""

    title: str
    text: str


def counted_from(card: Card) -> DueDate | None:
    """The due date that weeks are counted from: the adopted one, else the first of those shown; it is always said which."""
    return card.due_dates[0][0] if card.due_dates else None


def due_lines(card: Card, language: Language) -> tuple[DueLine, ...]:
    """Every due date as it is shown."""
    first = counted_from(card)
    return tuple(
        DueLine(
            day=language.day(due.day),
            basis=language.text(BASES[due.basis]),
            origin=origin(by, language),
            counted=due == first and len(card.due_dates) > 1,
        )
        for due, by in card.due_dates
    )


def week_of(card: Card, today: date, language: Language) -> Week | None:
    """The week on a day; None where no due date is registered, or none of this time."""
    due = counted_from(card)
    age = gestational_age(due, today) if due else None
    if due is None or age is None:
        return None
    return Week(
        week=language.text("Uke {week}").format(week=age.weeks),
        days=language.text("dag {day}").format(day=age.days),
        left=_left((due.day - today).days, language),
        share=min(1000, age.total_days * 1000 // due.length),
    )


def _left(days: int, language: Language) -> str:
    if days > 0:
        return language.plural("{count} dag igjen til termin", "{count} dager igjen til termin", days)
    if days == 0:
        return language.text("Termin er i dag")
    return language.plural("{count} dag over termin", "{count} dager over termin", -days)


def ended(status: str, language: Language) -> Ended | None:
    """The words for a record that is ended, None for an active one."""
    match status:
        case record_status.TERMINATED:
            title = language.text("Dette helsekortet er avsluttet")
            text = language.text(
                "Uker og termin vises ikke lenger, og du får ingen påminnelser herfra. Vil du snakke med noen, kan du ringe "
                "jordmor, fastlegen eller avdelingen som fulgte deg opp, også lenge etterpå."
            )
        case record_status.DELIVERED:
            title = language.text("Dette helsekortet er avsluttet etter fødsel")
            text = language.text(
                "Uker og termin vises ikke lenger. Har du spørsmål om tiden etter fødselen, kan du ringe helsestasjonen "
                "eller fødeavdelingen."
            )
        case _:
            return None
    return Ended(title, text)
