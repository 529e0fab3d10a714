"""Odd addresses, parameters, headers and bodies for the FHIR API, thousands of them: never a 5xx, always an OperationOutcome."""

from __future__ import annotations

import random
from collections.abc import Iterator

import httpx
import pytest

from helsekort.api.fhir.routes import rows
from helsekort.api.fhir.work import PREFIX
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.offering import OFFERING
from tests.flow.fhir_service import BASE, DEFINITIONS, Fhir, fhir_on
from tests.flow.v1_service import ANNE

ROUNDS = 1_500
CARD = {
    "mother": {"name": "Anne Antonsen"},
    "antenatalAppointments": [{"appointmentDate": "2026-03-02", "motherWeight": 70.5}],
}
ROWS = rows(OFFERING, DEFINITIONS)
CODES = sorted({code for one in OFFERING.types for code in one.parameters})
NAMES = [
    *CODES,
    "_include",
    "_revinclude",
    "_has:Observation:encounter:code",
    "_sort",
    "_count",
    "_summary",
    "_elements",
]
NAMES += [
    "_page",
    "_format",
    "_since",
    "_at",
    "at",
    "max",
    "_total",
    "_type",
    "",
    "x",
    "code:text",
    "date:missing",
    "\x00",
]
VALUES = [
    "",
    "0",
    "-1",
    "9" * 40,
    "1e400",
    "NaN",
    "2026",
    "2026-02-30",
    "ge2026-03-02T25:00",
    "0001-01-01T00:00:00+23:59",
]
VALUES += [
    "9999-12-31T23:59:59-23:59",
    "|",
    "||",
    ",,,",
    "\\",
    "a|b|c|d",
    "http://loinc.org|",
    "%",
    "*",
    "Patient/",
    "/",
    "//",
    "..",
    "true",
]
VALUES += [
    "Encounter:patient",
    "Observation:encounter:iterate",
    "𝔄",
    "\x00",
    "' OR 1=1 --",
    "{}",
    "[]",
    "$x",
    "5.4|http://unitsofmeasure.org|g",
]
HEADERS: dict[str, list[str]] = {
    "accept": ["", ",", ";", "*/*;q=", "application/fhir+json;fhirVersion=", "a" * 4_000, "\xff"],
    "if-none-match": ["", '"', "W/", 'W/"' + "9" * 99 + '"', ","],
    "if-modified-since": ["", "Mon, 99 Foo 99999 99:99:99 GMT", "0", "Thu, 01 Jan 0000 00:00:00 GMT"],
    "if-match": ["", "*", 'W/"x"', "W/", "9" * 99],
    "if-none-exist": ["", "=", "identifier=%ff", "a=b&a=b", "_page=x"],
    "prefer": ["", "=", "return=", "handling=strict, return=nonsense", ";;;", "\xff"],
    "accept-language": ["", ";", "*", "nb-" * 500],
    "host": ["", "evil.example", "[", "test:99999"],
    "content-type": [
        "",
        "text/plain",
        "application/fhir+json; charset=utf-16",
        "application/json-patch+json",
        ";",
    ],
    "content-encoding": ["gzip", "identity", ""],
}
BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b'{"resourceType":1}',
    b'{"resourceType":"Bundle","type":"batch","entry":"x"}',
]
BODIES += [
    b"[" * 3_000,
    b'{"a":' * 3_000,
    b'{"x":' + b"9" * 5_000 + b"}",
    b'{"resourceType":"Parameters","parameter":[1]}',
]
BODIES += [
    b'{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"GET","url":"Patient/\\u0000"}}]}'
]
BODIES += [
    b"patient.identifier=x&patient.identifier=y",
    b"=&=&=",
    b'[{"op":"replace","path":"/id","value":1}]',
]


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    return fhir_on(ledger)


def requests(person: str, record: str, ids: list[str], dice: random.Random) -> Iterator[httpx.Request]:
    """Odd requests, most of them nearly right."""
    while True:
        row = dice.choice(ROWS)
        id_ = dice.choice([*ids, person, record, "x", "a" * 64, "%00", "%2e%2e", ""])
        path = row.template.replace("{id}", id_).replace(
            "{version}", dice.choice(["1", "0", "99", "x", "9" * 30])
        )
        pairs = [(dice.choice(NAMES), dice.choice([*VALUES, person, f"Patient/{person}", record, *ids]))]
        pairs = pairs * dice.choice([0, 1, 1, 2]) + [("patient", person)] * dice.choice([0, 1])
        headers = {
            "authorization": dice.choice(["gp", "gp", "midwife", "anne", "machine", ""]),
            "nhn-source-system": "EPJ 1.0",
        }
        if dice.random() < 0.6:
            headers["nhn-patient-nin"] = ANNE.reveal()
        if row.takes:
            headers["content-type"] = sorted(row.takes)[0]
        for name in dice.sample(sorted(HEADERS), dice.choice([0, 0, 1, 2])):
            headers[name] = dice.choice(HEADERS[name])
        body = dice.choice(BODIES) if row.takes or dice.random() < 0.05 else b""
        raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
        yield httpx.Request(row.method, BASE + path, params=tuple(pairs), headers=raw, content=body)


@pytest.mark.parametrize("seed", range(2))
async def test_none_of_them_is_a_fault_of_ours(fhir: Fhir, seed: int) -> None:
    record = await fhir.record(CARD)
    person = await fhir.person(record)
    client = fhir.client(patient=ANNE)
    everything = await client.ok("GET", f"/EpisodeOfCare/{record}/$everything")
    ids = [one["resource"]["id"] for one in everything["entry"]]
    found = requests(person, record, ids, random.Random(seed))  # noqa: S311 - nothing secret
    statuses: dict[int, int] = {}
    for _ in range(ROUNDS):
        request = next(found)
        answer = await client.http.send(request)
        told = f"{request.method} {request.url} {dict(request.headers)} {request.content[:80]!r}: {answer.text[:400]}"
        assert answer.status_code < 500, told
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        if answer.status_code >= 400 and request.method != "HEAD":
            assert answer.json()["resourceType"] == "OperationOutcome", told
            assert answer.json()["issue"], told
    fhir.log.flush()
    assert '"fault"' not in "".join(fhir.lines)
    assert {200, 400, 401, 403, 404} <= statuses.keys(), statuses


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//",
        "/Patient/",
        "/Patient//",
        "/%",
        "/%zz",
        "/metadata/x",
        "/Patient/1/",
        "/.well-known/",
        "/Patient/$everything",
    ],
)
async def test_odd_addresses(fhir: Fhir, path: str) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "NONSENSE"):
        answer = await fhir.client(patient=ANNE).http.request(method, PREFIX + path)
        assert 400 <= answer.status_code < 500, (method, path, answer.text)
