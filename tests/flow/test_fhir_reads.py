"""Reads of the FHIR API over the real ledger: one resource, one version, its history; in which form, and of whom."""

from __future__ import annotations

import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.flow.fhir_service import BASE, Fhir, fhir_on
from tests.flow.v1_service import ANNE, BERIT, CARI

VISIT = {"appointmentDate": "2026-03-02", "weight": 70.5, "bloodPressure": "118/76"}
CARD = {"mother": {"name": "Anne Antonsen"}, "antenatalAppointments": [VISIT]}


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    return fhir_on(ledger)


class TestReading:
    async def test_the_episode_has_the_records_own_id(self, fhir: Fhir) -> None:
        record = await fhir.record()
        answer = await fhir.client().send("GET", f"/EpisodeOfCare/{record}")
        episode = answer.json()
        assert (answer.status_code, episode["id"]) == (200, record)
        assert answer.headers["etag"] == f'W/"{episode["meta"]["versionId"]}"' == 'W/"1"'
        assert answer.headers["last-modified"].endswith("GMT")

    async def test_nobody_needs_to_say_whose_it_is_where_the_id_does(self, fhir: Fhir) -> None:
        record = await fhir.record()
        for patient in (None, ANNE):
            await fhir.client(patient=patient).ok("GET", f"/EpisodeOfCare/{record}")
        assert await fhir.v1.log_of() == [
            ("give-consent", ""),
            ("create-record", ""),
            ("read-resources", ""),
            ("read-resources", ""),
        ]
