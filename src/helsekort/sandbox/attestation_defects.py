"""Every way an attestation can be wrong (tillitsrammeverket's rules ATT-n), on a token that is genuine and carries one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from helsekort.sandbox.defects import Defect
from helsekort.sandbox.wrong import Jws, Present, attested, claims, present, token_with

OTHER_PATIENT, OTHER_PRACTITIONER = "30859494648", "06868491807"
_T = token_with


def _aged(seconds: int) -> Callable[[Jws], Jws]:
    """Attested so many seconds before the token was issued."""
    return lambda of: attested("attestation", "toa", value=of.claims["iat"] - seconds)(of)


def _twice(of: Jws) -> Jws:
    (one,) = of.claims["authorization_details"]
    return claims(authorization_details=[one, one])(of)


def _both_shapes(of: Jws) -> Jws:
    """The older names alone in a claim of their own, beside HelseID's."""
    return claims(attestation=_older(of))(of)


def _older(of: Jws) -> dict[str, Any]:
    (one,) = of.claims["authorization_details"]
    return {
        "toa": one["attestation"]["toa"],
        "practitioner": one["practitioner"],
        "care_relation": one["care_relationship"],
        "patient": one["patients"][0],
    }


def _in_older_shape(of: Jws) -> Jws:
    return claims(authorization_details=None, attestation=_older(of))(of)


def _as_an_object(of: Jws) -> Jws:
    (one,) = of.claims["authorization_details"]
    return replace(of, claims={**of.claims, "authorization_details": one})


_WHO, _WHY = ("practitioner",), ("care_relationship",)

ATTESTATION_DEFECTS: tuple[Defect, ...] = (
    Defect("61 minutes old", "ATT-58", 403, _T(_aged(61 * 60))),
    Defect("of the future", "ATT-58", 403, _T(_aged(-10 * 60))),
    Defect("no time", "ATT-58", 403, _T(attested("attestation", value={}))),
    Defect("a time that is text", "ATT-58", 401, _T(attested("attestation", "toa", value="now"))),
    Defect(
        "another patient",
        "ATT-4",
        403,
        _T(attested("patients", 0, "identifier", "id", value=OTHER_PATIENT)),
    ),
    Defect(
        "two patients",
        "ATT-6",
        401,
        _T(lambda of: attested("patients", value=[_older(of)["patient"]] * 2)(of)),
    ),
    Defect(
        "another practitioner",
        "ATT-11",
        403,
        _T(attested(*_WHO, "identifier", "id", value=OTHER_PRACTITIONER)),
    ),
    Defect(
        "a number of another kind",
        "ATT-10",
        403,
        _T(attested(*_WHO, "identifier", "system", value="urn:oid:2.16.578.1.12.4.1.4.4")),
    ),
    Defect("another HPR number", "ATT-11", 403, _T(attested(*_WHO, "hpr_nr", "id", value="565900202"))),
    Defect(
        "an authorization she does not have",
        "ATT-32",
        403,
        _T(attested(*_WHO, "authorization", "code", value="TL")),
    ),
    Defect(
        "another legal entity", "ATT-15", 403, _T(attested(*_WHO, "legal_entity", "id", value="314001400"))
    ),
    Defect(
        "another point of care", "ATT-18", 403, _T(attested(*_WHO, "point_of_care", "id", value="314001532"))
    ),
    Defect(
        "an unknown purpose", "ATT-38", 403, _T(attested(*_WHY, "purpose_of_use", "code", value="HRESCH"))
    ),
    Defect("no purpose", "ATT-38", 403, _T(attested(*_WHY, "purpose_of_use", value=None))),
    Defect(
        "neither service nor details", "ATT-43", 403, _T(attested(*_WHY, "healthcare_service", value=None))
    ),
    Defect("no decision reference", "ATT-46", 403, _T(attested(*_WHY, "decision_ref", value=None))),
    Defect(
        "a decision of nobody",
        "ATT-47",
        403,
        _T(attested(*_WHY, "decision_ref", "user_selected", value=None)),
    ),
    Defect("not well formed", "ATT-1", 401, _T(attested("care_relationship", value="TREAT"))),
    Defect("two attestations", "ATT-1", 401, _T(_twice)),
    Defect("both shapes", "ATT-1", 401, _T(_both_shapes)),
)

ATTESTED_ACCEPTED: tuple[tuple[str, Present], ...] = (
    ("as it should be", present),
    ("59 minutes old", _T(_aged(59 * 60))),
    ("the specification's older names", _T(_in_older_shape)),
    ("one object and no list", _T(_as_an_object)),
    ("no practitioner's number", _T(attested(*_WHO, "identifier", value=None))),
    ("an unknown member", _T(attested("note", value="unknown"))),
)
"""Odd and right."""
