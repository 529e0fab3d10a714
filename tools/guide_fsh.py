"""FSH that follows from the catalogue, the kinds of values and the code lists: `./dev guide` runs it before SUSHI.

python -m tools.guide_fsh FOLDER      writes FOLDER/*.fsh; they are never committed, so that they cannot be stale
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.offering import OFFERING
from helsekort.maternity.profiles import KINDS, Kind, profile_id
from helsekort.maternity.uris import BASE, CARD_FIELD
from helsekort.maternity.values import BloodPressureValue, NumberValue
from tools.guide_terminology import camel, quoted, terminology, value_set

PLAIN = {
    "card-answer": (
        "Yes or no",
        "A row of the card answered by yes or no. Without an answer there is no resource: absence is never a no.",
    ),
    "card-text": ("Text", "A row of the card in free words."),
    "card-date": ("Date", "A row of the card that is a date or a moment."),
    "card-number": ("Number", "A row of the card that is a number."),
    "card-code": ("Code", "A row of the card with a code of a code list."),
}
"""The profiles of fields that are of no kind, by id: title and description."""
VALUES = {
    "boolean": "* value[x] only boolean or CodeableConcept\n* valueCodeableConcept from YesOrNo (extensible)",
    "text": "* value[x] only string or CodeableConcept",
    "date": "* value[x] only dateTime",
    "moment": "* value[x] only dateTime",
    "integer": "* value[x] only Quantity or integer",
    "decimal": "* value[x] only Quantity",
    "fetus-number": "* value[x] only Quantity or integer",
    "code": "* value[x] only CodeableConcept",
    "choice": "* value[x] only CodeableConcept",
    "blood-pressure": "",
}
"""What a value of a field's type is in FHIR."""


def codes(id_: str, title: str, fields: Iterable[Field]) -> str:
    """The value set of the codes of a profile: the card's own, and each published code that is confirmed."""
    rows: dict[tuple[str, str], str] = {}
    for field in fields:
        rows[CARD_FIELD, field.key] = field.labels["nb"]
        rows |= {(one.uri, one.code): "" for one in field.codes if one.status == "confirmed"}
    about = f"The codes that say that a value is of the profile {id_}: the card's own, and published ones that are confirmed."
    return value_set(f"{id_}-codes", f"Codes of: {title}", about, rows)


def number_rules(kind: Kind) -> str:
    """The units and limits of a number as invariants; the limits are what cannot be true, never what is normal."""
    limits: dict[str, tuple[str, str]] = {}
    for field in kind.fields:
        if isinstance(field.value, NumberValue):
            least, most = limits.get(field.unit, (f"{field.value.least}", f"{field.value.most}"))
            limits[field.unit] = (
                min(least, f"{field.value.least}", key=float),
                max(most, f"{field.value.most}", key=float),
            )
    if not limits:
        return ""
    units = " or ".join(f"code = '{unit}'" for unit in limits)
    inside = " and ".join(
        f"value.ofType(Quantity).where(code = '{unit}').value.all($this >= {least} and $this <= {most})"
        for unit, (least, most) in limits.items()
    )
    shown = " or ".join(limits)
    words = "; ".join(f"{least} to {most} {unit}" for unit, (least, most) in limits.items())
    in_another = f"The card shows it only in {shown}; in another unit it is kept, and not shown there"
    return invariant(f"hk-{kind.id}", f"Cannot be outside {words}", inside) + invariant(
        f"hk-{kind.id}-unit", in_another, f"value.ofType(Quantity).all({units})", "warning"
    )


def pressure_rules(kind: Kind) -> str:
    """The limits of both pressures, and that the systolic is the higher."""
    value = kind.fields[0].value
    assert isinstance(value, BloodPressureValue)
    found = "component.where(code.coding.where(code = '{}').exists()).value.ofType(Quantity).value"
    order = f"iif({found.format('8480-6')} <= {found.format('8462-4')}, false, true)"
    limits = {"systolic": value.systolic, "diastolic": value.diastolic}
    return "".join(
        invariant(
            f"hk-{name}",
            f"Cannot be outside {least} to {most} mmHg",
            f"value.ofType(Quantity).where(code = 'mm[Hg]').value.all($this >= {least} and $this <= {most})",
        )
        for name, (least, most) in limits.items()
    ) + invariant(f"hk-{kind.id}", "The systolic pressure is the higher", order)


def invariant(key: str, says: str, expression: str, severity: str = "error") -> str:
    """An invariant."""
    lines = [f"Invariant: {key}", f"Description: {quoted(says)}", f"Severity: #{severity}"]
    return "\n".join([*lines, f"Expression: {quoted(expression)}"]) + "\n\n"


def profile(kind: Kind) -> str:
    """The profile of a kind of value, with its invariants and value sets."""
    type_ = kind.fields[0].type
    invariants = pressure_rules(kind) if type_ == "blood-pressure" else number_rules(kind)
    values, sets = answers(kind)
    lines = [
        f"Profile: {camel(kind.id)}",
        f"Parent: {kind.parent}",
        f"Id: {kind.id}",
        f"Title: {quoted(kind.title)}",
        f"Description: {quoted(kind.text)}",
        "* insert Ours" if kind.parent == "MaternityObservation" else "* insert ObservationRules",
        f"* code from {camel(kind.id)}Codes (required)",
        "" if kind.parent.startswith("$") else VALUES[type_],
        values,
        f"* insert {kind.rules}" if kind.rules else "",
        f"* obeys hk-{kind.id}" if invariants else "",
        f"* obeys hk-{kind.id}-unit" if f"hk-{kind.id}-unit" in invariants else "",
    ]
    return (
        invariants + "\n".join(filter(None, lines)) + "\n\n" + codes(kind.id, kind.title, kind.fields) + sets
    )


def answers(kind: Kind) -> tuple[str, str]:
    """The binding of a coded value, and the value set where it is the kind's own."""
    first = kind.fields[0]
    if first.type == "code":
        return f"* valueCodeableConcept from Volven{first.code_system} (extensible)", ""
    if first.type != "choice":
        return "", ""
    rows = {
        choice.code[:2]
        if choice.code[2] == "confirmed"
        else ("$card-value", f"{first.key}={choice.v1}"): choice.names["nb"]
        for choice in first.choices
    }
    known = {key: "" if key[0] != "$card-value" else name for key, name in rows.items()}
    made = value_set(
        f"{kind.id}-values",
        f"Values of: {kind.title}",
        f"What a value of the profile {kind.id} may be.",
        known,
    )
    return f"* valueCodeableConcept from {camel(kind.id)}Values (extensible)", made


def plain(id_: str) -> str:
    """The plain profile of fields that are of no kind."""
    title, about = PLAIN[id_]
    fields = [one for one in CATALOGUE.fields.values() if profile_id(one) == id_]
    lines = [
        f"Profile: {camel(id_)}",
        "Parent: MaternityObservation",
        f"Id: {id_}",
        f"Title: {quoted(title)}",
        f"Description: {quoted(about)}",
        "* insert Ours",
        f"* code from {camel(id_)}Codes (required)",
        VALUES[fields[0].type],
    ]
    return "\n".join(lines) + "\n\n" + codes(id_, title, fields)


def episode_parameter() -> str:
    """The search parameter of ours: the pregnancy a resource belongs to, which its id tells."""
    about = "The pregnancy that a resource belongs to. R4 has it for Encounter; here every resource of the record is found by it."
    kinds = [
        one.kind for one in OFFERING.types if one.kind != "Encounter" and "episode-of-care" in one.parameters
    ]
    lines = [
        "Instance: episode-of-care",
        "InstanceOf: SearchParameter",
        'Title: "Search by pregnancy"',
        f"Description: {quoted(about)}",
        "Usage: #definition",
        f'* url = "{BASE}/SearchParameter/episode-of-care"',
        "* insert OursInstance",
        '* name = "EpisodeOfCareOfAll"',
        "* status = #active",
        f"* description = {quoted(about)}",
        "* code = #episode-of-care",
        "* type = #reference",
        "* target = #EpisodeOfCare",
    ]
    return "\n".join([*lines, *(f"* base[+] = #{kind}" for kind in kinds)]) + "\n\n"


def files() -> dict[str, str]:
    """Each file's name and text."""
    return {
        "kinds.fsh": "".join(profile(kind) for kind in KINDS),
        "plain.fsh": "".join(plain(id_) for id_ in PLAIN),
        "search.fsh": episode_parameter(),
    } | terminology()


def main(arguments: list[str]) -> int:
    """Write the files."""
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
