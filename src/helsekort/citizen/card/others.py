"""What stands in no field of the card, as rows: what she has measured herself, and what others have sent beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from helsekort.citizen.card.said import Said, origin
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
    own = OWN.get(other.own_code)
    label = _common(tuple(field.labels[language.code] for field in other.fields))
    return OtherRow(
        kind=language.text(KINDS[other.kind]),
        name=language.text(own) if own else label or other.name,
        said=_said(other, language),
        day=language.day(date.fromisoformat(other.day)) if other.day else "",
        by_herself=other.by_herself,
        origin=origin(other.registered, language),
    )


def _common(labels: tuple[str, ...]) -> str:
    """What the labels of several fields begin with alike, whole words: a code may not tell in which trimester it was.

    >>> _common(("Hemoglobin i første trimester", "Hemoglobin ved kontrollen"))
    'Hemoglobin'
    """
    words = zip(*(label.split() for label in labels), strict=False)
    return " ".join(row[0] for row in takewhile(lambda row: len(set(row)) == 1, words))


def _said(other: Other, language: Language) -> Said:
    if other.answer is not None:
        return Said(language.text("Ja") if other.answer else language.text("Nei"))
    return Said(other.value, measured=other.value[:1].isdigit())
