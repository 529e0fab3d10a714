"""The gate of the two APIs: from a request's headers to who calls, or a refusal. Token first, then proof, then the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

from msgspec import structs

from helsekort.access.caller import (
    Caller,
    RegisteredOrganisation,
    RegisteredPractitioner,
    Rules,
    Standings,
    assemble,
    hpr_number_to_find,
    organisation_to_find,
)
from helsekort.access.headers import CallHeaders, Naming, Sent, read_headers, sent, texts
from helsekort.access.jose import PublicKey
from helsekort.access.proof import ProofPolicy, Request, proof_keys, verify_proof
from helsekort.access.replay import ReplayMemory
from helsekort.access.token import Claims, TokenPolicy, UnknownKey, token_memory, verify_token
from helsekort.basics.clock import Clock
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Issue, Kind, Refused

FindPractitioner = Callable[[str], Awaitable[RegisteredPractitioner | None]]
"""Asks HPR for an HPR number."""

FindOrganisation = Callable[[str], Awaitable[RegisteredOrganisation | None]]
"""Asks Enhetsregisteret for the point of care with that organisation number."""

FindPatient = Callable[[NationalIdentityNumber | None], Awaitable[NationalIdentityNumber | None]]
"""Finds the patient of a call, given the one its header names; None where nobody is meant. May raise Refused."""


class Keys(Protocol):
    """The issuers' public keys, as far as they are known here."""

    def key_for(self, issuer: str, kid: str) -> PublicKey: ...

    async def refresh(self, issuer: str) -> None: ...


class Gate:
    """Finds out who calls. One gate serves one process: it remembers used proofs from the moment it is made."""

    def __init__(
        self,
        *,
        tokens: TokenPolicy,
        proofs: ProofPolicy,
        keys: Keys,
        find_practitioner: FindPractitioner,
        find_organisation: FindOrganisation,
        clock: Clock,
        rules: Rules,
    ) -> None:
        self._tokens = tokens
        self._proofs = proofs
        self._keys = keys
        self._find_practitioner = find_practitioner
        self._find_organisation = find_organisation
        self._clock = clock
        self._rules = rules
        self._standings = Standings(rules)
        self._token_memory = token_memory()
        self._proof_keys = proof_keys()
        self._replay = ReplayMemory(started=clock().timestamp(), ahead=proofs.ahead)

    async def identify(
        self,
        *,
        method: str,
        path: str,
        headers: Iterable[tuple[bytes, bytes]],
        naming: Naming = Naming.REQUIRED,
        find_patient: FindPatient | None = None,
    ) -> Caller:
        """The caller of one request; `path` as it stands in the request line, without the query.

        Where `naming` is NOBODY the call is not about a patient, and the caller has none. `find_patient` is asked only for a
        caller whose token and proof are genuine; what it finds stands beside the rest as if the header had named it.

        Raises `Refused` where nobody trustworthy is behind it: UNAUTHENTICATED, FORBIDDEN (scope, client) or SOURCE_DOWN.
        A caller who is known and may not go on is returned with `refused` set.
        """
        found = sent(headers)
        claims = await self._claims(texts(found, "authorization"))
        now = self._clock().timestamp()
        verify_proof(
            texts(found, "dpop"),
            Request(method, path, now),
            claims=claims,
            policy=self._proofs,
            keys=self._proof_keys,
            replay=self._replay,
        )
        stated = await self._stated(found, naming, find_patient)
        hpr_number, organisation = hpr_number_to_find(claims), organisation_to_find(claims)
        return assemble(
            claims,
            stated,
            practitioner=await self._find_practitioner(hpr_number) if hpr_number else None,
            organisation=await self._find_organisation(organisation) if organisation else None,
            standings=self._standings,
            now=self._clock().timestamp(),
        )

    async def _stated(self, found: Sent, naming: Naming, find_patient: FindPatient | None) -> CallHeaders:
        """What the headers say, with the patient who was found; what was wrong in finding her comes after what is wrong there."""
        stated = read_headers(found, allow_synthetic=self._rules.allow_synthetic, naming=naming)
        if find_patient is None or stated.refused is not None:
            return stated
        try:
            return structs.replace(stated, patient=await find_patient(stated.patient))
        except Refused as refused:
            return structs.replace(stated, refused=refused)

    async def _claims(self, authorization: Sequence[str]) -> Claims:
        try:
            return self._verified(authorization)
        except UnknownKey as unknown:
            await self._keys.refresh(unknown.issuer)
        try:
            return self._verified(authorization)
        except UnknownKey as unknown:
            issue = Issue(
                "The access token was not accepted. Its issuer has no such key (kid).", "Authorization"
            )
            raise Refused(Kind.UNAUTHENTICATED, [issue]) from unknown

    def _verified(self, authorization: Sequence[str]) -> Claims:
        return verify_token(
            authorization,
            policy=self._tokens,
            key_for=self._keys.key_for,
            memory=self._token_memory,
            now=self._clock().timestamp(),
        )
