"""Bad input: each case gets its code and a sentence that says what and where, as fast as a good request, and changes nothing."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.flow.v1_service import BERIT, Service, refusal, service_on
from tests.timing import quickly

MOST = 10  # references of processor time
JSON = {"content-type": "application/json"}
SEEN: dict[str, Any] = {"metadata": {"version": 1}}
VISIT: dict[str, Any] = {"appointmentDate": "2026-03-02"}


@dataclass(frozen=True)
class Case:
    """One bad request to a section of Anne's record, the refusal it gets and words its message must have."""

    name: str
    kind: Kind
    says: tuple[str, ...]
    body: bytes
    method: str = "POST"
    path: str = "/clinicalTests"
    headers: dict[str, str] = field(default_factory=dict)


def case(
    name: str, kind: Kind, *says: str, value: object, path: str = "/clinicalTests", method: str = "POST"
) -> Case:
    """A case whose body is well-formed JSON."""
    return Case(name, kind, says, json.dumps(value).encode(), method, path)


def visit(name: str, kind: Kind, *says: str, **fields: object) -> Case:
    """A visit with something wrong in it."""
    return case(name, kind, *says, value=VISIT | fields, path="/antenatalAppointments")


MALFORMED = [
    Case("nothing", Kind.MALFORMED, ("body",), b""),
    Case("white space", Kind.MALFORMED, ("empty",), b"  \n"),
    Case("cut off", Kind.MALFORMED, ("line 1",), b'{"hiv": tr'),
    Case("two values", Kind.MALFORMED, ("line 1",), b"{}{}"),
    Case("a comment", Kind.MALFORMED, ("line 1",), b'{/* x */ "hiv": true}'),
    Case("single quotes", Kind.MALFORMED, ("line 1",), b"{'hiv': true}"),
    Case("a trailing comma", Kind.MALFORMED, ("line 1",), b'{"hiv": true,}'),
    Case("a name twice", Kind.MALFORMED, ("$.hiv", "twice"), b'{"hiv": true, "hiv": false}'),
    Case("a name twice deep down", Kind.MALFORMED, ("$.aboRh.x",), b'{"aboRh": {"x": 1, "x": 1}}'),
    Case("NaN", Kind.MALFORMED, ("$.hemoglobin", "NaN"), b'{"hemoglobin": NaN}'),
    Case("Infinity", Kind.MALFORMED, ("$.hemoglobin",), b'{"hemoglobin": -Infinity}'),
    Case("5 000 digits", Kind.MALFORMED, ("$.hemoglobin", "64"), b'{"hemoglobin": ' + b"1" * 5000 + b"}"),
    Case("an exponent", Kind.MALFORMED, ("$.hemoglobin",), b'{"hemoglobin": 1e999999999}'),
    Case("100 deep", Kind.MALFORMED, ("64 deep",), b'{"x":' + b"[" * 100 + b"]" * 100 + b"}"),
    Case("100 000 deep", Kind.MALFORMED, ("20000",), b'{"x":' + b"[" * 100_000),
    Case("half a surrogate pair", Kind.MALFORMED, ("$.note", "surrogate"), b'{"note": "\\ud83d"}'),
    Case("U+0000", Kind.MALFORMED, ("$.note",), b'{"note": "a\\u0000b"}'),
    Case("U+0000 as it is", Kind.MALFORMED, ("line 1",), b'{"note": "a\x00b"}'),
    Case("Latin-1", Kind.MALFORMED, ("UTF-8",), b'{"note": "bl\xe5"}'),
    Case("UTF-16", Kind.MALFORMED, ("UTF-8",), '{"note": "x"}'.encode("utf-16")),
    Case("an array", Kind.MALFORMED, ("object",), b"[]"),
    Case("a text", Kind.MALFORMED, ("object",), b'"hiv"'),
    Case("null", Kind.MALFORMED, ("object",), b"null"),
    Case("many members", Kind.MALFORMED, ("20000",), b'{"x":[' + b"1," * 30_000 + b"1]}"),
    Case("too large", Kind.TOO_LARGE, ("2048",), b'{"note":"' + b"x" * 2_100_000 + b'"}'),
]
HEADERS = [
    Case(
        "form data",
        Kind.UNSUPPORTED_MEDIA_TYPE,
        ("Content-Type",),
        b"hiv=true",
        headers={"content-type": "text/plain"},
    ),
    Case(
        "XML",
        Kind.UNSUPPORTED_MEDIA_TYPE,
        ("Content-Type",),
        b"<a/>",
        headers={"content-type": "application/xml"},
    ),
    Case(
        "compressed",
        Kind.UNSUPPORTED_MEDIA_TYPE,
        ("Content-Encoding",),
        b"{}",
        headers={"content-encoding": "gzip"},
    ),
    Case("event id", Kind.INVALID_HEADER, ("nhn-event-id",), b"{}", headers={"nhn-event-id": "x" * 129}),
    Case("number", Kind.INVALID_NIN, ("11 digits",), b"{}", headers={"nhn-patient-nin": "1"}),
    Case("number missing", Kind.INVALID_NIN, ("11 digits",), b"{}", headers={"nhn-patient-nin": ""}),
]
VALUES = [
    case("text for a boolean", Kind.INVALID, "$.hiv", value={"hiv": "true"}),
    case("number for a boolean", Kind.INVALID, "$.hiv", value={"hiv": 1}),
    case("text for a number", Kind.INVALID, "$.hemoglobin", value={"hemoglobin": "12"}),
    case("boolean for a number", Kind.INVALID, "$.hemoglobin", value={"hemoglobin": True}),
    case("what cannot be true", Kind.INVALID, "$.hemoglobin", "30", value={"hemoglobin": 300}),
    case(
        "every issue at once",
        Kind.INVALID,
        "$.hiv",
        "$.hemoglobin",
        "$.note",
        value={"hiv": 1, "hemoglobin": -1, "note": 1},
    ),
    case("object for a text", Kind.INVALID, "$.note", value={"note": {}}),
    case("text for an object", Kind.INVALID, "$.aboRh", value={"aboRh": "A"}),
    case("a blood group there is not", Kind.INVALID, "$.aboRh.aboType", value={"aboRh": {"aboType": "C"}}),
    case("a very long text", Kind.INVALID, "$.note", value={"note": "x" * 100_000}),
    case(
        "another calendar",
        Kind.INVALID,
        "dateForResult",
        value={"dateForResult": "1447-05-01"},
        path="/rhesusDNegative",
    ),
    case(
        "a Norwegian date",
        Kind.INVALID,
        "YYYY-MM-DD",
        value={"dateForResult": "02.03.2026"},
        path="/rhesusDNegative",
    ),
    case(
        "an American date",
        Kind.INVALID,
        "YYYY-MM-DD",
        value={"dateForResult": "03/02/2026"},
        path="/rhesusDNegative",
    ),
    case(
        "a week date",
        Kind.INVALID,
        "YYYY-MM-DD",
        value={"dateForResult": "2026-W10-1"},
        path="/rhesusDNegative",
    ),
    case(
        "an ordinal date",
        Kind.INVALID,
        "YYYY-MM-DD",
        value={"dateForResult": "2026-061"},
        path="/rhesusDNegative",
    ),
    case(
        "the 30th of February",
        Kind.INVALID,
        "$.dateForResult",
        value={"dateForResult": "2026-02-30"},
        path="/rhesusDNegative",
    ),
    case(
        "a number for a date",
        Kind.INVALID,
        "$.dateForResult",
        value={"dateForResult": 20260302},
        path="/rhesusDNegative",
    ),
    case(
        "a code there is not",
        Kind.INVALID_CODE,
        "$.stimuli[0].stimuliType",
        value={"stimuli": [{"stimuliType": {"code": "ZZ"}}]},
        path="/lifestyleFactors",
    ),
    case(
        "a code system of another field",
        Kind.INVALID_CODE,
        "$.countryOfBirth",
        "VOLVEN_9043",
        value=SEEN | {"countryOfBirth": {"code": "NO", "codeSystem": "VOLVEN_3303"}},
        path="/mother",
        method="PUT",
    ),
    case(
        "a code without an object",
        Kind.INVALID,
        "$.countryOfBirth",
        value=SEEN | {"countryOfBirth": "NO"},
        path="/mother",
        method="PUT",
    ),
    visit("no date", Kind.INVALID, "$.appointmentDate", appointmentDate=None),
    visit("a blood pressure as one number", Kind.INVALID, "$.bloodPressure", bloodPressure=118),
    visit("a blood pressure upside down", Kind.INVALID, "$.bloodPressure", bloodPressure="70/120"),
    visit(
        "a fetus this pregnancy has not",
        Kind.INVALID,
        "fetusesVitalSigns",
        fetusesVitalSigns=[{"fosterId": 3}],
    ),
    visit(
        "the same fetus twice",
        Kind.INVALID,
        "fetusesVitalSigns",
        fetusesVitalSigns=[{"fosterId": 1}, {"fosterId": 1}],
    ),
    visit("a fetus as text", Kind.INVALID, "fosterId", fetusesVitalSigns=[{"fosterId": "one"}]),
    case("a section sent twice", Kind.ALREADY_EXISTS, "mother", value={"name": "Anne"}, path="/mother"),
    case("no version", Kind.INVALID, "$.metadata.version", value={"name": "A"}, path="/mother", method="PUT"),
    case(
        "a version that is text",
        Kind.INVALID,
        "$.metadata.version",
        value={"metadata": {"version": "1"}},
        path="/mother",
        method="PUT",
    ),
    case(
        "an old version",
        Kind.VERSION_CONFLICT,
        "$.metadata.version",
        value={"metadata": {"version": 9}},
        path="/mother",
        method="PUT",
    ),
    case("a status there is not", Kind.INVALID, "status", value={"status": "DONE"}, path="/updateStatus"),
    case(
        "a birth without a date",
        Kind.INVALID,
        "deliveryDate",
        value={"status": "DELIVERED"},
        path="/updateStatus",
    ),
]
CASES = [*MALFORMED, *HEADERS, *VALUES]


@dataclass(frozen=True)
class Begun:
    """A service with Anne's record in it."""

    service: Service
    record: str


@pytest.fixture(scope="module")
async def begun(module_ledger: Ledger) -> Begun:
    """Anne's record with a section; the same for every case, since none may change it."""
    service = service_on(module_ledger)
    await service.consent()
    twins = {"mother": {"name": "Anne"}, "currentPregnancy": {"numberOfFetuses": 2}}
    return Begun(service, await service.client().record(twins))


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.name)
async def test_bad_input(begun: Begun, bad: Case) -> None:
    gp = begun.service.client()
    before = await gp.send("GET", f"/record/{begun.record}")
    address = f"/record/{begun.record}{bad.path}"
    answer = await quickly(
        lambda: gp.send(bad.method, address, content=bad.body, headers=JSON | bad.headers), MOST
    )
    message = refusal(answer, bad.kind)
    assert all(word in message for word in bad.says), message
    assert "xxxxxxxx" not in message
    after = await gp.send("GET", f"/record/{begun.record}")
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])


async def test_every_case_left_the_log_in_order(begun: Begun) -> None:
    log = await begun.service.log_of()
    assert ("create-record", "") in log
    assert {refused for action, refused in log if action == "write-section"} >= {"malformed", "invalid"}


async def test_a_body_for_another_woman(begun: Begun) -> None:
    service = begun.service
    await service.consent(BERIT)
    gp = service.client("gp", BERIT)
    theirs = await gp.record()
    hers = await service.client().ok(
        "POST", f"/record/{begun.record}/antenatalAppointments", VISIT, status=201
    )
    address = f"/record/{theirs}/antenatalAppointments/{hers['metadata']['id']}"
    await gp.refused(Kind.NOT_FOUND, "PUT", address, hers)
    await gp.refused(
        Kind.UNKNOWN_RECORD, "PUT", f"/record/{begun.record}/mother", {"metadata": {"version": 1}}
    )


async def test_many_issues_are_told_in_part_and_counted(begun: Begun) -> None:
    signs = [{"fosterId": "x", "fetalHeartRate": "y", "note": 1} for _ in range(40)]
    gp = begun.service.client()
    body = VISIT | {"fetusesVitalSigns": signs}
    message = await gp.refused(Kind.INVALID, "POST", f"/record/{begun.record}/antenatalAppointments", body)
    assert "more" in message
    assert len(message) < 4000
