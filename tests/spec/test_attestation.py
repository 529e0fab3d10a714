"""Chapter: what an organisation attests when it opens a record (tillitsrammeverket 1.1). One table: a change, and what breaks."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from helsekort.access.act import Basis
from helsekort.access.attestation import TYPE, read_attestation
from helsekort.access.caller import Caller, RegisteredPractitioner, Rules, Standings, assemble
from helsekort.access.headers import read_headers, sent
from helsekort.basics.refusal import Kind, Refused
from tests.abuse.minting import NOW, Checks, Mint
from tests.unit.test_caller import CLINIC, GP, GRETE, WOMAN, citizen, headers

FNR, ORGANISATION = "urn:oid:2.16.578.1.12.4.1.4.1", "urn:oid:2.16.578.1.12.4.1.4.101"


def attestation() -> dict[str, Any]:
    """As HelseID carries it: everything stated, everything right."""
    return {
        "type": TYPE,
        "practitioner": {
            "identifier": {"id": GP, "system": FNR},
            "hpr_nr": {"id": "565900101", "system": "urn:oid:2.16.578.1.12.4.1.4.4"},
            "authorization": {"code": "LE", "system": "urn:oid:2.16.578.1.12.4.1.1.9060"},
            "legal_entity": {"id": "314001141", "system": ORGANISATION},
            "point_of_care": {"id": "314001273", "system": ORGANISATION},
        },
        "care_relationship": {
            "healthcare_service": {"code": "KX17", "system": "urn:oid:2.16.578.1.12.4.1.1.8655"},
            "purpose_of_use": {"code": "TREAT", "system": "urn:oid:2.16.840.1.113883.1.11.20448"},
            "purpose_of_use_details": {"code": "BEHANDLER"},
            "decision_ref": {"id": "beslutning-1", "description": "Timeavtale", "user_selected": False},
        },
        "patients": [{"identifier": {"id": WOMAN, "system": FNR}}],
    }


def changed(path: str, value: object) -> dict[str, Any]:
    """The attestation with one member other; None leaves it out."""
    told = attestation()
    at: Any = told
    *way, last = path.split(".")
    for step in way:
        at = at[int(step)] if step.isdigit() else at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return told


def call(
    told: object,
    *,
    toa: object = int(NOW),
    given: dict[bytes, bytes] | None = None,
    demanded: bool = False,
    mint: Mint | None = None,
    practitioner: RegisteredPractitioner | None = GRETE,
) -> Caller:
    """The caller of a token that carries an attestation (none where `told` is None)."""
    extra = {} if told is None else {"authorization_details": told, "attestation": {"toa": toa}}
    made = mint or Mint()
    made.claims = {**made.claims, **extra}
    claims = Checks().token(f"DPoP {made.token()}")
    found = read_headers(sent((given or headers()).items()), allow_synthetic=True)
    rules = Rules(allow_synthetic=True, demands_attestation=demanded)
    return assemble(
        claims, found, practitioner=practitioner, organisation=CLINIC, standings=Standings(rules), now=NOW
    )


def test_what_is_attested_reaches_the_act() -> None:
    caller = call([attestation()])
    assert caller.refused is None
    ground = caller.ground
    assert (ground.purpose, ground.basis) == ("TREAT", Basis.ORDINARY)
    assert (ground.decision_reference, ground.opened_by_hand) == ("beslutning-1", False)
    assert ground.reason == ""  # the reason is for what is out of the ordinary


def other_shape() -> dict[str, Any]:
    """As the written specification names it."""
    told = attestation()
    told["care_relation"] = told.pop("care_relationship")
    told["patient"] = told.pop("patients")[0]
    return told


def of_its_own() -> dict[str, Any]:
    """The claim `attestation` with everything in it."""
    return {**{k: v for k, v in attestation().items() if k != "type"}, "toa": int(NOW)}


SHAPES: dict[str, dict[str, Any]] = {
    "a list": {"authorization_details": [attestation()], "attestation": {"toa": int(NOW)}},
    "one object": {"authorization_details": attestation(), "attestation": {"toa": int(NOW)}},
    "the specification's names": {"authorization_details": [other_shape()], "attestation": {"toa": int(NOW)}},
    "the time inside": {"authorization_details": [{**attestation(), "attestation": {"toa": int(NOW)}}]},
    "a claim of its own": {"attestation": of_its_own()},
    "beside the organisation": {
        "authorization_details": [{"type": "helseid_authorization"}, attestation()],
        "attestation": {"toa": int(NOW)},
    },
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_in_use_says_the_same(name: str) -> None:
    told = read_attestation(SHAPES[name])
    assert told == read_attestation(SHAPES["a list"])
    assert told is not None
    assert (told.at, told.patient, told.practitioner, told.purpose) == (NOW, WOMAN, GP, "TREAT")


# the member that is changed, what it is instead, the rule that breaks (None: it still holds)
RULES: list[tuple[str, object, str | None]] = [
    ("patients.0.identifier.id", "13870173959", "ATT-4"),
    ("patients.0.identifier", None, None),
    ("patients", [], None),
    ("practitioner.identifier.system", "urn:oid:2.16.578.1.12.4.1.4.5", "ATT-10"),
    ("practitioner.identifier.system", "urn:oid:2.16.578.1.12.4.1.4.2", None),
    ("practitioner.identifier.id", WOMAN, "ATT-11"),
    ("practitioner.identifier", None, None),
    ("practitioner.hpr_nr.id", "565900202", "ATT-11"),
    ("practitioner.hpr_nr", None, None),
    ("practitioner.authorization.code", "JO", "ATT-32"),
    ("practitioner.authorization", None, None),
    ("practitioner.legal_entity.id", "314001400", "ATT-15"),
    ("practitioner.legal_entity", None, "ATT-15"),
    ("practitioner.point_of_care.id", "314001400", "ATT-18"),
    ("practitioner.point_of_care", None, "ATT-18"),
    ("care_relationship.purpose_of_use.code", "COC", None),
    ("care_relationship.purpose_of_use.code", "BTG", None),
    ("care_relationship.purpose_of_use.code", "ETREAT", None),
    ("care_relationship.purpose_of_use.code", "treat", "ATT-38"),
    ("care_relationship.purpose_of_use.code", "HRESCH", "ATT-38"),
    ("care_relationship.purpose_of_use", None, "ATT-38"),
    ("care_relationship.healthcare_service", None, None),
    ("care_relationship.purpose_of_use_details", None, None),
    ("care_relationship.decision_ref.id", None, "ATT-46"),
    ("care_relationship.decision_ref", None, "ATT-46"),
    ("care_relationship.decision_ref.user_selected", None, "ATT-47"),
    ("care_relationship.decision_ref.user_selected", True, None),
    ("care_relationship.decision_ref.description", None, None),
]


@pytest.mark.parametrize(
    ("path", "value", "rule"), RULES, ids=[f"{path} {value}"[:70] for path, value, _ in RULES]
)
def test_each_rule(path: str, value: object, rule: str | None) -> None:
    if rule is None and value in ("BTG", "ETREAT"):
        assert call([changed(path, value)]).refused is None
        return
    refused = call([changed(path, value)]).refused
    assert broken(refused) == ([] if rule is None else [rule, *_also(path)])


def _also(path: str) -> list[str]:
    """A missing decision lacks both of its members."""
    return ["ATT-47"] if path.endswith("decision_ref") else []


def broken(refused: Refused | None) -> list[str]:
    """The rules that a refusal names."""
    if refused is None:
        return []
    assert refused.kind is Kind.FORBIDDEN
    return [issue.what.rpartition("(")[2].removesuffix(").") for issue in refused.issues]


def test_a_service_or_details_of_the_purpose_are_needed() -> None:
    told = changed("care_relationship.healthcare_service", None)
    del told["care_relationship"]["purpose_of_use_details"]
    assert broken(call([told]).refused) == ["ATT-43"]


# seconds before now, and whether it is still good
AGES = [(0, True), (3600, True), (3601, False), (86_400, False), (-60, True), (-61, False)]


@pytest.mark.parametrize(("age", "good"), AGES)
def test_an_attestation_is_good_for_an_hour(age: int, good: bool) -> None:  # noqa: FBT001 - a column
    assert broken(call([attestation()], toa=int(NOW) - age).refused) == ([] if good else ["ATT-58"])


def test_one_that_is_too_old_is_told_in_the_words_of_the_framework() -> None:
    refused = call([attestation()], toa=int(NOW) - 4000).refused
    assert "attestation_has_expired" in str(refused)


def test_all_that_is_broken_is_told_at_once() -> None:
    told = changed("practitioner.legal_entity.id", "1")
    told["care_relationship"]["purpose_of_use"]["code"] = "X"
    assert broken(call([told], toa=0).refused) == ["ATT-58", "ATT-15", "ATT-38"]


def test_the_practitioners_own_number_is_in_no_refusal_and_no_text() -> None:
    refused = call([changed("practitioner.identifier.id", WOMAN)]).refused
    assert WOMAN not in str(refused)
    assert GP not in str(refused)
    claims = Checks().token(f"DPoP {Mint(claims={'authorization_details': attestation()}).token()}")
    assert GP not in repr(claims)
    assert WOMAN not in repr(claims)
    assert "beslutning-1" not in repr(claims)


def not_well_formed() -> dict[str, object]:
    """Tokens that are refused as they are read."""
    several = changed("patients", [{}, {}])
    return {
        "two attestations": [attestation(), attestation()],
        "several patients": several,
        "practitioner is text": changed("practitioner", "Grete"),
        "purpose is a list": changed("care_relationship.purpose_of_use", ["TREAT"]),
        "code is a number": changed("care_relationship.purpose_of_use.code", 1),
        "user_selected is text": changed("care_relationship.decision_ref.user_selected", "true"),
        "a line break": changed("care_relationship.decision_ref.description", "a\nb"),
        "too long": changed("care_relationship.decision_ref.description", "x" * 501),
        "a patient that is text": changed("patients", [WOMAN]),
    }


@pytest.mark.parametrize("name", not_well_formed())
def test_one_that_is_not_well_formed_makes_the_token_worthless(name: str) -> None:
    with pytest.raises(Refused) as refused:
        call(not_well_formed()[name])
    assert refused.value.kind is Kind.UNAUTHENTICATED


@pytest.mark.parametrize("toa", ["1", True, -1, 2**40, 2**60, {}])
def test_its_time_must_be_a_time(toa: object) -> None:
    with pytest.raises(Refused) as refused:
        call([attestation()], toa=toa)
    assert refused.value.kind is Kind.UNAUTHENTICATED


# demanded, carried, by whom -> let in
DEMANDS: list[tuple[bool, bool, str, bool]] = [
    (False, False, "user", True),
    (False, True, "user", True),
    (True, False, "user", False),
    (True, True, "user", True),
    (True, False, "woman", True),
]


@pytest.mark.parametrize(("demanded", "carried", "who", "let_in"), DEMANDS)
def test_where_it_is_demanded_a_practitioner_has_one(
    demanded: bool,  # noqa: FBT001 - a column
    carried: bool,  # noqa: FBT001 - a column
    who: str,
    let_in: bool,  # noqa: FBT001 - a column
) -> None:
    mint = citizen() if who == "woman" else Mint()
    caller = call([attestation()] if carried else None, demanded=demanded, mint=mint)
    assert (caller.refused is None) == let_in


def test_a_womans_own_token_attests_nothing() -> None:
    told = deepcopy(attestation())
    told["care_relationship"]["purpose_of_use"]["code"] = "BTG"
    assert call([told], mint=citizen()).ground.basis is Basis.ORDINARY


# basis header, reason header, attested purpose, its description -> basis, reason, or the header that is wrong
GROUNDS: list[tuple[str | None, str | None, str | None, str, Basis | None, str]] = [
    (None, None, None, "", Basis.ORDINARY, ""),
    ("UNNTAK", None, None, "", Basis.ORDINARY, ""),
    ("SAMTYKKE", None, None, "", Basis.HER_CONSENT, ""),
    ("SAMTYKKE", "Hun%20sier%20ja", None, "", Basis.HER_CONSENT, "Hun sier ja"),
    ("AKUTT", "Bevisstl%C3%B8s", None, "", Basis.EMERGENCY, "Bevisstløs"),
    ("AKUTT", None, None, "", None, "nhn-access-reason"),
    ("AKUTT", "%20%20", None, "", None, "nhn-access-reason"),
    ("AKUTT", None, "TREAT", "Blødning", Basis.EMERGENCY, "Blødning"),
    ("UNNTAK", None, "BTG", "Blødning", Basis.EMERGENCY, "Blødning"),
    ("SAMTYKKE", None, "ETREAT", "Blødning", Basis.EMERGENCY, "Blødning"),
    ("UNNTAK", "Kramper", "BTG", "Blødning", Basis.EMERGENCY, "Kramper"),
    ("UNNTAK", None, "BTG", "", None, "nhn-access-reason"),
    ("akutt", "Blødning", None, "", None, "nhn-access-basis"),
    ("NOEANNET", None, None, "", None, "nhn-access-basis"),
    ("", None, None, "", Basis.ORDINARY, ""),
    ("AKUTT", "x" * 501, None, "", None, "nhn-access-reason"),
    ("AKUTT", f"se%20{WOMAN}", None, "", None, "nhn-access-reason"),
    ("AKUTT", "a%0Ab", None, "", None, "nhn-access-reason"),
    ("UNNTAK", None, "BTG", f"Gjelder {WOMAN}", None, "Authorization"),
]


@pytest.mark.parametrize(("basis", "reason", "purpose", "text", "expected", "told"), GROUNDS)
@pytest.mark.parametrize("name", ["nhn_access_basis", "hit_access_basis"])
def test_the_basis_comes_from_the_header_or_the_attestation(  # noqa: PLR0917 - the table's columns
    name: str,
    basis: str | None,
    reason: str | None,
    purpose: str | None,
    text: str,
    expected: Basis | None,
    told: str,
) -> None:
    attested = None if purpose is None else [attestation()]
    if attested:
        attested[0]["care_relationship"]["purpose_of_use"]["code"] = purpose
        attested[0]["care_relationship"]["decision_ref"]["description"] = text
    caller = call(attested, given=headers(**{name: basis, "nhn_access_reason": reason}))
    if expected is None:
        assert caller.refused is not None
        assert caller.refused.kind is Kind.INVALID_HEADER
        assert [issue.where for issue in caller.refused.issues] == [told]
        return
    assert caller.refused is None
    assert (caller.ground.basis, caller.ground.reason) == (expected, told)


def test_an_emergency_without_attestation_is_written_down_as_breaking_the_glass() -> None:
    caller = call(None, given=headers(nhn_access_basis="AKUTT", nhn_access_reason="Kramper"))
    assert caller.ground.purpose == "BTG"


# under the present name, under the older one -> the basis, None where they disagree
NAMES = [
    ("SAMTYKKE", "SAMTYKKE", Basis.HER_CONSENT),
    ("UNNTAK", "AKUTT", None),
    ("AKUTT", "UNNTAK", None),
]


@pytest.mark.parametrize(("present", "older", "expected"), NAMES)
def test_two_names_must_say_the_same(present: str, older: str, expected: Basis | None) -> None:
    given = headers(nhn_access_basis=present, hit_access_basis=older, nhn_access_reason="Kramper")
    caller = call(None, given=given)
    assert (None if caller.refused else caller.ground.basis) is expected


@pytest.mark.parametrize("basis", ["SAMTYKKE", "AKUTT"])
def test_only_a_practitioner_opens_with_consent_or_in_an_emergency(basis: str) -> None:
    nobody = {
        f"helseid://claims/{name}": None
        for name in ("identity/pid", "identity/security_level", "hpr/hpr_number")
    }
    machine = Mint(claims={**nobody, "sub": "ehr"})
    given = headers(nhn_access_basis=basis, nhn_access_reason="Kramper", nhn_user_role=None)
    for mint in (machine, citizen()):
        caller = call(None, given=given, mint=mint, practitioner=None)
        assert caller.refused is not None
        assert caller.refused.kind is Kind.INVALID_HEADER
