"""A resource as this service itself would have written it from the catalogue: for those who may not see everything.

A FHIR client may have put anything beside a value: notes, extensions, references, a code of its own. None of that is classified,
so none of it is shown to somebody from whom a class is hidden. Names of people and places that tell by themselves are not either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from helsekort.fhir.shapes import Json, Resource
from helsekort.maternity.fields import Field
from helsekort.maternity.resources import CATEGORY, UNKNOWN, value_of
from helsekort.maternity.sensitive_text import is_sensitive_text
from helsekort.maternity.uris import (
    AUTHOR_ORGANISATION,
    AUTHOR_ROLE,
    CARD_ITEM,
    CARD_PLACE,
    FETUS,
    RECORD_STATUS,
    RECORDED_BY,
    TREATMENT_FACILITY,
)

_KINDS = ("Patient/", "Practitioner/", "Organization/", "RelatedPerson/", "Encounter/", "EpisodeOfCare/")
_EXTENSIONS = frozenset([AUTHOR_ROLE, AUTHOR_ORGANISATION, TREATMENT_FACILITY, RECORD_STATUS])


def tells(value: object) -> bool:
    """True for a text that tells something sensitive by itself."""
    return isinstance(value, str) and is_sensitive_text(value)


def discreet(field: Field, resource: Resource) -> Resource:
    """A new resource with the value of its field, when, by whom and where it was registered, and nothing else."""
    made: Resource = {}
    for name, value in resource.items():
        kept = _KEPT[name](value) if name in _KEPT else None
        if kept not in (None, [], {}):
            made[name] = kept
    if "code" in made:
        made["code"] = field.concept
    if field.resource == "Observation":
        made |= field.value.to_fhir(value_of(field, resource))
    return made


def _as_is(value: Any) -> Any:  # noqa: ANN401 - JSON
    return value


def _only(*names: str) -> Callable[[Json], Json]:
    return lambda value: {name: value[name] for name in names if name in value}


def _reference(value: Json) -> Json:
    made: Json = {}
    for name, one in value.items():
        kept = _OF_REFERENCE[name](one) if name in _OF_REFERENCE else None
        if kept:
            made[name] = kept
    return made


def _references(value: list[Json]) -> list[Json]:
    return [_reference(one) for one in value]


def _extensions(value: list[Json]) -> list[Json]:
    """The extensions that are the card's own, without names that tell."""
    made = []
    for one in value:
        if one.get("url") in _EXTENSIONS and not tells(one.get("valueString")):
            where = one.get("valueReference")
            made.append(one if where is None else one | {"valueReference": _reference(where)})
    return made


def _meta(value: Json) -> Json:
    """Which version it is, and what this service itself has noted of it."""
    made: Json = {name: value[name] for name in ("versionId", "lastUpdated")}
    kept = [_noted(one) for one in value.get("extension", ()) if one.get("url") in {CARD_PLACE, RECORDED_BY}]
    return made | ({"extension": kept} if kept else {})


def _noted(value: Json) -> Json:
    if value["url"] == CARD_PLACE:
        return value
    parts = [
        one | {"valueReference": _reference(one["valueReference"])} if "valueReference" in one else one
        for one in value["extension"]
    ]
    return {"url": RECORDED_BY, "extension": parts}


def _is_fetus(value: Json) -> bool:
    to: str = value.get("reference", "")
    return value.get("identifier", {}).get("system") == FETUS or to.startswith("RelatedPerson/")


def _categories(value: Json) -> list[Json]:
    return [_CODE(one) for one in value.get("coding", ()) if one.get("system") == CATEGORY]


_CODE = _only("system", "code")
_NUMBER = _only("system", "value")
_OF_REFERENCE: Mapping[str, Callable[[Any], Any]] = {
    "reference": lambda value: value if value.startswith(_KINDS) else None,
    "type": _as_is,
    "display": lambda value: None if tells(value) else value,
    "identifier": _NUMBER,
    "extension": _extensions,
}
_KEPT: Mapping[str, Callable[[Any], Any]] = {
    "resourceType": _as_is,
    "id": _as_is,
    "meta": _meta,
    "extension": _extensions,
    "identifier": lambda value: [_NUMBER(one) for one in value if one.get("system") == CARD_ITEM],
    "status": _as_is,
    "verificationStatus": _as_is,
    "class": _CODE,
    "category": lambda value: [{"coding": told} for one in value if (told := _categories(one))],
    "code": _as_is,
    "subject": _reference,
    "patient": _reference,
    "focus": lambda value: _references([one for one in value if _is_fetus(one)]),
    "encounter": _reference,
    "episodeOfCare": _references,
    "participant": lambda value: [
        {"individual": _reference(one["individual"])} for one in value if "individual" in one
    ],
    "period": _only("start", "end"),
    "effectiveDateTime": _as_is,
    "_effectiveDateTime": lambda value: UNKNOWN,  # noqa: ARG005 - whatever it says, no date is told
    "effectivePeriod": _only("start", "end"),
    "effectiveInstant": _as_is,
    "issued": _as_is,
    "recordedDate": _as_is,
    "performer": _references,
    "recorder": _reference,
    "serviceProvider": _reference,
    "managingOrganization": _reference,
    "careManager": _reference,
}
"""What is kept of a resource, and how much of each element."""
