"""The ten sections of her card, in Helsenorge's order, and which parts of the record each shows."""

from __future__ import annotations

from dataclasses import dataclass

from helsekort.citizen.language import Language
from helsekort.citizen.language import marked as _


@dataclass(frozen=True, slots=True)
class Section:
    """One of the ten. `sensitive` ones are closed until she opens them: class B of the catalogue's visibility classes."""

    id: str
    name: str
    sources: tuple[str, ...]
    sensitive: bool = False


SECTIONS = (
    Section("om-deg", _("Om deg"), ("mother", "vitalMeasurementsBeforePregnancy")),
    Section("oppfolging", _("Oppfølging i svangerskapet"), ("pointsOfContact",)),
    Section(
        "helseutfordringer", _("Helseutfordringer"), ("medicalConditions", "geneticDisorders"), sensitive=True
    ),
    Section("svangerskapet", _("Ditt svangerskap"), ("currentPregnancy", "birthStatus")),
    Section("levevaner", _("Levevaner"), ("lifestyleFactors",), sensitive=True),
    Section("legemidler", _("Legemidler"), ("medication",)),
    Section("tidligere", _("Tidligere svangerskap"), ("previousPregnancies",)),
    Section("kontroller", _("Svangerskapskontroller"), ("antenatalAppointments",)),
    Section("prover", _("Andre prøvesvar"), ("clinicalTests", "rhesusDNegative")),
    Section("magemal", _("Mål av magen"), ("symphysisFundalHeights",)),
)

# The fourteen parts of the JSON contract as she knows them.
PARTS = {
    "mother": _("Om deg"),
    "vitalMeasurementsBeforePregnancy": _("Høyde og vekt før svangerskapet"),
    "pointsOfContact": _("Kontaktpersoner"),
    "medicalConditions": _("Sykdommer og plager"),
    "geneticDisorders": _("Arvelige tilstander"),
    "currentPregnancy": _("Ditt svangerskap"),
    "birthStatus": _("Fødsel"),
    "lifestyleFactors": _("Levevaner"),
    "medication": _("Legemidler"),
    "previousPregnancies": _("Tidligere svangerskap"),
    "antenatalAppointments": _("Svangerskapskontroll"),
    "clinicalTests": _("Prøvesvar"),
    "rhesusDNegative": _("RhD-negativ blodtype"),
    "symphysisFundalHeights": _("Mål av magen"),
}


def section_name(part: str, language: Language) -> str:
    """What a part of the record is called to her."""
    return language.text(PARTS[part])
