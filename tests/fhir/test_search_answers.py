"""How an answer looks: order, pages, what comes along, parts of resources (https://hl7.org/fhir/R4/search.html#return)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helsekort.basics.refusal import Kind, Refused
from helsekort.basics.strict_json import parse
from helsekort.fhir.search.bundle import searchset
from helsekort.fhir.search.compartment import within
from helsekort.fhir.search.cursor import Cursor, decode, encode, mark_of
from helsekort.fhir.search.lastn import most_each, newest_each
from helsekort.fhir.search.links import page_links
from helsekort.fhir.search.outline import SUBSETTED, Outline, outline_of
from helsekort.fhir.search.results import MOST_COUNT
from helsekort.fhir.search.run import run
from helsekort.fhir.shapes import Json
from helsekort.fhir.shelf import ListShelf
from tests.fhir.searching import BASE, RESOURCES, SHELF, asked, definitions, found, ids, offered
from tests.timing import quickly


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        ("Observation", "", "blood note crp hb bp2 bp1 due"),
        ("Observation", "_sort=date", "due bp1 hb bp2 crp blood note"),
        ("Observation", "_sort=-date", "blood crp hb bp2 bp1 due note"),
        ("Observation", "_sort=_id", "blood bp1 bp2 crp due hb note"),
        ("Observation", "_sort=-_id", "note hb due crp bp2 bp1 blood"),
        ("Observation", "_sort=_lastUpdated", "due bp1 bp2 crp hb blood note"),
        ("Observation", "_sort=-_lastUpdated", "blood note crp hb bp2 bp1 due"),
        ("Observation", "_sort=status,-date", "crp blood bp2 bp1 due note hb"),
        ("Observation", "_sort=value-quantity", "crp hb blood note bp2 bp1 due"),
        ("Observation", "_sort=-value-quantity", "hb crp blood note bp2 bp1 due"),
        ("Observation", "_sort=subject,_id", "crp blood bp1 bp2 hb due note"),
        ("Observation", "_sort=value-string", "note blood crp hb bp2 bp1 due"),
        ("Observation", "_sort=_profile,_id", "bp2 bp1 blood crp due hb note"),
        ("Patient", "_sort=family", "jose kari blank"),
        ("Patient", "_sort=-birthdate", "kari jose blank"),
        ("RiskAssessment", "_sort=probability", "r1 r2"),
        ("RiskAssessment", "_sort=-probability", "r1 r2"),
    ],
)
def test_order(kind: str, query: str, expected: str) -> None:
    assert " ".join(ids(kind, query)) == expected


def test_the_order_does_not_depend_on_the_shelf() -> None:
    for query in ("", "_sort=status", "_sort=-date", "_sort=value-quantity"):
        assert ids("Observation", query, ListShelf(reversed(RESOURCES))) == ids("Observation", query)


def test_count_limits_the_page_and_total_counts_all() -> None:
    page = found("Observation", "_count=2&_sort=_id")
    assert ([one.id for one in page.matches], page.total, page.has_more) == (["blood", "bp1"], 7, True)
    last = found("Observation", "_count=2&_sort=_id", offset=6)
    assert ([one.id for one in last.matches], last.total, last.has_more) == (["note"], 7, False)
    beyond = found("Observation", "_count=2", offset=100)
    assert (beyond.matches, beyond.total, beyond.has_more) == ((), 7, False)


@pytest.mark.parametrize("query", ["_count=0", "_summary=count", "_summary=count&_count=5"])
def test_the_number_only(query: str) -> None:
    page = found("Observation", f"{query}&code=HB&_include=Observation:subject")
    assert (page.matches, page.included, page.total, page.has_more) == ((), (), 2, False)


def test_no_total_where_it_is_not_wanted() -> None:
    assert found("Observation", "_total=none").total is None
    assert found("Observation", "_total=estimate").total == 7
    assert found("Observation", "_total=accurate").total == 7
    assert "total" not in bundle_of("Observation", "_total=none")


def test_a_larger_page_than_there_can_be_is_cut() -> None:
    assert asked("Observation", "_count=999999").results.count == MOST_COUNT


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        ("Observation", "_id=bp1&_include=Observation:encounter", "Encounter/v1"),
        ("Observation", "_id=bp2&_include=Observation:encounter", "Encounter/v2"),
        ("Observation", "_id=bp1&_include=Observation:subject", "Patient/kari"),
        ("Observation", "_id=bp1&_include=Observation:subject:Patient", "Patient/kari"),
        ("Observation", "_id=bp1&_include=Observation:subject:Group", ""),
        ("Observation", "_id=bp1&_include=Observation:performer", ""),
        ("Observation", "_id=note&_include=Observation:derived-from", "Observation/bp1 Observation/hb"),
        ("Observation", "_id=note,hb&_include=Observation:derived-from", "Observation/bp1"),
        ("Observation", "_id=note&_include=Observation:derived-from&_include:iterate=Observation:encounter",
         "Encounter/v1 Observation/bp1 Observation/hb"),
        ("Observation", "_id=bp1&_include=Observation:encounter&_include:iterate=Encounter:episode-of-care",
         "Encounter/v1 EpisodeOfCare/e1"),
        ("Observation", ("_id=bp1&_include=Observation:encounter&_include:iterate=Encounter:episode-of-care"
         "&_include:iterate=EpisodeOfCare:organization&_include:iterate=EpisodeOfCare:care-manager"),
         "Encounter/v1 EpisodeOfCare/e1 Organization/kontor Practitioner/lege"),
        ("Observation", "_id=bp1,hb&_revinclude=Provenance:target", "Provenance/bp1 Provenance/hb"),
        ("Observation", "_id=bp1&_revinclude=Provenance:target&_include:iterate=Provenance:agent",
         "Practitioner/lege Provenance/bp1"),
        ("Encounter", "_id=v1&_revinclude=Observation:encounter&_revinclude=Condition:encounter",
         "Condition/c1 Observation/bp1"),
        ("Encounter", "_id=v1&_revinclude=Observation:encounter&_revinclude:iterate=Provenance:target",
         "Observation/bp1 Provenance/bp1"),
        ("EpisodeOfCare", "status=active&_include=EpisodeOfCare:organization&_include=EpisodeOfCare:care-manager",
         "Organization/kontor Practitioner/lege"),
        ("Observation", "_count=1&_sort=_id&_include=Observation:encounter", ""),
        ("Encounter", "_id=v1&_revinclude=Observation:encounter:Encounter", "Observation/bp1"),
        ("Encounter", "_id=v1&_revinclude=Observation:encounter:EpisodeOfCare", ""),
        ("Patient", "_id=kari&_revinclude=Observation:patient",
         "Observation/blood Observation/bp1 Observation/bp2 Observation/hb"),
        ("Observation", "_id=note&_include=*", "Observation/bp1 Observation/hb"),
        ("Observation", "_id=bp1&_include=*", "Encounter/v1 Patient/kari"),
        ("Observation", "_id=bp1&_include=Observation:*", "Encounter/v1 Patient/kari"),
        ("Observation", "_id=bp1&_include=Observation:*:Encounter", "Encounter/v1"),
        ("Observation", "_id=bp1&_include=*&_include:iterate=*",
         "Encounter/v1 EpisodeOfCare/e1 Organization/kontor Patient/kari Practitioner/lege"),
        ("Observation", "_id=bp1&_revinclude=Provenance:*", "Provenance/bp1"),
        ("Observation", "_id=bp1&_revinclude=*", "Observation/note Provenance/bp1"),
        ("Encounter", "_id=v1&_revinclude=*", "Condition/c1 Observation/bp1"),
        ("Encounter", "_id=v1&_revinclude=*&_revinclude:iterate=*",
         "Condition/c1 Observation/bp1 Observation/note Provenance/bp1"),
        ("Practitioner", "_revinclude=Observation:*", ""),
        ("Organization", "_include=*", ""),
    ],
)  # fmt: skip
def test_what_comes_along(kind: str, query: str, expected: str) -> None:
    assert " ".join(sorted(f"{one.kind}/{one.id}" for one in found(kind, query).included)) == expected


@pytest.mark.parametrize("kind", sorted(offered()))
def test_a_wildcard_is_every_reference_by_itself(kind: str) -> None:
    """https://hl7.org/fhir/R4/search.html#include: any search parameter of type reference."""
    references = {
        source: [one.code for one in codes.values() if one.type == "reference"]
        for source, codes in offered().items()
    }
    forward = {_names(kind, f"_include={kind}:{code}") for code in references[kind]}
    assert _names(kind, "_include=*") == _names(kind, f"_include={kind}:*") == frozenset().union(*forward)
    backward = {
        _names(kind, f"_revinclude:iterate={source}:{code}", rounds=1)
        for source, codes in references.items()
        for code in codes
    }
    assert _names(kind, "_revinclude=*") == frozenset().union(*backward)


def _names(kind: str, query: str, *, rounds: int = 0) -> frozenset[str]:
    """What comes along with everything of a kind; after so many rounds where it is followed, all where none is named."""
    asked_for = asked(kind, query)
    if rounds:
        once = tuple(replace(one, iterate=False) for one in asked_for.results.includes)
        asked_for = replace(asked_for, results=replace(asked_for.results, includes=once))
    return frozenset(f"{one.kind}/{one.id}" for one in run(asked_for, SHELF).included)


async def test_a_long_chain_is_followed_to_its_end_in_one_look() -> None:
    """Each round would look through everything again."""
    chain = [
        {"resourceType": "Observation", "id": f"o{n}", "hasMember": [{"reference": f"Observation/o{n - 1}"}]}
        for n in range(1000)
    ]

    async def follow() -> None:
        for query in ("_revinclude:iterate=Observation:has-member", "_revinclude:iterate=*"):
            assert len(found("Observation", f"_id=o0&{query}", ListShelf(chain)).included) == 999

    await quickly(follow, 30)


def test_more_than_a_few_targets_bring_the_same_along() -> None:
    many = [
        *({"resourceType": "Encounter", "id": f"e{n}", "class": {"code": "AMB"}} for n in range(20)),
        *(
            {"resourceType": "Observation", "id": f"o{n}", "encounter": {"reference": f"Encounter/e{n}"}}
            for n in range(20)
        ),
    ]
    page = found("Encounter", "_revinclude=Observation:encounter", ListShelf(many))
    assert sorted(one.id for one in page.included) == sorted(f"o{n}" for n in range(20))
    assert len(ids("Observation", "encounter.class=AMB", ListShelf(many))) == 20


def outline(kind: str) -> Outline:
    return outline_of(definitions(), kind)


def bundle_of(kind: str, query: str, **more: str) -> Json:
    search = asked(kind, query)
    links = page_links(f"{BASE}/{kind}", search, page := run(search, SHELF), t=7)
    made = searchset(search, page, base=BASE, links=links, outline_of=outline)
    bundle: Json = parse(made)
    return bundle


def test_the_bundle() -> None:
    bundle = bundle_of("Observation", "_id=hb&_include=Observation:subject")
    assert list(bundle) == ["resourceType", "type", "total", "link", "entry"]
    assert (bundle["resourceType"], bundle["type"], bundle["total"]) == ("Bundle", "searchset", 1)
    assert bundle["link"] == [
        {"relation": "self", "url": f"{BASE}/Observation?_id=hb&_include=Observation%3Asubject"}
    ]
    first, second = bundle["entry"]
    assert (first["fullUrl"], first["search"]) == (f"{BASE}/Observation/hb", {"mode": "match"})
    assert (second["fullUrl"], second["search"]) == (f"{BASE}/Patient/kari", {"mode": "include"})
    assert first["resource"] == next(
        one for one in RESOURCES if one["id"] == "hb" and one["resourceType"] == "Observation"
    )


def test_decimals_are_written_as_they_are_stored() -> None:
    search = asked("Observation", "_id=hb")
    assert b'"value":11.50' in searchset(search, run(search, SHELF), base=BASE, links=[], outline_of=outline)
    search = asked("Observation", "_id=hb&_elements=value")
    assert b'"value":11.50' in searchset(search, run(search, SHELF), base=BASE, links=[], outline_of=outline)


def test_an_empty_bundle_has_no_empty_array() -> None:
    assert set(bundle_of("Observation", "code=nothing")) == {"resourceType", "type", "total", "link"}


def test_the_warning_comes_last_and_is_not_counted() -> None:
    bundle = bundle_of("Observation", "_id=hb&_totalMethod=count")
    assert (bundle["total"], len(bundle["entry"])) == (1, 2)
    assert bundle["entry"][-1]["search"] == {"mode": "outcome"}
    (issue,) = bundle["entry"][-1]["resource"]["issue"]
    assert (issue["severity"], issue["code"]) == ("warning", "not-supported")
    assert "_totalMethod" in issue["details"]["text"]
    assert "totalMethod" not in bundle["link"][0]["url"]


@pytest.mark.parametrize(
    ("query", "elements"),
    [
        ("_elements=code", "resourceType id meta status code"),
        ("_elements=value,effective", "resourceType id meta status code effectiveDateTime valueDateTime"),
        ("_elements=Observation.value,Encounter.status", "resourceType id meta status code valueDateTime"),
        ("_elements=nothing", "resourceType id meta status code"),
        ("_summary=text", "resourceType id meta status code"),
        ("_summary=true", "resourceType id meta status code subject effectiveDateTime valueDateTime focus"),
        ("_summary=data", "resourceType id meta status code subject effectiveDateTime valueDateTime focus"),
    ],
)
def test_parts_of_a_resource_are_marked(query: str, elements: str) -> None:
    (entry,) = bundle_of("Observation", f"_id=due&{query}")["entry"]
    assert set(entry["resource"]) == set(elements.split())
    assert entry["resource"]["meta"]["tag"] == [SUBSETTED]


def test_what_changes_the_meaning_is_never_left_out() -> None:
    (entry,) = bundle_of("Patient", "_id=kari&_elements=name")["entry"]
    assert set(entry["resource"]) == {"resourceType", "id", "meta", "active", "name"}


def test_the_element_a_member_belongs_to() -> None:
    made = Outline(frozenset(), frozenset(), ("value",))
    names = ["valueQuantity", "_valueDate", "value", "valueless", "status", "_status"]
    assert [made.name_of(one) for one in names] == [
        "value",
        "value",
        "value",
        "valueless",
        "status",
        "status",
    ]


def test_the_tags_a_resource_has_stay() -> None:
    (entry,) = bundle_of("Observation", "_id=bp1&_summary=true")["entry"]
    assert entry["resource"]["meta"]["tag"] == [{"system": "urn:tag", "code": "home"}, SUBSETTED]
    assert "text" not in entry["resource"]
    (entry,) = bundle_of("Observation", "_id=bp1&_summary=text")["entry"]
    assert "text" in entry["resource"]
    (entry,) = bundle_of("Observation", "_id=bp1&_summary=false")["entry"]
    assert SUBSETTED not in entry["resource"]["meta"]["tag"]


def test_a_whole_search_is_not_opened_to_be_written() -> None:
    shelf = ListShelf([b'{"resourceType":"Patient","id":"a","x":1.10}'])
    search = asked("Patient", "_id=a")
    written = searchset(search, run(search, shelf), base=BASE + "/", links=[], outline_of=outline)
    assert written.endswith(
        b'"entry":[{"fullUrl":"https://fhir.example/r4/Patient/a","resource":{"resourceType":"Patient","id":"a","x":1.10},'
        b'"search":{"mode":"match"}}]}'
    )


def test_links_between_pages() -> None:
    search = asked("Observation", "_count=3&_sort=_id&code:not=a%26b")
    assert set(dict(page_links(BASE, search, run(search, SHELF), t=7))) == {"self", "first", "next"}
    seen, links = [], {}
    offset = 0
    while True:
        page = run(search, SHELF, offset)
        seen += [one.id for one in page.matches]
        links = dict(page_links(f"{BASE}/Observation", search, page, t=7, offset=offset))
        assert links["self"].startswith(f"{BASE}/Observation?_count=3&_sort=_id&code%3Anot=a%26b")
        if "next" not in links:
            break
        assert links["next"].startswith(links["self"].partition("&_page=")[0])
        cursor = decode(links["next"].partition("&_page=")[2], search)
        assert cursor == Cursor(7, offset + 3)
        offset = cursor.offset
    assert seen == ["blood", "bp1", "bp2", "crp", "due", "hb", "note"]
    assert set(links) == {"self", "first", "previous"}
    assert decode(links["previous"].partition("&_page=")[2], search) == Cursor(7, 3)
    assert decode(links["first"].partition("&_page=")[2], search) == Cursor(7, 0)


def test_a_single_page_has_one_link() -> None:
    search = asked("Observation", "")
    assert page_links(f"{BASE}/Observation", search, run(search, SHELF), t=1) == [
        ("self", f"{BASE}/Observation")
    ]


def test_a_cursor_belongs_to_its_search() -> None:
    search = asked("Observation", "code=HB&_count=1")
    text = encode(Cursor(12, 1), mark_of(search.kind, search.used))
    assert decode(text, search) == Cursor(12, 1)
    assert decode(text, asked("Observation", "code=HB&_count=1&_unknown=1")) == Cursor(12, 1)
    for other in (
        asked("Observation", "code=BT&_count=1"),
        asked("Observation", "_count=1&code=HB"),
        asked("Condition", "code=HB&_count=1"),
    ):
        with pytest.raises(Refused) as caught:
            decode(text, other)
        assert caught.value.kind is Kind.INVALID_PARAMETER
        assert caught.value.issues[0].where == "_page"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        "AAAAAAAA",
        "A" * 500,
        "....",
        "MS4xLjE=",
        "=",
        "AAAAAAAAA",
        "LTEuMC4wMDAwMDAwMDAwMDAwMDAw",
    ],
)
def test_a_spoilt_cursor_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        decode(text, asked("Observation", ""))


def test_a_cursor_tells_nothing_of_a_long_number() -> None:
    first, second = (
        [("patient.identifier", f"urn:x|{number}")] for number in ("01819012345", "018190 12346")
    )
    assert mark_of("Observation", first) == mark_of("Observation", second)


def test_the_newest_of_each_code() -> None:
    search = asked("Observation", "subject=kari")
    assert [one.id for one in newest_each(search, SHELF, 1)] == ["blood", "hb", "bp2"]
    assert [one.id for one in newest_each(search, SHELF, 2)] == ["blood", "hb", "bp2", "bp1"]
    everything = asked("Observation", "")
    assert [one.id for one in newest_each(everything, SHELF, 1)] == [
        "blood",
        "crp",
        "hb",
        "bp2",
        "due",
        "note",
    ]


def test_codes_that_are_joined_by_a_third_are_one_group() -> None:
    def observation(id_: str, day: int, *codes: str) -> Json:
        coded = {"coding": [{"code": code} for code in codes]}
        return {
            "resourceType": "Observation",
            "id": id_,
            "code": coded,
            "effectiveDateTime": f"2026-01-0{day}",
        }

    shelf = ListShelf(
        [
            observation("a", 3, "x"),
            observation("b", 2, "y"),
            observation("c", 1, "x", "y"),
            observation("d", 1),
        ]
    )
    assert [one.id for one in newest_each(asked("Observation", ""), shelf, 1)] == ["a", "d"]
    chain = ListShelf([observation("a", 3, "x", "z"), observation("b", 2, "x"), observation("c", 1, "z")])
    assert [one.id for one in newest_each(asked("Observation", ""), chain, 1)] == ["a"]


def test_how_many_of_each() -> None:
    assert most_each([("code", "x")]) == (1, [("code", "x")])
    assert most_each([("max", "3"), ("code", "x")]) == (3, [("code", "x")])
    for wrong in ("0", "-1", "x", "", "1.5", "99999"):
        with pytest.raises(Refused):
            most_each([("max", wrong)])
    with pytest.raises(Refused):
        most_each([("max", "1"), ("max", "2")])


def test_a_search_in_her_compartment() -> None:
    codes = definitions().compartment("Observation")
    search = within(asked("Observation", "code=HB"), "Patient/jose", codes)
    assert [one.id for one in run(search, SHELF).matches] == ["crp"]
    assert run(within(asked("Observation", ""), "Patient/nobody", codes), SHELF).total == 0
    with pytest.raises(Refused):
        within(asked("Organization", ""), "Patient/jose", definitions().compartment("Organization"))
