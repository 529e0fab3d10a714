"""What the chapter on the attestation does not say: the edges of what can be read, and what is never shown."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from helsekort.access.act import Basis
from helsekort.access.attestation import Attestation, Attested, check_attestation, read_attestation
from helsekort.access.ground import ORDINARY, Ground
from helsekort.basics.refusal import Kind
from tests.abuse.minting import NOW
from tests.spec.test_attestation import attestation, call, changed
from tests.unit.test_caller import GP, WOMAN

KNOWN = Attested(
    pid=GP,
    hpr_number="565900101",
    authorisations=frozenset({"LE"}),
    parent_number="314001141",
    child_number="314001273",
    patient=WOMAN,
    now=NOW,
)


def read(details: object, **claims: Any) -> Attestation:  # noqa: ANN401 - claims are any JSON
    """The attestation of these claims."""
    told = read_attestation({"authorization_details": details, **claims})
    assert told is not None
    return told


def test_one_without_a_time_is_refused_and_not_a_fault() -> None:
    refused = check_attestation(read([attestation()]), KNOWN, demanded=False)
    assert refused is not None
    assert [issue.what.split(":")[0] for issue in refused.issues] == ["attestation_has_expired"]


def test_one_that_is_demanded_and_missing_is_forbidden() -> None:
    refused = check_attestation(None, KNOWN, demanded=True)
    assert refused is not None
    assert refused.kind is Kind.FORBIDDEN


def test_its_own_time_counts_before_that_of_the_token() -> None:
    earlier = NOW - 10_000
    own = {**attestation(), "toa": int(earlier)}
    assert read([own], attestation={"toa": int(NOW)}).at == int(earlier)
    inside = {**attestation(), "attestation": {"toa": int(earlier)}}
    assert read([inside], attestation={"toa": int(NOW)}).at == int(earlier)


def test_a_time_may_have_a_fraction() -> None:
    assert read([attestation()], attestation={"toa": Decimal("1.5")}).at == 1.5


@pytest.mark.parametrize("beside", ["text", 1, None, ["list"], {"type": "another"}])
def test_what_stands_beside_it_is_passed_over(beside: object) -> None:
    assert read([beside, attestation()]).practitioner == GP


def test_a_call_that_states_nothing_is_treatment_under_her_standing_consent() -> None:
    ground = call(None).ground
    assert ground == ORDINARY
    assert ground == Ground("TREAT", Basis.ORDINARY, reason="", decision_reference="", opened_by_hand=None)


def test_the_longest_text() -> None:
    told = changed("care_relationship.decision_ref.description", "x" * 500)
    assert read([told]).decision_text == "x" * 500


def test_no_identity_number_is_shown_when_it_is_printed() -> None:
    shown = f"{read([attestation()])!r} {replace(KNOWN, now=0.0)!r}"
    assert GP not in shown
    assert WOMAN not in shown
