"""The laws between the two contracts over one record: any interleaving of JSON puts and FHIR writes, by three clients.

What v1 puts v1 gets. What FHIR writes FHIR reads, and v1 shows it where it has a place. Neither changes what it says nothing of.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helsekort.basics.strict_json import dump, parse
from helsekort.fhir.shapes import Resource
from helsekort.maternity import card
from helsekort.maternity.body import read_body
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.identity import RESOURCES, VISITS, parts_of, visit_id
from helsekort.maternity.lens import put
from helsekort.maternity.moments import day_of
from helsekort.maternity.part import Part, decode
from helsekort.maternity.places import by_herself
from helsekort.maternity.replacing import came_by_fhir
from helsekort.maternity.resources import Setting, slot_of, value_of
from helsekort.maternity.tree import Slot
from tests.generative.bodies import sections
from tests.generative.fhir_bodies import FIELDS, resources, values, verification
from tests.generative.test_lens_laws import as_sent, content_of, same
from tests.spec.fhir_in_memory import SUBJECT, FhirRecord, visit, without_meta
from tests.spec.record_in_memory import AUTHORS, PERSON, RECORD, TONE

laws = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
Shown = dict[tuple[str, Slot], Any]


def parts_shown(record: FhirRecord) -> dict[str, Part]:
    """The parts that the JSON contract shows, by key."""
    decoded = {key: decode(stored) for key, stored in record.parts.items()}
    return {
        key: part for key, part in decoded.items() if part.section not in {RESOURCES, card.RECORD, card.OTHER}
    }


def shown(record: FhirRecord) -> Shown:
    """Every value that the JSON contract shows, by part and place."""
    found: Shown = {}
    for key, part in parts_shown(record).items():
        read = read_body(CATALOGUE.sections[part.section], content_of(record.segments[key]))
        assert not read.issues
        found |= {(key, slot): value for slot, (_, value) in read.leaves.items()}
    return found


def kept(record: FhirRecord) -> dict[tuple[str, str], Resource]:
    """Every resource that is stored."""
    parts = map(decode, record.parts.values())
    return {(one["resourceType"], one["id"]): one for part in parts for one in part.resources}


def firsts(record: FhirRecord) -> dict[tuple[str, Slot], Resource]:
    """The resource that v1 shows of each place."""
    found: dict[tuple[str, Slot], Resource] = {}
    for key, part in parts_shown(record).items():
        for one in part.resources:
            slot = slot_of(one)
            field = CATALOGUE.fields.get(slot.key)
            if field is not None and field.in_contract:
                found.setdefault((key, slot), one)
    return found


def beside(field: Field) -> set[str]:
    """What v1 says apart of a value of the field: its date, and the code of its item."""
    array = CATALOGUE.sections[field.section].items.get(field.array, "")
    return {field.effective, f"{field.section}.{field.array}.{array}"}


class Laws:
    """One record and the clients that write to it, of a few fields so that they meet; every step is checked."""

    def __init__(self, data: st.DataObject) -> None:
        self.data, self.record = data, FhirRecord()
        self.fields: list[Field] = self.draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3))
        self.sections = sorted({field.section for field in self.fields})

    def draw(self, strategy: st.SearchStrategy[Any]) -> Any:  # noqa: ANN401 - anything is drawn
        return self.data.draw(strategy)

    def author(self) -> card.Author:
        author: card.Author = self.draw(st.sampled_from(AUTHORS))
        return author

    def step(self) -> None:
        """One client does one thing."""
        self.draw(
            st.sampled_from(
                [self.v1_put, self.fhir_create, self.fhir_create, self.fhir_update, self.fhir_delete]
            )
        )()
        self.consistent()

    def consistent(self) -> None:
        """The finished segments say what the parts say, and putting back what was got changes nothing."""
        for key, part in parts_shown(self.record).items():
            assert part.error or card.segment_of(self.record.parts[key]) == self.record.segments[key]
            section = CATALOGUE.sections[part.section]
            read = read_body(section, content_of(self.record.segments[key]))
            setting = Setting(RECORD, PERSON.person, self.record.stamp(TONE), part.section, part.id)
            assert put(section, read, part.resources, setting) == part.resources

    def v1_put(self) -> None:
        """An EHR of the JSON contract puts a section, some of it as it got it."""
        name = self.draw(st.sampled_from(self.sections))
        keys = sorted(key for key in parts_shown(self.record) if key.partition("/")[0] == name)
        body = as_sent(self.draw(sections(name)))
        if not keys:
            same(body, content_of(self.record.segments[self.record.post(name, body, by=self.author())]))
            return
        key = self.draw(st.sampled_from(keys))
        last = content_of(self.record.segments[key])
        changed = self.draw(st.sets(st.sampled_from(sorted(body)), max_size=2)) if body else set()
        body = as_sent(last | {one: body[one] for one in changed})
        before, first, values_before = kept(self.record), firsts(self.record), shown(self.record)
        self.record.put(key, body, by=self.author())
        same(body, content_of(self.record.segments[key]))
        self.only_changed(before, first, values_before)

    def only_changed(self, before: dict[Any, Resource], first: dict[Any, Resource], was: Shown) -> None:
        """A put leaves every resource as it is, but those whose value it changed."""
        now, after = shown(self.record), kept(self.record)
        places = {(one["resourceType"], one["id"]): place for place, one in first.items()}
        for name, old in before.items():
            place = places.get(name)
            if place is None or (place in now and now[place] == was[place]):
                assert undated(after[name]) == undated(old)
            elif place not in now:
                assert name not in after
            elif came_by_fhir(old):
                new = after[name]
                for element in ("extension", "note", "method", "bodySite", "onsetString", "code", "category"):
                    assert new.get(element) == old.get(element)

    def fhir_create(self) -> None:
        """An EHR of the FHIR API registers a value."""
        field = self.draw(st.sampled_from(self.fields))
        encounter = self.visit() if field.section == VISITS else ""
        sent = as_sent(self.draw(resources(field, encounter)))
        if self.draw(st.integers(0, 9)) == 0 and field.resource == "Observation":
            sent["performer"] = [SUBJECT]
        was, first, before = shown(self.record), firsts(self.record), kept(self.record)
        made = self.record.create(sent, by=self.author())
        assert dump(without_meta(made)) == dump(sent)
        self.untouched(before)
        self.shows(field, made, was, first)

    def shows(self, field: Field, made: Resource, was: Shown, first: dict[Any, Resource]) -> None:
        """v1 shows a new value where it has a place, unless an older one stays first; nothing else changes."""
        now, slot = shown(self.record), slot_of(made)
        place = next(
            (key, slot) for key in parts_of(made["resourceType"], made["id"]) if key in self.record.parts
        )
        changed = {one for one in now.keys() | was.keys() if now.get(one) != was.get(one)}
        apart = {
            one for one in changed if one[0] == place[0] and one[1].key in beside(field) and one not in was
        }
        if place[0].startswith(RESOURCES) or not slot.key or not field.in_contract:
            assert not changed - apart
            assert place[0].startswith(RESOURCES) or slot.key or by_herself(made)
            return
        assert slot.key == field.key
        stays = first.get(place)
        if stays is not None and moment(made) < moment(stays):
            assert not changed - apart
        else:
            assert now[place] == value_of(field, made)
            assert changed - apart <= {place}

    def fhir_update(self) -> None:
        """An EHR of the FHIR API changes a value that anybody registered, and says something v1 cannot."""
        choices = sorted(
            (
                name
                for name, one in kept(self.record).items()
                if slot_of(one).key in {field.key for field in FIELDS}
            ),
        )
        if not choices:
            return
        old = self.record.read(*self.draw(st.sampled_from(choices)))
        if self.in_error(old):
            return
        field = CATALOGUE.fields[slot_of(old).key]
        value = self.draw(values(field))
        said = (
            {"verificationStatus": verification(value)}
            if field.resource == "Condition"
            else field.value.to_fhir(value)
        )
        sent = as_sent(old | said | {"extension": [{"url": "https://example.org/x", "valueString": "y"}]})
        was, before = shown(self.record), kept(self.record)
        now = self.record.update(sent, by=self.author())
        assert dump(without_meta(now)) == dump(without_meta(sent))
        self.untouched(before, now)
        changed = {one for one in shown(self.record).items() if was.get(one[0]) != one[1]}
        assert len(changed) <= 1
        assert all(place[1] == slot_of(old) and found == value for place, found in changed)

    def fhir_delete(self) -> None:
        """An EHR of the FHIR API enters a value in error: v1 shows the next one, or none."""
        choices = sorted(
            name
            for name, one in kept(self.record).items()
            if slot_of(one).key
            in {field.key for field in FIELDS if not CATALOGUE.sections[field.section].list}
        )
        if not choices:
            return
        old = self.record.read(*self.draw(st.sampled_from(choices)))
        was, before = shown(self.record), kept(self.record)
        self.record.delete(old, by=self.author())
        del before[old["resourceType"], old["id"]]
        assert kept(self.record) == before
        now = shown(self.record)
        assert all(now.get(place) == found for place, found in was.items() if place[1] != slot_of(old))

    def untouched(self, before: dict[Any, Resource], but: Resource | None = None) -> None:
        """FHIR changes the resource it writes and no other."""
        after = kept(self.record)
        names = before.keys() - ({(but["resourceType"], but["id"])} if but else set())
        assert {name: undated(after[name]) for name in names} == {
            name: undated(before[name]) for name in names
        }

    def visit(self) -> str:
        """A visit there is, or a new one, by either contract."""
        visits = sorted(key for key, part in parts_shown(self.record).items() if part.section == VISITS)
        if visits and self.draw(st.booleans()):
            part = decode(self.record.parts[self.draw(st.sampled_from(visits))])
            return visit_id(RECORD, UUID(part.id))
        return str(self.record.create(visit("2026-02-20T09:00:00+01:00"))["id"])

    def in_error(self, resource: Resource) -> bool:
        return resource.get("status") == "entered-in-error"


def undated(resource: Resource) -> Resource:
    """A resource without what follows a date that was corrected, and without its place when v1 has emptied it."""
    return {
        name: one
        for name, one in resource.items()
        if name not in {"meta", "effectiveDateTime", "valueDateTime"}
    }


def moment(resource: Resource) -> str:
    """The day a value is of, as far as it tells one; else the day it was registered."""
    told = resource.get("effectiveDateTime") or resource.get("recordedDate") or resource.get("issued")
    said = str(told or resource["meta"]["lastUpdated"])
    return day_of(said) or said


@given(st.data())
@laws
def test_any_interleaving_keeps_the_laws(data: st.DataObject) -> None:
    laws = Laws(data)
    for _ in range(data.draw(st.integers(2, 7))):
        laws.step()


@given(st.data())
@settings(laws, max_examples=40)
def test_decimals_keep_their_digits_in_both_contracts(data: st.DataObject) -> None:
    field = CATALOGUE.fields["clinicalTests.ferritin"]
    record = FhirRecord()
    value = data.draw(st.decimals(0, 20000, places=data.draw(st.integers(0, 4))))
    made = record.create(
        {"resourceType": "Observation", "status": "final", "code": field.concept, "subject": SUBJECT}
        | parse(dump(field.value.to_fhir(value)))
    )
    assert str(made["valueQuantity"]["value"]) == str(record.v1("clinicalTests")["ferritin"]) == str(value)
