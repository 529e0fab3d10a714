"""How the entries of a transaction call each other: in which order ids are drawn, what is a name, and what is a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from helsekort.basics.refusal import Kind
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Entry, ListShelf, Shelf
from helsekort.fhir.transaction import MOST_SOUGHT, plan
from tests.fhir.planning import (
    NOW,
    SHELF,
    TERMS,
    delete,
    entry,
    find,
    observation,
    patch,
    planned,
    refusal,
    transaction,
)

URN = "urn:uuid:0b8e3e4f-4b8a-4c1a-9d5e-3f1f0c3f7a01"
BASE = "https://ehr.example.org/fhir"
IMPOSSIBLE = {"op": "replace", "path": "/nothing/here", "value": 1}


def linked(*links: str) -> Resource:
    """An observation that refers to all of these."""
    return observation(derivedFrom=[{"reference": link} for link in links])


def test_whatever_refers_waits_for_the_id_of_what_it_refers_to() -> None:
    seen: list[str] = []

    def new_id(resource: Resource) -> str:
        seen.append(resource.get("derivedFrom", [{"reference": "nothing"}])[0]["reference"])
        return f"id-{len(seen)}"

    writes = transaction(
        entry("POST", "Observation", linked(URN)), entry("POST", "Observation", observation(), fullUrl=URN)
    )
    plan(SHELF, writes, new_id=new_id, now=NOW, terms=TERMS)
    assert seen == ["nothing", "Observation/id-1"]


def test_an_id_is_of_its_kind_and_a_condition_too() -> None:
    shelf = ListShelf([observation("one", version=1), {"resourceType": "Condition", "id": "one"}])
    changes = planned(delete("Observation", "one"), delete("Condition", "one"), shelf=shelf)
    assert [one.kind for one in changes.deletes] == ["Observation", "Condition"]
    condition = {"resourceType": "Condition"}
    entries = [
        entry("POST", "Observation", observation(), ifNoneExist="note=none"),
        entry("POST", "Observation", observation(), ifNoneExist="note=nobody"),
        entry("POST", "Condition", condition, ifNoneExist="note=none"),
    ]
    assert [one.status for one in planned(*transaction(*entries)).done] == [201, 201, 201]


def test_what_is_deleted_has_no_name_any_more() -> None:
    refused = refusal(
        *transaction(
            entry("DELETE", "Observation/weight", fullUrl=URN), entry("POST", "Observation", linked(URN))
        )
    )
    assert [issue.what for issue in refused.issues] == ["No entry of this bundle is called this."]


def test_where_a_deletion_was_asked_for_is_told() -> None:
    [alone] = planned(delete("Observation", "weight")).deletes
    [one] = planned(*transaction(entry("DELETE", "Observation/weight"))).deletes
    assert (alone.where, one.where) == ("URL", "Bundle.entry[0].request.url")


def test_an_entry_with_an_address_calls_others_by_their_names() -> None:
    changes = planned(
        *transaction(
            entry("POST", "Observation", observation(), fullUrl=URN),
            entry("POST", "Observation", linked(URN), fullUrl=f"{BASE}/Observation/8"),
        )
    )
    assert changes.puts[1].new["derivedFrom"] == [{"reference": "Observation/new-1"}]


def test_only_a_reference_is_a_search() -> None:
    extension = [{"url": "https://example.org/x", "valueUri": "Patient?gender=female"}]
    changes = planned(*transaction(entry("POST", "Observation", observation(extension=extension))))
    assert changes.puts[0].new["extension"] == extension


def test_so_many_searches_may_stand_among_the_references_and_no_more() -> None:
    searches = [f"Observation?note={n}" for n in range(MOST_SOUGHT)]
    shelf = ListShelf([observation(f"o{n}", version=1, note=str(n)) for n in range(MOST_SOUGHT)])
    more = [f"Observation/o{n}" for n in range(MOST_SOUGHT)]
    sent = [entry("POST", "Observation", linked(*more, *searches, *searches))]
    [put] = planned(*transaction(*sent), shelf=shelf).puts
    assert [one["reference"] for one in put.new["derivedFrom"]] == more * 3
    refused = refusal(
        *transaction(entry("POST", "Observation", linked(*searches, "Observation?note=x"))), shelf=shelf
    )
    assert refused.kind is Kind.INVALID
    assert [(issue.what, issue.where) for issue in refused.issues] == [
        (
            "There are more than 100 references that are searches.",
            f"Bundle.entry[0].resource.derivedFrom[{MOST_SOUGHT}].reference",
        )
    ]


def test_a_search_is_run_once_however_often_it_stands() -> None:
    asked: list[str] = []

    def counting(kind: str, criteria: str, shelf: Shelf) -> Sequence[Entry]:
        asked.append(criteria)
        return find(kind, criteria, shelf)

    writes = transaction(*[entry("POST", "Observation", linked("Observation?note=first"))] * 5)
    plan(SHELF, writes, new_id=lambda _: "x", now=NOW, terms=replace(TERMS, find=counting))
    assert asked == ["note=first"]


@pytest.mark.parametrize("where", ["", "Bundle.entry[0]"])
def test_a_patch_that_cannot_be_done_says_which_operation(where: str) -> None:
    refused = refusal(patch("Observation", "weight", IMPOSSIBLE, if_match="2", where=where))
    what = "The operation cannot be done on the resource as it is."
    [issue] = refused.issues
    assert refused.kind is Kind.INVALID
    assert issue.hint
    told = (f"$[0]: {what}", "Bundle.entry[0].resource") if where else (what, "$[0]")
    assert (issue.what, issue.where) == told
