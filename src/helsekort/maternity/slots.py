"""Which slot of its section a value from FHIR stands in: in an array, which of the items that the JSON contract has there."""

from __future__ import annotations

from typing import Any

from helsekort.maternity.body import FETUS_NUMBER, Body, item_names
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.drafts import Draft
from helsekort.maternity.fields import Field
from helsekort.maternity.identity import RESOURCES
from helsekort.maternity.part import decode_json
from helsekort.maternity.places import Place
from helsekort.maternity.resources import NOWHERE
from helsekort.maternity.tree import Slot
from helsekort.maternity.values import Unreadable


def slot_for(place: Place, draft: Draft, noted: Body, path: str) -> Slot | None:
    """The slot of a place in a part; nowhere where the contract is not to show it, None in a part of its own."""
    if draft.section == RESOURCES:
        return None
    field = place.field
    if field is None or place.section != draft.section:
        return NOWHERE
    array = CATALOGUE.sections[field.section].items.get(field.array, "")
    if array == FETUS_NUMBER:
        return Slot(field.key, _fetus(place.slot, _names(field, array, draft), noted, path))
    if array and place.slot and place.slot not in _names(field, array, draft):
        _check_item(CATALOGUE.fields[f"{field.section}.{field.array}.{array}"], place.slot, noted, path)
    return Slot(field.key, place.slot)


def _names(field: Field, array: str, draft: Draft) -> list[str]:
    items: Any = decode_json(draft.v1).get(field.array)
    return item_names(array, items) if isinstance(items, list) else []


def _fetus(said: str, there: list[str], noted: Body, path: str) -> str:
    """The item of the fetus that is told; a single one needs no number, in either contract (ADR 0006)."""
    if said in there or said.isdigit():
        return "#0" if said == "1" and there == ["#0"] else said
    if said or len(there) > 1:
        noted.wrong(
            "Which fetus it is of is not told.", f"{path}.focus", "Refer to the fetus's RelatedPerson."
        )
    return there[0] if there else "1"


def _check_item(told_apart: Field, item: str, noted: Body, path: str) -> None:
    try:
        told_apart.value.read({"code": item})
    except Unreadable as error:
        noted.wrong(error.what, f"{path}.identifier", error.hint, code=error.code)
