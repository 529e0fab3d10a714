"""Whether what a FHIR resource holds can be the value of its field: type, unit, limits and code lists of the catalogue.

What cannot be true is refused; so is a unit that is not the field's, since nothing is converted here. What is well but more than
the JSON contract can say (a bound, a month without its day, a code of another list) is no value of the field: None.
"""

from __future__ import annotations

from helsekort.fhir.shapes import Json, Resource
from helsekort.maternity.fields import Field
from helsekort.maternity.resources import value_of
from helsekort.maternity.values import (
    BloodPressureValue,
    CodedValue,
    Normal,
    NumberValue,
    Unreadable,
)


class Misfit(Exception):
    """What a resource holds cannot be a value of its field; `where` is the element's path inside the resource."""

    def __init__(self, what: str, where: str, hint: str = "", *, code: bool = False) -> None:
        super().__init__(what)
        self.what, self.where, self.hint, self.code = what, where, hint, code


def fit(field: Field, resource: Resource) -> Normal | None:
    """The value in its normal form, None where there is none that the field can hold; raises `Misfit`."""
    value = value_of(field, resource)
    if value is None:
        _refuse_units(field, resource)
        return None
    if field.resource == "Condition":
        return value
    try:
        return field.value.read(field.value.to_v1(value))
    except Unreadable as error:
        raise Misfit(error.what, _element(field, resource), error.hint, code=error.code) from None


def form_of(field: Field) -> str:
    """What a value of the field looks like, for a hint."""
    kind = field.value
    if field.resource == "Condition":
        return "verificationStatus confirmed or refuted"
    if isinstance(kind, NumberValue):
        return f"valueQuantity with the UCUM code {kind.unit}" if kind.unit else "valueInteger"
    if isinstance(kind, CodedValue):
        return f"valueCodeableConcept with a code of {kind.system.uri}"
    return _FORMS[field.type]


_FORMS = {
    "blood-pressure": "components 8480-6 and 8462-4 (LOINC) in whole mm[Hg]",
    "boolean": "valueBoolean",
    "text": "valueString",
    "choice": "valueCodeableConcept with one of the field's codes",
    "date": "valueDateTime with a whole day",
    "moment": "valueDateTime with a whole day",
}


def _element(field: Field, resource: Resource) -> str:
    if field.resource == "Encounter":
        return "period.start"
    if isinstance(field.value, BloodPressureValue):
        return "component"
    return next((name for name in resource if name.startswith("value")), "value")


def _refuse_units(field: Field, resource: Resource) -> None:
    kind = field.value
    if isinstance(kind, NumberValue) and kind.unit:
        _refuse_unit(resource.get("valueQuantity"), kind.unit, "valueQuantity")
    elif isinstance(kind, BloodPressureValue):
        for index, one in enumerate(resource.get("component", ())):
            _refuse_unit(one.get("valueQuantity"), "mm[Hg]", f"component[{index}].valueQuantity")


def _refuse_unit(quantity: Json | None, unit: str, where: str) -> None:
    if quantity is not None and "value" in quantity and quantity.get("code") != unit:
        raise Misfit(
            f"Must be in {unit}.", f"{where}.code", f"Send the UCUM code {unit}. Nothing is converted here."
        )
