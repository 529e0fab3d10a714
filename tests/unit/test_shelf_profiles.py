"""Everything on the shelf follows FHIR R4 and its kind's profile: what the JSON contract writes, and what is made of it."""

from __future__ import annotations

import pytest

from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.fhir import definitions
from helsekort.fhir.validation import Validator
from helsekort.ledger.view import RecordState, View
from helsekort.maternity.card import Author, Stamp, create_record
from helsekort.maternity.examples import full_card
from helsekort.maternity.profiles import BUILT, profile_of
from helsekort.maternity.shelf import shelf_of
from tests.spec.record_in_memory import KARI, PERSON, RECORD, START

ANNE = NationalIdentityNumber.parse("01819012365", allow_synthetic=True)
HERSELF = Author("CITIZEN", name="Anne")
NOBODY = Author("SYSTEM")


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator(definitions.read(definitions.BUILT, BUILT))


@pytest.mark.parametrize("author", [KARI, HERSELF, NOBODY])
@pytest.mark.parametrize("fetuses", [1, 3])
def test_everything_on_the_shelf_follows_its_profile(
    validator: Validator, author: Author, fetuses: int
) -> None:
    propose = create_record(full_card(fetuses, fetuses=fetuses), Stamp(START, author, new_id))
    change = propose(View(PERSON, None), RECORD, 1)
    state = RecordState(RECORD, 1, active=True, created=START, changed=START)
    entries = list(shelf_of(View(PERSON, state, parts=change.parts), number=ANNE).all())
    kinds = {one.kind for one in entries}
    assert {"Patient", "RelatedPerson", "Provenance", "EpisodeOfCare", "Encounter", "Observation"} <= kinds
    assert ("PractitionerRole" in kinds) is (author is KARI)
    for one in entries:
        profile = profile_of(one.resource)
        assert profile is not None
        assert validator.validate(one.resource, (profile,)) == [], one
