"""A record's history made of what everybody may see and of what some may not, for comparing two that differ in the latter only.

A visible step has its own hour and its own ids; hidden steps come in between, so that nothing visible depends on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from helsekort.basics.clock import to_wire
from helsekort.basics.strict_json import dump
from helsekort.ledger.view import PersonState, Propose, RecordState, RecordSummary, StoredCommit, View
from helsekort.maternity import card
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.identity import RESOURCES, free_key
from helsekort.maternity.part import Part, decode, decode_json, encode
from helsekort.maternity.tree import Array, Shape, shape_of
from helsekort.maternity.values import CodedValue, TextValue
from tests.spec.record_in_memory import AUTHORS, PERSON, RECORD, START

Json = Any
FLAGGED = "Vold i hjemmet"
_SPACE = UUID("018f0000-0000-7000-8000-0000000000bb")


@dataclass(frozen=True)
class Step:
    """One change: of which section (and in a list of which item, by its order), by whom, with what."""

    section: str
    visible: Json
    hidden: Json
    by: int = 0
    item: int = 0
    in_error: bool = False


class History:
    """A record as the ledger would keep it, with every commit."""

    def __init__(self, first: Mapping[str, Json]) -> None:
        self.commits: list[StoredCommit] = []
        self.card: dict[str, bytes] = {}
        self.parts: dict[str, bytes] = {}
        self.items: dict[tuple[str, int], str] = {}
        self._visible: dict[tuple[str, int], Json] = {}
        self._commit("first", START, AUTHORS[0], lambda stamp: card.create_record(dict(first), stamp))

    def _commit(
        self, name: str, at: datetime, by: card.Author, make: Callable[[card.Stamp], Propose]
    ) -> StoredCommit:
        drawn = iter(range(10**6))
        stamp = card.Stamp(at, by, lambda: uuid5(_SPACE, f"{name}/{next(drawn)}"))
        t = len(self.commits) + 1
        change = make(stamp)(self.view(), RECORD, t)
        made = StoredCommit(t, at, change.parts, change.segments)
        self.commits.append(made)
        self.card |= change.segments
        self.parts |= change.parts
        return made

    def visible(self, number: int, step: Step) -> None:
        """A step that everybody may see, an hour after the one before; with it, what not all may see."""
        self._step(f"visible/{number}", START + timedelta(hours=number + 1), step)

    def hidden(self, after: int, number: int, step: Step) -> None:
        """A step with nothing in it for those who may not see everything."""
        at = START + timedelta(hours=after + 1, minutes=number + 1)
        self._step(f"hidden/{after}/{number}", at, step)

    def free(self, number: int, id_: UUID, resource: Json, *, error: bool = False) -> None:
        """A version of a resource that the JSON contract has no place for, told between two visible steps; None deletes it."""
        at = START + timedelta(hours=number + 1, minutes=59)
        resources = [] if resource is None else [resource]
        part = Part(
            RESOURCES, str(id_), 1, to_wire(at), {}, error=error, v1=msgspec.Raw(b"{}"), resources=resources
        )
        metadata = dump(decode_json(self.card[card.RECORD]) | {"recordLastUpdated": to_wire(at)})
        made = StoredCommit(len(self.commits) + 1, at, {free_key(id_): encode(part)}, {card.RECORD: metadata})
        self.commits.append(made)
        self.card |= made.segments
        self.parts |= made.parts

    def _step(self, name: str, at: datetime, step: Step) -> None:
        section, by = CATALOGUE.sections[step.section], AUTHORS[step.by]
        key = self.items.get((step.section, step.item), "") if section.list else step.section
        if key and key in self.parts and decode(self.parts[key]).error:
            return
        which = (step.section, step.item if section.list else 0)
        content = self._visible.get(which, {}) if step.visible is None else step.visible
        body = mixed(step.section, content, step.hidden)
        if key not in self.parts:
            if section.list and step.visible is None:
                return  # an item that is there at all is visible
            made = self._commit(name, at, by, lambda stamp: card.post_section(step.section, body, stamp))
            self.items[step.section, step.item] = next(iter(made.parts))
        elif step.in_error and section.list:
            self._commit(name, at, by, lambda now: card.enter_in_error(step.section, _item(key), now))
        else:
            body["metadata"] = {"version": decode(self.parts[key]).version}
            item = _item(key) if section.list else None
            self._commit(name, at, by, lambda now: card.put_section(step.section, item, body, now))
        self._visible[which] = content

    def view(self) -> View:
        """Everything a read could want of it."""
        if not self.commits:
            return View(PERSON, None)
        last = self.commits[-1]
        state = RecordState(RECORD, last.t, active=True, created=START, changed=last.at)
        person = PersonState(
            PERSON.person,
            consented=True,
            deceased=False,
            confidential_address=False,
            active_record=RECORD,
            latest_record=RECORD,
            last_changed=last.at,
        )
        records = (RecordSummary(state, self.card[card.RECORD]),)
        return View(person, state, dict(self.card), dict(self.parts), records, tuple(self.commits))


def _item(key: str) -> UUID:
    return UUID(key.partition("/")[2])


def mixed(section: str, visible: Json, hidden: Json) -> dict[str, Json]:
    """A body with the visible fields of one and the fields of class B of another; unknown properties are hidden."""
    return _mixed(shape_of(section), visible, hidden) | _unknown(shape_of(section), hidden)


def _unknown(shape: Shape, hidden: Json) -> dict[str, Json]:
    return {name: value for name, value in hidden.items() if name not in shape and name != "metadata"}


def _mixed(shape: Shape, visible: Json, hidden: Json) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for name, node in shape.items():
        if isinstance(node, Field):
            _mix_field(made, name, node, visible, hidden)
        elif isinstance(node, Array):
            _mix_array(made, name, node, visible, hidden)
        else:
            inner = _mixed(node, visible.get(name) or {}, hidden.get(name) or {})
            made |= {name: inner} if inner else {}
    return made


def _mix_field(made: dict[str, Json], name: str, field: Field, visible: Json, hidden: Json) -> None:
    source = hidden if field.visibility == "B" else visible
    if name in source:
        made[name] = source[name]
        if isinstance(field.value, CodedValue) and made[name] is not None and source is visible:
            made[name] = {"code": made[name]["code"], "display": hidden.get("display")}
    elif source is visible and isinstance(field.value, TextValue) and hidden.get("flagged"):
        made[name] = FLAGGED  # a text that hides itself


def _mix_array(made: dict[str, Json], name: str, array: Array, visible: Json, hidden: Json) -> None:
    if all_hidden(array.children):
        made |= {name: hidden[name]} if name in hidden else {}
        return
    items = visible.get(name) or []
    extra = hidden.get(name) or []
    made[name] = [
        _mixed(array.children, one, extra[index] if index < len(extra) else {})
        for index, one in enumerate(items)
    ]


def all_hidden(shape: Shape) -> bool:
    """True where every field below is of class B."""
    return all(
        node.visibility == "B"
        if isinstance(node, Field)
        else all_hidden(node.children if isinstance(node, Array) else node)
        for node in shape.values()
    )
