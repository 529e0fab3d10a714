"""Laws that hold for any search: of dates, of and and or, of pages, of text that nobody would have thought of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helsekort.basics.refusal import Refused
from helsekort.fhir.search.cursor import Cursor, decode, encode, mark_of
from helsekort.fhir.search.dates import interval
from helsekort.fhir.search.links import query_of
from helsekort.fhir.search.numbers import from_comparator, point
from helsekort.fhir.search.ranges import PREFIXES
from helsekort.fhir.search.run import run
from helsekort.fhir.search.text import split, unescaped
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Entry, ListShelf
from tests.fhir.searching import OSLO, RESOURCES, SHELF, asked, ids, offered, rows

QUERIES = [(row.values[0], row.values[1]) for row in rows("search")]
OBSERVATIONS = [query for kind, query in QUERIES if kind == "Observation" and query]


class OpenShelf(ListShelf):
    """A shelf that opens everything, whatever a search says must be in it."""

    def of_kind(
        self,
        kind: str,
        holding: Sequence[bytes] = (),  # noqa: ARG002 - on purpose
        elements: frozenset[str] = frozenset(),  # noqa: ARG002 - on purpose
    ) -> Iterator[Entry]:
        return super().of_kind(kind)


@pytest.mark.parametrize(("kind", "query"), QUERIES)
def test_what_is_left_unopened_would_not_have_matched(kind: str, query: str) -> None:
    assert [one.id for one in run(asked(kind, query), OpenShelf(RESOURCES)).matches] == ids(kind, query)


class OneWomansShelf(ListShelf):
    """A shelf of what is one woman's, that tells so."""

    def common(self, kind: str, element: str) -> str | None:
        """Whatever all of them refer to by that element."""
        values = [one.resource.get(element) for one in self.of_kind(kind)]
        named = {one.get("reference") if isinstance(one, dict) else None for one in values}
        return named.pop() if len(named) == 1 else None


HERS = [one for one in RESOURCES if one.get("subject", {}).get("reference") == "Patient/kari"]
OF_HER = [
    "patient=kari",
    "subject=Patient/kari",
    "subject:Patient=x,kari",
    "patient=Patient/x",
    "subject:missing=true",
]


@pytest.mark.parametrize(("kind", "query"), QUERIES)
def test_what_is_known_of_all_need_not_be_looked_at(kind: str, query: str) -> None:
    for more in OF_HER if kind == "Observation" else [""]:
        both = "&".join(one for one in (query, more) if one)
        assert ids(kind, both, OneWomansShelf(HERS)) == ids(kind, both, ListShelf(HERS))


@st.composite
def dates(draw: st.DrawFn) -> str:
    day = draw(st.dates()).isoformat()
    written = draw(st.sampled_from([4, 7, 10, 16, 19, 23, 26]))
    if written <= 10:
        return day[:written]
    moment = draw(st.times()).isoformat(timespec="microseconds")
    return f"{day}T{moment}"[:written] + draw(st.sampled_from(["", "Z", "+01:00", "-11:30", "+14:00"]))


@given(dates(), dates())
def test_prefixes_agree_with_each_other(asked_for: str, value: str) -> None:
    span, other = interval(asked_for, OSLO), interval(value, OSLO)
    assert span is not None
    assert other is not None
    holds = {name: compare(span, other) for name, compare in PREFIXES.items()}
    assert holds["ne"] != holds["eq"]
    assert holds["ge"] == (holds["gt"] or holds["eq"])
    assert holds["le"] == (holds["lt"] or holds["eq"])
    assert not holds["eq"] or not (holds["gt"] or holds["lt"])
    assert not holds["sa"] or (holds["gt"] and not holds["lt"])
    assert not holds["eb"] or (holds["lt"] and not holds["gt"])
    assert (holds["sa"] or holds["eb"]) != holds["ap"]


@given(dates())
def test_a_date_equals_itself_and_lies_within_every_shorter_one(text: str) -> None:
    span = interval(text, OSLO)
    assert span is not None
    assert span[0] <= span[1]
    zone = UTC if text.endswith("Z") else OSLO
    for length in (4, 7, 10, 16, 19):
        shorter = interval(text[:length], zone)
        if shorter is not None and not text.endswith(("+01:00", "-11:30", "+14:00")):
            assert PREFIXES["eq"](shorter, span)


@given(st.text())
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert interval(text, OSLO) is None or text[:4].isdigit()


@given(
    st.integers(-(10**6), 10**6), st.sampled_from(["", "<", "<=", ">", ">="]), st.integers(-(10**6), 10**6)
)
def test_a_measured_comparator_is_all_it_may_be(number: int, comparator: str, other: int) -> None:
    may_be = {
        "": other == number,
        "<": other < number,
        "<=": other <= number,
        ">": other > number,
        ">=": other >= number,
    }
    assert PREFIXES["eq"](from_comparator(number, comparator), point(other)) == may_be[comparator]


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9),
    st.integers(0, 4),
)
def test_a_number_is_found_by_itself_and_by_fewer_digits(number: Decimal, digits: int) -> None:
    shelf = ListShelf([{"resourceType": "Observation", "id": "a", "valueQuantity": {"value": number}}])
    assert ids("Observation", [("value-quantity", f"{number:f}")], shelf) == ["a"]
    shorter = f"{number:.{digits}f}"
    if abs(Decimal(shorter) - number) < Decimal(5).scaleb(-digits - 1):
        assert ids("Observation", [("value-quantity", shorter)], shelf) == ["a"]


@given(st.sampled_from(OBSERVATIONS), st.sampled_from(OBSERVATIONS))
def test_two_parameters_find_what_both_find(one: str, other: str) -> None:
    both = set(ids("Observation", f"{one}&{other}"))
    assert both == set(ids("Observation", one)) & set(ids("Observation", other))


@given(
    st.lists(st.sampled_from(["85354-9", "HB", "urn:local|", "|HB", "ABO", "none", "urn:npu|HB"]), min_size=1)
)
def test_a_comma_finds_what_either_finds(codes: list[str]) -> None:
    either = set().union(*(ids("Observation", [("code", one)]) for one in codes))
    assert set(ids("Observation", [("code", ",".join(codes))])) == either
    assert set(ids("Observation", [("code:not", ",".join(codes))])) == set(ids("Observation", "")) - either


@given(
    st.sampled_from(QUERIES),
    st.integers(1, 5),
    st.sampled_from(["", "_id", "-_lastUpdated", "-_id", "_profile"]),
)
def test_pages_together_are_everything_once_and_in_order(
    asking: tuple[str, str], count: int, sort: str
) -> None:
    kind, query = asking
    more = "&".join(part for part in (query, f"_sort={sort}" if sort else "") if part)
    whole = ids(kind, more)
    search = asked(kind, f"{more}&_count={count}".lstrip("&"))
    seen: list[str] = []
    while True:
        page = run(search, SHELF, len(seen))
        seen += [one.id for one in page.matches]
        assert page.total == len(whole)
        assert page.has_more == (len(seen) < len(whole))
        if not page.has_more:
            break
        assert len(page.matches) == count
    assert seen == whole


@given(st.permutations(RESOURCES), st.sampled_from(QUERIES))
def test_the_order_of_the_shelf_shows_nowhere(resources: list[Resource], asking: tuple[str, str]) -> None:
    assert ids(*asking, ListShelf(resources)) == ids(*asking)


def escaped(text: str) -> str:
    return "".join(f"\\{one}" if one in "\\,|$" else one for one in text)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(TEXTS)
def test_what_is_escaped_is_meant_as_it_stands(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert split(escaped(text), ",") == (escaped(text),)
    assert split(f"{escaped(text)}|{escaped(text)}", "|") == (escaped(text), escaped(text))


@given(TEXTS, TEXTS)
def test_any_code_is_found_by_its_system_and_itself(system: str, code: str) -> None:
    coded = {"coding": [{"system": system, "code": code}]}
    shelf = ListShelf([{"resourceType": "Observation", "id": "a", "code": coded}])
    for query in (f"{escaped(system)}|{escaped(code)}", escaped(code), f"{escaped(system)}|"):
        assert ids("Observation", [("code", query)], shelf) == ["a"]
        assert ids("Observation", [("code:not", query)], shelf) == []
    assert ids("Observation", [("code", f"|{escaped(code)}")], shelf) == []


@given(TEXTS)
def test_any_name_is_found_by_itself(name: str) -> None:
    shelf = ListShelf([{"resourceType": "Organization", "id": "a", "name": name}])
    assert ids("Organization", [("name:exact", escaped(name))], shelf) == ["a"]
    assume(name.strip() and not name.isspace())
    try:
        found = ids("Organization", [("name", escaped(name))], shelf)
    except Refused:  # only accents, which are not looked at
        return
    assert found == ["a"]


def names() -> st.SearchStrategy[str]:
    codes = st.sampled_from(sorted({code for kind in offered().values() for code in kind}))
    modifiers = st.sampled_from(
        ["", ":not", ":missing", ":exact", ":contains", ":in", ":of-type", ":identifier", ":below", ":text"]
    )
    links = st.sampled_from(
        ["", "encounter.", "subject:Patient.", "_has:Observation:encounter:", "_has:Provenance:target:"]
    )
    known = st.builds("{}{}{}".format, links, codes, modifiers)
    results = st.sampled_from(
        ["_sort", "_count", "_include", "_revinclude:iterate", "_elements", "_summary", "_total", "_page"]
    )
    return st.one_of(known, results, st.text())


@given(
    st.lists(st.tuples(names(), st.text(st.sampled_from("a1-:T.Z+|$,\\ øge2026")) | st.text()), max_size=4)
)
def test_any_parameters_are_answered_or_refused(params: list[tuple[str, str]]) -> None:
    try:
        search = asked("Observation", params)
    except Refused:
        return
    assert {one.kind for one in run(search, SHELF).matches} <= {"Observation"}


@given(st.integers(0, 10**17), st.integers(0, 10**8))
def test_a_cursor_comes_back_as_it_was(t: int, offset: int) -> None:
    search = asked("Observation", "code=HB")
    assert decode(encode(Cursor(t, offset), mark_of(search.kind, search.used)), search) == Cursor(t, offset)


@given(st.text())
def test_any_text_is_no_cursor(text: str) -> None:
    with pytest.raises(Refused):
        decode(text, asked("Observation", ""))


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12))))
def test_parameters_stand_in_an_address_as_the_standard_library_writes_them(
    params: list[tuple[str, str]],
) -> None:
    assert query_of(params) == urlencode(params)
