"""What FHIR clients may send for a field of the card, as Hypothesis strategies: with all that the JSON contract cannot say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from helsekort.fhir.shapes import Resource
from helsekort.maternity.body import FETUS_NUMBER
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.identity import fetus_id
from helsekort.maternity.places import HEIGHTS, RECORD
from helsekort.maternity.resources import VERIFICATION
from helsekort.maternity.uris import CARD_ITEM
from helsekort.maternity.values import Normal
from tests.generative.bodies import field_value
from tests.spec.fhir_in_memory import SUBJECT
from tests.spec.record_in_memory import RECORD as RECORD_ID

FIELDS = [
    field
    for field in CATALOGUE.fields.values()
    if field.resource in {"Observation", "Condition"}
    and field.type != "fetus-number"
    and field.section != RECORD
    and (field.section != HEIGHTS or field.name == "measurement")
    and field.name.rpartition(".")[2] != CATALOGUE.sections[field.section].items.get(field.array)
]
"""What a FHIR client can write by itself; the rest follows from it."""

_EXTRAS: dict[str, Any] = {
    "note": [{"text": "Tatt fastende"}],
    "method": {"text": "ECLIA"},
    "extension": [{"url": "https://example.org/lot", "valueDecimal": Decimal("1.10")}],
    "bodySite": {"text": "Venstre arm"},
    "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}],
    "performer": [{"display": "Sentrallaboratoriet"}],
}  # fmt: skip
_DAYS = ["2026-01-10", "2026-02-20", "2026-02-20T08:30:00+01:00", "2026-03-30T23:30:00Z", "2026-04", "2026"]


@st.composite
def values(draw: st.DrawFn, field: Field) -> Normal:
    """A value of the field, in its normal form."""
    raw = draw(field_value(field).filter(lambda one: field.value.read(one) is not None))
    return field.value.read(raw)


@st.composite
def resources(draw: st.DrawFn, field: Field, encounter: str = "") -> Resource:
    """A resource that says a value of the field, with the card's code or published ones."""
    value = draw(values(field))
    codings = field.concept["coding"]
    if len(codings) > 1 and draw(st.booleans()) and not field.array:
        codings = codings[1:]
    made: Resource = {"resourceType": field.resource, "code": {"coding": codings}, "subject": SUBJECT}
    if encounter:
        made["encounter"] = {"reference": f"Encounter/{encounter}"}
    if field.resource == "Condition":
        return made | {
            "verificationStatus": verification(value),
            "note": [{"text": "Siden barndommen"}],
            "onsetString": draw(st.sampled_from(["i 2019", "tidlig"])),
        }
    made |= {"status": "final"} | field.value.to_fhir(value) | draw(_told_apart(field))
    if draw(st.booleans()):
        made["effectiveDateTime"] = draw(st.sampled_from(_DAYS))
    return made | {name: _EXTRAS[name] for name in sorted(draw(st.sets(st.sampled_from(sorted(_EXTRAS)))))}


def verification(value: Normal) -> Any:  # noqa: ANN401 - JSON
    """Yes or no, as a Condition says it."""
    return {"coding": [{"system": VERIFICATION, "code": "confirmed" if value else "refuted"}]}


def _told_apart(field: Field) -> st.SearchStrategy[dict[str, Any]]:
    """Which fetus, or which item of an array."""
    array = CATALOGUE.sections[field.section].items.get(field.array, "")
    if array == FETUS_NUMBER or (not field.array and field.scope == "fetus"):
        numbers = st.sampled_from([1, 2])
        return numbers.map(
            lambda one: {"focus": [{"reference": f"RelatedPerson/{fetus_id(RECORD_ID, one)}"}]}
        )
    if not field.array:
        return st.just({})
    items = st.sampled_from(["1", "2", "77"])
    return items.map(lambda one: {"identifier": [{"system": CARD_ITEM, "value": one}]})
