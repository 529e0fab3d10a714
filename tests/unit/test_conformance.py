"""What `./dev conformance` makes of the validator's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.conformance import EXPLAINED, Message, dangling, explanations, judge

NARRATIVE = Message("warning", "a.json", "Patient", "dom-6", "No narrative")
KNOWN = explanations('[[explained]]\nid = "dom-6"\nwhy = "Because."')


def test_a_warning_that_is_explained_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert judge([NARRATIVE, NARRATIVE], KNOWN) == 0
    assert "2 warnings: Because." in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [
        Message("error", "a.json", "Patient", "dom-6", "No narrative"),
        Message("fatal", "a.json", "Patient", "dom-6", "No narrative"),
        Message("warning", "a.json", "Patient", "dom-66", "No narrative"),
    ],
)
def test_an_error_is_never_explained_and_a_warning_by_its_own_row_only(wrong: Message) -> None:
    assert judge([NARRATIVE, wrong], KNOWN) == 1


def test_an_explanation_of_nothing_fails_and_what_is_only_information_does_not() -> None:
    assert judge([], KNOWN) == 1
    assert judge([NARRATIVE, Message("information", "a.json", "Patient", "x", "y")], KNOWN) == 0


def test_each_explanation_in_use_has_its_reason() -> None:
    rows = explanations(EXPLAINED.read_text(encoding="utf-8"))
    assert all(len(row.why) > 20 for row in rows)
    assert len({(row.id, row.text, row.file) for row in rows}) == len(rows)


def test_a_reference_to_nothing_in_the_record_is_an_error(tmp_path: Path) -> None:
    whole = tmp_path / "everything.json"
    whole.write_text(
        '{"entry":[{"resource":{"resourceType":"Task","id":"1","for":{"reference":"Patient/1"},'
        '"basedOn":[{"reference":"#a"},{"reference":"Task/1/_history/2"},{"reference":"Task/1"}]}}]}'
    )
    [one] = dangling(whole)
    assert (one.severity, one.text) == ("error", "Patient/1 is not in the Bundle.")
