"""Bad input to the running service, from outside: always an OperationOutcome that says what is wrong, and nothing is stored.

The list is of what careful servers were seen to get wrong: numbers, nesting and bytes that a parser trips over, what R4 forbids
and servers let in, what was looked for and ignored. A made-up series of requests over every route follows.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from helsekort.ledger.embedded import EmbeddedServer
from helsekort.sandbox.address import loopback_client
from tests.conftest import new_database
from tests.flow.fhir_bodies import bundle, condition, entry, ferritin, urn
from tests.flow.fhir_doctor import FHIR, Doctor, dumped, told
from tests.interop.clinic import clinic


@pytest.fixture(scope="module")
async def gp(
    postgres: EmbeddedServer, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Doctor]:
    async with (
        new_database(postgres, migrated) as url,
        clinic(url, tmp_path_factory.mktemp("bad"), woman="cecilie") as here,
        loopback_client() as http,
    ):
        found = Doctor(http, here)
        found.made["condition"] = (await found.creates(condition(here.person)))["id"]
        found.made["ferritin"] = (await found.creates(ferritin(here.person, 24)))["id"]
        yield found


def with_number(gp: Doctor, digits: str) -> bytes:
    """A result with those digits as its value."""
    return dumped(ferritin(gp.clinic.person, 24)).replace(b'"value": 24', f'"value": {digits}'.encode())


NARRATIVE = '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></div>'
BROKEN_NARRATIVE = NARRATIVE.replace("</script>", "")
ELEMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "a required code of another list": ({"status": "sort-of"}, "Observation.status"),
    "an element that does not exist": ({"shoeSize": 41}, "Observation.shoeSize"),
    "a string for an object": ({"code": "2276-4"}, "Observation.code"),
    "no real day": ({"effectiveDateTime": "2026-02-30"}, "Observation.effectiveDateTime"),
    "a time without a zone": ({"effectiveDateTime": "2026-03-02T08:00:00"}, "Observation.effectiveDateTime"),
    "two values": ({"valueString": "24"}, "Observation"),
    "a narrative that is not closed": ({"text": {"status": "generated", "div": BROKEN_NARRATIVE}}, "Observation.text"),
    "a reference to nothing contained": ({"specimen": {"reference": "#x"}}, "Observation.specimen"),
    "a contained resource nobody refers to": (
        {"contained": [{"resourceType": "Specimen", "id": "x"}]},
        "Observation.contained",
    ),
    "a reference to a wrong type": ({"subject": {"reference": "Medication/1"}}, "Observation.subject"),
    "an unknown modifier": ({"modifierExtension": [{"url": "https://x.example", "valueBoolean": True}]}, "Observation"),
    "an extension without a url": ({"extension": [{"valueBoolean": True}]}, "Observation.extension"),
    "a quantity in another unit": (
        {"valueQuantity": {"value": 24, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}},
        "Observation.valueQuantity",
    ),
    "another woman": ({"subject": {"reference": f"Patient/{uuid4()}"}}, "Observation.subject"),
    "another woman deep down": (
        {"extension": [{"url": "https://x.example", "extension": [
            {"url": "a", "valueReference": {"reference": f"Patient/{uuid4()}"}}]}]},
        "Observation.extension",
    ),
    "another woman contained": (
        {
            "contained": [{"resourceType": "Specimen", "id": "s", "subject": {"reference": f"Patient/{uuid4()}"}}],
            "specimen": {"reference": "#s"},
        },
        "Observation.contained",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ELEMENTS)
async def test_what_is_wrong_in_a_resource_is_told_with_its_place(gp: Doctor, name: str) -> None:
    change, place = ELEMENTS[name]
    before = await gp.count()
    answer = await gp.send("POST", "/Observation", dumped(ferritin(gp.clinic.person, 24) | change))
    outcome = told(answer)
    assert answer.status_code in {400, 404, 422}
    if answer.status_code == 422:
        assert any(at.startswith(place) for one in outcome["issue"] for at in one.get("expression", ()))
    assert await gp.count() == before


@pytest.mark.parametrize("value", [None, "", [], {}, [None], [{}]], ids=repr)
async def test_nothing_may_be_empty(gp: Doctor, value: object) -> None:
    answer = await gp.send("POST", "/Observation", dumped(ferritin(gp.clinic.person, 24) | {"note": value}))
    told(answer)
    assert answer.status_code in {400, 422}


NUMBERS = ["1" + "0" * 5000, "1e5000", "0x18", "+24", "024", ".5", "NaN", "Infinity", "-", "1e", '"24"']
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<Observation/>",
    "not UTF-8": b'{"resourceType":"Observation","note":[{"text":"\xff\xfe"}]}',
    "UTF-16": '{"resourceType":"Observation"}'.encode("utf-16"),
    "half a pair of surrogates": b'{"resourceType":"Observation","id":"\\ud800"}',
    "a list": b"[]",
    "a string": b'"Observation"',
    "null": b"null",
    "a name twice": b'{"resourceType":"Observation","status":"final","status":"amended"}',
    "deep lists": b'{"resourceType":"Observation","note":' + b"[" * 3000 + b"]" * 3000 + b"}",
    "deep objects": b'{"resourceType":"Observation","note":' + b'{"a":' * 3000 + b"1" + b"}" * 3000 + b"}",
    "deep and never closed": b"[" * 100_000,
    "another type": b'{"resourceType":"Patient"}',
    "no type": b"{}",
    "a type that is none": b'{"resourceType":["Observation"]}',
    "what follows": b'{"resourceType":"Observation"}{}',
}


@pytest.mark.parametrize("digits", NUMBERS, ids=lambda one: one[:12])
async def test_numbers_that_are_none(gp: Doctor, digits: str) -> None:
    told(await gp.send("POST", "/Observation", with_number(gp, digits)))


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["/Observation", "/", "/Observation/$validate"])
async def test_bodies_that_are_no_resource(gp: Doctor, path: str, name: str) -> None:
    answer = await gp.send("POST", path, BODIES[name])
    if (
        path.endswith("$validate") and answer.status_code == 200
    ):  # it is a resource, and what is wrong is told
        assert {one["severity"] for one in answer.json()["issue"]} & {"error", "fatal"}
    else:
        told(answer)


@pytest.mark.parametrize("sent", ["gzip", "br", "deflate", "identity, gzip", "x"])
async def test_a_content_encoding_that_is_not_true(gp: Doctor, sent: str) -> None:
    body = dumped(ferritin(gp.clinic.person, 24))
    told(await gp.send("POST", "/Observation", body, {"content-encoding": sent}))
    told(await gp.send("POST", "/Observation", gzip.compress(b"0" * 10_000_000), {"content-encoding": sent}))


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "application/fhir+xml", "multipart/form-data", "", "x"]
)
async def test_a_body_of_another_kind(gp: Doctor, kind: str) -> None:
    answer = await gp.send("POST", "/Observation", dumped(ferritin(gp.clinic.person)), {"content-type": kind})
    told(answer)
    assert answer.status_code == 415


ENTRIES: list[Any] = [
    {},
    "entry",
    [None],
    ["x"],
    [[]],
    [{"request": "POST"}],
    [{"request": {"method": ["POST"]}}],
    [{"resource": {}}],
]
ENTRIES += [[{"request": {"method": "POST", "url": "../Patient"}}]]


@pytest.mark.parametrize("entries", ENTRIES, ids=repr)
@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_entries_that_are_none(gp: Doctor, kind: str, entries: object) -> None:
    answer = await gp.send("POST", "/", dumped({"resourceType": "Bundle", "type": kind, "entry": entries}))
    if kind == "batch" and answer.status_code == 200:
        assert {one["response"]["status"][0] for one in answer.json()["entry"]} == {"4"}
    else:
        told(answer)


class TestBundles:
    async def test_five_thousand_entries(self, gp: Doctor) -> None:
        entries = [entry("POST", "Condition", condition(gp.clinic.person))] * 5000
        before = await gp.count()
        for kind in ("transaction", "batch"):
            answer = await gp.send("POST", "/", dumped(bundle(*entries, kind=kind)))
            told(answer)
            assert answer.status_code == 413
            assert answer.elapsed < timedelta(
                seconds=5
            )  # whatever is looked for is looked for once, not for each entry
        assert await gp.count() == before

    async def test_the_same_resource_twice(self, gp: Doctor) -> None:
        at = f"Condition/{gp.made['condition']}"
        put = entry("PUT", at, condition(gp.clinic.person, id=gp.made["condition"], meta={"versionId": "1"}))
        for other in (put, entry("DELETE", at)):
            answer = await gp.send("POST", "/", dumped(bundle(put, other)))
            told(answer)
            assert answer.status_code in {400, 422}

    async def test_two_women_in_one(self, gp: Doctor) -> None:
        one, other = condition(gp.clinic.person), condition(str(uuid4()))
        told(
            await gp.send(
                "POST",
                "/",
                dumped(bundle(entry("POST", "Condition", one), entry("POST", "Condition", other))),
            )
        )

    async def test_entries_that_call_each_other_by_one_name(self, gp: Doctor) -> None:
        twice = [entry("POST", "Condition", condition(gp.clinic.person), fullUrl=urn(1)) for _ in range(2)]
        told(await gp.send("POST", "/", dumped(bundle(*twice))))


async def test_a_binary_of_twenty_megabytes(gp: Doctor) -> None:
    data = "QUJD" * (20 * 1024 * 1024 // 4)
    body = {"resourceType": "Binary", "contentType": "application/pdf", "data": data}
    answer = await gp.send("POST", "/Binary", dumped(body))
    assert answer.status_code == 413
    told(answer)


OPERATIONS: list[Any] = [
    [{"op": "replace", "path": "/id", "value": "x"}],
    [{"op": "replace", "path": "/resourceType", "value": "Patient"}],
    [{"op": "replace", "path": "/subject/reference", "value": f"Patient/{uuid4()}"}],
    [{"op": "remove", "path": "/code"}, {"op": "remove", "path": "/code"}],
    [{"op": "test", "path": "/code/text", "value": "noe annet"}],
    [{"op": "add", "path": "/shoeSize", "value": 41}],
    [{"op": "add", "path": "/note/7", "value": {"text": "x"}}],
    [{"op": "jump", "path": "/code"}],
    [{"op": "replace", "path": "code", "value": {}}],
    [{"op": "copy", "from": "/code"}],
    [{}],
    {},
    "x",
    [[]],
    None,
]


@pytest.mark.parametrize("operations", OPERATIONS, ids=lambda one: json.dumps(one)[:50])
async def test_patches_that_are_refused(gp: Doctor, operations: object) -> None:
    headers = {"content-type": "application/json-patch+json", "if-match": 'W/"1"'}
    at = f"/Condition/{gp.made['condition']}"
    told(await gp.send("PATCH", at, dumped(operations), headers))
    assert (await gp.send("GET", at)).headers["etag"] == 'W/"1"'


class TestVersions:
    async def test_a_version_that_was_overtaken(self, gp: Doctor) -> None:
        made = await gp.creates(condition(gp.clinic.person))
        at = f"/Condition/{made['id']}"
        body = dumped(made | {"code": {"text": "endret"}})
        assert (await gp.send("PUT", at, body, {"if-match": 'W/"1"'})).status_code == 200
        for method, content in (("PUT", body), ("DELETE", None)):
            answer = await gp.send(method, at, content, {"if-match": 'W/"1"'})
            told(answer)
            assert answer.status_code == 412

    @pytest.mark.parametrize("tag", ['"1', "*", 'W/"x"', "W/", "", 'W/"1", W/"2"', 'W/"' + "9" * 400 + '"'])
    async def test_tags_that_name_no_version(self, gp: Doctor, tag: str) -> None:
        body = condition(gp.clinic.person, id=gp.made["condition"]) | {"code": {"text": "aldri"}}
        told(await gp.send("PUT", f"/Condition/{gp.made['condition']}", dumped(body), {"if-match": tag}))

    @pytest.mark.parametrize("version", ["0", "2", "-1", "x", "1.0", "9" * 40])
    async def test_versions_that_never_were(self, gp: Doctor, version: str) -> None:
        answer = await gp.send("GET", f"/Condition/{gp.made['condition']}/_history/{version}")
        told(answer)
        assert answer.status_code in {400, 404}

    @pytest.mark.parametrize(
        "id_", ["unknown", "x" * 65, "%00", "..", "%2e%2e%2fPatient", "a b", "ø", "1", "%"]
    )
    async def test_an_unknown_id_has_nothing_and_no_history(self, gp: Doctor, id_: str) -> None:
        for path in (f"/Condition/{id_}", f"/Condition/{id_}/_history"):
            told(await gp.send("GET", path))


SEARCHES = [
    "code:sounds-like=x",
    "nonsense=1",
    "code:exact=x",
    "date=yesterday",
    "date=xx2026",
    "date=2026-02-30",
    "_count=-1",
    "_count=x",
    "_sort=nonsense",
    "_sort=--date",
    "_include=nonsense",
    "_include=Observation:nonsense",
    "_revinclude=Observation:subject:Group",
    "subject.nonsense=x",
    "subject:Device.identifier=x",
    "_has:Observation:subject=x",
    "_has:X:y:z=1",
    "value-quantity=x|y|z|w",
    "value-quantity=ge",
    "_page=x",
    "_lastUpdated=x",
    "_summary=sometimes",
    "_total=perhaps",
    "encounter=x/y/z",
    "_elements=",
    "code=",
    "patient:missing=perhaps",
    "_id:not-in=x",
    "%00=1",
    "code=%ff%fe",
    "_format=xml",
    "_filter=x",
    "_query=x",
    "_content=x",
    "_text=x",
    "_list=x",
]
LONG = "_page=" + "A" * 3000


@pytest.mark.parametrize("query", [*SEARCHES, LONG], ids=lambda one: one[:30])
async def test_searches_that_are_refused(gp: Doctor, query: str) -> None:
    answer = await gp.send("GET", f"/Observation?patient=Patient/{gp.clinic.person}&{query}")
    told(answer)
    assert answer.status_code in {400, 404, 406}


@pytest.mark.parametrize("query", ["value-quantity=24000|http://unitsofmeasure.org|mg", "value-quantity=24||kg", "identifier=%25",
                                   "identifier=_", "value-string=%25", "status=fin"])  # fmt: skip
async def test_searches_that_find_nothing(gp: Doctor, query: str) -> None:
    """The unit counts, and no sign stands for any other."""
    answer = await gp.send("GET", f"/Observation?patient=Patient/{gp.clinic.person}&code=2276-4&{query}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] == 0


KEPT: dict[str, dict[str, Any]] = {
    "decimals": {"valueQuantity": {"value": 1.5, "unit": "ug/L", "system": "http://unitsofmeasure.org", "code": "ug/L"}},
    "a contained resource": {"contained": [{"resourceType": "Specimen", "id": "s"}], "specimen": {"reference": "#s"}},
    "unknown extensions": {"extension": [{"url": "https://x.example/1", "extension": [{"url": "a", "valueDecimal": 1.5}]}],
                           "_status": {"extension": [{"url": "https://x.example/2", "valueCode": "x"}]}},
    "markup in a text": {"note": [{"text": "<script>alert(1)</script> & ]]> \u2028 \U0001f930"}]},
    "a narrative": {"text": {"status": "additional", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Fe &amp; C</p></div>'}},
    "a narrative with a script": {"text": {"status": "generated", "div": NARRATIVE}},
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
async def test_what_is_kept_as_it_was_sent(gp: Doctor, name: str) -> None:
    body = ferritin(gp.clinic.person, 24) | KEPT[name]
    text = dumped(body).replace(b"1.5", b"1.10")
    answer = await gp.send("POST", "/Observation", text)
    assert answer.status_code == 201, answer.text
    read = await gp.send("GET", f"/Observation/{answer.json()['id']}")
    found = json.loads(read.content, parse_float=str)
    for member, value in json.loads(text, parse_float=str).items():
        assert found[member] == value, member


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get"]
SEGMENTS = [
    "Observation",
    "Patient",
    "EpisodeOfCare",
    "Encounter",
    "Provenance",
    "Binary",
    "Subscription",
    "AuditEvent",
    "metadata",
    "_history",
    "_search",
    "$everything",
    "$card",
    "$validate",
    "$lastn",
    "$summary",
    "$nonsense",
    "Nonsense",
    "1",
    "-",
    "%",
    "%2f",
    "%00",
    "ø",
    "..x",
    "{id}",
    ".well-known",
    "",
    "a" * 65,
]
VALUES = [
    "",
    "x",
    "%",
    "%00",
    "1",
    "-1",
    "9" * 30,
    "2026-13-40",
    "Patient/x",
    "http://a|b",
    "|",
    ",",
    "\\",
    "ge2026",
    "*",
    "ø",
    "[]",
    "$",
]
SMALL = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"\xff",
    b'{"resourceType":"Parameters"}',
    b'{"resourceType":"Bundle","type":"batch"}',
    b"a=b&c",
]
KINDS = [
    FHIR,
    "application/json",
    "application/json-patch+json",
    "application/x-www-form-urlencoded",
    "text/plain",
    "x/y; charset=x",
]


def made_up(random: Random, gp: Doctor) -> tuple[str, str, bytes | None, dict[str, str]]:
    """A request that nobody has thought of."""
    known = [gp.clinic.person, gp.clinic.record, *gp.made.values()]
    path = "".join(f"/{random.choice([*SEGMENTS, *known])}" for _ in range(random.randint(1, 4)))
    names = [
        "patient",
        "code",
        "_id",
        "date",
        "_count",
        "_page",
        "_sort",
        "_include",
        "at",
        "_since",
        "start",
        random.choice(VALUES),
    ]
    query = "&".join(
        f"{random.choice(names)}={random.choice([*VALUES, *known])}" for _ in range(random.randint(0, 3))
    )
    method = random.choice(METHODS)
    content = random.choice(SMALL) if random.random() < 0.5 else None
    headers = {"content-type": random.choice(KINDS)} if content is not None else {}
    extra = [
        "accept",
        "prefer",
        "if-match",
        "if-none-match",
        "if-none-exist",
        "if-modified-since",
        "nhn-patient-nin",
        "x-http-method-override",
    ]
    if random.random() < 0.3:
        headers[random.choice(extra)] = random.choice([one for one in VALUES if one.isascii()])
    return method, f"{path}?{query}" if query else path, content, headers


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_asked_is_answered_in_fhirs_words(gp: Doctor, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a fixed series
    answered = set()
    for _ in range(120):
        method, path, content, headers = made_up(random, gp)
        answer = await gp.send(method, path, content, headers)
        asked = (method, path, content, headers, answer.text[:600])
        assert answer.status_code < 500, asked
        answered.add(answer.status_code)
        if answer.status_code >= 400 and method != "HEAD":
            assert answer.headers["content-type"].startswith(FHIR), asked
            assert answer.json()["resourceType"] == "OperationOutcome", asked
    assert {400, 404, 405} <= answered
