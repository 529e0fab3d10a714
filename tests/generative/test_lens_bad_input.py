"""Whatever a client sends, the card takes it whole or refuses it whole: never a fault, and nothing half-written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helsekort.basics.refusal import Kind, Refused
from helsekort.basics.strict_json import dump, parse
from helsekort.maternity import card
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.reading import read_card
from helsekort.maternity.tree import shape_of
from tests.generative.bodies import sections
from tests.spec.record_in_memory import KARI, TONE, Record

NAMES = [section.name for section in CATALOGUE.routed]
few = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12
) | st.sampled_from(
    [
        "2026-13-45",
        "1447-07-27",
        "118/",
        "POSTIVE",
        "VOLVEN_9999",
        "01819012365",
        "٢٠٢٦-٠١-١٦",
        "\x07",
        "9" * 40,
    ]
)
numbers = st.integers() | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20
).filter(
    lambda number: len(str(number)) <= 60 and abs(number.adjusted()) <= 60
)  # longer ones are no JSON here
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def damaged(draw: st.DrawFn, name: str) -> Any:  # noqa: ANN401 - JSON
    """A good body with some of its values replaced by anything, at any depth."""
    body = draw(sections(name))
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = body
        while True:
            places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not places:
                break
            place = draw(st.sampled_from(places))
            if isinstance(holder[place], (dict, list)) and draw(st.booleans()):
                holder = holder[place]
                continue
            holder[place] = draw(anything)
            break
    return body


def refusal(act: Callable[[], object]) -> Refused | None:
    """The refusal, or None where it was done."""
    try:
        act()
    except Refused as refused:
        return refused
    return None


def taken_or_refused(record: Record, act: Callable[[], object]) -> None:
    """The act is done and everything can be read, or it is refused with issues and nothing has changed."""
    before = dict(record.parts), dict(record.segments)
    refused = refusal(act)
    if refused is not None:
        assert refused.kind in {Kind.INVALID, Kind.INVALID_CODE}
        assert refused.issues
        assert "01819012365" not in refused.sentence
        assert (record.parts, record.segments) == before
        return
    parse(card.card_json(record.segments))
    read_card(record.parts)
    for key, part in record.parts.items():
        assert key == card.RECORD or card.segment_of(part) == record.segments[key]


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@few
def test_a_damaged_section_is_taken_or_refused_whole(name: str, data: st.DataObject) -> None:
    body = parse(
        dump(
            data.draw(
                damaged(name) | anything | st.fixed_dictionaries(dict.fromkeys(shape_of(name), anything))
            )
        )
    )
    record = Record()
    taken_or_refused(record, lambda: record.post(name, body))


@given(st.data())
@few
def test_a_damaged_record_is_taken_or_refused_whole(data: st.DataObject) -> None:
    body = {
        name: data.draw(st.none() | anything | damaged(name))
        for name in data.draw(st.sets(st.sampled_from(NAMES)))
    }
    whole = parse(dump(data.draw(st.just(body) | anything)))
    record = Record()
    taken_or_refused(record, lambda: record.do(lambda now: card.create_record(whole, now), by=KARI))


@given(anything)
@few
def test_any_status_is_taken_or_refused(body: Any) -> None:  # noqa: ANN401 - JSON
    record = Record()
    sent = parse(dump(body))
    taken_or_refused(record, lambda: record.do(lambda now: card.update_status(sent, now), by=TONE))


@given(anything)
@few
def test_any_metadata_is_taken_or_refused(metadata: Any) -> None:  # noqa: ANN401 - JSON
    record = Record({"mother": {}})
    sent = parse(dump({"metadata": metadata}))
    refused = refusal(lambda: record.do(lambda now: card.put_section("mother", None, sent, now), by=TONE))
    if refused is None:
        assert sent["metadata"]["version"] == 1
    else:
        assert refused.kind in {Kind.INVALID, Kind.VERSION_CONFLICT}
