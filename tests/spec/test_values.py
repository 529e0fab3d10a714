"""Chapter: what a value may be (values.toml; printed in docs/handbook/values.md)."""

from __future__ import annotations

import pytest

from helsekort.basics.refusal import Refused
from helsekort.basics.strict_json import dump
from tests.spec.record_in_memory import Record
from tests.spec.tables import answer_of, json, rows


def _content(record: Record, key: str) -> bytes:
    whole = json(record.segments[key].decode())
    del whole["metadata"]
    return dump(whole)


@pytest.mark.parametrize(("section", "sent"), rows("values", "Taken, and given back as sent"))
def test_taken_and_given_back_as_sent(section: str, sent: str) -> None:
    record = Record()
    assert _content(record, record.post(section, json(sent))) == sent.encode()


@pytest.mark.parametrize(
    ("section", "sent", "shown"), rows("values", "Coded values: the server fills what was left out")
)
def test_the_server_fills_what_was_left_out_of_coded_values(section: str, sent: str, shown: str) -> None:
    record = Record()
    assert _content(record, record.post(section, json(sent))) == shown.encode()


@pytest.mark.parametrize(("section", "sent", "answer"), rows("values", "Refused, with what and where"))
def test_refused_with_what_and_where(section: str, sent: str, answer: str) -> None:
    record = Record()
    before = dict(record.parts)
    with pytest.raises(Refused) as refused:
        record.post(section, json(sent))
    assert answer_of(refused.value) == answer
    assert record.parts == before
