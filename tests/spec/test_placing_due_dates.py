"""Chapter: which due date of the card a due date is that EHRs send with LOINC's code for any of them, and how it was found."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.basics.refusal import Refused
from helsekort.fhir.shapes import Resource
from helsekort.maternity.places import METHODS
from helsekort.maternity.uris import CARD_FIELD, DUE_DATE_METHOD
from helsekort.terminology.code_systems import LOINC, SNOMED_CT
from tests.spec.fhir_in_memory import FhirRecord, observation

DUE = "2026-09-01"


def due_date(method: str = "", system: str = DUE_DATE_METHOD, code: str = "11778-8", **more: Any) -> Resource:  # noqa: ANN401 - any elements
    found = {"method": {"coding": [{"system": system, "code": method}]}} if method else {}
    return observation(LOINC, code, valueDateTime=DUE, **found, **more)


def shown(record: FhirRecord) -> dict[str, str]:
    """What the JSON contract shows of this pregnancy."""
    found = record.v1("currentPregnancy") or {}
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize(("method", "field"), METHODS.items())
def test_how_it_was_found_says_which_it_is(method: str, field: str) -> None:
    record = FhirRecord()
    record.create(due_date(method))
    assert shown(record) == {field.partition(".")[2]: DUE}


@pytest.mark.parametrize(
    "sent",
    [
        due_date(),
        due_date("assisted-conception"),
        due_date("earlier-record"),
        due_date("no-such-method"),
        due_date("crown-rump-length", system="http://example.org/methods"),
        due_date("16310003", system=SNOMED_CT),
        due_date("crown-rump-length") | {"method": {"text": "Ultralyd"}},
    ],
    ids=["none", "assisted", "earlier record", "unknown", "another list", "SNOMED CT", "in words"],
)
def test_nothing_is_guessed(sent: Resource) -> None:
    record = FhirRecord()
    record.create(sent)
    assert shown(record) == {}
    assert [one.resource["valueDateTime"] for one in record.shelf.of_kind("Observation")] == [DUE]


def test_a_code_that_says_which_needs_no_method_and_is_not_overruled_by_one() -> None:
    record = FhirRecord()
    record.create(due_date("crown-rump-length", code="11779-6"))
    assert shown(record) == {"dueDate": DUE}
    record.create(observation(CARD_FIELD, "currentPregnancy.dueDateCorrectedDate", valueDateTime=DUE))
    assert shown(record) == {"dueDate": DUE, "dueDateCorrectedDate": DUE}


def test_the_composite_of_a_scan_is_by_ultrasound() -> None:
    record = FhirRecord()
    record.create(due_date(code="11781-2"))
    assert shown(record) == {"dueDateBasedOnUltrasound": DUE}


def test_a_method_says_nothing_of_what_is_no_due_date() -> None:
    record = FhirRecord()
    hemoglobin = observation(LOINC, "718-7", valueQuantity={"value": 12, "unit": "g/dL"})
    record.create(hemoglobin | {"method": {"coding": [{"system": DUE_DATE_METHOD, "code": "assessment"}]}})
    assert shown(record) == {}
    assert record.v1("clinicalTests") in (None, [])


def test_another_method_is_another_value() -> None:
    """Nothing moves from one place on the card to another: it is entered in error, and sent anew."""
    record = FhirRecord()
    scanned = record.create(due_date("femur-length"))
    with pytest.raises(Refused):
        record.update(scanned | {"method": due_date("assessment")["method"]})
    assert shown(record) == {"dueDateBasedOnUltrasound": DUE}


def test_what_was_registered_without_a_method_stays_beside_the_card() -> None:
    """Its id tells where it is kept."""
    record = FhirRecord()
    made = record.create(due_date())
    again = record.update(made | {"method": due_date("femur-length")["method"]})
    assert again["id"] == made["id"]
    assert shown(record) == {}
