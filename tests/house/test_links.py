"""What documents name is there: the check finds what is not, and nothing else."""

import pytest

from tools.links import main, wrong_in

FILES = ["README.md", "docs/map.md", "src/helsekort/ledger/rows.py", "tests/spec/test_a.py"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[map](map.md), [readme](../README.md#words), [site](https://example.org/x.md)", []),
        ("[gone](gone.md)", ["docs/map.md: the link to gone.md leads nowhere"]),
        ("# Here\n[up](#here) [off](#there)", ["docs/map.md: it has no heading #there"]),
        ("`ledger/rows.py`, `rows.py`, `spec/test_*.py`, `./README.md`, `a.b`", []),
        ("`ledger/gone.py`", ["docs/map.md: there is no ledger/gone.py"]),
        ("```\n[gone](gone.md) `gone.py`\n```", []),
    ],
)
def test_what_is_not_there_is_found(text: str, wrong: list[str]) -> None:
    found = list(wrong_in("docs/map.md", text, FILES))
    assert [one for one in found if "#words" not in one] == wrong


def test_every_document_names_what_is_there() -> None:
    assert main() == 0
