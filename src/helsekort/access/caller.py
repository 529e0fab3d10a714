"""Who calls, put together: what the token proves, what the headers say, and what the national registers answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import is_
from typing import NamedTuple

import msgspec

from helsekort.access.act import Basis
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.access.attestation import Attested, check_attestation
from helsekort.access.bounded import Bounded
from helsekort.access.ground import ORDINARY, Ground, ground_of, wrong_ground
from helsekort.access.headers import ROLE, CallHeaders
from helsekort.access.roles import ROLES
from helsekort.access.token import Claims, Source
from helsekort.basics.nin import InvalidNationalIdentityNumber, NationalIdentityNumber
from helsekort.basics.refusal import Issue, Kind, Refused

REMEMBERED = 10_000
_ORGANISATION_NUMBER = re.compile(r"[0-9]{9}")
_HPR_NUMBER = re.compile(r"[0-9]{7,9}")
_HIGHEST = {Source.HELSEID: "4", Source.CITIZEN: "idporten-loa-high"}


@dataclass(frozen=True, slots=True)
class RegisteredPractitioner:
    """A practitioner as Helsepersonellregisteret (HPR) states her; authorisations are codes of Volven 9060."""

    hpr_number: str
    name: str
    authorisations: frozenset[str]


@dataclass(frozen=True, slots=True)
class RegisteredOrganisation:
    """A point of care as Enhetsregisteret states it; `parents` are the units it belongs to, the nearest first."""

    number: str
    name: str
    parents: tuple[str, ...]


class Caller(msgspec.Struct, frozen=True):
    """An actor whose token is genuine, and the circumstances of the call. `refused`: why she may not go on.

    Who is refused is known all the same, so that it can be written down. `patient` is None only where `refused` says why.
    """

    actor: Actor
    patient: NationalIdentityNumber | None
    source_system: str
    treatment_facility: str
    refused: Refused | None
    ground: Ground = ORDINARY


@dataclass(frozen=True, slots=True)
class Rules:
    """What a deployment decides: are fictional numbers people, must a practitioner's token carry an attestation."""

    allow_synthetic: bool
    demands_attestation: bool = False


def hpr_number_to_find(claims: Claims) -> str:
    """The HPR number to ask the register for; the empty text where the token has none that could exist."""
    asked = claims.source is Source.HELSEID and _HPR_NUMBER.fullmatch(claims.hpr_number)
    return claims.hpr_number if asked else ""


def organisation_to_find(claims: Claims) -> str:
    """The point of care to ask the register for; the empty text where the token has none that could exist."""
    asked = claims.source is Source.HELSEID and _ORGANISATION_NUMBER.fullmatch(claims.child_number)
    return claims.child_number if asked else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a caller is whomever the call is about, and what speaks against her: in the token, the role and the ground."""

    actor: Actor
    ground: Ground
    wrong_token: Refused | None
    wrong_role: Refused | None
    wrong_ground: Refused | None

    @property
    def good(self) -> bool:
        """Whether nothing speaks against her."""
        return self.wrong_token is None and self.wrong_role is None and self.wrong_ground is None


def standing_of(
    claims: Claims,
    headers: CallHeaders,
    practitioner: RegisteredPractitioner | None,
    organisation: RegisteredOrganisation | None,
    rules: Rules,
) -> Standing:
    """What the caller is, by the token, the role and ground that are stated, and the registers."""
    person = _person(claims, allow_synthetic=rules.allow_synthetic)
    actor = _actor(claims, headers, person, practitioner, organisation)
    ground = ground_of(headers, claims.attestation)
    return Standing(
        actor,
        ground,
        _wrong_person(claims, person) or _wrong_organisation(claims, organisation),
        _wrong_role(actor, practitioner),
        wrong_ground(actor.kind, ground),
    )


class Standings:
    """Remembers what callers are while the very same things are said of them; never one against whom something speaks."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._known: Bounded[str, _Known] = Bounded(REMEMBERED)

    def of(
        self,
        claims: Claims,
        headers: CallHeaders,
        practitioner: RegisteredPractitioner | None,
        organisation: RegisteredOrganisation | None,
    ) -> Standing:
        """As `standing_of`."""
        said = (claims, practitioner, organisation)
        stated = (headers.role, headers.basis, headers.reason)
        known = self._known.get(claims.digest)
        if known is not None and known.stated == stated and all(map(is_, known.said, said)):
            return known.standing
        standing = standing_of(claims, headers, practitioner, organisation, self.rules)
        if standing.good:
            self._known.put(claims.digest, _Known(said, stated, standing))
        return standing


class _Known(NamedTuple):
    said: tuple[Claims, RegisteredPractitioner | None, RegisteredOrganisation | None]
    stated: tuple[str, Basis, str]
    standing: Standing


def assemble(
    claims: Claims,
    headers: CallHeaders,
    *,
    practitioner: RegisteredPractitioner | None,
    organisation: RegisteredOrganisation | None,
    standings: Standings,
    now: float,
) -> Caller:
    """The caller, with the first reason there is to refuse her: token, organisation, headers, role, attestation, ground.

    `now` is in seconds since 1970.
    """
    standing = standings.of(claims, headers, practitioner, organisation)
    demanded = standings.rules.demands_attestation and standing.actor.kind is ActorKind.PRACTITIONER
    refused = (
        standing.wrong_token
        or headers.refused
        or standing.wrong_role
        or _wrong_attestation(claims, headers, practitioner, now, demanded=demanded)
        or standing.wrong_ground
    )
    return Caller(
        standing.actor,
        headers.patient,
        headers.source_system,
        headers.treatment_facility,
        refused,
        standing.ground,
    )


def _attested(
    claims: Claims, headers: CallHeaders, practitioner: RegisteredPractitioner | None, now: float
) -> Attested:
    return Attested(
        pid=claims.pid,
        hpr_number=claims.hpr_number,
        authorisations=practitioner.authorisations if practitioner else frozenset(),
        parent_number=claims.parent_number,
        child_number=claims.child_number,
        patient=headers.patient.reveal() if headers.patient else "",
        now=now,
    )


def _wrong_attestation(
    claims: Claims,
    headers: CallHeaders,
    practitioner: RegisteredPractitioner | None,
    now: float,
    *,
    demanded: bool,
) -> Refused | None:
    """An attestation is of a practitioner: only her token must carry one, but none that is carried goes unchecked."""
    if claims.attestation is None and not demanded:
        return None
    known = _attested(claims, headers, practitioner, now)
    return check_attestation(claims.attestation, known, demanded=demanded)


def _actor(
    claims: Claims,
    headers: CallHeaders,
    person: NationalIdentityNumber | None,
    practitioner: RegisteredPractitioner | None,
    organisation: RegisteredOrganisation | None,
) -> Actor:
    kind = _kind(claims)
    unit = None if kind is ActorKind.CITIZEN else _unit(claims, organisation)
    person_name = practitioner.name if practitioner else claims.name
    return Actor(
        kind=kind,
        name=unit.name if unit and kind is ActorKind.MACHINE else person_name,
        client_id=claims.client_id,
        nin=person,
        hpr_number=hpr_number_to_find(claims),
        role=headers.role if kind is ActorKind.PRACTITIONER else "",
        organisation=unit,
        token_id=claims.token_id,
    )


def _kind(claims: Claims) -> ActorKind:
    if claims.source is Source.CITIZEN:
        return ActorKind.CITIZEN
    return ActorKind.PRACTITIONER if claims.of_person else ActorKind.MACHINE


def _unit(claims: Claims, organisation: RegisteredOrganisation | None) -> Organisation:
    return Organisation(
        parent_number=claims.parent_number,
        number=claims.child_number,
        name=organisation.name if organisation else "",
        supplier_number=claims.supplier_number,
    )


def _person(claims: Claims, *, allow_synthetic: bool) -> NationalIdentityNumber | None:
    try:
        return NationalIdentityNumber.parse(claims.pid, allow_synthetic=allow_synthetic)
    except InvalidNationalIdentityNumber:
        return None  # a machine has none; for a person `_wrong_person` refuses


def _wrong_person(claims: Claims, person: NationalIdentityNumber | None) -> Refused | None:
    """A person is identified by a number and logged in at the highest level; a claim that is missing is never guessed."""
    if not claims.of_person:
        return None
    issues = []
    if person is None:
        issues.append(Issue("The token has no valid identity number of the user (pid).", "Authorization"))
    if claims.level != _HIGHEST[claims.source]:
        issues.append(Issue("The user is not logged in at the highest security level.", "Authorization"))
    if claims.source is Source.HELSEID and not hpr_number_to_find(claims):
        issues.append(Issue("The token has no HPR number of the user.", "Authorization"))
    return Refused(Kind.FORBIDDEN, issues) if issues else None


def _wrong_organisation(claims: Claims, organisation: RegisteredOrganisation | None) -> Refused | None:
    if claims.source is Source.CITIZEN:
        return None
    if not claims.parent_number or not claims.child_number:
        issue = Issue(
            "The token lacks the organisation: orgnr_parent and orgnr_child are both needed.", "Authorization"
        )
        return Refused(Kind.FORBIDDEN, [issue])
    if organisation is None or organisation.number != claims.child_number:
        issue = Issue("Enhetsregisteret has no point of care with the token's orgnr_child.", "Authorization")
        return Refused(Kind.UNKNOWN_ORGANISATION, [issue])
    if claims.parent_number not in organisation.parents:
        issue = Issue("The point of care does not belong to the token's orgnr_parent.", "Authorization")
        return Refused(Kind.UNKNOWN_ORGANISATION, [issue])
    return None


def _wrong_role(actor: Actor, practitioner: RegisteredPractitioner | None) -> Refused | None:
    """ATT-32 of the trust framework: the role that is stated must be one she is authorised for, today."""
    if actor.kind is not ActorKind.PRACTITIONER:
        return None
    if not actor.role:
        return Refused(Kind.INVALID_HEADER, [Issue("The header is missing.", ROLE)])
    if practitioner is None or practitioner.hpr_number != actor.hpr_number:
        return Refused(Kind.INVALID_ROLE, [Issue("HPR has nobody with the token's HPR number.", ROLE)])
    if actor.role not in practitioner.authorisations:
        return Refused(Kind.INVALID_ROLE, [Issue("The user is not authorised for the role in HPR.", ROLE)])
    if actor.role not in ROLES:
        issue = Issue(
            "The role has no access to the maternity record.", ROLE, f"Roles with access: {', '.join(ROLES)}."
        )
        return Refused(Kind.INVALID_ROLE, [issue])
    return None
