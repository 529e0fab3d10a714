"""Abuse 11: one body with two women's data. Refused whole, wherever the other woman stands in it; nothing is written."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.flow.v1_service import ANNE, BERIT, service_on

SECTIONS = ("mother", "clinicalTests", "medication", "currentPregnancy", "antenatalAppointments")


def _body(place: str, name: str, number: str) -> dict[str, Any]:
    foreign = {name: number}
    visit = {"appointmentDate": "2026-03-02"}
    body: dict[str, Any] = {"mother": {"name": "Anne"}, "antenatalAppointments": [visit, dict(visit)]}
    if place == "antenatalAppointments":
        body[place][1] |= foreign
    else:
        body[place] = body.get(place, {}) | foreign
    return body


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.sampled_from(SECTIONS),
    name=st.sampled_from(["patient", "subject", "nin", "note", "identifier"]),
    woman=st.sampled_from([ANNE, BERIT]),
)
async def test_a_number_in_the_body_refuses_all_of_it(
    module_ledger: Ledger,
    place: str,
    name: str,
    woman: Any,  # noqa: ANN401 - drawn
) -> None:
    service = service_on(module_ledger)
    await service.consent(ANNE)
    message = await service.client("gp", ANNE).refused(
        Kind.INVALID, "POST", "/record", _body(place, name, woman.reveal())
    )
    assert woman.reveal() not in message
    assert (await service.client("gp", ANNE).ok("GET", "/status"))["hasActiveMaternityRecord"] is False
