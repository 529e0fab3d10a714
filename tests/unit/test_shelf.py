"""The shelf of a record: what is found on it, what is made for it, and how it was at another moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from helsekort.access.wishes import SENSITIVE, Hidden
from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.strict_json import dump, parse
from helsekort.fhir.shelf import Entry, ListShelf, Shelf
from helsekort.ledger.view import StoredCommit
from helsekort.maternity import card, identity
from helsekort.maternity.belonging import SUBJECTS
from helsekort.maternity.history import record_versions, resource_versions, view_at
from helsekort.maternity.part import decode
from helsekort.maternity.redaction import for_proposal, redact
from helsekort.maternity.shelf import ViewShelf, parts_with_code, shelf_of
from tests.generative.histories import History, Step
from tests.spec.record_in_memory import KARI, PERSON, RECORD, START

ANNE = NationalIdentityNumber.parse("01819012365", allow_synthetic=True)
VISIT = {
    "appointmentDate": "2026-01-16",
    "bloodPressure": "118/76",
    "fetusesVitalSigns": [{"fosterId": 2, "heartRate": 140}],
}
FREE = UUID("018f0000-0000-7000-8000-0000000000cc")
PLAN: Any = {
    "resourceType": "CarePlan",
    "id": identity.free_id(RECORD, FREE),
    "meta": {"versionId": "1", "lastUpdated": "2026-01-16T10:00:00.000Z"},
    "contained": [{"resourceType": "Observation", "id": "c"}],
    "status": "active",
    "subject": {"reference": f"Patient/{PERSON.person}"},
}


def a_history() -> History:
    """Three commits after the first: tests, a visit, and the tests once more."""
    history = History({})
    history.visible(0, Step("clinicalTests", {"hemoglobin": parse(b"12.10")}, {"hiv": False}))
    history.visible(1, Step("antenatalAppointments", VISIT, {}, by=1))
    history.visible(
        2, Step("clinicalTests", {"hemoglobin": parse(b"12.10"), "ferritin": 30}, {"hiv": True}, by=2)
    )
    return history


def a_shelf(history: History) -> ViewShelf:
    return shelf_of(history.view(), number=ANNE)


def of_field(shelf: Shelf, key: str) -> Entry:
    """The one value of a field."""
    (found,) = shelf.of_kind("Observation", (f'"{key}"'.encode(),))
    return found


def test_every_resource_is_found_by_its_kind_and_id_and_is_the_bytes_that_are_stored() -> None:
    history = a_history()
    history.free(2, FREE, PLAN)
    shelf = a_shelf(history)
    entries = list(shelf.all())
    assert len({(one.kind, one.id) for one in entries}) == len(entries)
    for one in entries:
        found = shelf.get(one.kind, one.id)
        assert found is not None
        assert (found.raw, found.resource["resourceType"], found.resource["id"]) == (
            one.raw,
            one.kind,
            one.id,
        )
        assert dump(found.resource) == one.raw
        assert one.raw in [other.raw for other in shelf.of_kind(one.kind)]
        assert identity.record_of(one.kind, one.id) in {RECORD, None}
    stored = [one for part in history.parts.values() for one in decode(part).resources]
    assert all(shelf.get(one["resourceType"], one["id"]) is not None for one in stored)


def test_decimals_are_answered_as_they_were_sent() -> None:
    assert b'"value":12.10,' in of_field(a_shelf(a_history()), "clinicalTests.hemoglobin").raw


def test_what_is_not_there_is_not_found() -> None:
    shelf = a_shelf(a_history())
    assert shelf.get("Observation", identity.free_id(RECORD, FREE)) is None
    assert shelf.get("Observation", str(RECORD)) is None
    assert shelf.get("Condition", of_field(shelf, "clinicalTests.hiv").id) is None
    assert shelf.get("Patient", str(RECORD)) is None
    assert list(shelf.of_kind("Condition")) == []


def test_a_kind_is_not_found_inside_another() -> None:
    history = History({})
    history.free(0, FREE, PLAN)
    assert list(a_shelf(history).of_kind("Observation")) == []
    assert [one.kind for one in a_shelf(history).of_kind("CarePlan")] == ["CarePlan"]


@pytest.mark.parametrize("hidden", [Hidden(), Hidden(classes=SENSITIVE)])
def test_whose_it_is_need_not_be_looked_at(hidden: Hidden) -> None:
    history = a_history()
    history.free(2, FREE, PLAN)
    shelf = shelf_of(redact(history.view(), hidden), number=ANNE)
    stored = [one for one in shelf.all() if one.kind in SUBJECTS]
    assert {"Encounter", "Observation"} <= {one.kind for one in stored}
    for one in stored:
        element = SUBJECTS[one.kind]
        assert shelf.common(one.kind, element) == one.resource[element]["reference"]
    assert shelf.common("Observation", "focus") is None
    assert shelf.common("RelatedPerson", "patient") is None


def test_every_reference_leads_to_something_on_the_shelf() -> None:
    shelf = a_shelf(a_history())
    named = {to for one in shelf.all() for to in references(one.resource)}
    assert named
    for to in named:
        kind, id_ = to.split("/")[:2]
        assert shelf.get(kind, id_) is not None, to


def references(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Every literal reference in a value."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from references(one)


def test_she_is_named_by_the_number_she_was_asked_for_with() -> None:
    history = a_history()
    her = a_shelf(history).get("Patient", str(PERSON.person))
    assert her is not None
    assert her.resource["identifier"] == [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": ANNE.reveal()}]
    assert "deceasedBoolean" not in her.resource
    view = history.view()
    dead = replace(view, person=structs.replace(view.person, deceased=True))
    (nameless,) = shelf_of(dead).of_kind("Patient")
    assert nameless.resource["deceasedBoolean"] is True
    assert "identifier" not in nameless.resource


def test_the_fetuses_are_those_registered_and_those_spoken_of() -> None:
    found = [one.resource["identifier"][0]["value"] for one in a_shelf(a_history()).of_kind("RelatedPerson")]
    assert found == ["2"]
    history = History({"currentPregnancy": {"numberOfFetuses": 3}})
    assert [one.id for one in a_shelf(history).of_kind("RelatedPerson")] == [
        identity.fetus_id(RECORD, number) for number in (1, 2, 3)
    ]


def test_who_registered_and_where_are_there_once_each() -> None:
    shelf = a_shelf(a_history())
    people = [one.resource["name"][0]["text"] for one in shelf.of_kind("Practitioner")]
    assert people == ["Kari", "Tone", "Per"]
    assert [one.resource["name"] for one in shelf.of_kind("Organization")] == [
        "Kontor 0",
        "Kontor 1",
        "Kontor 2",
    ]
    roles = [one.resource["code"][0]["coding"][0]["code"] for one in shelf.of_kind("PractitionerRole")]
    assert roles == ["LE", "JO", "LE"]


def test_a_provenance_tells_who_registered_the_version_shown() -> None:
    shelf = a_shelf(a_history())
    value = of_field(shelf, "clinicalTests.hiv")
    told = shelf.get("Provenance", value.id)
    assert told is not None
    assert told.resource["target"] == [{"reference": f"Observation/{value.id}/_history/2"}]
    assert told.resource["recorded"] == value.resource["meta"]["lastUpdated"] == "2026-01-16T12:00:00.000Z"
    agent = told.resource["agent"][0]
    assert (agent["who"]["display"], agent["onBehalfOf"]["display"]) == ("Per", "Kontor 2")


def test_the_versions_of_a_resource_are_its_own() -> None:
    history = a_history()
    shelf = a_shelf(history)
    value = of_field(shelf, "clinicalTests.hiv")
    versions = resource_versions(history.commits, value.kind, value.id)
    assert [(one.number, one.t, one.at) for one in versions] == [
        (1, 2, START + timedelta(hours=1)),
        (2, 4, START + timedelta(hours=3)),
    ]
    assert [one.entry and one.entry.resource["valueBoolean"] for one in versions] == [False, True]
    untouched = of_field(shelf, "clinicalTests.hemoglobin")
    assert len(resource_versions(history.commits, untouched.kind, untouched.id)) == 1
    provenances = resource_versions(history.commits, "Provenance", value.id)
    assert [one.entry and one.entry.resource["agent"][0]["who"]["display"] for one in provenances] == [
        "Kari",
        "Per",
    ]
    assert resource_versions(history.commits, "Condition", value.id) == []


def test_a_deleted_resource_is_gone_and_its_history_tells_when() -> None:
    history = a_history()
    value = of_field(a_shelf(history), "clinicalTests.ferritin")
    history.visible(3, Step("clinicalTests", {"hemoglobin": parse(b"12.10")}, {"hiv": True}))
    shelf = a_shelf(history)
    assert shelf.get(value.kind, value.id) is None
    assert shelf.gone(value.kind, value.id)
    last = resource_versions(history.commits, value.kind, value.id)[-1]
    assert (last.number, last.entry, last.t) == (2, None, 5)
    assert not shelf.gone("Observation", identity.free_id(RECORD, FREE))
    assert not shelf.gone("Observation", of_field(shelf, "clinicalTests.hiv").id)


def test_an_emptied_part_is_gone_without_its_commits() -> None:
    history = History({})
    history.free(0, FREE, PLAN)
    there = replace(history.view(), commits=())
    assert not shelf_of(there).gone("CarePlan", PLAN["id"])
    history.free(1, FREE, None, error=True)
    assert shelf_of(replace(history.view(), commits=())).gone("CarePlan", PLAN["id"])
    assert shelf_of(history.view()).gone("CarePlan", PLAN["id"])


def test_the_whole_records_history_has_every_version_once() -> None:
    history = a_history()
    versions = list(record_versions(history.commits))
    assert len({(one.kind, one.id, one.number) for one in versions}) == len(versions)
    now = {(one.kind, one.id): one.entry.raw for one in versions if one.entry is not None}
    stored = {
        (one["resourceType"], one["id"]): dump(one)
        for part in history.parts.values()
        for one in decode(part).resources
    }
    assert now == stored
    assert [one.t for one in versions] == sorted(one.t for one in versions)


@pytest.mark.parametrize(
    "hidden", [Hidden(), Hidden(classes=SENSITIVE), Hidden(sections=frozenset({"antenatalAppointments"}))]
)
def test_the_view_at_a_moment_is_what_it_was_then(hidden: Hidden) -> None:
    history = a_history()
    for number, commit in enumerate(history.commits, start=1):
        then = History({})
        then.commits, then.card, then.parts = list(history.commits[:number]), {}, {}
        for one in then.commits:
            then.card |= one.segments
            then.parts |= one.parts
        was, seen = redact(then.view(), hidden), view_at(redact(history.view(), hidden), commit.at)
        assert (seen.record, seen.card, seen.parts, seen.commits) == (
            was.record,
            was.card,
            was.parts,
            was.commits,
        )
        assert seen.person == was.person


def test_before_a_record_there_was_none() -> None:
    view = view_at(a_history().view(), START - timedelta(seconds=1))
    assert (view.record, dict(view.card), dict(view.parts), view.commits) == (None, {}, {}, ())
    assert [one.kind for one in shelf_of(view).all()] == ["Patient"]


def test_an_ended_record_was_active_before() -> None:
    view, later = History({}).view(), START + timedelta(days=1)
    assert view.record is not None
    stamp = card.Stamp(later, KARI, new_id)
    change = card.update_status({"status": "TERMINATED", "terminationDate": "2026-01-17"}, stamp)(
        view, RECORD, 2
    )
    ended = replace(
        view,
        record=structs.replace(view.record, t=2, active=change.active, changed=later),
        commits=(*view.commits, StoredCommit(2, later, change.parts, change.segments)),
    )
    assert view_at(ended, START).record == view.record
    assert view_at(ended, later).record == ended.record
    assert not change.active


def test_a_free_resource_is_hidden_from_a_proxy_and_with_the_first_part_that_is_blocked() -> None:
    history = a_history()
    history.free(2, FREE, PLAN)
    for hidden in (Hidden(classes=SENSITIVE), Hidden(sections=frozenset({"mother"}))):
        view = redact(history.view(), hidden)
        assert shelf_of(view).get("CarePlan", PLAN["id"]) is None
        assert resource_versions(view.commits, "CarePlan", PLAN["id"]) == []
        assert len(view.commits) == len(a_history().view().commits)
    proposed = for_proposal(history.view(), Hidden(sections=frozenset({"mother"})))
    assert identity.free_key(FREE) not in proposed.parts


def test_a_free_resource_of_a_section_is_hidden_with_that_section_only() -> None:
    history = a_history()
    medicine = PLAN | {"resourceType": "MedicationStatement"}
    history.free(2, FREE, medicine)
    other = redact(history.view(), Hidden(sections=frozenset({"mother"})))
    assert shelf_of(other).get("MedicationStatement", PLAN["id"]) is not None
    own = redact(history.view(), Hidden(sections=frozenset({"medication"})))
    assert shelf_of(own).get("MedicationStatement", PLAN["id"]) is None


def test_a_reference_to_what_is_hidden_is_not_told() -> None:
    history = a_history()
    visit = next(iter(a_shelf(history).of_kind("Encounter")))
    told: Any = {"encounter": {"reference": f"Encounter/{visit.id}"}, "note": [{"text": "x"}]}
    told["basedOn"] = [told["encounter"] | {"display": "Kontroll"}]
    told["text"] = {"status": "generated", "div": f'<div><a href="Encounter/{visit.id}">x</a></div>'}
    told["extension"] = [{"url": "http://example.org/link", "valueUri": f"/fhir/r4/Encounter/{visit.id}"}]
    told["meta"] = PLAN["meta"] | {"source": f"urn:x:{visit.id}", "tag": [{"code": "a"}]}
    history.free(2, FREE, PLAN | {"resourceType": "MedicationStatement"} | told)
    view = redact(history.view(), Hidden(sections=frozenset({"antenatalAppointments"})))
    entry = shelf_of(view).get("MedicationStatement", PLAN["id"])
    assert entry is not None
    assert entry.resource["note"] == [{"text": "x"}]
    assert not {"encounter", "basedOn", "text", "extension"} & entry.resource.keys()
    assert entry.resource["meta"] == PLAN["meta"] | {"tag": [{"code": "a"}]}
    assert visit.id.encode() not in entry.raw


def test_a_codes_sections_hold_every_resource_with_it() -> None:
    history = History({})
    history.visible(1, Step("antenatalAppointments", VISIT, {}))
    history.visible(2, Step("clinicalTests", {"hemoglobin": parse(b"12.10")}, {"hiv": True}))
    for entry in a_shelf(history).of_kind("Observation"):
        for code in entry.resource["code"]["coding"]:
            sections = parts_with_code([code["code"]])
            assert sections is not None
            assert entry.id.split(".")[1] in {
                one for key in history.parts if key.partition("/")[0] in sections for one in places(key)
            }
    assert parts_with_code(["718-7", "no such code"]) is None
    assert parts_with_code([]) is None


def places(key: str) -> list[str]:
    """What stands in the ids of a part's values."""
    section, _, item = key.partition("/")
    return [identity.place(RECORD, section, item).split(".")[1]]


def test_a_list_of_resources_is_a_shelf_too() -> None:
    shelf = ListShelf([PLAN, b'{"resourceType":"Observation","id":"o","valueQuantity":{"value":1.10}}'])
    found = shelf.get("Observation", "o")
    assert found is not None
    assert str(found.resource["valueQuantity"]["value"]) == "1.10"
    assert [one.id for one in shelf.of_kind("Observation", (b"1.10", b"x"))] == ["o"]
    assert list(shelf.of_kind("Observation", (b"x",))) == []
    assert len(list(shelf.all())) == 2
