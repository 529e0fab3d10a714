"""FHIR writes on the record in memory, through the real engine: what the API does behind its door."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.basics.strict_json import dump, parse
from helsekort.fhir.offering import Interaction
from helsekort.fhir.requests import Write
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Entry, Shelf
from helsekort.fhir.transaction import Plan, Terms, plan
from helsekort.ledger.view import Change, View
from helsekort.maternity import card
from helsekort.maternity.placing import NewResourceId, propose
from helsekort.maternity.shelf import ViewShelf, shelf_of
from helsekort.maternity.signing import SERVER_OWNED
from tests.spec.record_in_memory import KARI, PERSON, RECORD, START, Ids, Record


def _find(kind: str, criteria: str, shelf: Shelf) -> Sequence[Entry]:
    raise LookupError("these tests write nothing conditionally")


def _check(resource: Resource, where: str) -> Iterable[Issue]:
    return ()


TERMS = Terms(find=_find, check=_check, own=SERVER_OWNED, first=("EpisodeOfCare", "Encounter"))
SUBJECT = {"reference": f"Patient/{PERSON.person}"}
EPISODE = {"reference": f"EpisodeOfCare/{RECORD}"}


def act() -> Act:
    """A clinician's write on the woman's record."""
    return Act(
        actor=Actor(ActorKind.PRACTITIONER, name="Kari", client_id="ehr"),
        action=Action.WRITE_RESOURCES,
        patient=NationalIdentityNumber.parse("01819012365", allow_synthetic=True),
        at=START,
        event_id="e",
        record=RECORD,
    )


class FhirRecord(Record):
    """A record that EHRs of both contracts write to."""

    def write(self, *writes: Write, by: card.Author = KARI) -> Change:
        """One transaction."""
        now = self.stamp(by).at

        def plan_of(shelf: Shelf, new_id: NewResourceId) -> Plan:
            return plan(shelf, writes, new_id=new_id, now=now, terms=TERMS)

        return self.do(lambda stamp: propose(plan_of, stamp, act()), by=by)

    def create(self, resource: Resource, *, by: card.Author = KARI) -> Resource:
        """One new resource, as it reads afterwards."""
        before = {(one.kind, one.id) for one in self.shelf.all()}
        self.write(Write(Interaction.CREATE, resource["resourceType"], resource=as_sent(resource)), by=by)
        made = [one for one in self.shelf.all() if (one.kind, one.id) not in before]
        return next(one.resource for one in made if one.kind == resource["resourceType"])

    def update(self, resource: Resource, *, by: card.Author = KARI) -> Resource:
        """A resource as it was read and changed, as it reads afterwards."""
        kind, id_ = resource["resourceType"], resource["id"]
        self.write(Write(Interaction.UPDATE, kind, id_, resource=as_sent(resource)), by=by)
        return self.read(kind, id_)

    def delete(self, resource: Resource, *, by: card.Author = KARI) -> None:
        """Entered in error."""
        self.write(Write(Interaction.DELETE, resource["resourceType"], resource["id"]), by=by)

    @property
    def shelf(self) -> ViewShelf:
        """What her clinicians see."""
        return shelf_of(self.view)

    @property
    def view(self) -> View:
        """The record as the ledger would hand it out."""
        return View(PERSON, self.state, dict(self.segments), dict(self.parts))

    def read(self, kind: str, id_: str) -> Resource:
        """A resource by its id."""
        found = self.shelf.get(kind, id_)
        assert found is not None
        return found.resource

    def v1(self, section: str) -> Any:  # noqa: ANN401 - JSON
        """What the JSON contract shows of a section, without its metadata; a list for visits and measurements."""
        whole = parse(card.card_json(self.segments))[section]
        for one in whole if isinstance(whole, list) else [whole] if whole else []:
            del one["metadata"]
        return whole


def as_sent(resource: Any) -> Any:  # noqa: ANN401 - JSON
    """A body as it comes out of the strict reader."""
    return parse(dump(resource))


def without_meta(resource: Resource) -> Resource:
    """What the sender said."""
    return {name: value for name, value in resource.items() if name not in {"id", "meta"}}


def observation(system: str, code: str, **more: Any) -> Resource:  # noqa: ANN401 - any elements
    """A final Observation of her."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": SUBJECT,
        **more,
    }


def quantity(value: Any, unit: str) -> Any:  # noqa: ANN401 - JSON
    """A Quantity in a UCUM unit."""
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def visit(start: str, **more: Any) -> Resource:  # noqa: ANN401 - any elements
    """An antenatal visit's Encounter."""
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": SUBJECT,
        "episodeOfCare": [EPISODE],
        "period": {"start": start},
        **more,
    }


def refused(record: FhirRecord, resource: Resource) -> list[str]:
    """What is refused, and where; nothing is stored."""
    before = dict(record.parts)
    with pytest.raises(Refused) as refusal:
        record.create(resource)
    assert record.parts == before
    assert refusal.value.kind in {Kind.INVALID, Kind.INVALID_CODE}
    return [f"{issue.where}: {issue.what}" for issue in refusal.value.issues]


def ferritin(value: Any = 24, **more: Any) -> Resource:  # noqa: ANN401 - JSON
    """A ferritin value, which the card has one place for."""
    return observation("http://loinc.org", "2276-4", valueQuantity=quantity(value, "ug/L"), **more)


def encounter(record: FhirRecord) -> dict[str, str]:
    """A reference to a new visit."""
    return {"reference": f"Encounter/{record.create(visit('2026-02-01'))['id']}"}


def proposed(view: View, *writes: Write) -> Change:
    """What the writes would change in a view."""
    stamp = card.Stamp(START, KARI, Ids())

    def plan_of(shelf: Shelf, new_id: NewResourceId) -> Plan:
        return plan(shelf, writes, new_id=new_id, now=START, terms=TERMS)

    return propose(plan_of, stamp, act())(view, RECORD, 1)


__all__ = [
    "EPISODE",
    "SUBJECT",
    "FhirRecord",
    "act",
    "as_sent",
    "observation",
    "quantity",
    "visit",
    "without_meta",
]
