"""The requests that are measured, as the bytes an EHR system sends: status, a full card, a visit."""

from __future__ import annotations

import itertools
import json
import mmap
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.callers import Credentials, Signer
from bench.client import Request
from bench.people import VISITS, drawn_id, number

API = "/api/maternity-record/v1"
ROLE = quote(json.dumps({"system": "urn:oid:2.16.578.1.12.4.1.1.9060", "code": "LE"}))
LAST_VERSION = 255
UNSURE = 0  # of a visit whose version is not known for certain: it is left alone

Headers = Callable[[str, str], bytes]
"""The credentials of one request, from its method and path."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One of the two contracts: where it begins, and what its bodies are declared as."""

    prefix: str
    content_type: bytes


V1 = Contract(API, b"application/json")


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that every card of a variant has: its id, and its fields as the contract writes them."""

    item: str
    fields: dict[str, Any]


Visits = Sequence[Visit]
"""The visits of one variant of the card, by date."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks whom about how many records. Empty `credentials` is the fixed caller.

    `fhir` is where the FHIR API begins. `by_header` says that the woman is named by her number in a header, as EHR systems do;
    else only by the ids in the request.
    """

    port: int
    records: int
    seed: int
    visits: Sequence[Visits]
    observations: Sequence[Sequence[str]]
    versions: Path
    credentials: Sequence[Credentials] = field(default_factory=tuple)
    by_header: bool = True
    fhir: str = "/fhir/r4"

    def headers(self) -> list[Headers]:
        """A way to make credentials for each caller; none are sent for the fixed one."""
        base = f"http://127.0.0.1:{self.port}"
        signers = [Signer(each, base) for each in self.credentials]
        return [signer.headers for signer in signers] or [lambda _method, _path: b""]

    def wire(
        self, index: int, headers: Headers, method: str, path: str, body: bytes = b"", *, api: Contract = V1
    ) -> bytes:
        """One whole request about the woman with that index."""
        lines = f"{method} {api.prefix}{path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n".encode()
        lines += headers(method, (api.prefix + path).partition("?")[0])
        if self.by_header:
            lines += f"nhn-patient-nin: {number(index).reveal()}\r\n".encode()
        lines += f"nhn-user-role: {ROLE}\r\nnhn-source-system: Ytelse EPJ 1.0\r\n".encode()
        lines += b"nhn-treatment-facility-name: Ytelse%20legesenter\r\n"
        if body:
            lines += b"Content-Type: %b\r\nContent-Length: %d\r\n" % (api.content_type, len(body))
        return lines + b"\r\n" + body


@dataclass(frozen=True, slots=True)
class Status:
    """GET /status of random women."""

    asking: Asking

    def requests(self, count: int) -> list[Request]:
        """So many requests."""
        return [self._request(index, headers) for index, headers in random_callers(self.asking, count)]

    def _request(self, index: int, headers: Headers) -> Request:
        latest = f'"latestRecordId":"{drawn_id(index, "record")}"'.encode()
        right = (b'"hasActiveMaternityRecord":true', latest)
        wire = self.asking.wire(index, headers, "GET", "/status")
        return Request(wire, lambda body: all(part in body for part in right))


@dataclass(frozen=True, slots=True)
class Card:
    """GET /record/{id} of random women: full cards with 12 visits."""

    asking: Asking

    def requests(self, count: int) -> list[Request]:
        """So many requests."""
        return [self._request(index, headers) for index, headers in random_callers(self.asking, count)]

    def _request(self, index: int, headers: Headers) -> Request:
        record = str(drawn_id(index, "record"))
        wire = self.asking.wire(index, headers, "GET", f"/record/{record}")
        return Request(wire, lambda body: is_full_card(body, record))


def is_full_card(body: bytes, record: str) -> bool:
    """Whether the body is that record's card with all its visits, and those that transactions have added."""
    card = json.loads(body)
    return card["metadata"]["recordId"] == record and len(card["antenatalAppointments"]) >= VISITS


@dataclass(frozen=True, slots=True)
class PutVisit:
    """PUT of one visit each of random women, none of them twice before all others."""

    asking: Asking

    def requests(self, count: int) -> list[Request]:
        """So many requests, each naming the version that the one before it on the same visit will have left."""
        versions = Versions(self.asking.versions, self.asking.records)
        random_ = random.Random(self.asking.seed)  # noqa: S311 which records, not a secret
        makers = self.asking.headers()
        everybody = range(self.asking.records)
        ahead: dict[int, int] = {}
        made: list[Request] = []
        for turn in itertools.count(random_.randrange(VISITS)):
            if len(made) >= count or turn > LAST_VERSION * VISITS:
                break
            for index in random_.sample(everybody, min(count - len(made), len(everybody))):
                slot = versions.slot(index, (turn + index) % VISITS)
                seen = ahead.get(slot, versions[slot])
                if UNSURE < seen < LAST_VERSION:
                    ahead[slot] = seen + 1
                    made.append(self._request(index, slot % VISITS, seen, random_.choice(makers), versions))
        return made

    def _request(self, index: int, which: int, seen: int, headers: Headers, versions: Versions) -> Request:
        visit = self.asking.visits[index % len(self.asking.visits)][which]
        weight = {"motherWeight": 60 + (seen * 7 + which) % 40}
        body = json.dumps(
            {"metadata": {"version": seen}} | visit.fields | weight, ensure_ascii=False
        ).encode()
        path = f"/record/{drawn_id(index, 'record')}/antenatalAppointments/{visit.item}"
        wire = self.asking.wire(index, headers, "PUT", path, body)
        slot = versions.slot(index, which)
        return Request(
            wire,
            check=lambda answer: is_version(answer, seen + 1),
            done=versions.noting(slot, seen + 1),
            failed=versions.noting(slot, UNSURE),
        )


def is_version(body: bytes, version: int) -> bool:
    """Whether the body is a visit of that version."""
    return bool(json.loads(body)["metadata"]["version"] == version)


def random_callers(asking: Asking, count: int) -> list[tuple[int, Headers]]:
    """Random women, each asked about by a random caller."""
    random_ = random.Random(asking.seed)  # noqa: S311 which records, not a secret
    makers = asking.headers()
    return [(random_.randrange(asking.records), random_.choice(makers)) for _ in range(count)]


class Versions:
    """The version of every visit in the database, kept beside it from run to run: a byte each."""

    def __init__(self, path: Path, records: int) -> None:
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), records * VISITS)

    def __getitem__(self, slot: int) -> int:
        return self._bytes[slot]

    def slot(self, index: int, visit: int) -> int:
        """Where the visit's version stands."""
        return index * VISITS + visit

    def noting(self, slot: int, version: int) -> Callable[[], None]:
        """What notes, when it is called, that the visit now has that version."""

        def note() -> None:
            self._bytes[slot] = version

        return note
