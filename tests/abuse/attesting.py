"""Requests of a practitioner whose token carries an attestation."""

from __future__ import annotations

from helsekort.basics.clock import system_clock
from helsekort.sandbox.attestation import Attested, Reason, parameters, taken_apart
from helsekort.sandbox.helseid import practitioner_grant
from helsekort.sandbox.wrong import Ingredients
from tests.abuse.world import HELSEID, PEOPLE, WOMAN, request


def attesting(method: str, path: str, *, reason: Reason | None = None) -> Ingredients:
    """A correct request of the GP's, attested now for the woman."""
    stated = parameters(PEOPLE.organisation("solvik"), role="LE", patient=WOMAN.nin, reason=reason)
    _, told = taken_apart(stated)
    assert told is not None
    attested = Attested(told, int(system_clock().timestamp()))
    grant = practitioner_grant(PEOPLE, "gp", "gp", attested=attested)
    return request(grant, method, path, provider=HELSEID)
