"""The quick looks at a body's bytes: they never clear what the exact walk would have found."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from helsekort.basics.strict_json import dump
from helsekort.maternity.belonging import Look, References, Whose, check_belonging, check_content
from helsekort.maternity.body import Body, identity_numbers, may_hold_identity_number

NUMBER = "01819012365"
BETWEEN = st.sampled_from(["", " ", ".", "_", "+", "-", "\t", "\x1c", "\u00a0", "\u2003", "\n"])
OUTSIDE = st.sampled_from(["", " ", "-", "\x1f", "\u00a0", "\x0b", "5", "x", "2.16.578.1.12.4.1.4.1 ", "é"])


@st.composite
def near_numbers(draw: st.DrawFn) -> str:
    """A national identity number with something between its digits and around it."""
    digits = [draw(BETWEEN) + digit for digit in NUMBER]
    return draw(OUTSIDE) + "".join(digits) + draw(OUTSIDE)


@given(st.lists(near_numbers(), max_size=3), st.sampled_from([41819012374, -41819012374, 17, 0]))
def test_no_number_that_the_walk_finds_is_cleared(texts: list[str], number: int) -> None:
    sent = {"a": [{"b": text, "c": number} for text in texts], **dict.fromkeys(texts, 1), "n": number}
    found = list(identity_numbers(sent, "$"))
    assert may_hold_identity_number(dump(sent)) or not found


def test_a_number_alone_is_found_both_ways() -> None:
    assert may_hold_identity_number(dump({"a": NUMBER}))
    assert list(identity_numbers({"a": NUMBER}, "$")) == ["$.a"]


def test_identifiers_of_systems_and_days_are_cleared() -> None:
    sent = {
        "system": "urn:oid:2.16.578.1.12.4.1.4.4",
        "day": "2026-11-21T12:00:00.123+01:00",
        "hpr": "9144889",
    }
    assert not may_hold_identity_number(dump(sent))


PERSON, RECORD = UUID(int=0x5A << 120), UUID(int=0x5B << 120)
WHOSE = Whose(PERSON, RECORD)
HERS = f"Patient/{PERSON}"
LINKS = st.sampled_from(
    [
        HERS,
        "Patient/7",
        f"EpisodeOfCare/{RECORD}",
        "Observation/x",
        "#a",
        "https://a.no/Patient/7",
        'a"b',
        "\\",
        ',"reference":"Patient/7"',
        "2.16.578.1.12.4.1.4.1",
        "urn:oid:2.16.578.1.12.4.1.4.2",
    ]
)
TEXTS = LINKS | st.sampled_from(
    [NUMBER, "018190-12365,", "vo,ld", "Z25", "ICPC-2, Z25", "voldutsatt", 'v,"old', "Person"]
)
NAMES = st.sampled_from(
    [
        "reference",
        "url",
        "div",
        "valueUri",
        "system",
        "type",
        "code",
        "education",
        "a",
        'b","reference',
        "voldutsatt",
    ]
)
VALUES = st.recursive(
    TEXTS | st.integers(0, 99),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=4)
        | st.fixed_dictionaries({"reference": LINKS, "type": TEXTS})
        | st.fixed_dictionaries({"identifier": st.fixed_dictionaries({"system": TEXTS, "value": TEXTS})})
    ),
    max_leaves=8,
)


def there(_kind: str, _id: str) -> bool:
    """Whatever is asked for."""
    return True


def nowhere(_kind: str, _id: str) -> bool:
    """Nothing is."""
    return False


@given(st.lists(VALUES, min_size=1, max_size=3))
def test_no_reference_and_no_content_that_a_close_look_finds_is_cleared(values: list[object]) -> None:
    resources = [
        {"resourceType": "Observation", "subject": {"reference": HERS}, "note": one} for one in values
    ]
    look, close = Look(resources), Body()
    for resource in resources:
        check_belonging(resource, References(WHOSE, there), close, "it")
    assert look.may_misrefer(References(WHOSE, there)) or not close.issues
    close = Body()
    for resource in resources:
        check_content(resource, WHOSE, close, "it")
    assert look.may_hold_forbidden(WHOSE) or not close.issues


def test_what_most_visits_say_needs_no_closer_look() -> None:
    resource = {
        "resourceType": "Observation",
        "subject": {"reference": HERS},
        "performer": [{"type": "Practitioner", "identifier": {"system": "urn:oid:2.16.578.1.12.4.1.4.4"}}],
        "valueQuantity": {"value": Decimal("61.8"), "unit": "kg"},
    }
    look = Look([resource, resource])
    assert not look.may_misrefer(References(WHOSE, nowhere))
    assert not look.may_hold_forbidden(WHOSE)
