"""Who follows a woman's record: what was asked for and by whom, as it is kept. Each notification is an act of theirs."""

from __future__ import annotations

from datetime import datetime

import msgspec

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.fhir.subscription import Asked, Event
from helsekort.ledger.subscriptions import Changed


class Follower(msgspec.Struct, frozen=True):
    """A professional at a place of care who asked to be told when a record changes, through an EHR's client."""

    asked: Asked
    client_id: str
    name: str
    hpr_number: str
    role: str
    organisation: Organisation | None
    source_system: str
    treatment_facility: str

    @classmethod
    def of(cls, act: Act, asked: Asked) -> Follower:
        """The follower whom an act makes."""
        actor = act.actor
        return cls(
            asked,
            actor.client_id,
            actor.name,
            actor.hpr_number,
            actor.role,
            actor.organisation,
            act.source_system,
            act.treatment_facility,
        )

    def is_of(self, actor: Actor) -> bool:
        """True where a caller is of the same client and the same place of care: it may see and end the subscription."""
        return self.client_id == actor.client_id and self.organisation == actor.organisation

    def told(self, patient: NationalIdentityNumber, *, at: datetime, event_id: str) -> Act:
        """The act of telling the follower of a change: decided on as if the follower had asked there and then."""
        actor = Actor(
            ActorKind.PRACTITIONER,
            self.name,
            self.client_id,
            hpr_number=self.hpr_number,
            role=self.role,
            organisation=self.organisation,
        )
        return Act(
            actor,
            Action.NOTIFY,
            patient,
            at,
            event_id,
            source_system=self.source_system,
            treatment_facility=self.treatment_facility,
        )


_decoder = msgspec.msgpack.Decoder(Follower)


def encode(follower: Follower) -> bytes:
    """The follower as kept."""
    return msgspec.msgpack.encode(follower)


def decode(body: bytes) -> Follower:
    """The follower that was kept."""
    return _decoder.decode(body)


def told_of(changed: Changed) -> Event:
    """A change as followers are told of it: by the record's EpisodeOfCare."""
    return Event(changed.number, changed.at, f"EpisodeOfCare/{changed.record}")
