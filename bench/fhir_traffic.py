"""The FHIR requests that are measured, as the bytes an EHR system sends: read, search, card, transaction, validation."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from urllib.parse import quote
from uuid import UUID

from bench.client import Request, Traffic
from bench.fhir_bodies import blood_pressure, transaction
from bench.people import drawn_id
from bench.traffic import Asking, Contract, Headers, random_callers
from helsekort.maternity.identity import short

PAGE = 20
ENTRIES = 15
CODE = quote("http://loinc.org|85354-9", safe="")
FIRST_DAY = date(2027, 1, 1)  # after every visit that the cards have
DAYS = 3_000


@dataclass(frozen=True, slots=True)
class Each:
    """Requests of one kind about random women, each by a random caller."""

    kind: str
    by_header: bool
    asking: Asking

    def requests(self, count: int) -> list[Request]:
        """So many requests."""
        chance = random.Random(self.asking.seed)  # noqa: S311 which resources, not a secret
        made, asking = MADE[self.kind], replace(self.asking, by_header=self.by_header)
        return [made(asking, *one, chance) for one in random_callers(asking, count)]


def fhir(asking: Asking) -> Contract:
    """The FHIR API, at whoever's it is."""
    return Contract(asking.fhir, b"application/fhir+json")


def read(asking: Asking, index: int, headers: Headers, chance: random.Random) -> Request:
    """GET of one Observation of hers by its id."""
    ids = asking.observations[index % len(asking.observations)]
    id_ = f"{short(drawn_id(index, 'record'))}.{chance.choice(ids)}"
    wire = asking.wire(index, headers, "GET", f"/Observation/{id_}", api=fhir(asking))
    named = f'"id":"{id_}"'.encode()
    return Request(wire, lambda body: named in body and json.loads(body)["resourceType"] == "Observation")


def search(asking: Asking, index: int, headers: Headers, chance: random.Random) -> Request:
    """The 20 newest of her blood pressures."""
    person = drawn_id(index, "person")
    path = f"/Observation?patient={person}&code={CODE}&_sort=-date&_count={PAGE}"
    wire = asking.wire(index, headers, "GET", path, api=fhir(asking))
    return Request(wire, lambda body: is_page(body, person))


def is_page(body: bytes, person: UUID) -> bool:
    """Whether the body is a full page of her blood pressures, the newest first."""
    entries = [one["resource"] for one in json.loads(body)["entry"]]
    days = [one["effectiveDateTime"][:10] for one in entries]
    hers = all(one["subject"]["reference"] == f"Patient/{person}" for one in entries)
    codes = all('"85354-9"' in json.dumps(one["code"]) for one in entries)
    return len(entries) == PAGE and hers and codes and days == sorted(days, reverse=True)


def card(asking: Asking, index: int, headers: Headers, chance: random.Random) -> Request:
    """The whole card as a document."""
    record = str(drawn_id(index, "record"))
    wire = asking.wire(index, headers, "GET", f"/EpisodeOfCare/{record}/$card", api=fhir(asking))
    return Request(wire, lambda body: is_document(body, record))


def is_document(body: bytes, record: str) -> bool:
    """Whether the body is a document with that record and every Observation of it."""
    bundle = json.loads(body)
    kinds = [one["resource"]["resourceType"] for one in bundle["entry"]]
    return bundle["type"] == "document" and record.encode() in body and kinds.count("Observation") > 100


def write(asking: Asking, index: int, headers: Headers, chance: random.Random) -> Request:
    """A visit with fourteen values in one transaction."""
    person, record = drawn_id(index, "person"), drawn_id(index, "record")
    body = transaction(str(person), record, day_of(chance), chance)
    wire = asking.wire(index, headers, "POST", "", json.dumps(body).encode(), api=fhir(asking))
    return Request(wire, all_created)


def all_created(body: bytes) -> bool:
    """Whether every entry was created."""
    statuses = [one["response"]["status"][:3] for one in json.loads(body)["entry"]]
    return statuses == ["201"] * ENTRIES


def validate(asking: Asking, index: int, headers: Headers, chance: random.Random) -> Request:
    """$validate of one Observation, by the type alone: about no woman."""
    resource = blood_pressure(str(drawn_id(index, "person")), day_of(chance), chance)
    wire = asking.wire(
        index, headers, "POST", "/Observation/$validate", json.dumps(resource).encode(), api=fhir(asking)
    )
    return Request(wire, is_valid)


def is_valid(body: bytes) -> bool:
    """Whether nothing was found."""
    return {"error", "fatal"}.isdisjoint(one["severity"] for one in json.loads(body)["issue"])


def day_of(chance: random.Random) -> str:
    """A day."""
    return (FIRST_DAY + timedelta(days=chance.randrange(DAYS))).isoformat()


MADE = {
    "fhir-read": read,
    "fhir-search": search,
    "fhir-card": card,
    "fhir-validate": validate,
    "fhir-transaction": write,
}
BY_ID = "fhir-read-by-id"
KINDS: dict[str, Callable[[Asking], Traffic]] = {
    **{kind: partial(Each, kind, True) for kind in MADE},  # noqa: FBT003 her number in a header
    BY_ID: partial(Each, "fhir-read", False),  # noqa: FBT003 told by the resource's id alone
}
