"""Her decisions in words: what each means, whom and what she can choose, and what is in force. Numbers stay in here."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from helsekort.access.wishes import Wishes, WishKind
from helsekort.audit.entry import AuditEntry, Detail
from helsekort.citizen.language import Language
from helsekort.citizen.language import marked as _
from helsekort.citizen.roles import with_role
from helsekort.citizen.sections import parts_of_card


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision she can make. `question` is empty where it is only yes; `none` is said where there is nothing to choose."""

    id: str
    kind: WishKind
    name: str
    short: str
    meaning: tuple[str, ...]
    button: str
    in_force: str
    question: str = ""
    none: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """Somebody or something to choose. `value` is opaque and of one session; `target` never leaves the server."""

    value: str
    name: str
    more: str
    target: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision in force."""

    choice: Choice
    value: str
    text: str
    target: str


CHOICES = {
    choice.id: choice
    for choice in (
        Choice(
            "behandler",
            WishKind.BLOCK_PRACTITIONER,
            _("Sperr for en behandler"),
            _("Én person får ikke åpne helsekortet ditt."),
            (
                _(
                    "Personen får ikke åpne helsekortet ditt eller skrive i det, uansett hvor hun eller han jobber."
                ),
                _("Sperren gjelder også i nødstilfeller. Bare du kan oppheve den."),
                _("Prøver personen likevel, blir det avvist, og det står i loggen din."),
                _("Det personen har skrevet før, blir stående i helsekortet."),
            ),
            _("Sperr for denne personen"),
            _("Sperret for {name}"),
            _("Hvem vil du sperre for?"),
            _("Ingen har åpnet helsekortet ditt ennå. Her kan du velge blant dem som står i loggen din."),
        ),
        Choice(
            "virksomhet",
            WishKind.BLOCK_ORGANISATION,
            _("Sperr for en virksomhet"),
            _("Ingen på et legekontor, en helsestasjon eller et sykehus får åpne helsekortet ditt."),
            (
                _("De som jobber der, får ikke åpne helsekortet ditt eller skrive i det."),
                _("I en nødsituasjon kan de åpne det likevel. Da må de skrive hvorfor."),
                _("Du kan også si ja der og da til at de åpner det."),
                _("Åpner noen en sperre, står det øverst i loggen din."),
            ),
            _("Sperr for denne virksomheten"),
            _("Sperret for {name}"),
            _("Hvilken virksomhet vil du sperre for?"),
            _("Ingen har åpnet helsekortet ditt ennå. Her kan du velge blant dem som står i loggen din."),
        ),
        Choice(
            "del",
            WishKind.BLOCK_SECTION,
            _("Sperr en del av kortet"),
            _("Helsepersonell får ikke se eller skrive i en del du velger."),
            (
                _("Helsepersonell ser at noe er skjult, men aldri hva."),
                _("De får heller ikke skrive i den delen."),
                _(
                    "I en nødsituasjon, eller når du sier ja der og da, kan de åpne den. Da står det øverst i loggen din."
                ),
                _("Du ser alt selv, som før."),
            ),
            _("Sperr denne delen"),
            _("Sperret del: {name}"),
            _("Hvilken del vil du sperre?"),
            _("Alle delene er sperret."),
        ),
        Choice(
            "reservasjon",
            WishKind.OPT_OUT,
            _("Reserver deg mot helsekortet"),
            _("Ingen kan bruke det digitale helsekortet ditt, heller ikke i nødstilfeller."),
            (
                _(
                    "Så lenge reservasjonen gjelder, får ingen lese eller skrive i helsekortet. Du ser det heller ikke selv."
                ),
                _("Det gjelder også i nødstilfeller."),
                _("Det som er registrert, blir stående, og kan brukes igjen hvis du opphever reservasjonen."),
                _("Vil du at det skal slettes, kan du i stedet trekke samtykket."),
                _("Papirhelsekortet og oppfølgingen din er som før."),
            ),
            _("Reserver meg"),
            _("Du har reservert deg mot digitalt helsekort"),
        ),
        Choice(
            "nett",
            WishKind.HIDE_ONLINE,
            _("Ikke vis kortet på nett"),
            _("Helsekortet vises ikke på disse sidene, heller ikke for deg."),
            (
                _("Helsekortet vises ikke når du logger inn her, og ikke for noen du har gitt fullmakt."),
                _("Helsepersonell ser og skriver i det som før."),
                _("Du kan fortsatt lese loggen over bruk."),
                _(
                    "Den som kan logge inn som deg, kan også oppheve valget. Er du utrygg på det, kan du heller trekke samtykket."
                ),
            ),
            _("Ikke vis kortet på nett"),
            _("Helsekortet vises ikke på nett"),
        ),
        Choice(
            "varsel",
            WishKind.NOTICE,
            _("Varsel ved oppslag"),
            _("Du får en melding når noen andre enn du åpner helsekortet."),
            (
                _(
                    "Du får en melding på Helsenorge når noen andre enn du åpner helsekortet eller skriver i det."
                ),
                _(
                    "Meldingen sier ikke hvem det var, og ingenting om helsen din. Det ser du i loggen når du logger inn."
                ),
                _("Den som ser telefonen din, kan se at du har fått en melding, men ikke hva den gjelder."),
            ),
            _("Slå på varsel"),
            _("Du får varsel når noen åpner helsekortet"),
        ),
    )
}


def options(
    kind: WishKind, wishes: Wishes, log: Iterable[AuditEntry], *, salt: str, language: Language
) -> list[Option]:
    """What she can choose for a decision and has not chosen already; people and places are those in her log, the last first."""
    match kind:
        case WishKind.BLOCK_PRACTITIONER:
            known, chosen = _people(log, language), wishes.blocked_practitioners
        case WishKind.BLOCK_ORGANISATION:
            known, chosen = _places(log), wishes.blocked_organisations
        case WishKind.BLOCK_SECTION:
            known, chosen = _sections(language), wishes.blocked_sections
        case _:
            return []
    return [
        Option(_value(salt, kind, target), name[:1].upper() + name[1:], more, target)
        for target, (name, more) in known.items()
        if target not in chosen
    ]


def in_force(wishes: Wishes, log: Iterable[AuditEntry], *, salt: str, language: Language) -> list[Decided]:
    """Her decisions that hold now, each in a sentence."""
    entries = list(log)
    people, places, sections = _people(entries, language), _places(entries), _sections(language)
    someone, somewhere = language.text("en person i loggen din"), language.text("en virksomhet i loggen din")
    targets = {
        WishKind.BLOCK_PRACTITIONER: {
            one: ", ".join(filter(None, people.get(one, (someone, ""))))
            for one in wishes.blocked_practitioners
        },
        WishKind.BLOCK_ORGANISATION: {
            one: places.get(one, (somewhere, ""))[0] for one in wishes.blocked_organisations
        },
        WishKind.BLOCK_SECTION: {one: sections[one][0] for one in wishes.blocked_sections},
        WishKind.OPT_OUT: {"": ""} if wishes.opted_out else {},
        WishKind.HIDE_ONLINE: {"": ""} if wishes.hidden_online else {},
        WishKind.NOTICE: {"": ""} if wishes.notice else {},
    }
    return [
        Decided(
            choice,
            _value(salt, choice.kind, target),
            language.text(choice.in_force).format(name=name),
            target,
        )
        for choice in CHOICES.values()
        for target, name in sorted(targets[choice.kind].items(), key=lambda one: one[1])
    ]


def _people(log: Iterable[AuditEntry], language: Language) -> dict[str, tuple[str, str]]:
    """Everybody with an HPR number in the log: name with role, and the place, as they last stood there; the last first."""
    found: dict[str, tuple[str, str]] = {}
    for one in _newest_first(log):
        if one.hpr_number and one.name:
            found.setdefault(one.hpr_number, (with_role(one.role, one.name, language), one.organisation_name))
    return found


def _places(log: Iterable[AuditEntry]) -> dict[str, tuple[str, str]]:
    """Every point of care in the log by its number, the last first."""
    found: dict[str, tuple[str, str]] = {}
    for one in _newest_first(log):
        if one.organisation_name:
            found.setdefault(one.organisation or one.organisation_parent, (one.organisation_name, ""))
    return found


def _newest_first(log: Iterable[AuditEntry]) -> list[Detail]:
    return [one.detail for one in sorted(log, key=lambda one: (one.at, one.id), reverse=True)]


def _sections(language: Language) -> dict[str, tuple[str, str]]:
    return {part: (name, "") for part, name in parts_of_card(language).items()}


def _value(salt: str, kind: WishKind, target: str) -> str:
    return hmac.digest(salt.encode(), f"{kind.value} {target}".encode(), "sha256").hex()
