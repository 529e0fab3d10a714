"""How a value came to be, where its sender tells it: on her page, wherever the value stands."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from helsekort.citizen.card.presenter import CardPage, present
from helsekort.citizen.card.said import HOW
from helsekort.citizen.language import load
from helsekort.fhir.shapes import Json
from helsekort.maternity.reading import read_card
from helsekort.maternity.signing import ORIGINS
from helsekort.maternity.uris import CARD_FIELD, ORIGIN
from helsekort.terminology.code_systems import LOINC
from tests.spec.fhir_in_memory import SUBJECT, FhirRecord, encounter, ferritin, observation, quantity
from tests.spec.record_in_memory import TONE


def came_by(origin: str) -> Json:
    return {"extension": [{"url": ORIGIN, "valueCode": origin}]}


def shown(record: FhirRecord) -> CardPage:
    return present(read_card(record.parts), name="Anne", today=date(2026, 3, 1), language=load("nb"))


def written(record: FhirRecord) -> str:
    """The page's texts, wherever they stand."""
    return str(shown(record))


@pytest.mark.parametrize("origin", sorted(ORIGINS))
def test_it_is_told_of_a_value_in_every_part_of_the_page(origin: str) -> None:
    how = came_by(origin)
    at = encounter(record := FhirRecord())
    record.create(
        observation(LOINC, "29463-7", encounter=at, valueQuantity=quantity(Decimal("72.5"), "kg"), **how)
    )
    assert HOW[origin] in written(record)
    for made in (
        ferritin(24, **how),
        observation(
            LOINC, "11881-0", valueQuantity=quantity(24, "cm"), effectiveDateTime="2026-02-01", **how
        ),
        observation(
            CARD_FIELD, "currentPregnancy.dueDateBasedOnUltrasound", valueDateTime="2026-08-01", **how
        ),
        observation(LOINC, "777-3", valueQuantity=quantity(210, "10*9/L"), **how),
        {"resourceType": "Procedure", "status": "completed", "subject": SUBJECT, "code": {"text": "Cerclage"}}
        | how,
        {"resourceType": "Condition", "subject": SUBJECT, "code": {"text": "Kløe"}} | how,
    ):
        record = FhirRecord()
        assert HOW[origin] not in written(record)
        record.create(made)
        assert HOW[origin] in written(record), made


def test_what_the_json_contract_writes_over_it_is_not_said_to_have_come_that_way() -> None:
    """It cannot say how its value came to be, and nothing is taken over from the one before."""
    record = FhirRecord()
    made = record.create(ferritin(24, **came_by("laboratory")))
    assert HOW["laboratory"] in written(record)
    record.put("clinicalTests", {"ferritin": 30}, by=TONE)
    now = record.read("Observation", made["id"])
    assert now["valueQuantity"]["value"] == 30
    assert ORIGIN not in str(now)
    assert "laboratory" not in str(now)
    assert HOW["laboratory"] not in written(record)


def test_an_update_says_it_anew() -> None:
    record = FhirRecord()
    made = record.create(ferritin(24, **came_by("transcribed")))
    again = record.update(made | came_by("measured"))
    assert HOW["measured"] in written(record)
    record.update({name: value for name, value in again.items() if name != "extension"})
    assert not [one for one in HOW.values() if one in written(record)]
