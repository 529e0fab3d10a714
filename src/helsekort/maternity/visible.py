"""What is left of a part for somebody who may not see some visibility classes: known, visible fields, and nothing else.

Deny by default: properties the contract does not name, a client's own display of a code, and texts or names with sensitive
words are not left. Of a resource that holds more than the JSON contract can say, only what the contract says is left.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID, uuid5

import msgspec

from helsekort.basics.strict_json import dump
from helsekort.fhir.shapes import Json, Resource
from helsekort.maternity import identity
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.discreet import discreet, tells
from helsekort.maternity.fields import Field
from helsekort.maternity.part import Part, decode_json
from helsekort.maternity.resources import slot_of, value_of
from helsekort.maternity.tree import Array, Shape, Slot, shape_of
from helsekort.maternity.values import CodedValue, TextValue

_NOT_SHOWN: Any = object()


def visible_part(part: Part, classes: frozenset[str], record: UUID) -> Part:
    """The part with what the classes leave of it. Version, time and author are still the whole part's.

    The ids of the section and of its resources are worked out from the record's, and the resources stand in the catalogue's
    order: the ids they were given, and their order, tell when the first of what is hidden was registered.
    """
    section = CATALOGUE.sections[part.section]
    content = _object(shape_of(part.section), decode_json(bytes(part.v1)), classes)
    own_id = section.list or not section.routed  # it is in the address
    part = part if own_id else msgspec.structs.replace(part, id=str(uuid5(record, part.section)))
    return msgspec.structs.replace(
        part,
        by={name: None if tells(value) else value for name, value in part.by.items()},
        v1=msgspec.Raw(dump(content)),
        resources=_resources(part, classes, record),
    )


def tells_something(part: Part) -> bool:
    """True where the part has a value; null is none, and neither is an empty object or array."""
    return _has_value(decode_json(bytes(part.v1)))


def same_content(one: Part, other: Part) -> bool:
    """True where two versions of a part say the same, and its resources are the same versions."""
    return (
        one.error == other.error
        and one.resources == other.resources
        and decode_json(bytes(one.v1)) == decode_json(bytes(other.v1))
    )


_ORDER = {key: place for place, key in enumerate(CATALOGUE.fields)}


def _resources(part: Part, classes: frozenset[str], record: UUID) -> list[Resource]:
    visible = [(slot_of(one), one) for one in part.resources if _is_visible(one, classes)]
    visible.sort(key=lambda pair: (_ORDER[pair[0].key], pair[0].item))
    place = identity.place(record, part.section, part.id)
    seen: Counter[Slot] = Counter()
    made: list[Resource] = []
    for slot, one in visible:
        seen[slot] += 1
        told = discreet(CATALOGUE.fields[slot.key], one)
        if one["resourceType"] not in {
            "Encounter",
            "EpisodeOfCare",
        }:  # those have the visit's or the record's id
            name = f"{part.section}/{part.id}/{slot.key}/{slot.item}/{seen[slot]}"
            told["id"] = place + identity.random_text(uuid5(record, name).bytes)
        made.append(told)
    return made


def _is_visible(resource: Resource, classes: frozenset[str]) -> bool:
    field = CATALOGUE.fields.get(slot_of(resource).key)
    if field is None or field.visibility in classes:
        return False
    value = value_of(field, resource)
    if value is None and field.resource == "Observation":
        return False  # it says something that the card's field cannot, and that nobody has classified
    return not (isinstance(field.value, TextValue) and tells(value))


def _object(shape: Shape, sent: Json, classes: frozenset[str]) -> Json:
    shown = {name: _value(shape[name], raw, classes) for name, raw in sent.items() if name in shape}
    return {name: made for name, made in shown.items() if made is not _NOT_SHOWN}


def _value(node: Field | Array | Shape, raw: Any, classes: frozenset[str]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(node, Field):
        return _leaf(node, raw, classes)
    if isinstance(node, Array):
        return _items(node, raw, classes)
    return (_object(node, raw, classes) if isinstance(raw, dict) else None) or _NOT_SHOWN


def _leaf(field: Field, raw: Any, classes: frozenset[str]) -> Any:  # noqa: ANN401 - JSON
    if field.visibility in classes:
        return _NOT_SHOWN
    if raw is None:
        return None
    if isinstance(field.value, CodedValue):
        return field.value.to_v1(field.value.read(raw))
    return _NOT_SHOWN if isinstance(field.value, TextValue) and tells(raw) else raw


def _items(array: Array, raw: Any, classes: frozenset[str]) -> Any:  # noqa: ANN401 - JSON
    """The items, each with what is visible of it; nothing where none of them says more than which it is."""
    if not isinstance(raw, list):
        return _NOT_SHOWN
    items = [_object(array.children, one, classes) for one in raw]
    said = any(_has_value(value) for item in items for name, value in item.items() if name != array.key)
    return items if said else _NOT_SHOWN


def _has_value(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_value, value.values()))
    if isinstance(value, list):
        return any(map(_has_value, value))
    return value is not None
