"""Ids of FHIR resources: what they are made of can be read back from them, and nothing else is taken for one."""

from __future__ import annotations

import re
from base64 import b32encode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsekort.maternity import identity
from helsekort.maternity.catalogue import CATALOGUE

RECORD = UUID("018f0000-0000-7000-8000-00000000000a")
FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
HEIGHTS = "symphysisFundalHeights"
SINGLE = [section.name for section in CATALOGUE.sections.values() if not section.list]


@given(st.uuids())
def test_a_short_id_is_the_uuid_again(value: UUID) -> None:
    assert identity.unshort(identity.short(value)) == value
    assert len(identity.short(value)) == 26


@given(st.binary(min_size=16, max_size=16))
def test_ids_are_written_as_rfc_4648_has_it(some: bytes) -> None:
    assert identity.short(UUID(bytes=some)) == b32encode(some).decode().rstrip("=").lower()
    assert identity.random_text(some) == b32encode(some[-identity.RANDOM_BYTES :]).decode().lower()


@given(st.uuids(), st.uuids(), st.binary(min_size=5, max_size=16), st.sampled_from(SINGLE))
def test_every_id_tells_its_record_and_its_part(
    record: UUID, item: UUID, randomness: bytes, section: str
) -> None:
    made = {
        ("EpisodeOfCare", identity.episode_id(record)): "record",
        ("Encounter", identity.visit_id(record, item)): f"antenatalAppointments/{item}",
        (
            "Observation",
            identity.value_id(record, HEIGHTS, str(item), randomness),
        ): f"symphysisFundalHeights/{item}",
        ("Condition", identity.value_id(record, section, str(item), randomness)): section,
        ("CarePlan", identity.free_id(record, item)): f"resources/{item}",
        ("Encounter", identity.free_id(record, item)): f"resources/{item}",
    }
    for (kind, id_), part in made.items():
        assert FHIR_ID.fullmatch(id_)
        assert identity.record_of(kind, id_) == identity.record_of("Provenance", id_) == record
        assert part in identity.parts_of(kind, id_)
        assert set(identity.parts_of(kind, id_)) <= set(identity.parts_of("Provenance", id_))


@given(st.uuids(), st.integers(1, 9), st.from_regex("[0-9]{1,9}", fullmatch=True))
def test_what_is_made_from_the_whole_record_has_no_part(record: UUID, fetus: int, number: str) -> None:
    made = {
        "RelatedPerson": identity.fetus_id(record, fetus),
        "Practitioner": identity.practitioner_id(record, number),
        "Organization": identity.organization_id(record, number),
        "PractitionerRole": identity.role_id(record, number, number),
    }
    for kind, id_ in made.items():
        assert FHIR_ID.fullmatch(id_)
        assert identity.record_of(kind, id_) == record
        assert identity.parts_of(kind, id_) == ()


def test_a_patient_is_a_person_and_not_of_one_record() -> None:
    assert identity.person_of("Patient", str(RECORD)) == RECORD
    assert identity.record_of("Patient", str(RECORD)) is None
    assert identity.person_of("Observation", str(RECORD)) is None


@given(st.text(max_size=80) | st.from_regex(r"[a-z2-7]{26}(\.[a-z2-7]{1,26}){0,3}", fullmatch=True))
def test_any_text_is_an_id_of_ours_or_none(text: str) -> None:
    record = identity.record_of("Observation", text)
    assert record is None or text.startswith(identity.short(record) + ".")
    if record is None:
        assert identity.parts_of("Observation", text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        str(RECORD).upper(),
        identity.short(RECORD),
        identity.short(RECORD).upper() + ".cur.aaaaaaaa",
        identity.short(RECORD) + ".cur.aaaaaaa",
        identity.short(RECORD) + ".cur.aaaaaaa1",
        identity.short(RECORD) + ".xx.aaaaaaaa",
        identity.short(RECORD) + ".fetus0",
        identity.short(RECORD) + ".hpr",
        identity.short(RECORD) + "." + "b" * 26,  # beyond the 128 bits: no UUID is written so
        identity.short(RECORD) + ".cur.aaaaaaaa\n",
    ],
)
def test_what_is_not_an_id_of_ours(text: str) -> None:
    assert identity.record_of("Observation", text) is None
    assert identity.parts_of("Observation", text) == ()
