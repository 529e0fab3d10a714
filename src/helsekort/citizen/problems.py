"""What each kind of refusal says on a page: what happened, and what she can do. Calm, and never a code to look up."""

from __future__ import annotations

from dataclasses import dataclass

from helsekort.basics.refusal import Kind
from helsekort.citizen.language import marked as _


@dataclass(frozen=True, slots=True)
class Problem:
    """A page about something that did not work."""

    title: str
    text: str
    advice: str


_OURS = Problem(
    _("Noe gikk galt hos oss"),
    _("Det du prøvde å gjøre, ble ikke fullført. Ingen opplysninger er endret."),
    _("Prøv igjen om litt. Haster det, kan du ringe jordmor, fastlege eller fødeavdelingen som vanlig."),
)
_BUSY = Problem(
    _("Tjenesten svarer ikke akkurat nå"),
    _("Helsekortet ditt er trygt, men vi får ikke hentet det nå."),
    _("Prøv igjen om noen minutter. Papirhelsekortet gjelder hele tiden."),
)
_SOURCE_DOWN = Problem(
    _("En tjeneste vi trenger, svarer ikke"),
    _("Feilen ligger ikke hos deg. Ingen opplysninger er endret."),
    _("Prøv igjen om noen minutter. Papirhelsekortet gjelder hele tiden."),
)
_NOT_FOUND = Problem(
    _("Vi finner ikke siden"),
    _("Adressen kan være skrevet feil, eller siden kan være flyttet."),
    _("Gå til forsiden og prøv derfra."),
)
_NO_RECORD = Problem(
    _("Vi finner ikke helsekortet"),
    _("Du har ikke noe helsekort med denne adressen."),
    _("Gå til helsekortet ditt fra menyen."),
)
_NOT_SENT = Problem(
    _("Vi kunne ikke ta imot skjemaet"),
    _("Noe manglet, eller siden hadde stått åpen for lenge. Ingenting er lagret."),
    _("Gå tilbake, last inn siden på nytt og prøv igjen."),
)
_NOT_YOURS = Problem(
    _("Du kan ikke gjøre dette her"),
    _("Handlingen gjelder ikke deg som er logget inn."),
    _("Gå til helsekortet ditt fra menyen."),
)
_LOGIN = Problem(
    _("Innloggingen ble ikke fullført"),
    _("Den ble avbrutt, eller det gikk for lang tid. Du er ikke logget inn."),
    _("Gå til forsiden og logg inn på nytt."),
)
_CHANGED = Problem(
    _("Noe er endret siden sist"),
    _("Det har kommet en endring mens du hadde siden åpen."),
    _("Last inn siden på nytt for å se hva som gjelder nå."),
)
_NO_CONSENT = Problem(
    _("Du har ikke tatt i bruk digitalt helsekort"),
    _("Uten samtykke finnes det ikke noe digitalt helsekort for deg."),
    _("Du kan lese om samtykke og bestemme deg når du vil."),
)
_CONFIDENTIAL = Problem(
    _("Digitalt helsekort kan ikke brukes nå"),
    _("Du er registrert med adressebeskyttelse. Da kan det ikke finnes et digitalt helsekort."),
    _(
        "Du får den samme oppfølgingen som før, med helsekortet på papir. Snakk med jordmor eller lege om du lurer på noe."
    ),
)
_DECEASED = Problem(
    _("Helsekortet er stengt"),
    _("Folkeregisteret har opplysninger som gjør at helsekortet ikke kan brukes."),
    _("Er dette feil, ta kontakt med Folkeregisteret."),
)
_BLOCKED = Problem(
    _("Dette er sperret"),
    _("Du har selv sperret denne delen av helsekortet."),
    _("Du kan oppheve sperren når du vil."),
)
_TOO_MANY = Problem(
    _("Det kom for mange forespørsler"),
    _("For å verne opplysningene dine tar vi en kort pause."),
    _("Vent et minutt og prøv igjen."),
)
_OFF = Problem(
    _("Helsekortet er slått av akkurat nå"),
    _("Vi har slått det av for å undersøke noe. Opplysningene dine er trygge."),
    _(
        "Papirhelsekortet gjelder hele tiden. Du kan fortsatt se hvem som har sett kortet, og du kan trekke samtykket."
    ),
)
_WRITING_OFF = Problem(
    _("Endringer er slått av akkurat nå"),
    _("Ingenting er lagret. Du kan lese helsekortet ditt som vanlig."),
    _("Prøv igjen senere. Du kan fortsatt trekke samtykket."),
)

PROBLEMS: dict[Kind, Problem] = {
    Kind.TECHNICAL: _OURS,
    Kind.DATABASE: _BUSY,
    Kind.SOURCE_DOWN: _SOURCE_DOWN,
    Kind.DECEASED: _DECEASED,
    Kind.NO_CONSENT: _NO_CONSENT,
    Kind.CONFIDENTIAL_ADDRESS: _CONFIDENTIAL,
    Kind.BLOCKED: _BLOCKED,
    Kind.OPTED_OUT: _NO_CONSENT,
    Kind.INVALID_ROLE: _NOT_YOURS,
    Kind.INVALID_USER: _NOT_YOURS,
    Kind.NOT_FOUND: _NO_RECORD,
    Kind.VERSION_CONFLICT: _CHANGED,
    Kind.PRECONDITION_FAILED: _CHANGED,
    Kind.CONTRADICTION: _NOT_SENT,
    Kind.ALREADY_EXISTS: _CHANGED,
    Kind.MALFORMED: _NOT_SENT,
    Kind.INVALID: _NOT_SENT,
    Kind.INVALID_HEADER: _NOT_SENT,
    Kind.INVALID_NIN: _LOGIN,
    Kind.UNKNOWN_RECORD: _NO_RECORD,
    Kind.INACTIVE_RECORD: _NO_RECORD,
    Kind.INVALID_CODE: _NOT_SENT,
    Kind.DELETED: _NO_RECORD,
    Kind.UNAUTHENTICATED: _LOGIN,
    Kind.FORBIDDEN: _NOT_SENT,
    Kind.UNKNOWN_ORGANISATION: _NOT_YOURS,
    Kind.TOO_LARGE: _NOT_SENT,
    Kind.UNSUPPORTED_MEDIA_TYPE: _NOT_SENT,
    Kind.NOT_ACCEPTABLE: _NOT_SENT,
    Kind.INVALID_PARAMETER: _NOT_SENT,
    Kind.NO_SUCH_RESOURCE: _NOT_FOUND,
    Kind.NO_SUCH_ROUTE: _NOT_FOUND,
    Kind.METHOD_NOT_ALLOWED: _NOT_FOUND,
    Kind.TOO_MANY: _TOO_MANY,
    Kind.SWITCHED_OFF: _OFF,
    Kind.WRITING_OFF: _WRITING_OFF,
    Kind.PAGES_OFF: _OFF,
    Kind.CONTRACT_OFF: _OFF,
    Kind.CALLER_OFF: _OFF,
}
