"""Bundles as they are sent (https://hl7.org/fhir/R4/bundle.html) and the version a caller has seen."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from helsekort.basics.refusal import Kind, Refused
from helsekort.basics.strict_json import dump
from helsekort.fhir.entries import MOST_ENTRIES, Read, read_bundle
from helsekort.fhir.requests import Write, version_in
from tests.fhir.planning import entry, observation, offers


@pytest.mark.parametrize("text", ['W/"3"', '"3"', "3", ' W/"3" '])
def test_the_version_an_etag_names(text: str) -> None:
    assert version_in(text) == "3"


@pytest.mark.parametrize("text", ["*", 'W/"3", W/"4"', 'W/""', '"', "W/3", "é"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(Refused) as caught:
        version_in(text)
    assert caught.value.kind is Kind.INVALID_HEADER


def bundle(*entries: object, type_: str = "transaction", **more: object) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": type_, "entry": list(entries)} | more


def refused(document: object) -> Refused:
    with pytest.raises(Refused) as caught:
        read_bundle(document, offers)
    return caught.value


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ([], "Bundle"),
        ({"resourceType": "Observation"}, "Bundle"),
        (bundle(type_="collection"), "Bundle.type"),
        ({"resourceType": "Bundle"}, "Bundle.type"),
        ({"resourceType": "Bundle", "type": ["transaction"]}, "Bundle.type"),
        ({"resourceType": "Bundle", "type": "batch", "entry": "all of them"}, "Bundle.entry"),
        ({"resourceType": "Bundle", "type": "batch", "entry": {"request": {}}}, "Bundle.entry"),
        (bundle(modifierExtension=[{}]), "Bundle.modifierExtension"),
        (bundle("entry"), "Bundle.entry[0].request"),
        (bundle(None), "Bundle.entry[0].request"),
        (bundle({}), "Bundle.entry[0].request"),
        (bundle({"request": []}), "Bundle.entry[0].request"),
        (bundle({"request": {"method": "PUT"}}), "Bundle.entry[0].request.url"),
        (bundle({"request": {"method": "put", "url": "x"}}), "Bundle.entry[0].request.method"),
        (bundle({"request": {"method": ["PUT"], "url": "x"}}), "Bundle.entry[0].request.method"),
        (bundle(entry("PUT", "Observation", observation("a", version=1))), "Bundle.entry[0].request.url"),
        (bundle(entry("POST", "Observation/a", observation())), "Bundle.entry[0].request.url"),
        (bundle(entry("POST", "Observation?x=1", observation())), "Bundle.entry[0].request.url"),
        (bundle(entry("DELETE", "Observation?code=1")), "Bundle.entry[0].request.url"),
        (bundle(entry("DELETE", "Observation/a/_history/1")), "Bundle.entry[0].request.url"),
        (
            bundle(entry("POST", "https://example.org/fhir/Observation", observation())),
            "Bundle.entry[0].request.url",
        ),
        (bundle(entry("POST", "EpisodeOfCare/$card", observation())), "Bundle.entry[0].request.url"),
        (
            bundle(entry("POST", "Questionnaire", {"resourceType": "Questionnaire"})),
            "Bundle.entry[0].request.url",
        ),
        (bundle(entry("POST", "Observation")), "Bundle.entry[0].resource"),
        (
            bundle({"resource": "x", "request": {"method": "POST", "url": "Observation"}}),
            "Bundle.entry[0].resource",
        ),
        (
            bundle(entry("POST", "Observation", observation(), ifMatch='"1"')),
            "Bundle.entry[0].request.ifMatch",
        ),
        (
            bundle(entry("PUT", "Observation/a", observation("a", version=1), ifNoneMatch="*")),
            "Bundle.entry[0].request.ifNoneMatch",
        ),
        (bundle(entry("DELETE", "Observation/a", ifMatch="*")), "Bundle.entry[0].request.ifMatch"),
        (bundle(entry("DELETE", "Observation/a") | {"fullUrl": 7}), "Bundle.entry[0].fullUrl"),
        (bundle(entry("DELETE", "Observation/a") | {"response": {}}), "Bundle.entry[0].response"),
        (
            bundle(entry("DELETE", "Observation/a") | {"modifierExtension": []}),
            "Bundle.entry[0].modifierExtension",
        ),
        (bundle(entry("PATCH", "Observation/a", observation())), "Bundle.entry[0].resource"),
        (bundle({"request": {"method": "GET", "url": ["x"]}}), "Bundle.entry[0].request.url"),
        (bundle(entry("GET", "Observation/a", unheard="x")), "Bundle.entry[0].request.unheard"),
    ],
)
def test_a_bundle_that_cannot_be_read(document: object, where: str) -> None:
    assert [issue.where for issue in refused(document).issues] == [where]


def test_a_bundle_of_too_many_entries() -> None:
    many = bundle(*[{}] * (MOST_ENTRIES + 1))
    assert refused(many).kind is Kind.TOO_LARGE


def test_a_transaction_is_told_of_everything_at_once_a_batch_entry_by_entry() -> None:
    entries = [entry("DELETE", "x"), entry("GET", "Observation?code=1"), entry("POST", "Observation")]
    assert [issue.where for issue in refused(bundle(*entries)).issues] == [
        "Bundle.entry[0].request.url",
        "Bundle.entry[2].resource",
    ]
    read = read_bundle(bundle(*entries, type_="batch"), offers)
    assert not read.transaction
    assert [type(one) for one in read.entries] == [Refused, Read, Refused]


def test_a_bundle_without_entries_asks_for_nothing() -> None:
    assert read_bundle({"resourceType": "Bundle", "type": "batch"}, offers).entries == ()


def binary(document: object, content_type: str = "application/json-patch+json") -> dict[str, Any]:
    data = document if isinstance(document, str) else b64encode(dump(document)).decode()
    return {"resourceType": "Binary", "contentType": content_type, "data": data}


def test_a_patch_in_a_bundle_is_a_binary() -> None:
    operations = [{"op": "test", "path": "/meta/versionId", "value": "1"}]
    [read] = read_bundle(bundle(entry("PATCH", "Observation/a", binary(operations))), offers).entries
    assert isinstance(read, Write)
    assert read.patch == operations
    for document in ("not base64", {"op": "add"}, [], [{"op": "test"}]):
        entries = bundle(entry("PATCH", "Observation/a", binary(document)))
        assert refused(entries).issues[0].where.startswith("Bundle.entry[0].resource.data")
    assert (
        refused(bundle(entry("PATCH", "Observation/a", binary(operations, "application/xml")))).kind
        is Kind.UNSUPPORTED_MEDIA_TYPE
    )
