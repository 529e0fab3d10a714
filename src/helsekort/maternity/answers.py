"""Coded answers that say yes or no, as laboratories send them; the table is data, in answers.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from helsekort.fhir.shapes import Json
from helsekort.terminology.code_systems import canonical_uri

FILE = Path(__file__).with_name("answers.toml")


class BadAnswers(ValueError):
    """The table of answers cannot be used; the message names the code."""


def load_answers(text: str) -> Mapping[tuple[str, str], bool]:
    """The answers by system and code; raises `BadAnswers`."""
    tables = tomllib.loads(text)
    found: dict[tuple[str, str], bool] = {}
    for row in tables["answer"]:
        if row.keys() != {"system", "source", "yes", "no"} or row["source"] not in tables["sources"]:
            raise BadAnswers(f"{row.get('system')}: needs system, a listed source, yes and no.")
        for said in ("yes", "no"):
            for code in row[said]:
                if found.setdefault((row["system"], code), said == "yes") != (said == "yes"):
                    raise BadAnswers(f"{code}: says yes and no.")
    return found


def yes_or_no(concept: Json | None) -> bool | None:
    """What a coded answer says; None where it says neither, or both.

    >>> yes_or_no({"coding": [{"system": "http://snomed.info/sct", "code": "260385009"}]}), yes_or_no({"text": "positive"})
    (False, None)
    """
    codings = (concept or {}).get("coding", ())
    said = {_ANSWERS.get((canonical_uri(one.get("system", "")), one.get("code", ""))) for one in codings}
    said.discard(None)
    return said.pop() if len(said) == 1 else None


_ANSWERS = load_answers(FILE.read_text(encoding="utf-8"))
