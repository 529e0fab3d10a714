"""A woman with a record, and a doctor who writes in it through FHIR."""

from __future__ import annotations

from helsekort.access.act import Action
from helsekort.audit.entry import AuditEntry
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.view import Wants
from tests.contract.door_acts import act
from tests.flow.fhir_bodies import Json, visit
from tests.flow.fhir_service import Client, Fhir
from tests.flow.v1_service import ANNE


class Her:
    """She, her record by its id, and the doctor as a client."""

    def __init__(self, fhir: Fhir, record: str, person: str, patient: NationalIdentityNumber = ANNE) -> None:
        self.fhir, self.record, self.person, self.patient = fhir, record, person, patient
        self.gp: Client = fhir.client()

    async def made(self, resource: Json) -> Json:
        """A resource that is created."""
        return await self.gp.ok("POST", f"/{resource['resourceType']}", resource, status=201)

    async def visit(self) -> str:
        """A visit, as a reference."""
        made = await self.made(visit(self.person, f"EpisodeOfCare/{self.record}"))
        return f"Encounter/{made['id']}"

    async def commits(self) -> int:
        """How many commits the record has."""
        found = await self.fhir.v1.client(patient=self.patient).ok("GET", f"/history/{self.record}")
        return len(found["history"])

    async def card(self) -> Json:
        """Her card as the JSON contract shows it."""
        return await self.fhir.v1.client(patient=self.patient).ok("GET", f"/record/{self.record}")

    async def log(self) -> tuple[AuditEntry, ...]:
        """Her log, the newest first."""
        read = act("anne", Action.READ_LOG, patient=self.patient)
        return (await self.fhir.v1.door.read(read, Wants.LOG)).log


async def her_on(fhir: Fhir, patient: NationalIdentityNumber = ANNE) -> Her:
    """Her, with a new record."""
    record = await fhir.record(patient=patient)
    return Her(fhir, record, await fhir.person(record), patient)
