"""Laws of transactions over generated bundles: all or nothing, every link to what it named, and the same again adds nothing."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsekort.basics.refusal import Refused
from helsekort.basics.strict_json import dump
from helsekort.fhir.requests import Write
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import ListShelf
from helsekort.fhir.transaction import Plan
from tests.fhir.planning import entry, observation, planned, transaction, update

LARGEST = 8


def urn(n: int) -> str:
    """What the n-th entry is called."""
    return f"urn:uuid:{UUID(int=n)}"


@dataclass(frozen=True)
class Linked:
    """Resources that refer to each other by number, in whatever order and circle, and where each reference stands."""

    kinds: list[str]
    links: list[list[int]]
    order: list[int]

    def entries(self) -> list[dict[str, Any]]:
        """The entries of a transaction, in the order drawn."""
        made = [
            entry("POST", kind, self.resource(kind, links), fullUrl=urn(n))
            for n, (kind, links) in enumerate(zip(self.kinds, self.links, strict=True))
        ]
        return [made[n] for n in self.order]

    @staticmethod
    def resource(kind: str, links: list[int]) -> Resource:
        """A resource whose links stand at different depths."""
        nested: dict[str, Any] = {"reference": urn(links[0])} if links else {}
        for _ in range(3):
            nested = {"extension": [{"valueReference": nested}]}
        flat = [{"reference": urn(n)} for n in links]
        return {"resourceType": kind, "status": "final", "focus": flat, "hidden": nested}


@st.composite
def linked(draw: st.DrawFn) -> Linked:
    """Any graph of up to eight resources."""
    kinds = draw(
        st.lists(st.sampled_from(["Observation", "Encounter", "Condition"]), min_size=1, max_size=LARGEST)
    )
    some = st.lists(st.integers(0, len(kinds) - 1), max_size=3)
    links = [draw(some) for _ in kinds]
    return Linked(kinds, links, draw(st.permutations(range(len(kinds)))))


@given(linked())
def test_every_link_becomes_the_id_of_what_it_named(graph: Linked) -> None:
    plan = planned(*transaction(*graph.entries()))
    ids = {n: f"{one.kind}/{one.id}" for n, one in zip(graph.order, plan.done, strict=True)}
    assert len({*ids.values()}) == len(graph.kinds)
    made = {f"{put.kind}/{put.id}": put.new for put in plan.puts}
    for n, links in enumerate(graph.links):
        told = made[ids[n]]
        assert [one["reference"] for one in told["focus"]] == [ids[link] for link in links]
        assert b"urn:uuid" not in dump(told)
        if links:
            assert ids[links[0]].encode() in dump(told["hidden"])


@given(linked(), st.integers(0, LARGEST - 1), st.sampled_from(["unknown", "version", "patch"]))
def test_one_wrong_entry_and_nothing_is_planned(graph: Linked, at: int, fault: str) -> None:
    entries = graph.entries()
    wrong = {
        "unknown": entry("POST", "Observation", observation(encounter={"reference": urn(99)})),
        "version": entry("PUT", "Observation/weight", observation("weight", note="x"), ifMatch='W/"9"'),
        "patch": entry("DELETE", "Observation/never"),
    }[fault]
    place = at % (len(entries) + 1)
    sent = [*entries[:place], wrong, *entries[place:]]
    before = deepcopy(sent)
    with pytest.raises(Refused) as caught:
        planned(*transaction(*sent))
    assert all(issue.where.startswith(f"Bundle.entry[{place}].") for issue in caught.value.issues)
    assert sent == before, "what was sent is not touched"


_texts = st.text(alphabet="abæø 1", max_size=5)
_decimals = st.decimals(allow_nan=False, allow_infinity=False, places=2).map(lambda one: Decimal(str(one)))
_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | _decimals | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)


@given(_values, _values)
def test_the_same_request_again_adds_nothing_and_only_another_one_does(first: object, second: object) -> None:
    shelf = ListShelf([observation("a", version=1, value=first)])
    plan = planned(update(observation("a", value=second), if_match="1"), shelf=shelf)
    assert (plan.puts == ()) == (_written(first) == _written(second))
    after = shelf_after(plan, shelf)
    version = str(1 + len(plan.puts))
    assert planned(update(observation("a", value=second), if_match=version), shelf=after).puts == ()


def _written(value: object) -> bytes:
    """What a value says, whatever the order of its names."""
    if isinstance(value, dict):
        return b"{%s}" % b",".join(sorted(dump(key) + _written(one) for key, one in value.items()))
    if isinstance(value, list):
        return b"[%s]" % b",".join(_written(one) for one in value)
    return dump(value)


def shelf_after(plan: Plan, shelf: ListShelf) -> ListShelf:
    """The shelf with what was planned."""
    return ListShelf([*(one.resource for one in shelf.all()), *(put.new for put in plan.puts)])


@given(st.lists(st.sampled_from(["red", "green", "blue"]), min_size=1, max_size=12))
def test_conditional_creates_one_after_another_make_one_of_each(notes: list[str]) -> None:
    shelf = ListShelf([])
    for n, note in enumerate(notes):
        sent = transaction(entry("POST", "Observation", observation(note=note), ifNoneExist=f"note={note}"))
        plan = planned(*sent, shelf=shelf)
        shelf = ListShelf(
            [*(one.resource for one in shelf.all()), *(put.new | {"id": f"{n}"} for put in plan.puts)]
        )
    assert sorted(one.resource["note"] for one in shelf.all()) == sorted(set(notes))


@given(st.permutations(["DELETE", "POST", "PUT"]))
def test_the_order_of_entries_makes_no_difference(order: list[str]) -> None:
    whole = {
        "DELETE": entry("DELETE", "Observation/pulse"),
        "POST": entry("POST", "Observation", observation(note="new"), fullUrl=urn(1)),
        "PUT": entry(
            "PUT",
            "Observation/weight",
            observation("weight", version=2, derivedFrom=[{"reference": urn(1)}]),
        ),
    }
    writes: list[Write] = transaction(*(whole[name] for name in order))
    plan = planned(*writes)
    assert sorted((put.id, dump(put.new)) for put in plan.puts) == sorted(
        (put.id, dump(put.new)) for put in planned(*transaction(*whole.values())).puts
    )
    assert [one.id for one in plan.deletes] == ["pulse"]
    statuses = {"DELETE": 204, "POST": 201, "PUT": 200}
    assert [one.status for one in plan.done] == [statuses[name] for name in order]
