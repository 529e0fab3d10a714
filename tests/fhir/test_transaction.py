"""What a set of writes comes to: https://hl7.org/fhir/R4/http.html#create, #update, #patch, #delete and #transaction."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from helsekort.basics.refusal import Kind
from helsekort.fhir.requests import Write
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import ListShelf
from helsekort.fhir.transaction import plan
from tests.fhir.planning import (
    NOW,
    OWN,
    SHELF,
    TERMS,
    create,
    delete,
    entry,
    observation,
    patch,
    planned,
    refusal,
    transaction,
    update,
)

URN = "urn:uuid:0b8e3e4f-4b8a-4c1a-9d5e-3f1f0c3f7a01"
OTHER = "urn:uuid:0b8e3e4f-4b8a-4c1a-9d5e-3f1f0c3f7a02"
NOWHERE = "urn:uuid:0b8e3e4f-4b8a-4c1a-9d5e-3f1f0c3f7a09"


def test_a_create_is_given_its_id_its_version_and_its_time() -> None:
    changes = planned(create(observation("chosen-by-the-client", version=7, note="new")))
    [put] = changes.puts
    assert (put.id, put.old, put.where) == ("new-1", None, "Observation")
    assert put.new["id"] == "new-1"
    assert put.new["meta"] == {"versionId": "1", "lastUpdated": "2026-11-21T12:00:00.000Z"}
    assert list(put.new)[:3] == ["resourceType", "id", "meta"]
    assert [(one.status, one.id, one.unchanged) for one in changes.done] == [(201, "new-1", None)]


def test_an_update_is_the_next_version() -> None:
    changes = planned(update(observation("weight", note="second"), if_match="2"))
    assert [(put.old and put.old["note"], put.new["note"]) for put in changes.puts] == [("first", "second")]
    assert changes.puts[0].new["meta"]["versionId"] == "3"
    assert changes.done[0].status == 200


def test_what_says_nothing_new_is_not_stored() -> None:
    same = dict(reversed(list(observation("weight", version=2, note="first").items())))
    for write in (update(same), patch("Observation", "weight", _test("/note", "first"), if_match="2")):
        changes = planned(write)
        assert changes.puts == ()
        assert changes.done[0].status == 200
        assert changes.done[0].unchanged is SHELF.get("Observation", "weight")


def test_another_number_of_digits_is_something_new() -> None:
    shelf = ListShelf([observation("hb", version=1, value=Decimal("1.1"))])
    changes = planned(update(observation("hb", version=1, value=Decimal("1.10"))), shelf=shelf)
    assert str(changes.puts[0].new["value"]) == "1.10"


@pytest.mark.parametrize(
    ("write", "kind", "where"),
    [
        (update(observation("weight"), if_match="1"), Kind.PRECONDITION_FAILED, "If-Match"),
        (update(observation("weight", version=1)), Kind.PRECONDITION_FAILED, "If-Match"),
        (update(observation("weight")), Kind.PRECONDITION_FAILED, "If-Match"),
        (delete("Observation", "weight", if_match="1"), Kind.PRECONDITION_FAILED, "If-Match"),
        (
            patch("Observation", "weight", {"op": "remove", "path": "/note"}),
            Kind.PRECONDITION_FAILED,
            "If-Match",
        ),
        (update(observation("unknown", version=1)), Kind.NOT_FOUND, "URL"),
        (update(observation("gone", version=1)), Kind.DELETED, "URL"),
        (delete("Observation", "unknown"), Kind.NOT_FOUND, "URL"),
        (delete("Patient", "weight"), Kind.NOT_FOUND, "URL"),
        (create(observation(), if_none_exist="note=same"), Kind.PRECONDITION_FAILED, "If-None-Exist"),
        (create(observation(), if_none_exist="colour=red"), Kind.INVALID, "If-None-Exist"),
        (create(observation(), if_none_exist="_count=1"), Kind.INVALID, "If-None-Exist"),
        (create(observation(), if_none_exist="note="), Kind.INVALID, "If-None-Exist"),
        (
            update(observation("weight", version=2, subject={"reference": "Patient/berit"})),
            Kind.INVALID,
            "Observation.subject",
        ),
        (
            update(observation("weight", version=2, subject={"identifier": {"value": "x"}})),
            Kind.INVALID,
            "Observation.subject",
        ),
    ],
)
def test_refused(write: Write, kind: Kind, where: str) -> None:
    refused = refusal(write)
    assert refused.kind is kind
    assert [issue.where for issue in refused.issues] == [where]


def test_body_and_address_have_to_say_the_same() -> None:
    for resource, where in (
        (observation("pulse", version=2), "Observation.id"),
        (observation(version=2), "Observation.id"),
        ({"resourceType": "Condition", "id": "weight"}, "Observation.resourceType"),
    ):
        refused = refusal(_put(resource))
        assert (refused.kind, refused.issues[0].where) == (Kind.CONTRADICTION, where)


def _put(resource: Resource) -> Write:
    whole = update(observation("weight"), if_match="2")
    return Write(whole.interaction, whole.kind, whole.id, resource, if_match="2")


def test_a_patch_may_say_its_version_by_a_test() -> None:
    replaced = {"op": "replace", "path": "/note", "value": "second"}
    changes = planned(patch("Observation", "weight", _test("/meta/versionId", "2"), replaced))
    assert changes.puts[0].new["note"] == "second"
    late = refusal(patch("Observation", "weight", _test("/meta/versionId", "1"), replaced))
    assert late.kind is Kind.PRECONDITION_FAILED


def _test(path: str, value: object) -> dict[str, Any]:
    return {"op": "test", "path": path, "value": value}


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("/id", "pulse", "Observation.id"),
        ("/resourceType", "Condition", "Observation.resourceType"),
        ("/meta/versionId", "9", "Observation.meta"),
        ("/meta/lastUpdated", "2020-01-01T00:00:00Z", "Observation.meta"),
        ("/meta", "gone", "Observation.meta"),
        ("/subject/reference", "Patient/berit", "Observation.subject"),
        ("/status", "unheard-of", "Observation.status"),
    ],
)
def test_what_a_patch_may_not_do(path: str, value: str, where: str) -> None:
    refused = refusal(
        patch("Observation", "weight", {"op": "replace", "path": path, "value": value}, if_match="2")
    )
    assert refused.kind is Kind.INVALID
    assert where in [issue.where for issue in refused.issues]


def test_what_was_entered_in_error_stays_so() -> None:
    changes = planned(delete("Observation", "gone"))
    assert (changes.deletes, changes.done[0].status) == ((), 204)


def test_a_conditional_create_finds_what_is_there() -> None:
    changes = planned(create(observation(note="first"), if_none_exist="note=first"))
    assert changes.puts == ()
    assert (changes.done[0].status, changes.done[0].id) == (200, "weight")
    assert planned(create(observation(note="new"), if_none_exist="note=new")).done[0].status == 201


def test_extensions_that_only_the_server_writes_are_not_taken_from_anybody() -> None:
    forged = {"url": OWN, "valueString": "somebody else"}
    kept = {"url": "https://example.org/theirs", "valueString": "kept"}
    changes = planned(create(observation() | {"meta": {"extension": [forged, kept], "source": "#ehr"}}))
    assert changes.puts[0].new["meta"]["extension"] == [kept]
    assert changes.puts[0].new["meta"]["source"] == "#ehr"
    unchanged = observation("weight", note="first") | {"meta": {"versionId": "2", "extension": [forged]}}
    assert planned(update(unchanged)).puts == ()


def test_entries_call_each_other_by_what_they_are_to_become() -> None:
    visit = {"resourceType": "Encounter", "diagnosis": [{"condition": {"reference": OTHER}}]}
    condition = {"resourceType": "Condition", "encounter": {"reference": URN}}
    value = observation(
        encounter={"reference": URN},
        derivedFrom=[{"reference": "Observation/weight"}],
        extension=[{"url": "https://example.org/x", "valueUri": URN}],
        instantiatesCanonical=URN,
        identifier=[{"system": "urn:ietf:rfc:3986", "value": URN}],
        text={"div": f"<div><a href=\"{URN}\">visit</a> {URN} <img src='{OTHER}'/></div>"},
        contained=[{"resourceType": "Condition", "encounter": {"reference": URN}}],
    )
    changes = planned(
        *transaction(
            entry("POST", "Observation", value),
            entry("POST", "Condition", condition, fullUrl=OTHER),
            entry("POST", "Encounter", visit, fullUrl=URN),
        )
    )
    told = {put.kind: put.new for put in changes.puts}
    assert told["Encounter"]["id"] == "new-1", "what ids are made of comes first"
    value = told["Observation"]
    assert value["encounter"] == {"reference": "Encounter/new-1"}
    assert value["derivedFrom"] == [{"reference": "Observation/weight"}]
    assert value["extension"][0]["valueUri"] == "Encounter/new-1"
    assert value["instantiatesCanonical"] == URN, "a canonical is never rewritten"
    assert value["identifier"][0]["value"] == URN, "an identifier is no link"
    assert value["contained"][0]["encounter"]["reference"] == "Encounter/new-1"
    assert value["text"]["div"] == (
        f"<div><a href=\"Encounter/new-1\">visit</a> {URN} <img src='Condition/new-3'/></div>"
    )
    assert told["Encounter"]["diagnosis"][0]["condition"]["reference"] == "Condition/new-3"
    assert told["Condition"]["encounter"]["reference"] == "Encounter/new-1"
    assert [one.id for one in changes.done] == ["new-2", "new-3", "new-1"], (
        "answers in the order of the entries"
    )


def test_ids_are_drawn_with_the_references_known_by_then() -> None:
    seen: list[str] = []

    def new_id(resource: Resource) -> str:
        seen.append(resource.get("encounter", {}).get("reference", ""))
        return f"id-{len(seen)}"

    writes = transaction(
        entry("POST", "Observation", observation(encounter={"reference": URN})),
        entry("POST", "Encounter", {"resourceType": "Encounter"}, fullUrl=URN),
    )
    plan(SHELF, writes, new_id=new_id, now=NOW, terms=TERMS)
    assert seen == ["", "Encounter/id-1"]


def test_restful_addresses_of_entries_are_names_too() -> None:
    base = "https://ehr.example.org/fhir"
    changes = planned(
        *transaction(
            entry("POST", "Encounter", {"resourceType": "Encounter"}, fullUrl=f"{base}/Encounter/7"),
            entry(
                "POST",
                "Observation",
                observation(encounter={"reference": "Encounter/7"}),
                fullUrl=f"{base}/Observation/8",
            ),
            entry("POST", "Observation", observation(encounter={"reference": f"{base}/Encounter/7"})),
            entry("PUT", "Observation/weight", observation("weight", version=2, note="x"), fullUrl=URN),
            entry("POST", "Observation", observation(derivedFrom=[{"reference": URN}])),
        )
    )
    assert [put.new.get("encounter", {}).get("reference") for put in changes.puts] == [
        None,
        "Encounter/new-1",
        "Encounter/new-1",
        None,
        None,
    ]
    assert changes.puts[4].new["derivedFrom"] == [{"reference": "Observation/weight"}]


def test_conditional_references_are_resolved() -> None:
    changes = planned(*transaction(entry("POST", "Observation", _about("Patient?gender=female"))))
    assert changes.puts[0].new["subject"] == {"reference": "Patient/anne"}
    for link, what in (
        ("Patient?gender=male", "finds 0"),
        ("Observation?note=same", "finds 2"),
        ("Patient?x=1", "no such"),
    ):
        refused = refusal(*transaction(entry("POST", "Observation", _about(link))))
        assert refused.kind is Kind.INVALID
        assert refused.issues[0].where == "Bundle.entry[0].resource.subject.reference"
        assert what in refused.issues[0].what


def _about(link: str) -> Resource:
    return observation(subject={"reference": link})


def test_a_conditional_create_that_finds_is_called_by_what_it_found() -> None:
    changes = planned(
        *transaction(
            entry("POST", "Observation", observation(), fullUrl=URN, ifNoneExist="note=first"),
            entry("POST", "Observation", observation(derivedFrom=[{"reference": URN}])),
        )
    )
    assert [put.new["derivedFrom"] for put in changes.puts] == [[{"reference": "Observation/weight"}]]


def test_a_name_that_no_entry_has_is_refused_wherever_it_stands() -> None:
    value = observation(
        encounter={"reference": NOWHERE},
        extension=[{"url": "https://example.org/x", "valueReference": {"reference": NOWHERE}}],
    )
    refused = refusal(*transaction(entry("POST", "Observation", value)))
    assert refused.kind is Kind.INVALID
    assert sorted(issue.where for issue in refused.issues) == [
        "Bundle.entry[0].resource.encounter.reference",
        "Bundle.entry[0].resource.extension[0].valueReference.reference",
    ]


@pytest.mark.parametrize(
    "entries",
    [
        [
            entry("DELETE", "Observation/weight"),
            entry("PUT", "Observation/weight", observation("weight", version=2)),
        ],
        [entry("DELETE", "Observation/weight"), entry("DELETE", "Observation/weight")],
        [
            entry("PUT", "Observation/weight", observation("weight", version=2)),
            entry("POST", "Observation", observation(), ifNoneExist="note=first"),
        ],
        [
            entry("POST", "Observation", observation(), ifNoneExist="note=none"),
            entry("POST", "Observation", observation(), ifNoneExist="note=none"),
        ],
        [
            entry("POST", "Observation", observation(), fullUrl=URN),
            entry("POST", "Observation", observation(), fullUrl=URN),
        ],
    ],
)
def test_nothing_is_written_twice_in_one_transaction(entries: list[dict[str, Any]]) -> None:
    refused = refusal(*transaction(*entries))
    assert refused.kind is Kind.CONTRADICTION
    assert [issue.where for issue in refused.issues] == ["Bundle.entry[1]"]


def test_every_entry_that_is_wrong_is_told_of() -> None:
    refused = refusal(
        *transaction(
            entry("PUT", "Observation/weight", observation("weight"), ifMatch='W/"1"'),
            entry("POST", "Observation", observation()),
            entry("DELETE", "Observation/unknown"),
            entry("POST", "Observation", observation(), ifNoneExist="note=same"),
        )
    )
    assert [issue.where for issue in refused.issues] == [
        "Bundle.entry[0].request.ifMatch",
        "Bundle.entry[2].request.url",
        "Bundle.entry[3].request.ifNoneExist",
    ]
    assert refused.kind is Kind.PRECONDITION_FAILED
