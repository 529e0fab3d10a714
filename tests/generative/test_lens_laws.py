"""The laws of the lens between the JSON contract and the FHIR resources, over generated cards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helsekort.basics.clock import to_wire
from helsekort.basics.strict_json import dump, parse
from helsekort.fhir.shapes import Resource
from helsekort.ledger.view import View
from helsekort.maternity import card
from helsekort.maternity.body import read_body
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.lens import get, put
from helsekort.maternity.part import Part, decode, encode
from helsekort.maternity.registering import registered
from helsekort.maternity.resources import Setting, slot_of, value_of
from helsekort.maternity.tree import Slot
from tests.generative.bodies import field_value, sections, unknown_properties
from tests.spec.record_in_memory import AUTHORS, KARI, PER, PERSON, RECORD, START, TONE, Record

NAMES = [section.name for section in CATALOGUE.routed]

few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def as_sent(body: Any) -> Any:  # noqa: ANN401 - JSON
    """The body as it comes out of the strict reader."""
    return parse(dump(body))


def same(sent: Any, shown: Any) -> None:  # noqa: ANN401 - JSON
    """What is shown is what was sent, in its order and with its digits; only display and codeSystem may have been filled in."""
    if isinstance(sent, dict):
        filled = {name for name in ("display", "codeSystem") if "code" in sent and sent.get(name) is None}
        assert [name for name in shown if name in sent or name not in filled] == list(sent)
        for name in sent:
            if name not in filled:
                same(sent[name], shown[name])
    elif isinstance(sent, list):
        assert len(sent) == len(shown)
        for one, other in zip(sent, shown, strict=True):
            same(one, other)
    else:
        assert type(sent) is type(shown)
        assert str(sent) == str(shown)


def content_of(segment: bytes) -> Any:  # noqa: ANN401 - JSON
    whole = parse(segment)
    del whole["metadata"]
    return whole


def by_slot(resources: Iterable[Resource]) -> dict[Slot, Resource]:
    return {slot_of(resource): resource for resource in resources}


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@few
def test_what_v1_puts_v1_gets_back(name: str, data: st.DataObject) -> None:
    body = as_sent(data.draw(sections(name)))
    record = Record()
    key = record.post(name, body)
    same(body, content_of(record.segments[key]))
    assert card.segment_of(record.parts[key]) == record.segments[key]
    assert encode(decode(record.parts[key])) == record.parts[key]


@given(st.data())
@settings(few, max_examples=10)
def test_a_record_created_whole_is_got_back_whole(data: st.DataObject) -> None:
    body: dict[str, Any] = {name: data.draw(st.none() | sections(name)) for name in NAMES}
    for name in ("antenatalAppointments", "symphysisFundalHeights"):
        body[name] = data.draw(st.lists(sections(name), max_size=2))
    (body.get("currentPregnancy") or {}).pop("numberOfFetuses", None)
    body = as_sent(body | data.draw(unknown_properties(set(NAMES))))
    change = card.create_record(body, Record().stamp(KARI))(View(PERSON, None), RECORD, 1)
    shown = parse(card.card_json(change.segments))
    for name, sent in body.items():
        got = shown[name]
        for one in got if isinstance(got, list) and name in NAMES else [got]:
            if name in NAMES and one is not None:
                del one["metadata"]
        same(sent, got)


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@few
def test_a_put_changes_only_what_it_changes(name: str, data: st.DataObject) -> None:
    """A model of slot to (value, author, moment) agrees with the resources after any interleaving of three clients."""
    record, section = Record(), CATALOGUE.sections[name]
    key, model = "", dict[Slot, tuple[Any, str, str]]()
    before: dict[Slot, Resource] = {}
    for _ in range(data.draw(st.integers(2, 4))):
        author = data.draw(st.sampled_from(AUTHORS))
        body = as_sent(_maybe_like_before(data, name, record, key))
        if key:
            record.put(key, body, by=author)
        else:
            key = record.post(name, body, by=author)
        leaves = read_body(section, body).leaves
        now = (author.name, to_wire(START + timedelta(hours=record.t)))
        model = {
            slot: model[slot] if slot in model and model[slot][0] == value else (value, *now)
            for slot, (_, value) in leaves.items()
        }
        after = by_slot(decode(record.parts[key]).resources)
        assert after.keys() == model.keys()
        for slot, resource in after.items():
            value, who, when = model[slot]
            assert value_of(CATALOGUE.fields[slot.key], resource) == value
            assert registered(resource).name == who
            assert registered(resource).at == when
            _same_or_the_next_version(before.get(slot), resource)
        before = after


def _same_or_the_next_version(before: Resource | None, after: Resource) -> None:
    if before is None:
        assert after["meta"]["versionId"] == "1"
    elif before != after:
        assert after["id"] == before["id"]
        assert int(after["meta"]["versionId"]) == int(before["meta"]["versionId"]) + 1
        assert after["meta"]["lastUpdated"] > before["meta"]["lastUpdated"]


def _maybe_like_before(data: st.DataObject, name: str, record: Record, key: str) -> Any:  # noqa: ANN401 - JSON
    """A new body, or the last one with some of it replaced: what an EHR does that shows a form and sends it back."""
    fresh = data.draw(sections(name))
    if not key or data.draw(st.booleans()):
        return fresh
    last = content_of(record.segments[key])
    replaced = data.draw(st.sets(st.sampled_from(sorted(fresh)), max_size=3)) if fresh else set()
    return last | {one: fresh[one] for one in replaced}


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@few
def test_what_fhir_changes_shows_in_v1_and_put_of_what_was_got_changes_nothing(
    name: str, data: st.DataObject
) -> None:
    section = CATALOGUE.sections[name]
    record = Record()
    key = record.post(name, as_sent(data.draw(sections(name))))
    part = decode(record.parts[key])
    told_apart_by = {
        f"{name}.{array}.{one}" for array, one in section.items.items()
    }  # stays as it is (ADR 0006)
    places = [at for at, one in enumerate(part.resources) if slot_of(one).key not in told_apart_by]
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    changed, value = _changed_in_fhir(data, part.resources[place])
    resources = [*part.resources[:place], changed, *part.resources[place + 1 :]]
    later = decode(
        encode(
            Part(
                part.section,
                part.id,
                part.version + 1,
                part.at,
                part.by,
                error=False,
                v1=part.v1,
                resources=resources,
            )
        )
    )

    shown = as_sent(get(later))
    read = read_body(section, shown)
    assert not read.issues
    expected = {slot: found for slot, (_, found) in read_body(section, parse(bytes(part.v1))).leaves.items()}
    assert {slot: found for slot, (_, found) in read.leaves.items()} == expected | {slot_of(changed): value}
    setting = Setting(RECORD, PERSON.person, record.stamp(TONE), name, part.id)
    after = by_slot(put(section, read, later.resources, setting))
    assert {slot: _undated(one) for slot, one in after.items()} == {
        slot: _undated(one) for slot, one in by_slot(later.resources).items()
    }


def _changed_in_fhir(data: st.DataObject, resource: Resource) -> tuple[Resource, Any]:
    """The resource with another value, as a FHIR client would write it, and that value."""
    field = CATALOGUE.fields[slot_of(resource).key]
    value = field.value.read(
        data.draw(field_value(field).filter(lambda raw: field.value.read(raw) is not None))
    )
    if resource["resourceType"] == "Encounter":
        return resource | {"period": {"start": value}}, value
    if resource["resourceType"] == "Condition":
        code = "confirmed" if value else "refuted"
        system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
        return resource | {"verificationStatus": {"coding": [{"system": system, "code": code}]}}, value
    return resource | field.value.to_fhir(value) | {"note": [{"text": "v1 has no place for this"}]}, value


def _undated(resource: Resource) -> Resource:
    """The resource without the clinical date, which follows when the date it is taken from was changed."""
    return {name: one for name, one in resource.items() if name not in {"effectiveDateTime", "meta"}}


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@few
def test_what_v1_cannot_express_is_never_lost(name: str, data: st.DataObject) -> None:
    section = CATALOGUE.sections[name]
    record = Record()
    body = as_sent(data.draw(sections(name)))
    part = decode(record.parts[record.post(name, body)])
    extra = {"extension": [{"url": "https://example.org/laboratory", "valueString": "Sentrallaboratoriet"}]}
    own: Resource = {
        "resourceType": "Observation",
        "id": "x",
        "code": {"text": "Cervix length"},
        "status": "final",
    }
    rich = [*(resource | extra for resource in part.resources), own]
    setting = Setting(RECORD, PERSON.person, record.stamp(PER), name, part.id)
    assert put(section, read_body(section, body), rich, setting) == rich


def test_three_clients_after_each_other_keep_each_others_authorship() -> None:
    record = Record()
    key = record.post("clinicalTests", {"hemoglobin": parse(b"12.10"), "hiv": False})
    record.put(key, {"hemoglobin": parse(b"12.1"), "hiv": False, "ferritin": 30}, by=TONE)
    record.put(key, {"hemoglobin": parse(b"12.1"), "hiv": True, "ferritin": 30, "syphilis": None}, by=PER)
    found = {
        slot.key.partition(".")[2]: (registered(one).name, one["meta"]["versionId"])
        for slot, one in by_slot(decode(record.parts[key]).resources).items()
    }
    assert found == {
        "hemoglobin": ("Kari", "1"),
        "ferritin": ("Tone", "1"),
        "hiv": ("Per", "2"),
    }
