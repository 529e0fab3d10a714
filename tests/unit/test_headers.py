"""Chapter: the headers that nobody signed, read alone. What cannot be read is empty, and never half of what was sent."""

from __future__ import annotations

import json

import pytest

from helsekort.access.act import Basis
from helsekort.access.headers import CallHeaders, Naming, read_headers, sent
from helsekort.access.roles import CODE_SYSTEM
from helsekort.basics.refusal import Kind
from tests.unit.test_caller import GP, WOMAN, headers, read


def complaints(found: CallHeaders) -> list[tuple[str, str]]:
    """Which header is wrong, and how."""
    return [(issue.where, issue.what) for issue in found.refused.issues] if found.refused else []


# the header, a second value, how often it is complained of
TWICE = [
    ("nhn-patient-nin", GP, 1),
    ("nhn-user-role", '{"system":"x","code":"LE"}', 1),
    ("nhn-source-system", "Another system", 2),  # and so it is missing
    ("nhn-treatment-facility-name", "Legekontoret", 1),
    ("nhn-access-basis", "AKUTT", 1),
    ("nhn-access-reason", "Kramper", 1),
]


@pytest.mark.parametrize(("name", "second", "times"), TWICE)
def test_a_header_that_stands_twice_says_nothing(name: str, second: str, times: int) -> None:
    given = headers(
        nhn_treatment_facility_name="Solvik", nhn_access_basis="SAMTYKKE", nhn_access_reason="Avtale"
    )
    found = read_headers(sent([*given.items(), (name.encode(), second.encode())]), allow_synthetic=True)
    said = complaints(found)
    assert said[0] == (name, "The header is sent more than once.")
    assert [where for where, _ in said] == [name] * times
    empty = {
        "nhn-patient-nin": found.patient is None,
        "nhn-user-role": found.role == "",
        "nhn-source-system": found.source_system == "",
        "nhn-treatment-facility-name": found.treatment_facility == "",
        "nhn-access-basis": found.basis is Basis.ORDINARY,
        "nhn-access-reason": found.reason == "",
    }
    assert [header for header, is_empty in empty.items() if is_empty] == [name]


def test_a_call_about_nobody_does_not_look_at_whom_it_names() -> None:
    for number in (WOMAN, "1", None):
        given = sent(headers(nhn_patient_nin=number).items())
        found = read_headers(given, allow_synthetic=True, naming=Naming.NOBODY)
        assert (found.patient, found.refused) == (None, None)


def test_a_patient_who_may_be_named_is_read_where_she_is_and_missed_by_nobody_where_she_is_not() -> None:
    named, unnamed, wrong = (
        read_headers(
            sent(headers(nhn_patient_nin=number).items()), allow_synthetic=True, naming=Naming.OPTIONAL
        )
        for number in (WOMAN, None, "1")
    )
    assert (named.patient is not None, named.refused) == (True, None)
    assert (unnamed.patient, unnamed.refused) == (None, None)
    assert wrong.refused is not None
    assert wrong.refused.kind is Kind.INVALID_NIN


def test_a_patient_who_is_not_named_is_told_apart_from_one_who_is_nobody() -> None:
    assert complaints(read(headers(nhn_patient_nin=None))) == [("nhn-patient-nin", "The header is missing.")]
    found = read(headers(nhn_patient_nin="1"))
    assert found.refused is not None
    assert found.refused.kind is Kind.INVALID_NIN
    assert "missing" not in complaints(found)[0][1]


@pytest.mark.parametrize("length", [512, 513])
def test_the_role_has_five_hundred_and_twelve_octets_and_no_more(length: int) -> None:
    text = json.dumps({"system": CODE_SYSTEM, "code": "LE"}).ljust(length)
    found = read(headers(nhn_user_role=text))
    assert (found.role, found.refused is None) == (("LE", True) if length == 512 else ("", False))


@pytest.mark.parametrize("role", [None, "", "LE", '["LE"]', '{"system":"x","code":"LE"}'])
def test_a_role_that_is_not_stated_or_cannot_be_read_is_the_empty_text(role: str | None) -> None:
    assert read(headers(nhn_user_role=role)).role == ""


@pytest.mark.parametrize("text", ["x" * 513, "a%0Ab", WOMAN])
def test_of_a_text_that_is_refused_nothing_goes_on(text: str) -> None:
    found = read(headers(nhn_source_system=text, nhn_treatment_facility_name=text, nhn_access_reason=text))
    assert (found.source_system, found.treatment_facility, found.reason) == ("", "", "")


def test_a_basis_that_cannot_be_read_opens_no_more_than_treatment_does() -> None:
    found = read(headers(nhn_access_basis="NOEANNET"))
    assert found.basis is Basis.ORDINARY
    assert [where for where, _ in complaints(found)] == ["nhn-access-basis"]
