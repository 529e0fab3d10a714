"""The record itself by FHIR: an EpisodeOfCare that is created with it and ends it, by the same rules as the JSON contract's.

The end is said with the extension RECORD_STATUS (DELIVERED or TERMINATED) and `period.end`, the day of it; whether the child was
born alive with an Observation of the field record.liveBirth in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from helsekort.fhir.shapes import Resource
from helsekort.maternity.body import Body, read_body
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.drafts import Draft
from helsekort.maternity.lens import put
from helsekort.maternity.moments import day_of
from helsekort.maternity.resources import Setting, slot_of, value_of
from helsekort.maternity.status import ACTIVE, DELIVERED, TERMINATED, check_birth_status, check_transition

_SECTION = CATALOGUE.sections["record"]
_STATUS = CATALOGUE.fields["record.status"]
_DATES = {DELIVERED: "deliveryDate", TERMINATED: "terminationDate"}
_CODES = {ACTIVE: "active", DELIVERED: "finished", TERMINATED: "finished"}


def status_of(resource: Resource) -> str:
    """The status an EpisodeOfCare says, by its extension, else by its own; empty where it says none there is."""
    return str(value_of(_STATUS, resource) or "")


def check_status(resource: Resource, before: str, noted: Body, path: str) -> None:
    """Notes a status that a record cannot have, or whose two forms differ; a new record (`before` empty) is active."""
    after = status_of(resource)
    if after not in _CODES:
        hint = "Send DELIVERED or TERMINATED in the extension record-status."
        noted.wrong("How the record has ended is not told.", f"{path}.extension", hint)
    elif resource.get("status") != _CODES[after]:
        noted.wrong(
            f"Must be {_CODES[after]}.", f"{path}.status", "It says the same as the extension record-status."
        )
    elif not before and after != ACTIVE:
        noted.wrong("A new record is active.", f"{path}.status", "End it when it ends.")


def read_end(draft: Draft, before: str, parts: Mapping[str, bytes], path: str) -> Body:
    """How the record ends, as the draft says it; `parts` are those of the whole record after the writes."""
    episode = next(one for one in draft.resources if one["resourceType"] == "EpisodeOfCare")
    after = status_of(episode)
    content: dict[str, Any] = {"status": after} | _told(draft)
    day = day_of((episode.get("period") or {}).get("end"))
    date = _DATES.get(after, "")
    if date and day is not None:
        content.setdefault(date, day)
    body = read_body(_SECTION, content, path)
    check_transition(body, before)
    check_birth_status(body, parts)
    told = f"{path}.{date}"
    body.issues = [
        replace(one, where=f"{path}.period.end") if one.where == told else one for one in body.issues
    ]
    return body


def put_end(told: Body, draft: Draft, setting: Setting) -> list[Resource]:
    """The record's own resources when it has ended so: also what the contract says of it apart from the EpisodeOfCare."""
    return draft.resources if told.issues else put(_SECTION, told, draft.resources, setting)


def _told(draft: Draft) -> dict[str, Any]:
    """What Observations of the record itself say: the dates, and whether the child was born alive."""
    told: dict[str, Any] = {}
    for one in draft.resources:
        field = CATALOGUE.fields.get(slot_of(one).key)
        value = None if field is None or one["resourceType"] != "Observation" else value_of(field, one)
        if field is not None and value is not None:
            told.setdefault(field.name, field.value.to_v1(value))
    return told
