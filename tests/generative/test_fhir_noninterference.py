"""What is hidden leaves no trace on the shelf, by FHIR writes either: two histories that differ only in what is hidden.

The visible writes are drawn once, the hidden ones twice: other values, other fields, more or fewer of them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from helsekort.access.wishes import SENSITIVE, Hidden
from helsekort.basics.clock import to_wire
from helsekort.fhir.offering import Interaction
from helsekort.fhir.requests import Write
from helsekort.fhir.search.parse import parse_search
from helsekort.fhir.search.run import run
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Shelf
from helsekort.fhir.transaction import Plan, plan
from helsekort.ledger.view import Change, Propose, View
from helsekort.maternity import card
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.history import record_versions
from helsekort.maternity.placing import NewResourceId, propose
from helsekort.maternity.redaction import for_proposal, redact
from helsekort.maternity.shelf import shelf_of
from tests.flow.fhir_service import SEARCHABLE
from tests.generative.fhir_bodies import FIELDS, resources
from tests.generative.histories import History
from tests.spec.fhir_in_memory import SUBJECT, TERMS, act, as_sent
from tests.spec.record_in_memory import AUTHORS, START

PROXY = Hidden(classes=SENSITIVE)
SOME = settings(max_examples=30, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
WITHOUT_VISIT = [one for one in FIELDS if one.section != "antenatalAppointments" and one.scope != "fetus"]
FREE: list[Resource] = [
    {"resourceType": "Procedure", "status": "completed", "subject": SUBJECT, "code": {"text": "Cerclage"}},
    {"resourceType": "Task", "status": "draft", "intent": "order", "for": SUBJECT, "description": "Ring"},
    {"resourceType": "Immunization", "status": "completed", "patient": SUBJECT, "occurrenceDateTime": "2026"},
]


class FhirHistory(History):
    """A history that FHIR clients write to as well."""

    def create(self, name: str, at: datetime, by: int, resource: Resource, hidden: Hidden | None) -> None:
        """One new resource, by somebody from whom something is hidden, or nothing is."""
        write = Write(Interaction.CREATE, resource["resourceType"], resource=resource)

        def plan_of(shelf: Shelf, new_id: NewResourceId) -> Plan:
            return plan(shelf, [write], new_id=new_id, now=at, terms=TERMS)

        def make(stamp: card.Stamp) -> Propose:
            proposed = propose(plan_of, stamp, act())

            def seen(view: View, record: Any, t: int) -> Change:  # noqa: ANN401 - a UUID
                return proposed(for_proposal(view, hidden) if hidden else view, record, t)

            return seen

        self._commit(name, at, AUTHORS[by], make)


def come_along(view: View) -> list[tuple[str, str]]:
    """What the wildcards bring along with her, and with every result."""
    shelf = shelf_of(view)
    searches = [
        parse_search(kind, params, SEARCHABLE, base="", zone=UTC)
        for kind, params in (
            ("Patient", [("_revinclude", "*"), ("_revinclude:iterate", "*"), ("_include:iterate", "*")]),
            ("Observation", [("_include", "*"), ("_revinclude", "*")]),
        )
    ]
    return [(one.kind, one.id) for search in searches for one in run(search, shelf).included]


def seen(view: View) -> Any:  # noqa: ANN401 - anything that can be compared
    """Every byte of the shelf and of every version, and what searches bring along."""
    versions = [
        (one.kind, one.id, one.number, one.t, to_wire(one.at), one.entry and one.entry.raw)
        for one in record_versions(view.commits)
    ]
    return [(one.kind, one.id, one.raw) for one in shelf_of(view).all()], versions, come_along(view)


def _told(
    script: list[tuple[int, Resource]], hidden: list[tuple[int, int, Resource]], by: Hidden | None
) -> View:
    """The visible script an hour apart, and what is hidden in between."""
    history = FhirHistory({})
    for number in range(len(script) + 1):
        if number:
            who, one = script[number - 1]
            history.create(f"visible/{number}", START + timedelta(hours=number), who, one, by)
        for place, (after, who, one) in enumerate(hidden):
            if after == number:
                at = START + timedelta(hours=number, minutes=place + 1)
                history.create(f"hidden/{place}", at, who, one, None)
    return history.view()


@st.composite
def _sent(draw: st.DrawFn, fields: list[Field], free: list[Resource]) -> Resource:
    if free and draw(st.integers(0, 3)) == 0:
        freely: Resource = as_sent(draw(st.sampled_from(free)))
        return freely
    field = draw(st.sampled_from(fields))
    made: Resource = as_sent(draw(resources(field)))
    made["code"] = {"coding": field.concept["coding"]}  # what several fields may mean is nobody's to see
    return made


def _compare(data: st.DataObject, open_: list[Field], closed: list[Field], hidden: Hidden) -> None:
    by = hidden if hidden.sections else None
    who = st.integers(0, 2)
    script = data.draw(st.lists(st.tuples(who, _sent(open_, [])), max_size=4))
    told = []
    for _ in range(2):
        between = st.tuples(st.integers(0, len(script)), who, _sent(closed, FREE))
        told.append(redact(_told(script, data.draw(st.lists(between, max_size=3)), by), hidden))
    assert seen(told[0]) == seen(told[1])


@given(data=st.data())
@SOME
def test_what_is_blocked_leaves_no_trace_on_the_shelf(data: st.DataObject) -> None:
    names = [one.name for one in CATALOGUE.routed]
    blocked = data.draw(st.sets(st.sampled_from(names), min_size=1, max_size=3))
    open_ = [one for one in WITHOUT_VISIT if one.section not in blocked]
    closed = [one for one in WITHOUT_VISIT if one.section in blocked]
    if closed:
        _compare(data, open_, closed, Hidden(sections=frozenset(blocked)))


@given(data=st.data())
@SOME
def test_what_is_sensitive_leaves_no_trace_on_a_proxys_shelf(data: st.DataObject) -> None:
    open_ = [one for one in WITHOUT_VISIT if one.visibility not in SENSITIVE and one.type != "text"]
    closed = [one for one in WITHOUT_VISIT if one.visibility in SENSITIVE]
    _compare(data, open_, closed, PROXY)
