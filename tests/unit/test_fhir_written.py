"""One write as it is read from a request, and whom the request's address names: before any database is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from starlette.types import Message

from helsekort.api.fhir.call import Api, Call
from helsekort.api.fhir.naming import by_compartment, by_id, by_parameters
from helsekort.api.fhir.sent import faults, written
from helsekort.api.fhir.work import Named, Route
from helsekort.api.http.request import Request
from helsekort.basics.refusal import Kind, Refused
from helsekort.basics.strict_json import dump
from helsekort.fhir.offering import Interaction
from helsekort.fhir.validation import Validator
from helsekort.maternity.identity import visit_id
from helsekort.maternity.uris import CARD_FIELD
from helsekort.terminology.code_systems import LOINC
from tests.flow.fhir_service import DEFINITIONS

ANNE, RECORD = UUID("018f0000-0000-7000-8000-000000000001"), UUID("018f0000-0000-7000-8000-0000000000a1")
VISIT = visit_id(RECORD, UUID("018f0000-0000-7000-8000-0000000000b1"))
BASE = "https://helsekort.example/fhir/r4"
API = cast("Api", SimpleNamespace(bases=(BASE,), validator=Validator(DEFINITIONS), allow_synthetic=True))
HEADERS = [(b"host", b"helsekort.example"), (b"if-match", b'W/"3"'), (b"if-none-exist", b"code=x")]
Json = dict[str, Any]


async def nothing() -> Message:
    """No body comes: it has been read."""
    raise AssertionError


def called(interaction: str, kind: str, *ids: str, document: object = None, query: bytes = b"") -> Call:
    """A request for an interaction, with every condition a header can state."""
    scope = {"method": "POST", "raw_path": b"/", "query_string": query, "headers": HEADERS}
    route = cast("Route", SimpleNamespace(interaction=interaction, kind=kind, takes=(), in_parameters=False))
    call = Call(API, route, [*ids], Request(scope, nothing, lambda: "e"))
    call.body = b"" if document is None else dump(document)
    return call


def ferritin(**more: object) -> Json:
    """A result that is as it should be."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "laboratory",
                    }
                ]
            }
        ],
        "code": {"coding": [{"system": LOINC, "code": "2276-4"}]},
        "subject": {"reference": f"{BASE}/Patient/{ANNE}"},
        "effectiveDateTime": "2026-03-02",
        "valueQuantity": {"value": 24, "unit": "ug/L", "system": "http://unitsofmeasure.org", "code": "ug/L"},
        **more,
    }


KEPT = ferritin(subject={"reference": f"Patient/{ANNE}"})


def test_a_create_has_its_resource_and_its_condition() -> None:
    write = written(called("create", "Observation", document=ferritin()))
    assert (write.interaction, write.kind, write.id) == (Interaction.CREATE, "Observation", "")
    assert (write.resource, write.patch) == (KEPT, ())
    assert (write.if_match, write.if_none_exist) == ("", "code=x")


def test_an_update_has_its_id_and_the_version_that_was_seen() -> None:
    write = written(called("update", "Observation", VISIT, document=ferritin(id=VISIT)))
    assert (write.interaction, write.kind, write.id) == (Interaction.UPDATE, "Observation", VISIT)
    assert (write.resource, write.patch) == ({**KEPT, "id": VISIT}, ())
    assert (write.if_match, write.if_none_exist) == ("3", "")


def test_a_patch_has_its_operations_and_a_deletion_neither() -> None:
    operations = [{"op": "replace", "path": "/status", "value": "final"}]
    patch = written(called("patch", "Observation", VISIT, document=operations))
    assert (patch.interaction, patch.resource, list(patch.patch)) == (Interaction.PATCH, None, operations)
    delete = written(called("delete", "Observation", VISIT))
    assert (delete.interaction, delete.resource, delete.patch) == (Interaction.DELETE, None, ())
    assert (delete.id, delete.if_match) == (VISIT, "3")


def test_what_is_written_is_validated() -> None:
    with pytest.raises(Refused) as refused:
        written(called("create", "Observation", document=ferritin(status="done")))
    assert refused.value.kind is Kind.INVALID
    assert [issue.where for issue in refused.value.issues] == ["Observation.status"]


def told(resource: Json) -> list[str]:
    """Where something is wrong with a resource."""
    return [issue.where for issue in faults(called("create", "Observation"), resource, "Observation")]


def test_the_profile_of_its_code_holds_for_a_resource() -> None:
    by_field = {"coding": [{"system": CARD_FIELD, "code": "clinicalTests.ferritin"}]}
    assert told(KEPT) == told({**KEPT, "code": by_field}) == []
    as_text = {name: value for name, value in KEPT.items() if name != "valueQuantity"} | {"valueString": "24"}
    assert told(as_text | {"code": by_field}) != []
    assert told(as_text) == []
    assert told(as_text | {"code": {"coding": [{"system": "https://example.org", "code": "x"}]}}) == []
    assert told(as_text | {"code": {"text": "x"}}) == []


@pytest.mark.parametrize(
    "code", ["x", {"coding": "x"}, {"coding": ["x"]}, {"coding": [{"system": LOINC, "code": 7}]}, ["x"]]
)
def test_a_code_that_cannot_be_read_is_a_fault_by_its_type(code: object) -> None:
    assert any(where.startswith("Observation.code") for where in told({**KEPT, "code": code}))


def test_a_resource_without_a_code_is_read_by_its_type() -> None:
    for kind in ("Patient", "Binary", "Slot"):
        assert not any("code" in where for where in told({"resourceType": kind}))


def test_whom_an_address_names() -> None:
    assert by_id(called("read", "Patient", str(ANNE))) == Named((), ANNE)
    assert by_id(called("read", "Encounter", VISIT)) == Named((RECORD,))
    query = f"encounter={VISIT}".encode()
    assert by_parameters(called("search", "Observation", query=query)) == Named((RECORD,))
    assert by_compartment(called("search", "Observation", str(ANNE), query=query)) == Named((RECORD,), ANNE)
    assert by_parameters(called("search", "Patient", query=f"_id={ANNE}".encode())) == Named((), ANNE)
