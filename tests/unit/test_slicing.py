"""Resources are cut out of a stored part without a parser, and are exactly those that a parser finds."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from helsekort.basics.strict_json import dump
from helsekort.fhir.shelf import told_of
from helsekort.maternity.part import Part, decode, encode
from helsekort.maternity.slicing import CODE, EFFECTIVE, GLIMPSED, entries_of, find_in, glimpsed

Json = dict[str, Any]

KINDS = st.sampled_from(["Observation", "Condition"])
WORDS = st.sampled_from(
    [
        "a",
        "85354-9",
        "Observation",
        'a","id":"b',
        'a\t,\n{"at":3,',
        "a,\r3,\t4,\n",
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


@given(
    v1=OF_A_CLIENT,
    resources=st.lists(RESOURCES, max_size=4),
    words=st.lists(WORDS, min_size=1, max_size=2),
    before=st.booleans(),
)
def test_what_is_glimpsed_is_what_a_parser_finds(
    v1: Json, resources: list[Json], words: list[str], *, before: bool
) -> None:
    stored = part(v1, resources, before=before)
    texts = [json.dumps(word).encode() for word in words]
    there = [one for one in json.loads(stored)["resources"] if one["resourceType"] == "Observation"]
    found = glimpsed(stored, "Observation", texts)
    by_id = {one["id"]: one for one in there}
    for entry in found:
        for names in (CODE, EFFECTIVE):
            seen = {name: value for name, value in by_id[entry.id].items() if name in names}
            assert entry.glimpse(names) == seen
            if not before:
                assert entry.told is not None
                places, texts_of = entry.told
                assert told_of("Observation", texts_of[places[names]]) == seen
        assert entry.glimpse(frozenset({"id"})) == {"id": entry.id}
        assert entry.raw in stored
    names = GLIMPSED - {"resourceType"}
    said = {one["id"]: dump({name: one[name] for name in names & one.keys()}) for one in there}
    must = [one for one in said if any(text in said[one] for text in texts)]
    assert [one.id for one in found if before is False or one.id in must] == must
    assert glimpsed(stored, "Obs", texts) == []


@given(resources=st.lists(RESOURCES, min_size=1, max_size=4), word=WORDS)
def test_glimpses_as_they_were_before_are_passed_over(resources: list[Json], word: str) -> None:
    """Each was one object, which began with where its resource's line begins."""
    stored, text = part({}, resources, before=False), json.dumps(word).encode()
    begins = stored.index(b"\n") + 1
    as_before = stored[:begins] + dump({"at": 0, "code": word}) + stored[stored.index(b"\n", begins) :]
    there = [one for one in json.loads(as_before)["resources"] if one["resourceType"] == "Observation"]
    holding = [one["id"] for one in there if text in dump(one)]
    found = glimpsed(as_before, "Observation", (text,))
    assert [one.id for one in found] == holding
    assert decode(as_before) == decode(stored)
    assert all(one.told is None for one in found)


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
