"""The values of a section as rows: label, value, origin; and, apart, what is sensitive and what is not registered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from helsekort.citizen.card.said import Said, origin, say
from helsekort.citizen.language import Language
from helsekort.citizen.sections import is_note, section_name, shown_to_her
from helsekort.maternity.fields import Field
from helsekort.maternity.reading import Entry


@dataclass(frozen=True, slots=True)
class Row:
    """One value as it is shown. `origin` is empty where the one above all the rows holds for it."""

    label: str
    explanation: str
    said: Said
    origin: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one fetus or one stimulant; the name is empty for what is simply hers."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """Values that stand together. `origin` holds for every row without one of its own; `name` where a section has several."""

    name: str
    origin: str
    groups: tuple[Group, ...]
    sensitive: tuple[Group, ...]


def values_of(
    entries: Iterable[Entry], language: Language, *, name: str = "", all_open: bool = False, signed: str = ""
) -> Values:
    """The rows of the entries. With `all_open` nothing is set apart as sensitive: the section itself is closed.

    `signed` is the origin that is said of them together where there is only one value.
    """
    shown = [one for one in entries if shown_to_her(one.field)]
    names = _names(shown, language)
    rows = [one for one in shown if one.item not in names or not one.field.name.endswith("stimuliType")]
    origins = Counter(origin(one.registered, language) for one in rows)
    usual = origins.most_common(1)[0][0] if len(rows) > 1 else signed
    apart = [one for one in rows if one.sensitive and not all_open]
    return Values(
        name=name,
        origin=_above(usual, language, only=len(origins) < 2),
        groups=_groups([one for one in rows if one not in apart], names, language, usual=usual),
        sensitive=_groups(apart, names, language, usual=usual),
    )


def _above(usual: str, language: Language, *, only: bool) -> str:
    """The origin most values have, said once above them."""
    if only or not usual:
        return usual
    return language.text("{origin}, der ikke annet står").format(origin=usual)


def _groups(
    entries: Iterable[Entry], names: dict[str, str], language: Language, *, usual: str
) -> tuple[Group, ...]:
    grouped: dict[str, list[Row]] = {}
    for entry in entries:
        row = row_of(entry, language)
        grouped.setdefault(names.get(entry.item, ""), []).append(
            replace(row, origin="") if row.origin == usual else row
        )
    return tuple(Group(name, tuple(rows)) for name, rows in grouped.items())


def row_of(entry: Entry, language: Language) -> Row:
    """One value with its own origin."""
    return Row(
        label=entry.field.labels[language.code],
        explanation=entry.field.explanation,
        said=say(entry.field, entry.value, language),
        origin=origin(entry.registered, language),
    )


def by_source(entries: Sequence[Entry], language: Language, *, all_open: bool) -> tuple[Values, ...]:
    """The values of a section, those of each section of the JSON contract together, with its name where there are several."""
    sources = list(dict.fromkeys(one.field.section for one in entries if shown_to_her(one.field)))
    return tuple(
        values_of(
            [one for one in entries if one.field.section == source],
            language,
            name=section_name(source, language) if len(sources) > 1 else "",
            all_open=all_open,
        )
        for source in sources
    )


def _names(entries: Sequence[Entry], language: Language) -> dict[str, str]:
    """What the items of an array are called: the stimulant by its name, the fetus by number where there are several."""
    stimulants = {
        one.item: say(one.field, one.value, language).text
        for one in entries
        if one.field.name.endswith("stimuliType")
    }
    fetuses = {one.item for one in entries if one.field.scope == "fetus" and one.item}
    if len(fetuses) < 2:
        return stimulants
    return stimulants | {one: fetus_name(one, language) for one in fetuses}


def fetus_name(item: str, language: Language) -> str:
    """What a fetus is called where there are several."""
    return language.text("Foster {number}").format(number=item.removeprefix("#"))


def missing(fields: Iterable[Field], language: Language) -> tuple[str, ...]:
    """What nobody has registered, by name; remarks and what each item of an array may have are not missed."""
    missed = (
        one
        for one in fields
        if shown_to_her(one) and one.section != "record" and not one.array and not is_note(one)
    )
    return tuple(dict.fromkeys(one.labels[language.code] for one in missed))
