"""What the JSON contract needs beside a value that came by FHIR: the date it stands under, and the code of its array item.

FHIR says both inside the value's own resource; in the contract each is a value by itself, so the service registers it too.
"""

from __future__ import annotations

from helsekort.maternity.body import FETUS_NUMBER
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.drafts import Draft
from helsekort.maternity.fields import Field
from helsekort.maternity.lens import of_height
from helsekort.maternity.resources import Setting, make_resource, value_of
from helsekort.maternity.tree import Slot
from helsekort.maternity.values import Normal


def fill(
    draft: Draft, field: Field, item: str, setting: Setting, *, days: tuple[str | None, str | None]
) -> None:
    """Registers beside a value what the contract says of it apart; `days` are its day before and now.

    A date that was corrected is corrected there too.
    """
    before, day = days
    dated = CATALOGUE.fields.get(field.effective)
    if dated is not None and dated.resource == "Observation" and field.in_contract and day is not None:
        _date(draft, dated, day, before, setting)
    array = CATALOGUE.sections[field.section].items.get(field.array, "")
    if array and array != FETUS_NUMBER and item[:1] != "#":
        told_apart = CATALOGUE.fields[f"{field.section}.{field.array}.{array}"]
        beside = Slot(told_apart.key, item)
        if not draft.in_slot(beside):
            _make(draft, told_apart, beside, item.split("#", maxsplit=1)[0], setting)


def _date(draft: Draft, field: Field, day: str, before: str | None, setting: Setting) -> None:
    slot = Slot(field.key, "")
    there = draft.in_slot(slot)
    if not there:
        _make(draft, field, slot, day, setting)
    elif before not in {None, day} and value_of(field, draft.resources[there[0]]) == before:
        old = draft.resources[there[0]]
        draft.resources[there[0]] = make_resource(field, "", day, setting, old=old, effective="")


def _make(draft: Draft, field: Field, slot: Slot, value: Normal, setting: Setting) -> None:
    made = make_resource(field, slot.item, value, setting, old=None, effective="")
    draft.resources = of_height([*draft.resources, made], setting, old=draft.resources)
