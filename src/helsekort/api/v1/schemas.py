"""The contract's JSON Schemas (2020-12), made from the catalogue: every field with its type, limits, codes and unit."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.examples import full_card
from helsekort.maternity.fields import Field, Section
from helsekort.maternity.values import (
    BloodPressureValue,
    BooleanValue,
    ChoiceValue,
    CodedValue,
    DateValue,
    MomentValue,
    NumberValue,
    TextValue,
)

Json = dict[str, Any]

_MOMENT = {"type": "string", "format": "date-time"}
_NULLABLE_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_UUID = {"type": "string", "format": "uuid"}
_TEXT = {"type": "string"}
_NULLABLE_TEXT = {"type": ["string", "null"]}
_BOOLEAN = {"type": "boolean"}
_VERSION = {"type": "integer", "minimum": 1, "maximum": 255}
_DATE = (
    r"^(199[0-9]|20[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T00:00(:00(\.0+)?)?(Z|[+-]00:00)?)?$"
)
_PRINTABLE = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$"


def schemas() -> Json:
    """Every schema of the contract by its name."""
    found = _fixed()
    for section in CATALOGUE.routed:
        found |= _of_section(section)
    return found


def schema_name(section: Section) -> str:
    """The schema of a section, or of one item of a list section: `Mother`, `AntenatalAppointment`."""
    name = section.name.removesuffix("s") if section.list else section.name
    return name[0].upper() + name[1:]


def _fixed() -> Json:
    return {
        "Error": _object(
            {"errorCode": _TEXT, "errorMessage": _TEXT, "eventId": _TEXT},
            required=["errorCode", "errorMessage", "eventId"],
        ),
        "Status": _object(
            {
                "hasGivenConsent": _BOOLEAN,
                "hasActiveMaternityRecord": _BOOLEAN,
                "lastChangedDateTime": _NULLABLE_MOMENT,
                "latestRecordId": {"type": ["string", "null"], "format": "uuid"},
                "deceased": _BOOLEAN,
            },
            required=["hasGivenConsent", "hasActiveMaternityRecord", "deceased"],
        ),
        "Author": _object(
            dict.fromkeys(_AUTHOR, _NULLABLE_TEXT) | {"userType": _TEXT}, required=["userType"]
        ),
        "SectionMetadata": _object(
            {"id": _UUID, "version": _VERSION, "lastUpdated": _MOMENT, "enteredInError": _BOOLEAN}
            | {"lastUpdatedBy": _ref("Author")},
            required=["id", "version", "lastUpdated", "lastUpdatedBy", "enteredInError"],
        ),
        "RecordStatus": _object(_status_properties(), required=["status"]),
        "RecordMetadata": _object(
            {
                "recordId": _UUID,
                "recordStatus": _ref("RecordStatus"),
                "version": {"type": "integer", "minimum": 1},
                "lastUpdated": _MOMENT,
                "lastUpdatedBy": _ref("Author"),
                "recordLastUpdated": _MOMENT,
            },
            required=["recordId", "recordStatus", "version", "lastUpdated", "lastUpdatedBy"],
        ),
        "History": _listing(_ref("RecordMetadata")),
        "RecordHistory": _listing(_commit()),
        "Record": _object(
            _card_properties(), required=["metadata", *(section.name for section in CATALOGUE.routed)]
        ),
        "NewRecord": _object(_card_properties(new=True)),
        "StatusUpdate": _status_update(),
        "UpdatedStatus": _object({"metadata": _ref("RecordMetadata")}, required=["metadata"]),
        "SeenVersion": _object(
            {"metadata": _object({"version": _VERSION}, required=["version"])}, required=["metadata"]
        ),
    }


_AUTHOR = ("userType", "orgNr", "orgName", "treatmentFacilityName", "hprNr", "hprRole", "name")


def _of_section(section: Section) -> Json:
    """A section as it is shown, as it is registered, and as it is changed."""
    name = schema_name(section)
    properties, required = _properties(section.fields)
    seen = _object({"version": _VERSION}, required=["version"])
    new = _example(section)
    return {
        name: _object({"metadata": _ref("SectionMetadata")} | properties, required=["metadata"]),
        f"New{name}": _object(properties, required=required) | {"examples": [new]},
        f"Changed{name}": _object({"metadata": seen} | properties, required=["metadata", *required])
        | {"examples": [{"metadata": {"version": 1}} | new]},
    }


def _example(section: Section) -> Json:
    """A section, or one item of a list section, of a fictional woman."""
    found = full_card(1)[section.name]
    example: Json = found[0] if section.list else found
    return example


def _card_properties(*, new: bool = False) -> Json:
    """One property for each section: an object or null, an array for the list sections."""
    properties: Json = {} if new else {"metadata": _ref("RecordMetadata")}
    for section in CATALOGUE.routed:
        item = _ref(("New" if new else "") + schema_name(section))
        properties[section.name] = (
            {"type": "array", "items": item} if section.list else {"anyOf": [item, {"type": "null"}]}
        )
    return properties


def _commit() -> Json:
    changes = {name: schema for name, schema in _card_properties().items() if name != "metadata"}
    return _object(
        {
            "version": {"type": "integer", "minimum": 1},
            "lastUpdated": _MOMENT,
            "lastUpdatedBy": _ref("Author"),
            "changes": _object({"metadata": _ref("RecordMetadata")} | changes),
        },
        required=["version", "lastUpdated", "lastUpdatedBy", "changes"],
    )


def _status_properties() -> Json:
    return _properties(CATALOGUE.sections["record"].fields)[0]


def _status_update() -> Json:
    flat = _object(_status_properties(), required=["status"])
    nested = _object({"recordStatus": _ref("RecordStatus")}, required=["recordStatus"])
    return {"anyOf": [flat, nested, _object({"metadata": nested}, required=["metadata"])]}


def _properties(fields: Iterable[Field]) -> tuple[Json, list[str]]:
    """Nested properties from the paths of fields (`fetusesVitalSigns[].note`), and the names that are required."""
    properties: Json = {}
    required: list[str] = []
    for field in fields:
        if not field.in_contract:
            continue
        *outer, leaf = field.name.split(".")
        _place(properties, outer)[leaf] = _field(field)
        if field.required and not outer:
            required.append(leaf)
    return properties, required


def _place(properties: Json, outer: list[str]) -> Json:
    """Where the properties of an inner object or of an array's items go, made on the way."""
    for step in outer:
        name, is_array = step.removesuffix("[]"), step.endswith("[]")
        inner = _object({})
        nested = (
            {"type": ["array", "null"], "items": inner} if is_array else inner | {"type": ["object", "null"]}
        )
        nested = properties.setdefault(name, nested)
        properties = (nested["items"] if is_array else nested)["properties"]
    return properties


def _field(field: Field) -> Json:
    schema = value_schema(field.value)
    unit = f", {field.unit}" if field.unit else ""
    schema["description"] = field.labels["en"] + unit
    if field.required:
        schema["type"] = schema["type"][0]
    return schema


@singledispatch
def value_schema(value: object) -> Json:
    """The schema of one kind of value; null is "not taken, not asked" everywhere."""
    raise TypeError(f"no schema for {type(value).__name__}")


@value_schema.register
def _(value: BooleanValue) -> Json:
    return {"type": ["boolean", "null"]}


@value_schema.register
def _(value: NumberValue) -> Json:
    kind = "integer" if value.whole else "number"
    return {"type": [kind, "null"], "minimum": value.least, "maximum": value.most}


@value_schema.register
def _(value: TextValue) -> Json:
    return {"type": ["string", "null"], "maxLength": value.longest, "pattern": _PRINTABLE}


@value_schema.register
def _(value: DateValue) -> Json:
    return {"type": ["string", "null"], "pattern": _DATE}


@value_schema.register
def _(value: MomentValue) -> Json:
    return {"type": ["string", "null"]}


@value_schema.register
def _(value: ChoiceValue) -> Json:
    words = dict.fromkeys(choice.v1 for choice in value.choices.values())
    return {"type": ["string", "null"], "examples": list(words)}


@value_schema.register
def _(value: BloodPressureValue) -> Json:
    return {"type": ["string", "null"], "examples": ["118/76"]}


@value_schema.register
def _(value: CodedValue) -> Json:
    code: Json = {"type": "string"}
    if not value.system.shape:
        code["enum"] = list(value.system.codes)
    properties = {"code": code, "display": {"type": ["string", "null"]}, "codeSystem": _system(value)}
    return _object(properties, required=["code"]) | {"type": ["object", "null"]}


def _system(value: CodedValue) -> Json:
    return {"type": ["string", "null"], "examples": [value.system.contract_name]}


def _listing(item: Json) -> Json:
    return _object({"history": {"type": "array", "items": item}}, required=["history"])


def _object(properties: Json, *, required: Iterable[str] = ()) -> Json:
    names = list(required)
    return {"type": "object", "properties": properties} | ({"required": names} if names else {})


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
