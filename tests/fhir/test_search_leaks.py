"""What is hidden from a caller cannot be asked about: the leaks other servers had, one by one, and then any search at all.

Hidden resources are not on the caller's shelf. Each test asks for them by another road.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsekort.fhir.search.run import run
from helsekort.fhir.shelf import ListShelf
from tests.fhir.searching import RESOURCES, SHELF, asked, found, ids, rows, without

NO_VISIT = without("Encounter/v1")
NO_WOMAN = without("Patient/kari")
NO_PROVENANCE = without("Provenance/bp1")
QUERIES = [(row.values[0], row.values[1]) for row in rows("search")]
NAMES = [f"{one['resourceType']}/{one['id']}" for one in RESOURCES]


@pytest.mark.parametrize(
    "query",
    [
        "encounter.status=finished",
        "encounter.status:not=finished",
        "encounter.status:not=planned",
        "encounter.status:missing=false",
        "encounter.status:missing=true",
        "encounter.type:missing=true",
        "encounter.date=2026-03-01",
        "encounter.date=ne1999",
        "encounter._id=v1",
        "encounter._id:not=x",
        "encounter._lastUpdated=ge2000",
        "encounter:Encounter.episode-of-care.status=active",
        "encounter._has:Condition:encounter:code=W84",
    ],
)
def test_a_chain_through_a_hidden_visit_finds_nothing(query: str) -> None:
    assert "bp1" not in ids("Observation", query, NO_VISIT)


def test_the_chain_would_find_it_for_somebody_who_may_see_the_visit() -> None:
    assert "bp1" in ids("Observation", "encounter.status:not=planned")
    assert "bp1" in ids("Observation", "encounter.type:missing=true")


@pytest.mark.parametrize(
    "query",
    [
        "patient.identifier=A1",
        "patient.identifier:not=x",
        "patient.name:missing=false",
        "patient.name:contains=a",
        "patient.birthdate=lt2100",
        "patient._lastUpdated=ge2000",
    ],
)
def test_a_chain_to_a_hidden_woman_guesses_nothing_of_her(query: str) -> None:
    assert not {"blood", "bp1", "bp2", "hb"} & set(ids("Observation", query, NO_WOMAN))


@pytest.mark.parametrize(
    "query",
    [
        "_has:Provenance:target:agent=Practitioner/lege",
        "_has:Provenance:target:agent:missing=true",
        "_has:Provenance:target:agent:missing=false",
        "_has:Provenance:target:agent:Practitioner=lege",
        "_has:Provenance:target:_id:not=x",
        "_has:Provenance:target:recorded=ge2000",
        "_has:Provenance:target:_lastUpdated=ne1999",
    ],
)
def test_what_points_here_but_is_hidden_finds_nothing(query: str) -> None:
    assert "bp1" not in ids("Observation", query, NO_PROVENANCE)


def test_a_hidden_resource_is_neither_matched_nor_counted_nor_sorted_by() -> None:
    hidden = without("Observation/blood")
    queries = (
        "_sort=-date _id=blood code=ABO status:not=amended _lastUpdated=ge2026-05-01 category:missing=true"
    )
    for query in ("", *queries.split()):
        page = found("Observation", query, hidden)
        assert "blood" not in [one.id for one in page.matches]
        assert page.total == len(page.matches)
        assert found("Observation", f"{query}&_summary=count".lstrip("&"), hidden).total == page.total


def test_pages_have_no_gap_where_something_is_hidden() -> None:
    hidden = without("Observation/crp", "Observation/bp2")
    pages = [found("Observation", "_sort=_id&_count=2", hidden, offset) for offset in (0, 2, 4)]
    assert [[one.id for one in page.matches] for page in pages] == [["blood", "bp1"], ["due", "hb"], ["note"]]
    assert [page.has_more for page in pages] == [True, True, False]


@pytest.mark.parametrize(
    ("shelf", "kind", "query"),
    [
        (NO_VISIT, "Observation", "_include=Observation:encounter"),
        (
            NO_VISIT,
            "Observation",
            "_id=note&_include=Observation:derived-from&_include:iterate=Observation:encounter",
        ),
        (NO_VISIT, "EpisodeOfCare", "_revinclude=Encounter:episode-of-care"),
        (NO_PROVENANCE, "Observation", "_revinclude=Provenance:target"),
        (NO_WOMAN, "Observation", "_include=Observation:patient&_include=Observation:subject"),
        (NO_VISIT, "Observation", "_include=*&_include:iterate=*"),
        (NO_VISIT, "EpisodeOfCare", "_revinclude=*&_revinclude:iterate=*&_include:iterate=*"),
        (NO_PROVENANCE, "Observation", "_revinclude=*"),
        (NO_WOMAN, "Observation", "_include=Observation:*"),
    ],
)
def test_what_is_hidden_does_not_come_along(shelf: ListShelf, kind: str, query: str) -> None:
    visible = {f"{one.kind}/{one.id}" for one in shelf.all()}
    assert {f"{one.kind}/{one.id}" for one in found(kind, query, shelf).included} <= visible


def test_what_is_included_through_a_hidden_resource_stays_away() -> None:
    query = "_id=bp1&_include=Observation:encounter&_include:iterate=Encounter:episode-of-care"
    assert [one.id for one in found("Observation", query, SHELF).included] == ["v1", "e1"]
    assert found("Observation", query, NO_VISIT).included == ()
    query = "_id=bp1&_include=*&_include:iterate=*"
    names = {f"{one.kind}/{one.id}" for one in found("Observation", query, NO_VISIT).included}
    assert names == {"Patient/kari", "Practitioner/lege"}


def test_sorting_by_a_reference_does_not_look_behind_it() -> None:
    assert ids("Observation", "_sort=subject,_id", NO_WOMAN) == ids("Observation", "_sort=subject,_id")


@given(st.sampled_from(QUERIES), st.sets(st.sampled_from(NAMES)))
def test_a_search_made_for_one_caller_tells_the_next_nothing(
    asking: tuple[str, str], hidden: set[str]
) -> None:
    """The same search, carried out for somebody who sees everything and then for somebody who does not."""
    kind, query = asking
    shelf = without(*hidden)
    search = asked(kind, query)
    run(search, SHELF)
    again, fresh = run(search, shelf), run(asked(kind, query), shelf)
    assert [one.id for one in again.matches] == [one.id for one in fresh.matches]
    assert again.total == fresh.total
    assert not {f"{kind}/{one.id}" for one in again.matches} & hidden
