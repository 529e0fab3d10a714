"""What stands in no field of the card, as rows: what she has measured herself, and what others have sent beside it."""

from __future__ import annotations

from dataclasses import dataclass

from helsekort.citizen.card.rows import fetus_name
from helsekort.citizen.card.said import Said, origin
from helsekort.citizen.card.told import name_of, say_all
from helsekort.citizen.language import Language
from helsekort.citizen.language import marked as _
from helsekort.maternity.others import Other

KINDS = {
    "AllergyIntolerance": _("Allergi eller overfølsomhet"),
    "Binary": _("Vedlegg"),
    "CarePlan": _("Plan"),
    "Condition": _("Tilstand"),
    "Consent": _("Samtykke"),
    "DocumentReference": _("Dokument"),
    "Encounter": _("Avtale eller kontakt"),
    "FamilyMemberHistory": _("Sykdom i familien"),
    "Immunization": _("Vaksine"),
    "MedicationStatement": _("Legemiddel"),
    "Observation": _("Måling eller funn"),
    "Procedure": _("Undersøkelse eller behandling"),
    "Questionnaire": _("Skjema"),
    "QuestionnaireResponse": _("Utfylt skjema"),
    "Task": _("Oppgave"),
}
OWN = {
    "adopted-due-date": _("Fastsatt termin"),
    "earlier-birth": _("Tidligere fødsel"),
    "fetal-rhd": _("Fosterets RhD-type"),
}
"""What the values are called that have a code of ours."""


@dataclass(frozen=True, slots=True)
class OtherRow:
    """One of them: what kind of thing, its name, what it says, its day, and who registered it."""

    kind: str
    name: str
    said: Said
    day: str
    by_herself: bool
    origin: str


def others_of(others: tuple[Other, ...], language: Language) -> tuple[OtherRow, ...]:
    """The rows in the order they are listed."""
    return tuple(_row(one, language) for one in others)


def _row(other: Other, language: Language) -> OtherRow:
    return OtherRow(
        kind=language.text(KINDS[other.kind]),
        name=_name(other, language),
        said=say_all(other.told, language),
        day=language.moment(other.moment),
        by_herself=other.by_herself,
        origin=origin(other.registered, language),
    )


def _name(other: Other, language: Language) -> str:
    """What it is called; whose, where it is of one fetus."""
    own = OWN.get(other.own_code)
    name = language.text(own) if own else name_of(other.name, language, fields=other.fields)
    return f"{name} ({fetus_name(other.fetus, language).lower()})" if other.fetus else name
