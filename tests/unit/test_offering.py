"""What the FHIR API says it takes is what has a place in a record, and the other way round."""

from __future__ import annotations

from helsekort.fhir.offering import Interaction
from helsekort.maternity.belonging import SUBJECTS, WITHOUT_SUBJECT
from helsekort.maternity.offering import OFFERING


def test_every_type_that_is_offered_to_be_written_is_taken_and_no_other() -> None:
    written = {one.kind for one in OFFERING.types if Interaction.UPDATE in one.interactions}
    assert written == SUBJECTS.keys() | WITHOUT_SUBJECT
