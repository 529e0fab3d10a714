"""Whatever is sent as a FHIR resource is stored and readable in both contracts, or refused with what and where."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helsekort.basics.refusal import Kind
from helsekort.basics.strict_json import dump, parse
from helsekort.fhir.definitions import BUILT, read
from helsekort.fhir.shapes import Resource
from helsekort.fhir.validation import Validator
from helsekort.maternity import card
from helsekort.maternity.reading import read_card
from tests.generative.fhir_bodies import FIELDS, resources
from tests.generative.test_lens_bad_input import anything, refusal
from tests.spec.fhir_in_memory import SUBJECT, FhirRecord, visit
from tests.spec.record_in_memory import RECORD

few = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
OTHERS: list[Resource] = [
    visit("2026-02-01"),
    {"resourceType": "Procedure", "status": "completed", "subject": SUBJECT, "code": {"text": "Cerclage"}},
    {"resourceType": "EpisodeOfCare", "id": str(RECORD), "status": "active", "patient": SUBJECT},
]
WORDS = st.sampled_from(
    [
        "final",
        "entered-in-error",
        "Patient/1",
        "01819012365",
        "2026-02",
        "2026-13-45",
        "57797005",
        "#",
        "",
        "mm[Hg]",
    ]
)


@cache
def validator() -> Validator:
    """The real one, of the types alone."""
    return Validator(read(BUILT))


@st.composite
def damaged(draw: st.DrawFn) -> Any:  # noqa: ANN401 - JSON
    """A good resource with some of it replaced by anything, taken out, or doubled, at any depth."""
    made = draw(st.sampled_from(OTHERS) | st.sampled_from(FIELDS).flatmap(resources))
    made = parse(dump(made))
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = made
        while True:
            places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not places:
                break
            place = draw(st.sampled_from(places))
            if isinstance(holder[place], (dict, list)) and holder[place] and draw(st.integers(0, 3)):
                holder = holder[place]
                continue
            if draw(st.booleans()) and isinstance(holder, dict) and place != "resourceType":
                del holder[place]
            elif place != "resourceType":
                holder[place] = draw(WORDS | anything)
            break
    return made


def write(record: FhirRecord, sent: Resource) -> Resource:
    """The resource registered, or as the next version of the record's own."""
    if sent["resourceType"] != "EpisodeOfCare":
        return record.create(sent)
    return record.update(
        sent | {"id": str(RECORD), "meta": record.read("EpisodeOfCare", str(RECORD))["meta"]}
    )


@given(damaged())
@few
def test_a_damaged_resource_is_stored_whole_or_refused(sent: Any) -> None:  # noqa: ANN401 - JSON
    if list(validator().validate(sent)):
        return  # refused before it comes to the record
    record = FhirRecord()
    before = dict(record.parts), dict(record.segments)
    made: list[Resource] = []
    refused = refusal(lambda: made.append(write(record, sent)))
    if refused is not None:
        assert refused.kind in {Kind.INVALID, Kind.INVALID_CODE, Kind.CONTRADICTION}
        assert all(issue.where for issue in refused.issues)
        assert "01819012365" not in refused.sentence
        assert (record.parts, record.segments) == before
        return
    told = {name: one for name, one in sent.items() if name not in {"id", "meta"}}
    assert dump({name: one for name, one in made[0].items() if name not in {"id", "meta"}}) == dump(told)
    parse(card.card_json(record.segments))
    read_card(record.parts)
