"""Whoever may not see something sees the same bytes whatever it is: two histories that differ only in what is hidden.

Hypothesis draws what is visible once, and what is hidden twice: other values, other authors, more or fewer commits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec import structs

from helsekort.access.wishes import NO_WISHES, SENSITIVE, Hidden, Wishes
from helsekort.api.v1 import reads
from helsekort.basics.strict_json import parse
from helsekort.ledger.view import View
from helsekort.maternity import card
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.history import record_versions
from helsekort.maternity.identity import free_id
from helsekort.maternity.part import decode, encode
from helsekort.maternity.reading import read_card
from helsekort.maternity.redaction import for_proposal, redact
from helsekort.maternity.shelf import shelf_of
from helsekort.maternity.visible import visible_part
from tests.generative.bodies import sections
from tests.generative.histories import History, Step
from tests.spec.record_in_memory import PERSON, RECORD, Record

SECTIONS = [section.name for section in CATALOGUE.routed]
LISTS = [section.name for section in CATALOGUE.routed if section.list]
SOME = settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
"""Without shrinking: a failing history is small as it is, and making it smaller takes minutes."""
PROXY = Hidden(classes=SENSITIVE)


def seen(view: View) -> dict[str, Any]:
    """Every byte that is made of a view: the contract's four reads, the card for pages, FHIR resources, their versions, parts."""
    answers = {
        "status": reads.status(view),
        "record": reads.record(view),
        "history": reads.history(view),
        "record history": reads.record_history(view),
    }
    return {name: (one.status, one.body, one.headers, len(one.body)) for name, one in answers.items()} | {
        "page": repr(read_card(view.parts)),
        "resources": {(one.kind, one.id): one.raw for one in shelf_of(view).all()},
        "versions": [
            (one.kind, one.id, one.number, one.t, one.at, one.entry and one.entry.raw)
            for one in record_versions(view.commits)
        ],
        "parts": dict(view.parts),
        "commits": view.commits,
        "state": (view.person, view.record, view.records, view.something_hidden, view.log),
    }


@st.composite
def _steps(draw: st.DrawFn, names: list[str], *, empty: bool) -> Step:
    section = draw(st.sampled_from(names))
    return Step(
        section=section,
        visible=None if empty else draw(sections(section)),
        hidden=draw(sections(section)) | draw(_FLAGGED),
        by=draw(st.integers(0, 2)),
        item=draw(st.integers(0, 1)),
        in_error=False if empty else draw(st.integers(0, 5)) == 0,
    )


_FLAGGED = st.fixed_dictionaries(
    {}, optional={"flagged": st.booleans(), "display": st.just("Utsatt for vold")}
)


def _with_hidden(step: Step, hidden: Any) -> Step:  # noqa: ANN401 - JSON
    return Step(step.section, step.visible, hidden, step.by, step.item, step.in_error)


@given(data=st.data())
@SOME
def test_what_a_proxy_sees_does_not_depend_on_sensitive_fields(data: st.DataObject) -> None:
    script = data.draw(st.lists(_steps(SECTIONS, empty=False), max_size=4))
    views = [_told_with(script, data).view() for _ in range(2)]
    first, second = (seen(redact(view, PROXY)) for view in views)
    assert first == second
    assert not redact(views[0], PROXY).something_hidden


def _told_with(script: list[Step], data: st.DataObject) -> History:
    """The visible script, with sensitive fields in it and commits of nothing but sensitive fields in between."""
    history = History({})
    for number, step in enumerate(script):
        _only_hidden(history, number - 1, SECTIONS, data)
        history.visible(number, _with_hidden(step, data.draw(sections(step.section)) | data.draw(_FLAGGED)))
    _only_hidden(history, len(script), SECTIONS, data)
    for number, free in enumerate(data.draw(st.lists(st.sampled_from(FREE_KINDS), max_size=2))):
        history.free(len(script), UUID(int=number), _free(free, number))
    return history


FREE_KINDS = ["CarePlan", "Procedure", "MedicationStatement", "Encounter", "Observation"]


def _free(kind: str, number: int, **told: Any) -> Any:  # noqa: ANN401 - JSON
    """A resource that the JSON contract has no place for."""
    meta = {"versionId": "1", "lastUpdated": "2026-01-16T10:00:00.000Z"}
    head = {"resourceType": kind, "id": free_id(RECORD, UUID(int=number)), "meta": meta}
    return head | {"status": "active", "subject": {"reference": f"Patient/{PERSON.person}"}} | told


def _only_hidden(history: History, after: int, names: list[str], data: st.DataObject) -> None:
    for number, step in enumerate(data.draw(st.lists(_steps(names, empty=True), max_size=2))):
        history.hidden(after, number, step)


@given(data=st.data())
@SOME
def test_what_a_clinician_sees_does_not_depend_on_blocked_sections(data: st.DataObject) -> None:
    blocked = data.draw(st.sets(st.sampled_from(SECTIONS), min_size=1, max_size=4))
    open_ones = [name for name in SECTIONS if name not in blocked]
    script = data.draw(st.lists(_steps(open_ones, empty=False), max_size=4))
    hidden = Hidden(sections=frozenset(blocked))
    views = [_around(script, sorted(blocked), data).view() for _ in range(2)]
    first, second = (seen(redact(view, hidden)) for view in views)
    assert first == second
    assert redact(views[0], hidden).something_hidden
    assert parse(first["record"][1])["metadata"]["somethingHidden"] is True
    assert [parse(first["record"][1])[name] for name in sorted(blocked)] == [
        [] if name in LISTS else None for name in sorted(blocked)
    ]
    proposals = [for_proposal(view, hidden) for view in views]
    assert proposals[0].parts.keys() == proposals[1].parts.keys()


def _around(script: list[Step], blocked: list[str], data: st.DataObject) -> History:
    """The visible script, with commits to blocked sections around it: also in the first one."""
    name = data.draw(st.sampled_from(blocked))
    body = data.draw(st.none() | sections(name))
    unknown = data.draw(st.dictionaries(st.sampled_from(["lifestyle", "extra"]), st.booleans()))
    first = {} if body is None else {name: [body] if name in LISTS else body}
    history = History(first | unknown)
    hidden = _steps(blocked, empty=False)
    for number, step in enumerate(script):
        for place, one in enumerate(data.draw(st.lists(hidden, max_size=2))):
            history.hidden(number - 1, place, one)
        history.visible(number, step)
    for place, one in enumerate(data.draw(st.lists(hidden, max_size=2))):
        history.hidden(len(script), place, one)
    history.free(len(script), UUID(int=1), _medicine(history, blocked))
    if data.draw(st.booleans()):
        history.free(len(script) + 1, UUID(int=2), _free("CarePlan", 2))
    return history


def _medicine(history: History, blocked: list[str]) -> Any:  # noqa: ANN401 - JSON
    """What is seen where the medicines are: it speaks of everything that is hidden, and of one thing that is not."""
    hidden = [
        {"reference": f"{one['resourceType']}/{one['id']}", "display": key}
        for key, stored in sorted(history.parts.items())
        if key.partition("/")[0] in blocked
        for one in decode(stored).resources
    ]
    seen = {"reference": f"EpisodeOfCare/{RECORD}"}
    told = {"context": hidden[0]} if hidden else {}
    return _free("MedicationStatement", 1, reasonReference=[*hidden, seen], **told)


def test_nothing_hidden_changes_nothing() -> None:
    view = History({"lifestyleFactors": {"note": "x"}}).view()
    assert redact(view, Hidden()) is view


def test_a_change_of_sensitive_fields_only_is_no_new_version_to_a_proxy() -> None:
    history = History({})
    history.visible(0, Step("clinicalTests", {"hemoglobin": 12}, {"hiv": False}))
    history.hidden(0, 0, Step("clinicalTests", None, {"hiv": True, "note": "Ny prøve"}, by=1))
    view = redact(history.view(), PROXY)
    part = decode(view.parts["clinicalTests"])
    assert (part.version, part.by["name"], bytes(part.v1)) == (1, "Kari", b'{"hemoglobin":12}')
    assert view.record is not None
    assert (view.record.t, len(view.commits)) == (2, 2)
    assert view.person.last_changed == view.record.changed == datetime(2026, 1, 16, 10, 0, tzinfo=UTC)
    entries = {entry.field.key for entry in read_card(view.parts).entries}
    assert entries == {"record.status", "clinicalTests.hemoglobin"}


def test_a_text_that_was_hidden_leaves_no_trace_once_it_is_another() -> None:
    """The hidden value came first: the value that took its place has its id and its place among the resources."""
    told = []
    for secret in (True, False):
        history = History({})
        institutes = {"birthInstitute": "Fødestuen", "maternityHealthcareCentre": "Helsestasjonen"}
        first = {"maternityHealthcareCentre": "Her"}
        history.visible(0, Step("pointsOfContact", first, {"flagged": secret}))
        history.visible(1, Step("pointsOfContact", institutes, {}))
        told.append(seen(redact(history.view(), PROXY)))
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("section", "secret", "visible"),
    [
        ("antenatalAppointments", {"fetusesVitalSigns": [{"fosterId": 1, "note": "x"}]}, {}),
        ("pointsOfContact", {"generalPractitioner": {"name": "Krisesenteret"}}, {}),
        ("pointsOfContact", {"midwife": {"unknown": 1}, "birthInstitute": "Vold"}, {"midwife": {}}),
    ],
)
def test_what_holds_only_what_is_hidden_is_not_there(section: str, secret: Any, visible: Any) -> None:  # noqa: ANN401 - JSON
    day = {"appointmentDate": "2026-03-02"} if section in LISTS else {"maternityHealthcareCentre": "Her"}
    bodies = [day | secret, day | visible]
    first, second = (Record({section: [body] if section in LISTS else body}) for body in bodies)
    told = [
        visible_part(decode(next(_stored(one, section))), SENSITIVE, RECORD).v1 for one in (first, second)
    ]
    assert bytes(told[0]) == bytes(told[1])


def _stored(record: Record, section: str) -> Iterator[bytes]:
    return (stored for key, stored in record.parts.items() if key.startswith(section))


def test_a_place_whose_name_tells_is_not_named_to_a_proxy() -> None:
    by = card.Author(
        "HEALTH_CARE_PROFESSIONAL", "974589095", "Krisesenteret", "Abortpoliklinikken", "1", "LE", "Kari"
    )
    record = Record()
    record.do(lambda now: card.post_section("mother", {"name": "Anne"}, now), by=by)
    part = visible_part(decode(record.parts["mother"]), SENSITIVE, RECORD)
    assert (part.by["orgName"], part.by["treatmentFacilityName"], part.by["name"]) == (None, None, "Kari")
    assert b"risesenter" not in encode(part)
    assert b"bortpoli" not in encode(part)


def test_what_a_client_says_of_a_code_is_not_told_to_a_proxy() -> None:
    language = {"code": "NO", "display": "Utsatt for vold", "extra": "x"}
    part = visible_part(decode(Record({"mother": {"language": language}}).parts["mother"]), SENSITIVE, RECORD)
    assert parse(bytes(part.v1)) == {
        "language": {"code": "NO", "display": "Norsk", "codeSystem": "VOLVEN_3303"}
    }


def test_what_she_has_blocked_is_not_in_the_view_that_it_hides() -> None:
    view = History({"lifestyleFactors": {"note": "x"}}).view()
    wishes = Wishes(blocked_sections=frozenset({"lifestyleFactors"}), notice=True)
    hers = replace(view, person=structs.replace(view.person, wishes=wishes))
    assert redact(hers, Hidden(sections=wishes.blocked_sections)).person.wishes == NO_WISHES


def test_a_view_without_its_commits_is_not_shown_at_all() -> None:
    view = replace(History({"lifestyleFactors": {"note": "x"}}).view(), commits=())
    with pytest.raises(LookupError):
        redact(view, PROXY)


def test_an_older_record_in_the_list_is_dated_by_its_status() -> None:
    history = History({})
    history.hidden(0, 0, Step("lifestyleFactors", {"note": "x"}, {}))
    view = history.view()
    older = view.records[0]
    listed = redact(
        View(view.person, None, records=(older,), commits=()),
        Hidden(sections=frozenset({"lifestyleFactors"})),
    )
    assert parse(listed.records[0].metadata)["recordLastUpdated"] == "2026-01-16T09:00:00.000Z"
    assert listed.person.last_changed is None


def test_a_clinical_date_is_never_more_sensitive_than_the_value_it_dates() -> None:
    """A value's resource carries the date: hiding the date field alone would not hide it."""
    for field in CATALOGUE.fields.values():
        if field.effective and field.visibility not in SENSITIVE:
            assert CATALOGUE.fields[field.effective].visibility not in SENSITIVE, field.key


def test_the_records_own_fields_are_seen_by_everybody() -> None:
    """Every commit is told with the record's status; it must have nothing to hide."""
    assert {field.visibility for field in CATALOGUE.sections["record"].fields} == {"A"}
