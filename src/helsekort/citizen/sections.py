"""What the ten sections of her card are called, and which of their fields she is shown."""

from __future__ import annotations

from dataclasses import dataclass

from helsekort.citizen.language import Language
from helsekort.citizen.language import marked as _
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field


@dataclass(frozen=True, slots=True)
class SectionName:
    """A section's place on the page and its name. `closed` where it opens only when she asks: somebody may be looking.

    `of_another` is its name where somebody else reads her card, if that is another.
    """

    id: str
    name: str
    closed: bool = False
    of_another: str = ""


NAMES = {
    "Om deg": SectionName("om-deg", _("Om deg"), of_another=_("Om den gravide")),
    "Oppfølging": SectionName("oppfolging", _("Oppfølging i svangerskapet")),
    "Helseutfordringer": SectionName("helseutfordringer", _("Helseutfordringer"), closed=True),
    "Ditt svangerskap": SectionName("svangerskapet", _("Ditt svangerskap"), of_another=_("Svangerskapet")),
    "Levevaner": SectionName("levevaner", _("Levevaner"), closed=True),
    "Legemidler": SectionName("legemidler", _("Legemidler")),
    "Tidligere svangerskap": SectionName("tidligere", _("Tidligere svangerskap")),
    "Svangerskapskontroller": SectionName("kontroller", _("Svangerskapskontroller")),
    "Andre prøvesvar": SectionName("prover", _("Andre prøvesvar")),
    "Mål av magen": SectionName("magemal", _("Mål av magen")),
}
"""By the catalogue's name of the section on Helsenorge."""

_NUMBERS = frozenset({"hprNr", "organizationId", "fosterId", "status"})


def shown_to_her(field: Field) -> bool:
    """False for what only numbers a person, a place or a fetus, and for the record's own status: the page tells it."""
    last = field.name.rpartition(".")[2]
    return last not in _NUMBERS or (field.section == "birthStatus" and last == "status")


def is_note(field: Field) -> bool:
    """True for a remark in somebody's own words."""
    return field.name.lower().endswith("note")


def section_name(part: str, language: Language) -> str:
    """What a section of the JSON contract is called on her card, where several stand under one heading."""
    return CATALOGUE.sections[part].labels[language.code]


def heading_of(part: str, language: Language) -> str:
    """The heading on her card that a section of the JSON contract stands under."""
    return language.text(NAMES[CATALOGUE.sections[part].helsenorge].name)


def parts_of_card(language: Language) -> dict[str, str]:
    """Every section of the JSON contract in the order of her card: by its heading there, or its own name where it shares one."""
    under = {
        title: [one for one in _listed() if CATALOGUE.sections[one].helsenorge == title] for title in NAMES
    }
    return {
        part: heading_of(part, language) if len(parts) == 1 else section_name(part, language)
        for parts in under.values()
        for part in parts
    }


def _listed() -> list[str]:
    return [one for one in CATALOGUE.sections if one != "record"]
