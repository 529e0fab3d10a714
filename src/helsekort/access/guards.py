"""The record guards: what must be true of the woman and her record before an act is let in. One table, read top down.

Sources: the national contract's status page (consent, deceased, confidential address, one active record) and its error page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from helsekort.access.act import Act, Action
from helsekort.access.actor import ActorKind
from helsekort.access.roles import ROLES
from helsekort.basics.refusal import Kind


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledger knows, at the moment of the act, of the woman and of the record named."""

    consented: bool
    deceased: bool
    confidential_address: bool
    has_active_record: bool
    record_known: bool
    record_active: bool


@dataclass(frozen=True, slots=True)
class Decision:
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


_OWN_AFFAIRS = frozenset({Action.GIVE_CONSENT, Action.WITHDRAW_CONSENT, Action.READ_LOG})
_CITIZEN_ACTIONS = _OWN_AFFAIRS | {
    Action.READ_STATUS,
    Action.READ_HISTORY,
    Action.READ_RECORD,
    Action.READ_RECORD_HISTORY,
}
_NEEDS_NO_RECORD = frozenset({Action.READ_STATUS, Action.READ_HISTORY, Action.CREATE_RECORD}) | _OWN_AFFAIRS


def _another_persons(act: Act, facts: Facts) -> bool:
    return act.actor.kind is ActorKind.CITIZEN and act.actor.nin != act.patient


def _not_for_citizens(act: Act, facts: Facts) -> bool:
    return act.actor.kind is ActorKind.CITIZEN and act.action not in _CITIZEN_ACTIONS


def _only_for_herself(act: Act, facts: Facts) -> bool:
    return act.actor.kind is not ActorKind.CITIZEN and act.action in _OWN_AFFAIRS


def _not_for_machines(act: Act, facts: Facts) -> bool:
    return act.actor.kind is ActorKind.MACHINE and act.action is not Action.READ_STATUS


def _role_only_reads(act: Act, facts: Facts) -> bool:
    if act.actor.kind is not ActorKind.PRACTITIONER or not act.action.writes:
        return False
    role = ROLES.get(act.actor.role)
    return role is None or not role.writes


def _confidential(act: Act, facts: Facts) -> bool:
    return facts.confidential_address and act.action not in {
        Action.READ_STATUS,
        Action.WITHDRAW_CONSENT,
        Action.READ_LOG,
    }


def _no_consent(act: Act, facts: Facts) -> bool:
    return not facts.consented and act.action not in _OWN_AFFAIRS | {Action.READ_STATUS}


def _deceased(act: Act, facts: Facts) -> bool:
    return facts.deceased and act.action.writes


def _unknown_record(act: Act, facts: Facts) -> bool:
    return act.action not in _NEEDS_NO_RECORD and not facts.record_known


def _ended_record(act: Act, facts: Facts) -> bool:
    return act.action.writes and act.action not in _NEEDS_NO_RECORD and not facts.record_active


def _second_record(act: Act, facts: Facts) -> bool:
    return act.action is Action.CREATE_RECORD and facts.has_active_record


GUARDS: tuple[Guard, ...] = (
    Guard(
        "another person's record",
        _another_persons,
        Kind.INVALID_USER,
        "Avvist: gjelder ikke den som er logget inn.",
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
        "role only reads",
        _role_only_reads,
        Kind.INVALID_ROLE,
        "Avvist: rollen kan lese helsekortet, men ikke skrive i det.",
    ),
    Guard(
        "confidential address",
        _confidential,
        Kind.CONFIDENTIAL_ADDRESS,
        "Avvist: personen har adressebeskyttelse.",
    ),
    Guard(
        "no consent",
        _no_consent,
        Kind.NO_CONSENT,
        "Avvist: det er ikke gitt samtykke til digitalt helsekort.",
    ),
    Guard("deceased", _deceased, Kind.DECEASED, "Avvist: personen er registrert som død."),
    Guard("unknown record", _unknown_record, Kind.UNKNOWN_RECORD, "Avvist: helsekortet finnes ikke."),
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
    ActorKind.SYSTEM: "Lovpålagt oppgave",
}


def decide(act: Act, facts: Facts) -> Decision:
    """The first guard that applies refuses; where none does, the act is permitted."""
    for guard in GUARDS:
        if guard.applies(act, facts):
            return Decision(guard.refusal, guard.reason)
    if act.action is Action.READ_STATUS and act.actor.kind is not ActorKind.CITIZEN:
        return Decision(None, "Statusoppslag: om du har samtykket og har et helsekort")
    return Decision(None, _PERMITTED[act.actor.kind])
