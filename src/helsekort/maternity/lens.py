"""The JSON contract as a lens on the FHIR resources (ADR 0006).

`put` changes only the resources whose value the client changed; every other one stays as it is, with its author, its date and
what the contract cannot express. `get` gives back the section as it was put, and shows what has been changed since through
FHIR. Laws, tested by generated cases: get after put is what was put; put of what was got changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helsekort.basics.strict_json import parse
from helsekort.fhir.links import REFERENCE
from helsekort.fhir.shapes import Json, Resource, local_reference
from helsekort.maternity.body import FETUS_NUMBER, Body, item_names
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field, Section
from helsekort.maternity.moments import day_of
from helsekort.maternity.part import Part
from helsekort.maternity.replacing import set_aside
from helsekort.maternity.resources import Setting, dated, make_resource, slot_of, value_of
from helsekort.maternity.tree import Array, Shape, Slot, shape_of
from helsekort.maternity.values import CodedValue, Normal, Unreadable

HEIGHTS = "symphysisFundalHeights"
_ORDER = {key: place for place, key in enumerate(CATALOGUE.fields)}


def put(section: Section, body: Body, old: Sequence[Resource], setting: Setting) -> list[Resource]:
    """The section's resources after the body is put over the old ones. The first resource of a place is the one v1 shows."""
    waiting = dict(body.leaves)
    done: set[Slot] = set()
    emptied: set[Slot] = set()
    there = [(resource, slot_of(resource)) for resource in old]
    dates = _Dates(section, body, there)
    after: list[Resource] = []
    for resource, slot in there:
        known = _contract_field(slot.key, section)
        if known is None or slot in done:
            after.append(resource)  # nothing the contract could have changed
        elif slot in emptied:
            after.append(set_aside(resource, setting.meta(resource)))  # the contract has never shown it
        elif slot in waiting:
            field, value = waiting.pop(slot)
            done.add(slot)
            if value_of(field, resource) == value:
                after.append(dates.follow(field, resource, setting))
            else:
                after.append(
                    make_resource(field, slot.item, value, setting, old=resource, effective=dates.of(field))
                )
        else:
            emptied.add(slot)
    for slot, (field, value) in waiting.items():
        after.append(make_resource(field, slot.item, value, setting, old=None, effective=dates.of(field)))
    return of_height(after, setting, old=old)


def of_height(resources: list[Resource], setting: Setting, *, old: Sequence[Resource] = ()) -> list[Resource]:
    """A part's resources; what is said of a symphysis-fundal height refers to it, as it must when it comes by FHIR.

    One that refers to what is there stays as it is. One of `old` that is led elsewhere is a new version.
    """
    if setting.section != HEIGHTS:
        return resources
    there = {f"Observation/{one['id']}" for one in resources}
    height = next((one for one in resources if slot_of(one).key == f"{HEIGHTS}.measurement"), None)
    link = {} if height is None else {"derivedFrom": [local_reference("Observation", height["id"])]}
    led: list[Resource] = []
    for one in resources:
        told = {ref.get(REFERENCE) for ref in one.get("derivedFrom", ())}
        is_of_it = _contract_field(slot_of(one).key, CATALOGUE.sections[HEIGHTS]) is not None
        if one is height or not is_of_it or (bool(told & there) if link else not told):
            led.append(one)
            continue
        new = {name: value for name, value in one.items() if name != "derivedFrom"} | link
        if any(one is before for before in old):
            new["meta"] = one["meta"] | setting.meta(one)
        led.append(new)
    return led


def _contract_field(key: str, section: Section) -> Field | None:
    field = CATALOGUE.fields.get(key)
    return field if field is not None and field.in_contract and field.section == section.name else None


class _Dates:
    """The clinical dates of a section before and after a put: a value's date follows when the visit's date is corrected."""

    def __init__(self, section: Section, body: Body, old: Sequence[tuple[Resource, Slot]]) -> None:
        keys = {field.effective for field in section.fields if field.effective}
        self._after = {key: body.leaves[Slot(key, "")][1] for key in keys if Slot(key, "") in body.leaves}
        self._before: dict[str, Any] = {}
        for resource, slot in old if keys else ():
            if slot.key in keys:
                self._before.setdefault(slot.key, value_of(CATALOGUE.fields[slot.key], resource))

    def of(self, field: Field) -> str:
        """The clinical date of a value of the field, or empty."""
        return str(self._after.get(field.effective, ""))

    def follow(self, field: Field, resource: Resource, setting: Setting) -> Resource:
        """The resource itself, or with the corrected date: then a new version, still by the one who registered the value."""
        before, after = self._before.get(field.effective), self._after.get(field.effective)
        if not field.effective or before == after or day_of(resource.get("effectiveDateTime")) != before:
            return resource
        if "effectivePeriod" in resource or "effectiveInstant" in resource:
            return resource  # it has a date of its own, and only one
        return dated(resource | {"meta": resource["meta"] | setting.meta(resource)}, after or "")


def get(part: Part) -> Json:
    """The section as the contract shows it: as put, with what was changed since shown in the contract's own spelling."""
    section = CATALOGUE.sections[part.section]
    values: dict[Slot, tuple[Field, Normal]] = {}
    for resource in part.resources:
        slot = slot_of(resource)
        field = _contract_field(slot.key, section)
        if field is not None:
            value = value_of(field, resource)
            if value is not None:
                values.setdefault(slot, (field, value))
    shown = _show(shape_of(section.name), parse(bytes(part.v1)), values, "")
    for slot in sorted(values, key=lambda slot: (_ORDER[slot.key], slot.item)):
        _insert(shown, section, slot, *values[slot])
    return shown


def _show(shape: Shape, sent: Json, values: dict[Slot, tuple[Field, Normal]], item: str) -> Json:
    """The object as sent, each known value as the resources have it now; the values shown are taken out of `values`."""
    shown: Json = {}
    for name, raw in sent.items():
        node = shape.get(name)
        if isinstance(node, Field):
            shown[name] = _show_leaf(node, raw, values.pop(Slot(node.key, item), None))
        elif isinstance(node, Array) and isinstance(raw, list):
            names = item_names(node.key, raw)
            shown[name] = [
                _show(node.children, one, values, names[index]) if isinstance(one, dict) else one
                for index, one in enumerate(raw)
            ]
        elif node is not None and not isinstance(node, Array) and isinstance(raw, dict):
            shown[name] = _show(node, raw, values, item)
        else:
            shown[name] = raw
    return shown


def _show_leaf(field: Field, raw: Any, found: tuple[Field, Normal] | None) -> Any:  # noqa: ANN401 - JSON
    if field.type == "fetus-number":
        return raw
    try:
        put_as = None if raw is None else field.value.read(raw)
    except Unreadable:
        put_as = None
    now = None if found is None else found[1]
    if put_as == now:
        return raw
    return None if now is None else _canonical(field, now, raw)


def _canonical(field: Field, value: Normal, raw: Any = None) -> Any:  # noqa: ANN401 - JSON
    shown = field.value.to_v1(value)
    if isinstance(field.value, CodedValue) and isinstance(shown, dict):
        kept = dict(raw) if isinstance(raw, dict) else {}
        kept.pop("display", None)
        return kept | {name: one for name, one in shown.items() if one is not None}
    return shown


def _insert(shown: Json, section: Section, slot: Slot, field: Field, value: Normal) -> None:
    """Puts a value where the section as sent has no place for it."""
    node: Any = shown
    *steps, last = field.name.split(".")
    for step in steps:
        name = step.removesuffix("[]")
        if name in section.items:
            node = _item(node, name, section, slot.item)
        else:
            node[name] = node[name] if isinstance(node.get(name), dict) else {}
            node = node[name]
    node[last] = _canonical(field, value)


def _item(holder: Json, name: str, section: Section, item: str) -> Json:
    """The array's item of that name, made where there is none."""
    key = section.items[name]
    items: list[Any] = holder[name] if isinstance(holder.get(name), list) else []
    holder[name] = items
    names = item_names(key, items)
    if item in names:
        found: Json = items[names.index(item)]
        return found
    made: Json = {}
    if item[:1] != "#":
        told_apart = CATALOGUE.fields[f"{section.name}.{name}.{key}"]
        plain = item.split("#", maxsplit=1)[0]
        made[key] = int(plain) if key == FETUS_NUMBER else _canonical(told_apart, plain)
    items.append(made)
    return made
