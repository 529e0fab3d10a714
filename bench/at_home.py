"""What a woman has measured at home and her midwife's system has sent by FHIR: so that there are more than twenty of one code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from helsekort.access.act import Act
from helsekort.basics.clock import to_wire
from helsekort.fhir.offering import Interaction
from helsekort.fhir.requests import Write, nothing_more
from helsekort.fhir.shelf import Entry, Shelf
from helsekort.fhir.transaction import Plan, Terms, plan
from helsekort.ledger.view import Change, Propose, View
from helsekort.maternity.part import Stamp
from helsekort.maternity.placing import NewResourceId, propose
from helsekort.maternity.signing import SERVER_OWNED

MEASUREMENTS = 9  # with those of twelve visits one more than a page of twenty
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
BLOOD_PRESSURE, SYSTOLIC, DIASTOLIC = "85354-9", "8480-6", "8462-4"


def measured_at_home(act: Act, stamp: Stamp) -> Propose:
    """Her blood pressures as FHIR creates, in one commit; a proposal as the service's own."""

    def proposed(view: View, record: UUID, t: int) -> Change:
        person = str(view.person.person)
        writes = [
            Write(Interaction.CREATE, "Observation", "", resource=blood_pressure(person, act, day))
            for day in range(MEASUREMENTS)
        ]

        def plan_of(shelf: Shelf, new_id: NewResourceId) -> Plan:
            terms = Terms(find=finds_nothing, check=nothing_more, own=frozenset(SERVER_OWNED))
            return plan(shelf, writes, new_id=new_id, now=stamp.at, terms=terms)

        return propose(plan_of, stamp, act)(view, record, t)

    return proposed


def finds_nothing(kind: str, criteria: str, shelf: Shelf) -> Sequence[Entry]:
    """Nothing here is conditional on what there is."""
    return ()


def blood_pressure(person: str, act: Act, day: int) -> dict[str, Any]:
    """A blood pressure that she has measured herself."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [concept("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs")],
        "code": concept(LOINC, BLOOD_PRESSURE),
        "subject": {"reference": f"Patient/{person}"},
        "effectiveDateTime": to_wire(act.at + timedelta(days=180 + day)),
        "performer": [{"reference": f"Patient/{person}"}],
        "component": [component(SYSTOLIC, 118 + day), component(DIASTOLIC, 74 + day)],
    }


def component(code: str, value: int) -> dict[str, Any]:
    """One of the two pressures."""
    quantity = {"value": value, "unit": "mm[Hg]", "system": UCUM, "code": "mm[Hg]"}
    return {"code": concept(LOINC, code), "valueQuantity": quantity}


def concept(system: str, code: str) -> dict[str, Any]:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code}]}
