"""The record guards: what must be true of the woman and her record before an act is let in. One table, read top down.

Sources: the national contract's status page (consent, deceased, confidential address, one active record) and its error page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import msgspec

from helsekort.access.act import RESOURCE_READS, Act, Action, Basis, Representation
from helsekort.access.actor import ActorKind
from helsekort.access.roles import ROLES
from helsekort.access.wishes import NO_WISHES, Wishes
from helsekort.basics.refusal import Kind


class Facts(msgspec.Struct, frozen=True):
    """What the ledger knows, at the moment of the act, of the woman and of the record named; `person` is her opaque id."""

    consented: bool
    deceased: bool
    confidential_address: bool
    has_active_record: bool
    record_known: bool
    record_active: bool
    wishes: Wishes = NO_WISHES
    person: UUID | None = None


class Decision(msgspec.Struct, frozen=True):
    """Permit, or the kind of refusal; always with the reason in words that she can read."""

    refusal: Kind | None
    reason: str

    @property
    def permitted(self) -> bool:
        """True where the act is let in."""
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class Guard:
    """One row: when it applies, the refusal it gives, and the reason in bokmål."""

    name: str
    applies: Callable[[Act, Facts], bool]
    refusal: Kind
    reason: str


_OWN_AFFAIRS = frozenset(
    {
        Action.GIVE_CONSENT,
        Action.WITHDRAW_CONSENT,
        Action.READ_LOG,
        Action.SET_WISH,
        Action.REPORT_LOOKUP,
    }
)
_PROXY_ACTIONS = {
    Representation.HEALTH_INFORMATION: frozenset({Action.READ_STATUS, Action.READ_RECORD}),
    Representation.DIGITAL_SERVICES: frozenset({Action.READ_STATUS}),
    Representation.PARENT: frozenset[Action](),
}
_ONLINE = RESOURCE_READS | {Action.READ_HISTORY, Action.READ_RECORD, Action.READ_RECORD_HISTORY}
_CITIZEN_ACTIONS = _OWN_AFFAIRS | _ONLINE | {Action.READ_STATUS}
_FOLLOWS = frozenset({Action.SUBSCRIBE, Action.NOTIFY})
_NEEDS_NO_RECORD = (
    frozenset({Action.READ_STATUS, Action.READ_HISTORY, Action.CREATE_RECORD}) | _FOLLOWS | _OWN_AFFAIRS
)


def _another_persons(act: Act, facts: Facts) -> bool:
    return act.actor.kind is ActorKind.CITIZEN and act.actor.nin != act.patient


def _not_for_citizens(act: Act, facts: Facts) -> bool:
    return act.actor.kind is ActorKind.CITIZEN and act.action not in _CITIZEN_ACTIONS


def _only_for_herself(act: Act, facts: Facts) -> bool:
    return act.actor.kind is not ActorKind.CITIZEN and act.action in _OWN_AFFAIRS


def _not_for_proxies(act: Act, facts: Facts) -> bool:
    """A proxy reads what the power of attorney covers; a parent nothing, whatever the woman's age; none where the address is
    protected (Helsenorge's rule)."""
    if act.actor.kind is not ActorKind.PROXY:
        return False
    covered = _PROXY_ACTIONS[act.representation] if act.representation else frozenset()
    return act.action not in covered or facts.confidential_address or facts.wishes.hidden_online


def _blocked_practitioner(act: Act, facts: Facts) -> bool:
    """A named professional stays blocked, in an emergency too."""
    return act.actor.hpr_number != "" and act.actor.hpr_number in facts.wishes.blocked_practitioners


def _opted_out(act: Act, facts: Facts) -> bool:
    return facts.wishes.opted_out and act.action not in _OWN_AFFAIRS | {Action.READ_STATUS}


def _hidden_online(act: Act, facts: Facts) -> bool:
    return facts.wishes.hidden_online and act.actor.kind is ActorKind.CITIZEN and act.action in _ONLINE


def _reason_missing(act: Act, facts: Facts) -> bool:
    return act.basis is Basis.EMERGENCY and not act.reason.strip()


def _blocked_organisation(act: Act, facts: Facts) -> bool:
    unit = act.actor.organisation
    if unit is None or act.basis is not Basis.ORDINARY:
        return False
    return not facts.wishes.blocked_organisations.isdisjoint(
        {unit.number, unit.parent_number, unit.supplier_number} - {""}
    )


def _blocked_section(act: Act, facts: Facts) -> bool:
    clinician = act.actor.kind in {ActorKind.PRACTITIONER, ActorKind.MACHINE}
    needed = {act.section, "birthStatus" if act.action is Action.UPDATE_STATUS else act.section}
    return (
        clinician
        and act.action.writes
        and act.basis is Basis.ORDINARY
        and not needed.isdisjoint(facts.wishes.blocked_sections)
    )


def _not_for_machines(act: Act, facts: Facts) -> bool:
    return act.actor.kind is ActorKind.MACHINE and act.action is not Action.READ_STATUS


def _role_only_reads(act: Act, facts: Facts) -> bool:
    if act.actor.kind is not ActorKind.PRACTITIONER or not act.action.writes:
        return False
    role = ROLES.get(act.actor.role)
    return role is None or not role.writes


def _confidential(act: Act, facts: Facts) -> bool:
    hers = _OWN_AFFAIRS - {Action.GIVE_CONSENT}
    return facts.confidential_address and act.action not in hers | {Action.READ_STATUS}


def _no_consent(act: Act, facts: Facts) -> bool:
    return not facts.consented and act.action not in _OWN_AFFAIRS | {Action.READ_STATUS}


def _deceased(act: Act, facts: Facts) -> bool:
    return facts.deceased and act.action.writes


def _unknown_record(act: Act, facts: Facts) -> bool:
    """What goes through FHIR may name no record, but a record or a woman that is named by id must be the patient's."""
    if act.person is not None and act.person != facts.person:
        return True
    may_name_none = act.action in RESOURCE_READS or _writes_to_a_record(act)
    named = act.record is not None if may_name_none else act.action not in _NEEDS_NO_RECORD
    return named and not facts.record_known


def _no_active_record(act: Act, facts: Facts) -> bool:
    """What is written and names no record is written to the one that is active."""
    return act.record is None and _writes_to_a_record(act) and not facts.record_known


def _ended_record(act: Act, facts: Facts) -> bool:
    return _writes_to_a_record(act) and not facts.record_active


def _writes_to_a_record(act: Act) -> bool:
    return act.action.writes and act.action not in _NEEDS_NO_RECORD


def _second_record(act: Act, facts: Facts) -> bool:
    return act.action is Action.CREATE_RECORD and facts.has_active_record


GUARDS: tuple[Guard, ...] = (
    Guard(
        "another person's record",
        _another_persons,
        Kind.INVALID_USER,
        "Avvist: gjelder en annen enn den innloggede.",
    ),
    Guard(
        "not for citizens",
        _not_for_citizens,
        Kind.INVALID_USER,
        "Avvist: bare helsepersonell kan gjøre dette.",
    ),
    Guard(
        "only for herself",
        _only_for_herself,
        Kind.INVALID_USER,
        "Avvist: bare den gravide selv kan gjøre dette.",
    ),
    Guard(
        "not for machines",
        _not_for_machines,
        Kind.INVALID_USER,
        "Avvist: systemet hadde ingen innlogget bruker.",
    ),
    Guard(
        "not for proxies",
        _not_for_proxies,
        Kind.INVALID_USER,
        "Avvist: fullmakten gir ikke innsyn i helsekortet.",
    ),
    Guard(
        "role only reads", _role_only_reads, Kind.INVALID_ROLE, "Avvist: rollen kan lese, men ikke skrive."
    ),
    Guard(
        "confidential address",
        _confidential,
        Kind.CONFIDENTIAL_ADDRESS,
        "Avvist: personen har adressebeskyttelse.",
    ),
    Guard(
        "blocked practitioner",
        _blocked_practitioner,
        Kind.BLOCKED,
        "Avvist: du har sperret for denne personen.",
    ),
    Guard("opted out", _opted_out, Kind.OPTED_OUT, "Avvist: du har reservert deg mot digitalt helsekort."),
    Guard(
        "no consent",
        _no_consent,
        Kind.NO_CONSENT,
        "Avvist: det er ikke gitt samtykke til digitalt helsekort.",
    ),
    Guard(
        "emergency without a reason",
        _reason_missing,
        Kind.INVALID_HEADER,
        "Avvist: nødrett ble oppgitt uten grunn.",
    ),
    Guard(
        "blocked organisation",
        _blocked_organisation,
        Kind.BLOCKED,
        "Avvist: du har sperret for denne virksomheten.",
    ),
    Guard(
        "hidden online",
        _hidden_online,
        Kind.BLOCKED,
        "Avvist: du har valgt at kortet ikke skal vises på nett.",
    ),
    Guard("deceased", _deceased, Kind.DECEASED, "Avvist: personen er registrert som død."),
    Guard("unknown record", _unknown_record, Kind.UNKNOWN_RECORD, "Avvist: helsekortet finnes ikke."),
    Guard(
        "no active record",
        _no_active_record,
        Kind.INACTIVE_RECORD,
        "Avvist: det finnes ikke noe aktivt helsekort.",
    ),
    Guard("blocked part", _blocked_section, Kind.BLOCKED, "Avvist: du har sperret denne delen av kortet."),
    Guard("ended record", _ended_record, Kind.INACTIVE_RECORD, "Avvist: helsekortet er avsluttet."),
    Guard(
        "second active record",
        _second_record,
        Kind.ALREADY_EXISTS,
        "Avvist: det finnes allerede et aktivt helsekort.",
    ),
)

_PERMITTED = {
    ActorKind.PRACTITIONER: "Samtykke",
    ActorKind.CITIZEN: "Egen innlogging",
    ActorKind.MACHINE: "Samtykke",
    ActorKind.PROXY: "Fullmakt",
    ActorKind.SYSTEM: "Lovpålagt oppgave",
}
_LIFTED = {
    Basis.HER_CONSENT: "Samtykke der og da: sperring åpnet",
    Basis.EMERGENCY: "Nødrett",
}


def decide(act: Act, facts: Facts) -> Decision:
    """The first guard that applies refuses; where none does, the act is permitted."""
    for guard in GUARDS:
        if guard.applies(act, facts):
            return Decision(guard.refusal, guard.reason)
    if act.action is Action.READ_STATUS and act.actor.kind in {ActorKind.PRACTITIONER, ActorKind.MACHINE}:
        return Decision(None, "Statusoppslag: om du har samtykket og har et helsekort")
    return Decision(None, _LIFTED.get(act.basis, _PERMITTED[act.actor.kind]))
