"""Whom a bundle is about: all its entries are read for it, and links to this service are read as relative ones."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from helsekort.api.fhir.call import Api, Call
from helsekort.api.fhir.sent import named_by_bundle, named_by_resource, own_links
from helsekort.api.fhir.work import NOBODY, Named, Route
from helsekort.api.http.request import Request
from helsekort.basics.refusal import Kind, Refused
from helsekort.basics.strict_json import dump
from helsekort.maternity.identity import free_id, visit_id

ANNE, BERIT = (UUID(f"018f0000-0000-7000-8000-00000000000{n}") for n in (1, 2))
RECORD, OTHER = (UUID(f"018f0000-0000-7000-8000-0000000000a{n}") for n in (1, 2))
VISIT = visit_id(RECORD, UUID("018f0000-0000-7000-8000-0000000000b1"))
FREE = free_id(OTHER, UUID("018f0000-0000-7000-8000-0000000000b2"))
BASES = ("https://helsekort.example/fhir/r4", "https://helsekort.test/fhir/r4")
HER, HERS = Named((), ANNE), Named((RECORD,))
Json = dict[str, Any]


def called(document: object, body: bytes | None = None) -> Call:
    """A request with that body, of which nothing but the body is read here."""
    call = Call(cast("Api", SimpleNamespace(bases=BASES)), cast("Route", None), [], cast("Request", None))
    call.body = dump(document) if body is None else body
    return call


def to(link: str) -> Json:
    """A reference."""
    return {"reference": link}


def about(woman: UUID, **more: object) -> Json:
    """A resource about a woman."""
    return {"resourceType": "Observation", "subject": to(f"Patient/{woman}"), **more}


def entry(url: str, resource: object = None, method: str = "POST") -> Json:
    """An entry of a bundle."""
    return {"request": {"method": method, "url": url}} | ({} if resource is None else {"resource": resource})


def bundle(*entries: object, kind: str = "transaction") -> Json:
    """A bundle."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


IN_VISIT = {"encounter": to(f"Encounter/{VISIT}")}
CASES: list[tuple[object, Named]] = [
    (bundle(), NOBODY),
    (bundle(entry("Observation", about(ANNE))), HER),
    (bundle(entry("Observation", about(ANNE)), entry("Observation", about(ANNE))), HER),
    (
        bundle(entry("Observation", about(ANNE)), entry("Observation", {**IN_VISIT})),
        Named((RECORD,), ANNE),
    ),
    (bundle(entry("Observation", {"for": to(f"Patient/{ANNE}")})), HER),
    (bundle(entry("Observation", {"performer": [to(f"Patient/{ANNE}")]})), NOBODY),
    (bundle(entry(f"Encounter/{VISIT}", about(ANNE), "PUT")), HERS),
    (bundle(entry(f"Encounter/{VISIT}", method="DELETE"), entry("Observation", about(ANNE))), Named((RECORD,), ANNE)),
    (bundle(entry(f"Encounter/{VISIT}?x=y", method="GET")), HERS),
    (bundle(entry(f"Encounter/{VISIT}/_history/1", method="GET")), HERS),
    (bundle(entry(f"Patient/{ANNE}/$everything", method="GET")), HER),
    (bundle(entry("Observation?code=x", about(ANNE))), HER),
    (bundle("no entry", {"request": "none"}, {}, entry("Observation", "none"), entry("Observation", about(ANNE))), HER),
    (bundle({"resource": about(ANNE)}), HER),
    (bundle({"request": {"url": 7}, "resource": about(ANNE)}), HER),
    ({"type": "transaction", "entry": "none"}, NOBODY),
    ({"type": "transaction", "entry": 7}, NOBODY),
    (bundle(entry("Observation", 7), entry("Observation", about(ANNE))), HER),
    ([about(ANNE)], NOBODY),
]  # fmt: skip


@pytest.mark.parametrize(("document", "told"), CASES)
def test_whom_a_bundle_names(document: object, told: Named) -> None:
    assert named_by_bundle(called(document)) == told
    if isinstance(document, dict):
        assert named_by_bundle(called(document | {"type": "batch"})) == told


SEVERAL = [
    (bundle(entry("Observation", about(ANNE)), entry("Observation", about(BERIT))), NOBODY),
    (
        bundle(entry("Observation", {**IN_VISIT}), entry("Observation", {"hasMember": [to(f"Observation/{FREE}")]})),
        Named((RECORD, OTHER)),
    ),
    (bundle(entry(f"Encounter/{VISIT}", {}, "PUT"), entry(f"Observation/{FREE}", {}, "PUT")), Named((RECORD, OTHER))),
    (bundle(entry(f"Patient/{ANNE}", {}, "PUT"), entry(f"Patient/{BERIT}", {}, "PUT")), NOBODY),
]  # fmt: skip


@pytest.mark.parametrize(("document", "batch"), SEVERAL)
def test_a_transaction_is_of_one_woman_and_one_record_and_a_batch_may_be_of_several(
    document: Json, batch: Named
) -> None:
    with pytest.raises(Refused) as refused:
        named_by_bundle(called(document))
    assert refused.value.kind is Kind.INVALID
    [issue] = refused.value.issues
    assert issue.what == "Everything written together is of one woman and one record."
    assert issue.where == "Bundle.entry[1]"
    assert issue.hint == "Send what is of another woman or record by itself."
    assert named_by_bundle(called(document | {"type": "batch"})) == batch


def test_whom_a_resource_to_be_created_names() -> None:
    assert named_by_resource(called(about(ANNE))) == HER
    assert named_by_resource(called(about(ANNE, **IN_VISIT))) == Named((RECORD,), ANNE)
    assert named_by_resource(called([about(ANNE)])) == NOBODY
    assert named_by_resource(called("no resource")) == NOBODY


@pytest.mark.parametrize("base", BASES)
def test_links_to_this_service_are_read_as_relative(base: str) -> None:
    document = about(ANNE, derivedFrom=[to(f"{base}/Observation/{FREE}")], url=f"{base}/Observation/1")
    told = own_links(called(document), document)
    assert told["derivedFrom"] == [to(f"Observation/{FREE}")]
    assert told["url"] == f"{base}/Observation/1"
    absolute = {"subject": to(f"{base}/Patient/{ANNE}")}
    assert named_by_resource(called(absolute)) == HER
    assert named_by_bundle(called(bundle(entry("Observation", absolute)))) == HER
    escaped = dump(absolute).replace(b"/", b"\\/")
    assert named_by_resource(called(absolute, escaped)) == HER


def test_links_to_elsewhere_stay_as_they_are() -> None:
    for link in (
        f"https://elsewhere.example/Patient/{ANNE}",
        f"{BASES[0]}x/Patient/{ANNE}",
        f"Patient/{ANNE}",
    ):
        document = {"subject": to(link), "note": f"{BASES[0]}/Patient"}
        assert own_links(called(document), document) == document
    text = [f"{BASES[0]}/Patient/{ANNE}"]
    assert own_links(called(text), text) == text
