"""Resources are cut out of a stored part without a parser, and are exactly those that a parser finds."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from helsekort.basics.strict_json import dump
from helsekort.maternity.part import Part, decode, encode
from helsekort.maternity.slicing import GLIMPSED, entries_of, find_in, glimpsed

Json = dict[str, Any]

KINDS = st.sampled_from(["Observation", "Condition"])
WORDS = st.sampled_from(
    [
        "a",
        "85354-9",
        "Observation",
        'a","id":"b',
        'a\t,\n{"at":3,',
        ',{"resourceType":"Observation","id":"x"',
        '"resources":[{"resourceType":"',
        '"resources":[\n{"resourceType":"Observation","id":"x"',
    ]
)
CONTAINED = st.lists(
    st.fixed_dictionaries({"resourceType": KINDS, "id": WORDS, "code": WORDS}), min_size=1, max_size=3
)
RESOURCES = st.builds(
    lambda kind, code, more: {"resourceType": kind, "id": ""} | ({"code": code} if code else {}) | more,
    KINDS,
    st.one_of(st.just(""), WORDS),
    st.one_of(
        st.just({}),
        st.fixed_dictionaries({"contained": CONTAINED}),
        st.fixed_dictionaries({"note": st.lists(st.fixed_dictionaries({"text": WORDS}), max_size=2)}),
        st.fixed_dictionaries({"effectiveDateTime": WORDS, "_effectiveDateTime": CONTAINED}),
    ),
)
OF_A_CLIENT = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"resources": st.lists(RESOURCES, max_size=3)}),
    st.fixed_dictionaries({"other": WORDS, "contained": CONTAINED}),
)


def part(v1: Json, resources: list[Json], *, before: bool) -> bytes:
    """A stored part; `before` as parts were stored when resources did not stand on lines of their own."""
    numbered = [one | {"id": f"r{n}"} for n, one in enumerate(resources)]
    made = Part("s", "i", 1, "", {}, error=False, v1=msgspec.Raw(dump(v1)), resources=numbered)
    return dump(made) if before else encode(made)


@given(v1=OF_A_CLIENT, resources=st.lists(RESOURCES, max_size=4))
def test_a_part_is_read_as_it_was_stored_and_has_a_line_for_each_resource(
    v1: Json, resources: list[Json]
) -> None:
    stored = part(v1, resources, before=False)
    assert decode(stored) == decode(part(v1, resources, before=True))
    assert stored.count(b"\n") == (len(resources) + 3 if resources else 0)
    assert all(line.startswith(b'{"resourceType":"') for line in stored.split(b"\n")[3:-1])


@given(
    v1=OF_A_CLIENT,
    resources=st.lists(RESOURCES, max_size=4),
    kind=st.sampled_from(["", "Observation"]),
    word=WORDS,
    before=st.booleans(),
)
def test_what_is_cut_out_is_what_a_parser_finds(
    v1: Json, resources: list[Json], kind: str, word: str, *, before: bool
) -> None:
    stored = part(v1, resources, before=before)
    text = json.dumps(word).encode()
    all_of_it = [dump(one).decode() for one in json.loads(stored)["resources"]]
    expected = [one for one in all_of_it if not kind or json.loads(one)["resourceType"] == kind]
    assert [one.raw.decode() for one in entries_of(stored, kind)] == expected
    holding = [one for one in expected if text.decode() in one]
    assert [one.raw.decode() for one in entries_of(stored, kind, (text,))] == holding
    assert [one.raw.decode() for one in entries_of(stored, kind, (text, b"no such text"))] == holding


@given(v1=OF_A_CLIENT, resources=st.lists(RESOURCES, max_size=4), word=WORDS, before=st.booleans())
def test_what_is_glimpsed_is_what_a_parser_finds(
    v1: Json, resources: list[Json], word: str, *, before: bool
) -> None:
    stored = part(v1, resources, before=before)
    text = json.dumps(word).encode()
    there = [one for one in json.loads(stored)["resources"] if one["resourceType"] == "Observation"]
    found = glimpsed(stored, "Observation", text)
    by_id = {one["id"]: one for one in there}
    for entry in found:
        seen = {name: value for name, value in by_id[entry.id].items() if name in GLIMPSED}
        assert entry.glimpse(GLIMPSED) == seen
        assert entry.glimpse(frozenset({"id"})) == {"id": entry.id}
        assert entry.raw in stored
    names = GLIMPSED - {"resourceType"}
    must = [one["id"] for one in there if text in dump({name: one[name] for name in names & one.keys()})]
    assert [one.id for one in found if before is False or one.id in must] == must
    assert glimpsed(stored, "Obs", text) == []


@given(v1=OF_A_CLIENT, resources=st.lists(RESOURCES, min_size=1, max_size=4), before=st.booleans())
def test_each_is_found_by_its_id_and_nothing_is_found_inside_another(
    v1: Json, resources: list[Json], *, before: bool
) -> None:
    stored = part(v1, resources, before=before)
    for one in json.loads(stored)["resources"]:
        found = find_in(stored, one["resourceType"], one["id"])
        assert found is not None
        assert json.loads(found.raw) == one
    inside = {str(held["id"]) for one in resources for held in one.get("contained", [])}
    own = {f"r{n}" for n in range(len(resources))}
    assert all(find_in(stored, "Observation", id_) is None for id_ in inside - own)
