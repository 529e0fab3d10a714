"""The words of the patient summary's text that no code, field or resource has of its own, in each of its languages."""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, str]


def _words(nb: str, nn: str, en: str) -> Words:
    return {"nb": nb, "nn": nn, "en": en}


ANSWERS = {"nb": ("Ja", "Nei"), "nn": ("Ja", "Nei"), "en": ("Yes", "No")}
FOUND = {
    "nb": ("Påvist", "Ikke påvist"),
    "nn": ("Påvist", "Ikkje påvist"),
    "en": ("Detected", "Not detected"),
}
NOTHING = _words(
    "Ingen opplysninger er registrert her. Det betyr ikke at det ikke finnes noen.",
    "Ingen opplysningar er registrerte her. Det tyder ikkje at det ikkje finst nokon.",
    "Nothing is registered here. That does not mean that there is nothing.",
)
REMARK = _words("Merknad", "Merknad", "Note")
FETUS = _words("Foster", "Foster", "Fetus")
HERSELF = _words("oppgitt av henne selv", "oppgitt av henne sjølv", "stated by herself")
EARLIER = _words("tidligere svangerskap", "tidlegare svangerskap", "earlier pregnancy")
OWN_CODES: Mapping[str, Words] = {
    "adopted-due-date": _words("Fastsatt termin", "Fastsett termin", "Adopted due date"),
    "earlier-birth": _words("Tidligere fødsel", "Tidlegare fødsel", "Earlier birth"),
    "fetal-rhd": _words("Fosterets RhD-type", "RhD-typen til fosteret", "RhD type of the fetus"),
    "pregnancy-length": _words(
        "Svangerskapslengde brukt", "Svangerskapslengd brukt", "Length of pregnancy used"
    ),
}
STATUSES: Mapping[tuple[str, str], Words] = {
    ("Immunization", "not-done"): _words("ikke gitt", "ikkje gitt", "not given"),
    ("Procedure", "not-done"): _words("ikke utført", "ikkje utført", "not done"),
    ("Procedure", "preparation"): _words("planlagt", "planlagt", "planned"),
    ("Procedure", "stopped"): _words("avbrutt", "avbrote", "stopped"),
    ("MedicationStatement", "not-taken"): _words("brukes ikke", "blir ikkje brukt", "not taken"),
    ("MedicationStatement", "completed"): _words("avsluttet", "avslutta", "completed"),
    ("MedicationStatement", "stopped"): _words("avsluttet", "avslutta", "stopped"),
    ("MedicationStatement", "on-hold"): _words("pause", "pause", "on hold"),
    ("MedicationStatement", "intended"): _words("planlagt", "planlagt", "intended"),
    ("MedicationStatement", "unknown"): _words(
        "uvisst om det brukes", "uvisst om det blir brukt", "not known whether taken"
    ),
    ("CarePlan", "draft"): _words("utkast", "utkast", "draft"),
    ("CarePlan", "revoked"): _words("trukket tilbake", "trekt tilbake", "revoked"),
    ("CarePlan", "completed"): _words("fullført", "fullført", "completed"),
    ("FamilyMemberHistory", "health-unknown"): _words(
        "helse ikke kjent", "helse ikkje kjend", "health not known"
    ),
    ("FamilyMemberHistory", "partial"): _words("ikke fullstendig", "ikkje fullstendig", "not complete"),
    ("Observation", "preliminary"): _words("foreløpig", "førebels", "preliminary"),
    ("Observation", "cancelled"): _words("ikke utført", "ikkje utført", "cancelled"),
}
"""What has to be said of how something stands, where it is otherwise than one would think."""
