"""Which field of the card a FHIR resource is a value of: told by its codes, its visit and its fetus. Nothing is guessed.

The card's own code (CARD_FIELD) says the field outright. Published codes say it where all of them together leave one field; of a
due date, how it was found may say which.
Otherwise, and for what she has measured herself, the resource is kept whole in a part of its own.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from uuid import UUID

import msgspec

from helsekort.fhir.shapes import Json, Resource, code_in, each
from helsekort.maternity.body import FETUS_NUMBER, Body
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.fitting import Misfit, fit, form_of
from helsekort.maternity.identity import RESOURCES, VISITS, parts_of
from helsekort.maternity.resources import ACT_CODE, VERIFICATION
from helsekort.maternity.uris import CARD_FIELD, CARD_ITEM, DUE_DATE_METHOD
from helsekort.terminology.code_systems import canonical_uri

_VISIT_DAY = CATALOGUE.fields["antenatalAppointments.appointmentDate"]
HEIGHTS, RECORD = "symphysisFundalHeights", "record"
_VISIT_CLASSES = frozenset({"AMB", "HH", "VR", "FLD"})
_VISIT_STATUSES = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished", "entered-in-error"})
_VALUE_STATUSES = frozenset({"final", "amended", "corrected"})


def _told_by_code(field: Field) -> bool:
    """False where a published code alone cannot say which item of an array is meant, or whose."""
    array = CATALOGUE.sections[field.section].items.get(field.array, "")
    return field.section != RECORD and (not field.array or array == FETUS_NUMBER)


def _index() -> Mapping[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for field in CATALOGUE.fields.values():
        found[CARD_FIELD, field.key] = {field.key}
        for code in field.codes if _told_by_code(field) else ():
            found.setdefault((code.uri, code.code), set()).add(field.key)
    return {code: frozenset(keys) for code, keys in found.items()}


_MEANT = _index()
"""The fields a code may mean."""
AMBIGUOUS = {code: keys for code, keys in _MEANT.items() if len(keys) > 1}
"""The published codes that mean several fields."""
_BY_SCAN, _CORRECTED = "currentPregnancy.dueDateBasedOnUltrasound", "currentPregnancy.dueDateCorrectedDate"
_ANY_DUE_DATE = frozenset({_BY_SCAN, _CORRECTED})
METHODS: Mapping[str, str] = {
    "last-period": "currentPregnancy.dueDate",
    "crown-rump-length": _BY_SCAN,
    "biparietal-diameter": _BY_SCAN,
    "femur-length": _BY_SCAN,
    "assessment": _CORRECTED,
}
"""The due date of the card that a method (DUE_DATE_METHOD) finds; assisted conception and an earlier record find none of them."""


class Place(msgspec.Struct, frozen=True):
    """A section and in a list which item (None for a new one); `field` where it is a value there, `slot` which array item.

    Without a field it stands in the section, and the JSON contract does not show it.
    """

    section: str
    item: UUID | None = None
    field: Field | None = None
    slot: str = ""


FREE = Place(RESOURCES)


def check_components(resource: Resource, noted: Body, path: str) -> None:
    """Notes what cannot be true in the components that have the code of a field, as those of an earlier birth have."""
    for index, one in enumerate(resource.get("component", ())):
        field = CATALOGUE.fields.get(code_in(one.get("code"), CARD_FIELD) or "")
        if field is None or field.resource != "Observation":
            continue
        try:
            fit(field, one)
        except Misfit as misfit:
            where = f"{path}.component[{index}].{misfit.where}"
            noted.wrong(misfit.what, where, misfit.hint, code=misfit.code)


def fields_meant(resource: Resource) -> frozenset[str]:
    """Every field that one of a resource's codes may mean."""
    return frozenset().union(*_meant(resource))


def _meant(resource: Resource) -> list[frozenset[str]]:
    """The fields that each code may mean, of those that mean any."""
    if resource["resourceType"] not in {"Observation", "Condition"}:
        return []
    codings = (resource.get("code") or {}).get("coding", ())
    codes = ((canonical_uri(one.get("system", "")), one.get("code", "")) for one in codings)
    return [_MEANT[code] for code in codes if code in _MEANT]


def is_visit(resource: Resource) -> bool:
    """True for an Encounter that is an antenatal visit: it took place, not in a bed, on a day that is told."""
    at = resource.get("class") or {}
    outpatient = at.get("system") == ACT_CODE and at.get("code") in _VISIT_CLASSES
    took_place = resource.get("status") in _VISIT_STATUSES
    return outpatient and took_place and len((resource.get("period") or {}).get("start", "")) >= 10


def by_herself(resource: Resource) -> bool:
    """True for what the woman has measured or told herself: it never stands where a clinician's value is expected."""
    performers = resource.get("performer", ()) if resource["resourceType"] == "Observation" else ()
    return any(
        one.get("reference", "").startswith("Patient/") or one.get("type") == "Patient" for one in performers
    )


def is_value(resource: Resource) -> bool:
    """False for what is not (or no longer, or not yet) a result."""
    if resource["resourceType"] == "Condition":
        return code_in(resource.get("verificationStatus"), VERIFICATION) in {"confirmed", "refuted"}
    return resource["resourceType"] != "Observation" or resource.get("status") in _VALUE_STATUSES


class Visits:
    """The visits of a record, by the id of their Encounter: those that are stored, and those that are being made."""

    def __init__(self, stored: Container[str]) -> None:
        """`stored` are the keys of the record's parts."""
        self._stored = stored
        self._known: dict[str, UUID | None] = {}

    def add(self, id_: str, visit: UUID) -> str:
        """Notes a new one; answers its Encounter's id."""
        self._known[id_] = visit
        return id_

    def get(self, id_: str) -> UUID | None:
        """The visit of an Encounter, or None where it is none."""
        if id_ not in self._known:
            key = next(iter(parts_of("Encounter", id_)), "")
            is_one = key.startswith(f"{VISITS}/") and key in self._stored
            self._known[id_] = UUID(key.partition("/")[2]) if is_one else None
        return self._known[id_]


def place_of(resource: Resource, visits: Visits, noted: Body, path: str) -> Place:
    """Where a resource belongs; what is wrong with it as a value of its field is noted."""
    kind = resource["resourceType"]
    if kind == "EpisodeOfCare":
        return Place(RECORD, None, CATALOGUE.fields["record.status"])
    if kind == "Encounter":
        return (
            _checked(Place(VISITS, None, _VISIT_DAY), resource, noted, path) if is_visit(resource) else FREE
        )
    visit = _visit_of(resource, visits)
    field = _field_of(resource, noted, path, in_visit=visit is not None)
    if field is None:
        return FREE
    if by_herself(resource):
        _checked(Place(field.section, None, field), resource, noted, path)
        return FREE
    place = _place(field, resource, visit, noted, path)
    return _checked(place, resource, noted, path) if is_value(resource) else _aside(place)


def _visit_of(resource: Resource, visits: Visits) -> UUID | None:
    kind, _, id_ = (resource.get("encounter") or {}).get("reference", "").partition("/")
    return visits.get(id_) if kind == "Encounter" else None


def _field_of(resource: Resource, noted: Body, path: str, *, in_visit: bool) -> Field | None:
    codes = _meant(resource)
    named = code_in(resource.get("code"), CARD_FIELD)
    meant = frozenset.intersection(*codes) if codes else frozenset[str]()
    if named is not None:
        return _named(named, meant, resource, noted, path)
    possible = [CATALOGUE.fields[key] for key in meant]
    possible = [field for field in possible if field.resource == resource["resourceType"]]
    of_visits = [field for field in possible if field.section == VISITS]
    possible = of_visits if in_visit and of_visits else [one for one in possible if one.section != VISITS]
    return possible[0] if len(possible) == 1 else _by_method(possible, resource)


def _by_method(possible: Iterable[Field], resource: Resource) -> Field | None:
    """Which due date it is, where a code says only that it is one (LOINC 11778-8) and `method` how it was found."""
    if {one.key for one in possible} != _ANY_DUE_DATE:
        return None
    key = METHODS.get(code_in(resource.get("method"), DUE_DATE_METHOD) or "")
    return CATALOGUE.fields[key] if key else None


def _named(key: str, meant: frozenset[str], resource: Resource, noted: Body, path: str) -> Field | None:
    field, where = CATALOGUE.fields.get(key), f"{path}.code"
    if field is None or field.type == "fetus-number":
        noted.wrong("The card has no such field.", where, "The fields are listed in the handbook.", code=True)
    elif field.resource != resource["resourceType"]:
        noted.wrong(f"A value of this field is {_a(field.resource)}.", where)
    elif not meant:
        noted.wrong(
            "The codes say different fields of the card.", where, "Send codes of one thing.", code=True
        )
    else:
        return field
    return None


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AEIOU" else f"a {kind}"


def _place(field: Field, resource: Resource, visit: UUID | None, noted: Body, path: str) -> Place:
    slot = _slot_of(field, resource, noted, path)
    if field.section == VISITS:
        if visit is None:
            noted.wrong(
                "Belongs to a visit.", f"{path}.encounter", "Refer to the Encounter of an antenatal visit."
            )
        return Place(VISITS, visit, field, slot)
    if field.section == HEIGHTS:
        return _height(field, resource, noted, path)
    return Place(field.section, None, field, slot)


def _slot_of(field: Field, resource: Resource, noted: Body, path: str) -> str:
    """Which fetus the focus tells, or which item of the array the identifier tells."""
    array = CATALOGUE.sections[field.section].items.get(field.array, "")
    if not field.array:
        return fetus_of(resource) if field.scope == "fetus" else ""
    items = [
        str(one.get("value", "")) for one in resource.get("identifier", ()) if one.get("system") == CARD_ITEM
    ]
    if array == FETUS_NUMBER and not items:
        return fetus_of(resource)
    if len(items) != 1:
        noted.wrong(
            "Which item it belongs to is not told.",
            f"{path}.identifier",
            f"Send one with the system {CARD_ITEM}.",
        )
    return str(items[0]) if items else ""


def fetus_of(resource: Resource) -> str:
    """The number of the fetus a resource is about, or empty."""
    for one in each(resource, "focus"):
        kind, _, id_ = one.get("reference", "").partition("/")
        _, _, fetus = id_.partition(".fetus")
        if kind == "RelatedPerson" and fetus.isdigit():
            return str(fetus)
    return ""


def _height(field: Field, resource: Resource, noted: Body, path: str) -> Place:
    """A symphysis-fundal height is a measurement of its own; what else is said of one refers to it."""
    if field.name == "measurement":
        return Place(HEIGHTS, None, field)
    for one in resource.get("derivedFrom", ()):
        keys = parts_of(*_split(one))
        if f"{HEIGHTS}/" in "".join(keys):
            return Place(HEIGHTS, UUID(keys[0].partition("/")[2]), field)
    noted.wrong(
        "Of which measurement it is told, is not said.", f"{path}.derivedFrom", "Refer to the measurement."
    )
    return FREE


def _split(reference: Json) -> tuple[str, str]:
    kind, _, id_ = reference.get("reference", "").partition("/")
    return kind, id_


def _checked(place: Place, resource: Resource, noted: Body, path: str) -> Place:
    """The place, where what the resource holds is a value there; else beside it. What cannot be true is noted."""
    if place.field is None:
        return place
    try:
        value = fit(place.field, resource)
    except Misfit as misfit:
        noted.wrong(misfit.what, f"{path}.{misfit.where}", misfit.hint, code=misfit.code)
        return place
    if value is not None:
        return place
    named = resource["resourceType"] == "Encounter" or code_in(resource.get("code"), CARD_FIELD) is not None
    if named and "dataAbsentReason" not in resource:
        noted.wrong("Holds no value of this field.", path, f"Send {form_of(place.field)}.")
    return _aside(place)


def _aside(place: Place) -> Place:
    """In the section, but not where the JSON contract would show it."""
    return Place(place.section, place.item)


def place_for_new(place: Place) -> Place:
    """Where a new resource goes: a list gets no new item for what the JSON contract would not show."""
    listed = place.section in CATALOGUE.sections and CATALOGUE.sections[place.section].list
    return FREE if listed and place.field is None and place.item is None else place
