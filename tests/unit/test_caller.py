"""Chapter: who calls. What the token, the headers and the registers must say together."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from helsekort.access import roles
from helsekort.access.actor import ActorKind
from helsekort.access.attestation import TYPE
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
from helsekort.access.headers import CallHeaders, Naming, read_headers, sent
from helsekort.access.roles import CODE_SYSTEM
from helsekort.basics.refusal import Kind
from tests.abuse.minting import CITIZEN_ISSUER, HELSEID, NOW, Checks, Mint, key, part, sign

GP, WOMAN = "11827891888", "06868491807"
GRETE = RegisteredPractitioner("565900101", "Grete Fastlegesen", frozenset({"LE"}))
CLINIC = RegisteredOrganisation("314001273", "Solvik legekontor", ("314009999", "314001141"))
NOBODY: dict[str, Any] = {
    f"{HELSEID}{name}": None for name in ("identity/pid", "identity/security_level", "hpr/hpr_number")
}
MACHINE = Mint(claims={**NOBODY, "sub": "ehr"})


def role(code: object = "LE", system: object = CODE_SYSTEM) -> str:
    """The role header."""
    return quote(json.dumps({"system": system, "code": code}))


def headers(**changes: str | None) -> dict[bytes, bytes]:
    """What a GP's system sends; None leaves a header out."""
    all_of_them: dict[str, str | None] = {
        "nhn_patient_nin": WOMAN,
        "nhn_user_role": role(),
        "nhn_source_system": "Liksom Journal 4.2",
        **changes,
    }
    return {
        name.replace("_", "-").encode(): value.encode()
        for name, value in all_of_them.items()
        if value is not None
    }


def read(given: dict[bytes, bytes]) -> CallHeaders:
    """The headers, read."""
    return read_headers(sent(given.items()), allow_synthetic=True)


def call(
    mint: Mint | None = None,
    given: dict[bytes, bytes] | None = None,
    *,
    practitioner: RegisteredPractitioner | None = GRETE,
    organisation: RegisteredOrganisation | None = CLINIC,
) -> Caller:
    """A call as it is put together."""
    claims = Checks().token(f"DPoP {(mint or Mint()).token()}")
    return assemble(
        claims,
        read(given or headers()),
        practitioner=practitioner,
        organisation=organisation,
        standings=Standings(Rules(allow_synthetic=True)),
        now=NOW,
    )


def citizen(**changes: object) -> Mint:
    """A woman's own token."""
    claims = {**NOBODY, "iss": CITIZEN_ISSUER, "pid": WOMAN, "acr": "idporten-loa-high", **changes}
    return CitizenMint(claims=claims)


class CitizenMint(Mint):
    """Signs with the key of the citizens' provider."""

    def token(self) -> str:
        token = super().token()
        return sign(part(token, 0), part(token, 1), key("RS256", 7), "RS256")


def test_a_gp_is_known_by_name_role_and_place() -> None:
    caller = call(given=headers(nhn_treatment_facility_name=quote("Legesenteret på Øya")))
    assert caller.refused is None
    assert caller.actor.kind is ActorKind.PRACTITIONER
    assert (caller.actor.name, caller.actor.role, caller.actor.hpr_number) == (
        "Grete Fastlegesen",
        "LE",
        "565900101",
    )
    assert caller.actor.organisation is not None
    assert caller.actor.organisation.name == "Solvik legekontor"
    assert caller.actor.nin is not None
    assert caller.actor.nin.reveal() == GP
    assert caller.patient is not None
    assert caller.patient.reveal() == WOMAN
    assert (caller.source_system, caller.treatment_facility) == ("Liksom Journal 4.2", "Legesenteret på Øya")


def test_a_machine_needs_the_patient_and_the_system_only() -> None:
    caller = call(MACHINE, headers(nhn_user_role=None), practitioner=None)
    assert caller.refused is None
    assert caller.actor.kind is ActorKind.MACHINE
    assert (caller.actor.name, caller.actor.role) == ("Solvik legekontor", "")


def test_a_role_that_a_machine_states_is_not_believed() -> None:
    assert call(MACHINE, headers()).actor.role == ""


def test_a_woman_needs_no_role_and_has_no_organisation() -> None:
    caller = call(citizen(), headers(nhn_user_role=None), practitioner=None, organisation=None)
    assert caller.refused is None
    assert caller.actor.kind is ActorKind.CITIZEN
    assert caller.actor.organisation is None
    assert caller.actor.nin == caller.patient


def test_registers_are_asked_only_about_numbers_that_could_exist() -> None:
    checks = Checks()
    numbers = {f"{HELSEID}hpr/hpr_number": "565900101", f"{HELSEID}client/claims/orgnr_child": "314001273"}
    claims = checks.token(f"DPoP {Mint().token()}")
    assert (hpr_number_to_find(claims), organisation_to_find(claims)) == tuple(numbers.values())
    of_a_woman = checks.token(f"DPoP {citizen(**numbers).token()}")
    assert (hpr_number_to_find(of_a_woman), organisation_to_find(of_a_woman)) == ("", "")
    for odd in ("../1234567", "", "123", "1234567?x", "１２３４５６７８９"):
        claims = checks.token(f"DPoP {Mint(claims=dict.fromkeys(numbers, odd)).token()}")
        assert (hpr_number_to_find(claims), organisation_to_find(claims)) == ("", "")


PERSONS: dict[str, Mint] = {
    "no pid": Mint(claims={f"{HELSEID}identity/pid": None}),
    "pid that is nobody's": Mint(claims={f"{HELSEID}identity/pid": "11827891880"}),
    "level 3": Mint(claims={f"{HELSEID}identity/security_level": "3"}),
    "no level": Mint(claims={f"{HELSEID}identity/security_level": None}),
    "level of the other provider": Mint(claims={f"{HELSEID}identity/security_level": "idporten-loa-high"}),
    "no HPR number": Mint(claims={f"{HELSEID}hpr/hpr_number": None}),
    "HPR number with a path": Mint(claims={f"{HELSEID}hpr/hpr_number": "../565900101"}),
    "a woman at a lower level": citizen(acr="idporten-loa-substantial"),
    "a woman without level": citizen(acr=None),
    "a woman without number": citizen(pid=None),
    "no parent": Mint(claims={f"{HELSEID}client/claims/orgnr_parent": None}),
    "no child": Mint(claims={f"{HELSEID}client/claims/orgnr_child": None}),
    "machine without child": Mint(claims={**MACHINE.claims, f"{HELSEID}client/claims/orgnr_child": None}),
}


@pytest.mark.parametrize("name", PERSONS)
def test_a_token_that_lacks_what_it_must_say_is_forbidden(name: str) -> None:
    refused = call(PERSONS[name]).refused
    assert refused is not None
    assert refused.kind is Kind.FORBIDDEN


@pytest.mark.parametrize(
    "organisation",
    [
        None,
        RegisteredOrganisation("314001273", "Solvik legekontor", ()),
        RegisteredOrganisation("314001273", "Solvik legekontor", ("314001400",)),
        RegisteredOrganisation("314001532", "Fjordby helsestasjon", ("314001141",)),
    ],
    ids=["unknown", "no parent", "another parent", "another unit"],
)
@pytest.mark.parametrize("mint", [Mint(), MACHINE], ids=["user", "machine"])
def test_a_point_of_care_must_belong_to_the_legal_entity(
    mint: Mint, organisation: RegisteredOrganisation | None
) -> None:
    refused = call(mint, organisation=organisation).refused
    assert refused is not None
    assert refused.kind is Kind.UNKNOWN_ORGANISATION


# the role stated x the authorisations in HPR -> taken, or why not
ROLES: list[tuple[str | None, set[str] | None, Kind | None]] = [
    ("LE", {"LE"}, None),
    ("JO", {"JO", "SP"}, None),
    ("SP", {"JO", "SP"}, None),
    ("HE", {"HE"}, None),
    ("LE", {"HE"}, Kind.INVALID_ROLE),
    ("JO", {"SP"}, Kind.INVALID_ROLE),
    ("LE", set(), Kind.INVALID_ROLE),
    ("LE", None, Kind.INVALID_ROLE),
    ("FT", {"FT"}, Kind.INVALID_ROLE),
    ("XX", {"XX"}, Kind.INVALID_ROLE),
    (None, {"LE"}, Kind.INVALID_HEADER),
]


@pytest.mark.parametrize(("stated", "authorised", "expected"), ROLES)
def test_the_role_stated_must_be_one_she_is_authorised_for(
    stated: str | None, authorised: set[str] | None, expected: Kind | None
) -> None:
    practitioner = (
        None if authorised is None else RegisteredPractitioner("565900101", "Navn", frozenset(authorised))
    )
    given = headers(nhn_user_role=None if stated is None else role(stated))
    refused = call(given=given, practitioner=practitioner).refused
    assert (refused.kind if refused else None) is expected


def test_the_roles_with_access_are_named_as_in_volven_9060() -> None:
    """She reads these names in her log of who has seen her card."""
    assert {code: role.name for code, role in roles.ROLES.items()} == {
        "LE": "lege",
        "JO": "jordmor",
        "SP": "sykepleier",
        "HE": "helsesekretær",
    }


def test_the_answer_about_another_practitioner_is_not_used() -> None:
    other = RegisteredPractitioner("565900202", "Jorid Jordmorsen", frozenset({"LE"}))
    refused = call(practitioner=other).refused
    assert refused is not None
    assert refused.kind is Kind.INVALID_ROLE


def test_who_is_refused_is_known_all_the_same() -> None:
    caller = call(given=headers(nhn_user_role=role("JO")))
    assert caller.refused is not None
    assert caller.actor.name == "Grete Fastlegesen"
    assert caller.patient is not None


def test_a_place_that_no_register_knows_has_no_name() -> None:
    unit = call(organisation=None).actor.organisation
    assert unit is not None
    assert (unit.number, unit.name) == ("314001273", "")


def test_an_attestation_in_a_call_about_nobody_is_no_fault() -> None:
    details = {"type": "nhn:tillitsrammeverk:parameters", "practitioner": {}}
    caller = call(Mint(claims={"authorization_details": details}), headers(nhn_patient_nin=None))
    assert caller.refused is not None
    assert caller.refused.kind is Kind.INVALID_NIN


def test_in_a_call_that_is_about_nobody_an_attestation_may_name_no_patient() -> None:
    unit = {"legal_entity": {"id": "314001141"}, "point_of_care": {"id": "314001273"}}
    relation = {
        "healthcare_service": {"code": "KX17"},
        "purpose_of_use": {"code": "TREAT"},
        "decision_ref": {"id": "b", "user_selected": True},
    }
    details = {"type": TYPE, "practitioner": unit, "care_relationship": relation}
    found = read_headers(
        sent(headers(nhn_patient_nin=None).items()), allow_synthetic=True, naming=Naming.NOBODY
    )
    for patients, taken in (([], True), ([{"identifier": {"id": WOMAN}}], False)):
        attested = {
            "authorization_details": {**details, "patients": patients},
            "attestation": {"toa": int(NOW)},
        }
        claims = Checks().token(f"DPoP {Mint(claims=attested).token()}")
        rules = Rules(allow_synthetic=True)
        caller = assemble(
            claims, found, practitioner=GRETE, organisation=CLINIC, standings=Standings(rules), now=NOW
        )
        assert (caller.patient, caller.refused is None) == (None, taken)


HEADERS: dict[str, tuple[dict[str, str | None], str]] = {
    "no system": ({"nhn_source_system": None}, "nhn-source-system"),
    "system too short": ({"nhn_source_system": "ab"}, "nhn-source-system"),
    "system too long": ({"nhn_source_system": "x" * 513}, "nhn-source-system"),
    "spaces alone": ({"nhn_source_system": "     "}, "nhn-source-system"),
    "control characters": ({"nhn_source_system": "EPJ\x1b[31m"}, "nhn-source-system"),
    "encoded line break": ({"nhn_source_system": "EPJ%0d%0aX"}, "nhn-source-system"),
    "number as system": ({"nhn_source_system": WOMAN}, "nhn-source-system"),
    "number inside the system": ({"nhn_source_system": f"EPJ-{WOMAN}/1"}, "nhn-source-system"),
    "number with a space": ({"nhn_source_system": f"EPJ {WOMAN[:6]} {WOMAN[6:]}"}, "nhn-source-system"),
    "number in the facility": ({"nhn_treatment_facility_name": WOMAN}, "nhn-treatment-facility-name"),
    "encoded number": ({"nhn_treatment_facility_name": f"%30{WOMAN[1:]}"}, "nhn-treatment-facility-name"),
    "facility too long": ({"nhn_treatment_facility_name": "x" * 513}, "nhn-treatment-facility-name"),
    "direction marks": ({"nhn_treatment_facility_name": "a\u202eb"}, "nhn-treatment-facility-name"),
    "role as text": ({"nhn_user_role": "LE"}, "nhn-user-role"),
    "role as a list": ({"nhn_user_role": quote('["LE"]')}, "nhn-user-role"),
    "role twice": (
        {"nhn_user_role": quote(f'{{"system":"{CODE_SYSTEM}","code":"HE","code":"LE"}}')},
        "nhn-user-role",
    ),
    "another code system": ({"nhn_user_role": role(system="urn:oid:1.2.3")}, "nhn-user-role"),
    "no code system": ({"nhn_user_role": role(system=None)}, "nhn-user-role"),
    "code as a number": ({"nhn_user_role": role(1)}, "nhn-user-role"),
    "code in small letters": ({"nhn_user_role": role("le")}, "nhn-user-role"),
    "code with a line break": ({"nhn_user_role": role("LE\n")}, "nhn-user-role"),
    "role too long": ({"nhn_user_role": role("L" * 600)}, "nhn-user-role"),
    "half a character": ({"nhn_user_role": "%7B%22code%22%3A%22\\ud800"}, "nhn-user-role"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_that_cannot_be_used_are_named(name: str) -> None:
    changes, where = HEADERS[name]
    caller = call(given=headers(**changes))
    assert caller.refused is not None
    assert caller.refused.kind is Kind.INVALID_HEADER
    assert [issue.where for issue in caller.refused.issues] == [where]
    assert WOMAN not in str(caller.refused.issues)


@pytest.mark.parametrize(
    "number", [None, "", "1", WOMAN[:-1] + "0", WOMAN + " ", f"{WOMAN[:6]} {WOMAN[6:]}", "０" * 11]
)
def test_a_patient_without_a_valid_number_is_refused(number: str | None) -> None:
    caller = call(given=headers(nhn_patient_nin=number))
    assert caller.patient is None
    assert caller.refused is not None
    assert caller.refused.kind is Kind.INVALID_NIN


def test_fictional_numbers_are_nobodys_in_operation() -> None:
    found = read_headers(sent(headers().items()), allow_synthetic=False)
    assert found.patient is None
    claims = Checks().token(f"DPoP {Mint().token()}")
    rules = Rules(allow_synthetic=False)
    caller = assemble(
        claims, found, practitioner=GRETE, organisation=CLINIC, standings=Standings(rules), now=NOW
    )
    assert caller.refused is not None
    assert caller.refused.kind is Kind.FORBIDDEN


def test_all_that_is_wrong_is_said_at_once() -> None:
    given = headers(
        nhn_patient_nin="1", nhn_source_system="x", nhn_user_role="?", nhn_treatment_facility_name="\t"
    )
    caller = call(given=given)
    assert caller.refused is not None
    assert caller.refused.kind is Kind.INVALID_NIN
    assert len(caller.refused.issues) >= 3


def test_a_header_that_is_sent_twice_is_refused() -> None:
    pairs = [*headers().items(), (b"nhn-patient-nin", GP.encode())]
    found = read_headers(sent(pairs), allow_synthetic=True)
    assert found.patient is None
    assert found.refused is not None
    assert [str(issue) for issue in found.refused.issues] == [
        "nhn-patient-nin: The header is sent more than once."
    ]


@pytest.mark.parametrize("length", [3, 512])
def test_the_shortest_and_the_longest_name_of_a_system(length: int) -> None:
    assert len(read(headers(nhn_source_system="x" * length)).source_system) == length


def test_a_name_in_latin_1_is_read() -> None:
    given = {**headers(), b"nhn-treatment-facility-name": "Legevakta på Bø".encode("latin-1")}
    assert read(given).treatment_facility == "Legevakta på Bø"


class TestWhatIsRemembered:
    """A caller's standing is remembered for the very same token, register answers, role and ground, and for nothing else."""

    def _call(self, standings: Standings, **told: Any) -> Caller:  # noqa: ANN401 - an argument of `assemble`, or the headers
        given = {"practitioner": GRETE, "organisation": CLINIC, "headers": headers(), **told}
        stated = read(given.pop("headers"))
        claims = given.pop("claims")
        return assemble(claims, stated, standings=standings, now=NOW, **given)

    def test_the_same_call_has_the_same_actor(self) -> None:
        standings, claims = Standings(Rules(allow_synthetic=True)), Checks().token(f"DPoP {Mint().token()}")
        first, second = (self._call(standings, claims=claims) for _ in range(2))
        assert first == second
        assert first.actor is second.actor

    @pytest.mark.parametrize(
        "told",
        [
            {"practitioner": None},
            {"practitioner": RegisteredPractitioner("565900101", "Grete Fastlegesen", frozenset({"JO"}))},
            {"organisation": None},
            {"organisation": RegisteredOrganisation("314001273", "Solvik legekontor", ())},
            {"headers": headers(nhn_user_role=role("JO"))},
            {"headers": headers(nhn_user_role=None)},
            {"headers": headers(nhn_access_basis="AKUTT")},
            {"headers": headers(nhn_patient_nin="1")},
        ],
    )
    def test_what_is_said_differently_is_looked_into_again(self, told: dict[str, Any]) -> None:
        standings, claims = Standings(Rules(allow_synthetic=True)), Checks().token(f"DPoP {Mint().token()}")
        assert self._call(standings, claims=claims).refused is None
        assert self._call(standings, claims=claims, **told).refused is not None
        assert self._call(standings, claims=claims).refused is None

    def test_an_emergency_with_a_reason_is_not_forgotten_for_the_next_call(self) -> None:
        standings, claims = Standings(Rules(allow_synthetic=True)), Checks().token(f"DPoP {Mint().token()}")
        stated = headers(nhn_access_basis="AKUTT", nhn_access_reason="Bevisstløs")
        grounds = [
            self._call(standings, claims=claims, headers=given).ground for given in (headers(), stated)
        ]
        assert [ground.reason for ground in grounds] == ["", "Bevisstløs"]
        assert self._call(standings, claims=claims).ground == grounds[0]
