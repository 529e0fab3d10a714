"""A part of a record as it is stored: the section as the JSON contract last put it, and the FHIR resources it is made of.

Parts are opaque bytes to the ledger. A segment is the finished JSON the contract shows for a part, metadata included.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from helsekort.access.act import Act
from helsekort.access.actor import ActorKind
from helsekort.basics.ids import NewId
from helsekort.basics.strict_json import dump
from helsekort.fhir.shapes import Json, Resource
from helsekort.maternity.slicing import filled

LAST_VERSION = 255
"""A section cannot be changed more often than this (the national contract keeps versions to 255)."""

_USER_TYPES = {
    ActorKind.PRACTITIONER: "HEALTH_CARE_PROFESSIONAL",
    ActorKind.CITIZEN: "CITIZEN",
    ActorKind.PROXY: "REPRESENTATIVE",
    ActorKind.MACHINE: "SYSTEM",
    ActorKind.SYSTEM: "SYSTEM",
}


@dataclass(frozen=True, slots=True)
class Author:
    """Who registered something, and where, as the JSON contract's lastUpdatedBy tells it. Empty where not known."""

    user_type: str
    org_nr: str = ""
    org_name: str = ""
    treatment_facility_name: str = ""
    hpr_nr: str = ""
    hpr_role: str = ""
    name: str = ""

    def to_v1(self) -> Json:
        """The contract's lastUpdatedBy: null where nothing is known."""
        return {
            "userType": self.user_type,
            "orgNr": self.org_nr or None,
            "orgName": self.org_name or None,
            "treatmentFacilityName": self.treatment_facility_name or None,
            "hprNr": self.hpr_nr or None,
            "hprRole": self.hpr_role or None,
            "name": self.name or None,
        }


def author_of(act: Act) -> Author:
    """The author of what an act writes."""
    actor, organisation = act.actor, act.actor.organisation
    return Author(
        user_type=_USER_TYPES[actor.kind],
        org_nr=organisation.number if organisation else "",
        org_name=organisation.name if organisation else "",
        treatment_facility_name=act.treatment_facility,
        hpr_nr=actor.hpr_number,
        hpr_role=actor.role,
        name=actor.name,
    )


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and by whom a change is made, and where new ids come from."""

    at: datetime
    author: Author
    new_id: NewId


class Part(msgspec.Struct, frozen=True):
    """One section, visit or measurement. `v1` is the section's JSON as last put, without metadata."""

    section: str
    id: str
    version: int
    at: str
    by: Json
    error: bool
    v1: msgspec.Raw
    resources: list[Resource]


_decoder = msgspec.json.Decoder(Part, float_hook=Decimal)
_values = msgspec.json.Decoder(float_hook=Decimal)


def encode(part: Part) -> bytes:
    """The stored bytes of a part: JSON, laid out so that its resources are found without a parser."""
    return filled(dump(msgspec.structs.replace(part, resources=[])), part.resources)


def decode(stored: bytes) -> Part:
    """The part that was stored."""
    return _decoder.decode(stored)


def decode_json(stored: bytes) -> Any:  # noqa: ANN401 - JSON is any of six types
    """JSON that was written here, with exact decimals."""
    return _values.decode(stored)


def metadata_of(part: Part) -> Json:
    """A section's metadata as the contract shows it."""
    return {
        "id": part.id,
        "version": part.version,
        "lastUpdated": part.at,
        "lastUpdatedBy": part.by,
        "enteredInError": part.error,
    }


def segment_with(part: Part, v1: bytes) -> bytes:
    """What the contract shows of a part whose content is `v1`."""
    metadata = b'{"metadata":' + dump(metadata_of(part))
    return metadata + b"}" if v1 == b"{}" else metadata + b"," + v1[1:]
