"""The whole card as finished strings: the template only prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from helsekort.citizen.card.others import OtherRow, others_of
from helsekort.citizen.card.rows import Values, by_source, missing
from helsekort.citizen.card.visits import Heights, Visits, heights_of, visits_of
from helsekort.citizen.card.week import DueLine, Ended, Week, due_lines, ended, week_of
from helsekort.citizen.language import Language
from helsekort.citizen.sections import NAMES
from helsekort.maternity.identity import VISITS
from helsekort.maternity.reading import HEIGHTS, Card, CardSection, Entry


@dataclass(frozen=True, slots=True)
class SectionView:
    """One of the ten sections. `opens` is False where it stays closed until she asks."""

    id: str
    name: str
    opens: bool
    updated: str
    values: tuple[Values, ...]
    missing: tuple[str, ...]
    visits: Visits | None
    heights: Heights | None

    @property
    def empty(self) -> bool:
        """True where nothing is registered, not even in error."""
        listed = [one.rows or one.in_error for one in (self.visits, self.heights) if one is not None]
        return not (self.values or any(listed))


@dataclass(frozen=True, slots=True)
class CardPage:
    """What /helsekort prints."""

    name: str
    week: Week | None
    ended: Ended | None
    due: tuple[DueLine, ...]
    updated: str
    sections: tuple[SectionView, ...]
    others: tuple[OtherRow, ...]


def present(card: Card, *, name: str, today: date, language: Language, for_proxy: bool = False) -> CardPage:
    """The page of a card, as of a day; a proxy is not told what is not registered, since it may only be hidden."""
    closing = ended(str(card.status.value), language) if card.status else None
    return CardPage(
        name=name,
        week=None if closing else week_of(card, today, language),
        ended=closing,
        due=() if closing else due_lines(card, language),
        updated=_updated(card.entries, language),
        sections=tuple(
            _section(section, card, language, everything_closed=closing is not None, for_proxy=for_proxy)
            for section in card.sections
        ),
        others=others_of(card.others, language),
    )


def _section(
    section: CardSection, card: Card, language: Language, *, everything_closed: bool, for_proxy: bool
) -> SectionView:
    known = NAMES[section.title]
    sources = {one.section for one in (*section.missing, *(entry.field for entry in section.entries))}
    simple = [one for one in section.entries if one.field.section not in {VISITS, HEIGHTS}]
    unlisted = (one for one in section.missing if one.section not in {VISITS, HEIGHTS})
    return SectionView(
        id=known.id,
        name=language.text((for_proxy and known.of_another) or known.name),
        opens=not (known.closed or everything_closed),
        updated=_updated(section.entries, language) if sources & {VISITS, HEIGHTS} else "",
        values=by_source(simple, language, all_open=known.closed),
        missing=() if for_proxy else missing(unlisted, language),
        visits=visits_of(card, language) if VISITS in sources else None,
        heights=heights_of(card, HEIGHTS, language) if HEIGHTS in sources else None,
    )


def _updated(entries: Iterable[Entry], language: Language) -> str:
    moments = [datetime.fromisoformat(one.registered.at) for one in entries]
    if not moments:
        return ""
    return language.text("Sist oppdatert {day}").format(day=language.day(language.day_of(max(moments))))
