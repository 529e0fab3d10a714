"""The wording of the legal ground, in one place: consent during the trial; activation and opting out are another of these."""

from __future__ import annotations

from dataclasses import dataclass

from helsekort.citizen.language import marked as _


@dataclass(frozen=True, slots=True)
class Point:
    """One heading of the text she decides on, and its sentences."""

    heading: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything that is said about the choice, in bokmål; a new text gets a new version in the settings."""

    name: str
    title: str
    lead: str
    points: tuple[Point, ...]
    yes: str
    no: str
    stop: str
    deleted: tuple[str, ...]
    remains: tuple[str, ...]
    unchanged: tuple[str, ...]


CONSENT = Wording(
    name=_("Samtykke"),
    title=_("Ta i bruk digitalt helsekort"),
    lead=_(
        "Helsekortet samler opplysninger om svangerskapet ditt, slik at de som følger deg opp, ser det samme. "
        "Du velger selv om du vil ha det."
    ),
    points=(
        Point(
            _("Dette skjer når du samtykker"),
            (
                _(
                    "Jordmor, fastlege og sykehus registrerer opplysninger om svangerskapet i helsekortet ditt."
                ),
                _(
                    "Det er de samme opplysningene som på helsekortet på papir: om helsen din, prøver, kontroller og fødsel."
                ),
                _("Du ser alt som er registrert, og hvem som har registrert det."),
            ),
        ),
        Point(
            _("Hvem som kan se opplysningene"),
            (
                _(
                    "Helsepersonell som gir deg helsehjelp i svangerskapet og ved fødselen, kan se og skrive i helsekortet."
                ),
                _("Hver gang noen åpner det, kommer det i loggen din. Den kan du alltid lese."),
                _("Familie, arbeidsgiver og NAV har ikke tilgang."),
            ),
        ),
        Point(
            _("Hvor lenge"),
            (
                _("Opplysningene blir lagret så lenge utprøvingen varer, eller til du trekker samtykket."),
                _("De er kryptert med en nøkkel som bare gjelder ditt helsekort."),
            ),
        ),
        Point(
            _("Når du vil stoppe"),
            (
                _("Du kan trekke samtykket når du vil, uten å si hvorfor."),
                _("Da slettes det som er lagret i det digitale helsekortet. Loggen over bruk blir stående."),
            ),
        ),
        Point(
            _("Dette endres ikke"),
            (
                _("Helsekortet på papir gjelder fortsatt. Ta det med til alle timer."),
                _("Du får den samme helsehjelpen om du sier nei."),
                _("Jordmor, lege og sykehus fører sin egen journal som før."),
            ),
        ),
    ),
    yes=_("Ja, jeg samtykker"),
    no=_("Nei takk"),
    stop=_("Trekk samtykket"),
    deleted=(
        _("alt som er registrert i det digitale helsekortet ditt"),
        _("nøkkelen som opplysningene er kryptert med, slik at sikkerhetskopier ikke kan leses"),
    ),
    remains=(
        _("loggen over hvem som har brukt helsekortet, uten opplysninger om helsen din"),
        _("det som står i journalen hos jordmor, lege og sykehus"),
        _("helsekortet på papir"),
    ),
    unchanged=(
        _("Du får den samme oppfølgingen som før."),
        _("Du kan samtykke på nytt senere. Da starter helsekortet tomt."),
    ),
)
