"""The visits, newest first, and the measurements of her belly over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from markupsafe import Markup

from helsekort.citizen.card.chart import Point, draw, drawable
from helsekort.citizen.card.rows import Group, fetus_name, values_of
from helsekort.citizen.card.said import Said, origin, say, unit_of
from helsekort.citizen.language import Language
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.identity import VISITS
from helsekort.maternity.reading import Card, Entry, InError, Row

TITLE = frozenset({"appointmentDate", "pregnancyWeek", "daysAfterFullPregnancyWeek"})
COLUMNS = (
    "motherWeight",
    "bloodPressure",
    "proteinInUrineTestResult",
    "edema",
    "fetusesVitalSigns[].fetalHeartRate",
    "fetusesVitalSigns[].fetalPresentationLie",
    "fetusesVitalSigns[].motherFeelsBabyMovements",
)
"""The table's columns, in the paper card's order."""


@dataclass(frozen=True, slots=True)
class OfFetus:
    """A value in a cell of the table, with the fetus it is of where there are several."""

    fetus: str
    said: Said


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit as it is shown: for the cards in `groups`; for the table in `cells`, with what has no column in `more`.

    `origin` is who registered what no row says otherwise of; `exceptions` are values that another registered.
    """

    day: str
    week: str
    cells: tuple[tuple[OfFetus, ...], ...]
    exceptions: tuple[str, ...]
    groups: tuple[Group, ...]
    more: tuple[Group, ...]
    notes: tuple[Group, ...]
    origin: str


@dataclass(frozen=True, slots=True)
class Visits:
    """The visits, the headings of their table, and those that are entered in error."""

    columns: tuple[str, ...]
    rows: tuple[Visit, ...]
    in_error: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Height:
    """One measurement of her belly."""

    week: str
    measured: Said
    day: str
    origin: str


@dataclass(frozen=True, slots=True)
class Heights:
    """The measurements, newest first, and the drawing; no drawing where none is from week 24 or later."""

    rows: tuple[Height, ...]
    chart: Markup | None
    in_error: tuple[str, ...]


def visits_of(card: Card, language: Language) -> Visits:
    """The visits of the record."""
    return Visits(
        columns=tuple(_heading(name, language) for name in COLUMNS),
        rows=tuple(_visit(row, language) for row in reversed(card.visits)),
        in_error=_in_error(card.in_error, VISITS, language),
    )


def _heading(name: str, language: Language) -> str:
    """A column's name with its unit, which the cells below then leave out."""
    field = CATALOGUE.fields[f"{VISITS}.{name}".replace("[]", "")]
    unit = unit_of(field, language)
    return f"{field.labels[language.code]} ({unit})" if unit else field.labels[language.code]


def _visit(row: Row, language: Language) -> Visit:
    inside = [one for one in row.entries if one.field.name not in TITLE]
    signed = origin(row.by, language)
    values = values_of(inside, language, signed=signed)
    return Visit(
        day=_said(row.entry("appointmentDate"), language) or language.text("Uten dato"),
        week=_week(row, language),
        cells=tuple(_cell(row, name, language) for name in COLUMNS),
        exceptions=_exceptions(values.groups),
        groups=values.groups,
        more=_without_column(values.groups, inside, language),
        notes=values.sensitive,
        origin=values.origin or signed,
    )


def _said(entry: Entry | None, language: Language) -> str:
    return say(entry.field, entry.value, language).text if entry else ""


def _week(row: Row, language: Language) -> str:
    week, days = row.entry("pregnancyWeek"), row.entry("daysAfterFullPregnancyWeek")
    if week is None:
        return ""
    if days is None:
        return language.text("Uke {week}").format(week=week.value)
    return language.text("Uke {week} · dag {day}").format(week=week.value, day=days.value)


def _cell(row: Row, name: str, language: Language) -> tuple[OfFetus, ...]:
    several = len(row.fetuses) > 1
    return tuple(
        OfFetus(
            fetus_name(one.item, language) if several and one.item else "",
            say(one.field, one.value, language, with_unit=False),
        )
        for one in row.entries
        if one.field.name == name
    )


def _without_column(
    groups: Iterable[Group], inside: Iterable[Entry], language: Language
) -> tuple[Group, ...]:
    """What the table has no column for."""
    labels = {one.field.labels[language.code] for one in inside if one.field.name in COLUMNS}
    kept = (
        replace(group, rows=tuple(row for row in group.rows if row.label not in labels)) for group in groups
    )
    return tuple(group for group in kept if group.rows)


def _exceptions(groups: Iterable[Group]) -> tuple[str, ...]:
    """What somebody else registered than the one who signs for the visit."""
    return tuple(
        " ".join(part for part in (group.name, f"{row.label}: {row.origin}") if part)
        for group in groups
        for row in group.rows
        if row.origin
    )


def _in_error(marked: Iterable[InError], section: str, language: Language) -> tuple[str, ...]:
    """One line for each that is entered in error: it stays in the record, but its values are not shown as valid."""
    return tuple(
        language.text("{day}. Merket som feilregistrert. {origin}").format(
            day=language.day(date.fromisoformat(one.day)) if one.day else language.text("Uten dato"),
            origin=origin(one.by, language),
        )
        for one in marked
        if one.section == section
    )


def heights_of(card: Card, section: str, language: Language) -> Heights:
    """The measurements of her belly."""
    measured = [row for row in card.heights if row.entry("measurement")]
    return Heights(
        rows=tuple(_height(row, language) for row in reversed(measured)),
        chart=_chart(measured, language),
        in_error=_in_error(card.in_error, section, language),
    )


def _height(row: Row, language: Language) -> Height:
    height = row.entry("measurement")
    assert height is not None
    return Height(
        week=_week(row, language) or language.text("Uke ikke registrert"),
        measured=say(height.field, height.value, language),
        day=_said(row.entry("measurementDate"), language),
        origin=origin(height.registered, language),
    )


def _chart(rows: Sequence[Row], language: Language) -> Markup | None:
    shown = drawable([_point(row, language) for row in rows if row.entry("pregnancyWeek")])
    if not shown:
        return None
    return draw(
        shown,
        title=language.text("Mål av magen over tid"),
        description=" ".join(f"{point.label}." for point in shown),
        week=language.text("Svangerskapsuke"),
        centimetres=language.text("cm"),
    )


def _point(row: Row, language: Language) -> Point:
    week, height = row.entry("pregnancyWeek"), row.entry("measurement")
    assert week is not None
    assert height is not None
    label = language.text("Uke {week}: {centimetres} cm").format(week=week.value, centimetres=height.value)
    return Point(int(week.value), int(height.value), label)
