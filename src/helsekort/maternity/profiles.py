"""Which profile of our implementation guide holds for a resource: of its kind of value, else of its field, else of its type.

The kinds are rows of kinds.toml; `tools.guide_fsh` writes their profiles from the same rows and the catalogue.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helsekort.fhir.shapes import Resource, code_in
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.uris import CARD_FIELD, OBSERVATION_CODE, PROFILE

FILE = Path(__file__).with_name("kinds.toml")
BUILT = Path(__file__).parent / "built" / "profiles.json"
"""Our profiles, value sets and code systems in compact form, made by `./dev guide`."""
BASE_OBSERVATION = "maternity-observation"
OWN_CODES = frozenset({"adopted-due-date", "earlier-birth", "fetal-rhd"})
"""The codes of ours that name a profile of the same id."""
_OF_TYPE: Mapping[str, str] = {
    "AllergyIntolerance": "maternity-allergy",
    "AuditEvent": "maternity-audit-event",
    "CarePlan": "maternity-plan",
    "Composition": "maternity-card",
    "Condition": "maternity-condition",
    "Consent": "maternity-consent",
    "DocumentReference": "maternity-document",
    "Encounter": "maternity-visit",
    "EpisodeOfCare": "maternity-episode",
    "FamilyMemberHistory": "maternity-family-history",
    "Immunization": "maternity-immunization",
    "MedicationStatement": "maternity-medication",
    "Observation": BASE_OBSERVATION,
    "Organization": "maternity-organization",
    "Patient": "maternity-patient",
    "Practitioner": "maternity-practitioner",
    "PractitionerRole": "maternity-practitioner-role",
    "Procedure": "maternity-procedure",
    "Provenance": "maternity-provenance",
    "Questionnaire": "maternity-questionnaire",
    "QuestionnaireResponse": "maternity-answers",
    "RelatedPerson": "fetus",
    "Task": "maternity-task",
}
_OF_FIELD_TYPE: Mapping[str, str] = {
    "boolean": "card-answer",
    "text": "card-text",
    "date": "card-date",
    "moment": "card-date",
    "integer": "card-number",
    "decimal": "card-number",
    "fetus-number": "card-number",
    "code": "card-code",
    "choice": "card-code",
}
"""The plain profiles of fields that are of no kind."""


class BadKinds(ValueError):
    """The table of kinds cannot be used; the message names the row."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value with a profile of its own, and the fields that are of it."""

    id: str
    title: str
    text: str
    parent: str
    rules: str
    fields: tuple[Field, ...]


def load_kinds(text: str) -> tuple[Kind, ...]:
    """The kinds in the order of the file; raises `BadKinds`."""
    seen: set[str] = set()
    return tuple(_kind(row, seen) for row in tomllib.loads(text)["kind"])


def _kind(row: Mapping[str, object], seen: set[str]) -> Kind:
    if row.keys() - {"rules", "parent"} != {"id", "title", "text", "fields"}:
        raise BadKinds(
            f"{row.get('id')}: needs id, title, text and fields, and no more than parent and rules."
        )
    keys = row["fields"]
    if not isinstance(keys, list) or (unknown := [key for key in keys if key not in CATALOGUE.fields]):
        raise BadKinds(f"{row['id']}: {unknown} are not fields of the catalogue.")
    if seen & {str(row["id"]), *keys}:
        raise BadKinds(f"{row['id']}: it or one of its fields stands twice.")
    seen |= {str(row["id"]), *keys}
    fields = tuple(CATALOGUE.fields[key] for key in keys)
    if {(one.type, one.unit) for one in fields} != {(fields[0].type, fields[0].unit)} and row[
        "id"
    ] != "gestational-age":
        raise BadKinds(f"{row['id']}: its fields differ in type or unit.")
    return Kind(
        id=str(row["id"]),
        title=str(row["title"]),
        text=str(row["text"]),
        parent=str(row.get("parent", "MaternityObservation")),
        rules=str(row.get("rules", "")),
        fields=fields,
    )


KINDS = load_kinds(FILE.read_text(encoding="utf-8"))
_OF_KIND = {field.key: kind.id for kind in KINDS for field in kind.fields}


def profile_id(field: Field) -> str:
    """The id of the profile of a field's values.

    >>> profile_id(CATALOGUE.fields["clinicalTests.hemoglobin"]), profile_id(CATALOGUE.fields["medication.note"])
    ('hemoglobin', 'card-text')
    """
    if field.resource != "Observation":
        return _OF_TYPE[field.resource]
    return _OF_KIND.get(field.key) or _OF_FIELD_TYPE[field.type]


def profile_of(resource: Resource, field: Field | None = None) -> str | None:
    """The canonical of the profile that holds for a resource; `field` where its place on the card is known otherwise than by
    its code. None for a type that we have no profile of."""
    kind = resource["resourceType"]
    code = resource.get("code") if kind in {"Observation", "Condition"} else None
    found = field or CATALOGUE.fields.get(code_in(code, CARD_FIELD) or "")
    if found is not None and found.resource == kind:
        return f"{PROFILE}/{profile_id(found)}"
    own = code_in(code, OBSERVATION_CODE) if kind == "Observation" else None
    id_ = own if own in OWN_CODES else _OF_TYPE.get(kind)
    return f"{PROFILE}/{id_}" if id_ else None
