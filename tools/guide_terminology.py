"""The guide's terminology as FSH: the card's own code systems, the Norwegian lists, their spellings, and the map of codes."""

from collections.abc import Iterable, Mapping

from helsekort.basics.refusal import OUTCOMES
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import CodeReference, Field
from helsekort.maternity.profiles import profile_id
from helsekort.maternity.uris import BASE, CARD_FIELD, CARD_SECTION
from helsekort.terminology.code_systems import CODE_SYSTEMS, VOLVEN, CodeSystem

DATE = "2026-11-21"
EQUIVALENCE = {"confirmed": "equivalent", "unconfirmed": "relatedto", "local": "relatedto"}


def camel(id_: str) -> str:
    """A FSH name from an id: `fundal-height` is `FundalHeight`."""
    return "".join(word[:1].upper() + word[1:] for word in id_.split("-"))


def quoted(text: str) -> str:
    """A FSH string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def code(value: str) -> str:
    """A FSH code."""
    return f"#{quoted(value)}" if set(value) & set(" ()") else f"#{value}"


def head(kind: str, id_: str, title: str, about: str) -> list[str]:
    """The first lines of a code system or value set."""
    name = camel(id_)
    return [
        f"{kind}: {name}",
        f"Id: {id_}",
        f"Title: {quoted(title)}",
        f"Description: {quoted(about)}",
        "* insert Ours",
    ]


def value_set(id_: str, title: str, about: str, rows: Mapping[tuple[str, str], str]) -> str:
    """A value set of codes by system, with the display of those that are ours."""
    lines = head("ValueSet", id_, title, about)
    lines += [
        f"* {system}{code(value)}" + (f" {quoted(display)}" if display else "")
        for (system, value), display in rows.items()
    ]
    return "\n".join(lines) + "\n\n"


def property_lines(names: Iterable[tuple[str, str, str]]) -> list[str]:
    """The declarations of a code system's properties: code, type, description."""
    return [
        line
        for place, (name, type_, about) in enumerate(names)
        for line in (
            f"* ^property[{place}].code = #{name}",
            f"* ^property[{place}].type = #{type_}",
            f"* ^property[{place}].description = {quoted(about)}",
        )
    ]


def concept_lines(
    value: str, labels: Mapping[str, str], about: str = "", properties: Iterable[tuple[str, str, str]] = ()
) -> list[str]:
    """A concept with its names in Nynorsk and English, and its properties: code, type, value as FSH."""
    lines = [f"* {code(value)} {quoted(labels['nb'])}" + (f" {quoted(about)}" if about else "")]
    for place, language in enumerate(one for one in ("nn", "en") if labels.get(one)):
        lines.append(f"* {code(value)} ^designation[{place}].language = #{language}")
        lines.append(f"* {code(value)} ^designation[{place}].value = {quoted(labels[language])}")
    for place, (name, type_, said) in enumerate(properties):
        lines.append(f"* {code(value)} ^property[{place}].code = #{name}")
        lines.append(f"* {code(value)} ^property[{place}].value{type_} = {said}")
    return lines


def field_properties(field: Field) -> list[tuple[str, str, str]]:
    """What a client must know of a row: its section, profile, class of visibility, and whether the JSON contract has it."""
    made = [
        ("section", "String", quoted(field.section)),
        ("profile", "String", quoted(f"{BASE}/StructureDefinition/{profile_id(field)}")),
        ("visibility", "String", quoted(field.visibility)),
        ("in-contract", "Boolean", "true" if field.in_contract else "false"),
    ]
    return [*made, ("unit", "String", quoted(field.unit))] if field.unit else made


def card_fields() -> str:
    """The rows of the card."""
    about = (
        "One code for each row of the card: where a value stands, in the national JSON contract's own names."
    )
    lines = [
        *head("CodeSystem", "card-field", "Rows of the card", about),
        "* ^caseSensitive = true",
        "* ^language = #nb",
    ]
    lines += property_lines(
        [
            ("section", "string", "The section it stands in"),
            ("profile", "string", "The profile its values follow"),
            ("visibility", "string", "A shared care, B sensitive, D third party"),
            ("in-contract", "boolean", "Whether the national JSON contract has a place for it"),
            ("unit", "string", "Its unit in UCUM"),
        ]
    )
    for field in CATALOGUE.fields.values():
        lines += concept_lines(field.key, field.labels, field.explanation, field_properties(field))
    return "\n".join(lines) + "\n\n"


def card_sections() -> str:
    """The sections of the card, and the one for what has no row."""
    lines = [
        *head(
            "CodeSystem",
            "card-section",
            "Sections of the card",
            "The sections of the card, by the national JSON contract's names.",
        ),
        "* ^caseSensitive = true",
        "* ^language = #nb",
    ]
    for section in CATALOGUE.sections.values():
        lines += concept_lines(section.name, section.labels)
    other = {"nb": "Annet som er registrert", "nn": "Anna som er registrert", "en": "Other registrations"}
    lines += concept_lines("resources", other, "What the card has no row for")
    lines += ["", *head("ValueSet", "card-sections", "Sections of the card", "The sections of the card.")]
    return "\n".join([*lines, f"* include codes from system {CARD_SECTION}"]) + "\n\n"


def card_values() -> str:
    """The values of rows with a choice of a few words."""
    about = "Values of rows with a choice of a few words: the row's code, an equals sign, and the JSON contract's word."
    lines = [
        *head("CodeSystem", "card-value", "Values of the card", about),
        "* ^caseSensitive = true",
        "* ^language = #nb",
    ]
    for field in CATALOGUE.fields.values():
        for choice in field.choices:
            lines += concept_lines(f"{field.key}={choice.v1}", choice.names)
    return "\n".join(lines) + "\n\n"


def rows_of_earlier_births() -> str:
    """The rows of an earlier birth, for the components of the profile."""
    rows = {
        (CARD_FIELD, one.key): one.labels["nb"]
        for one in CATALOGUE.fields.values()
        if one.key.startswith("previousPregnancies.births.")
    }
    return value_set(
        "earlier-birth-rows", "Rows of an earlier birth", "What is told of an earlier birth.", rows
    )


def rows_of_conditions() -> str:
    """The conditions the card asks for."""
    rows = {
        (CARD_FIELD, one.key): one.labels["nb"]
        for one in CATALOGUE.fields.values()
        if one.resource == "Condition"
    }
    return value_set(
        "card-conditions",
        "Conditions the card asks for",
        "The card's own rows of diseases and complaints.",
        rows,
    )


def volven(system: CodeSystem) -> str:
    """A Norwegian list: its codes as far as they are known, and the value set of all of it."""
    known = "not-present" if not system.codes else "fragment" if system.shape else "complete"
    about = f"Volven {system.number}, {system.title} (Norwegian code list). {STATES[system.status]}"
    lines = [
        *head("CodeSystem", f"volven-{system.number}", system.title, about),
        f'* ^url = "{system.uri}"',
        f"* ^content = #{known}",
        "* ^caseSensitive = true",
        "* ^language = #nb",
    ]
    for one in system.codes.values():
        lines += concept_lines(one.code, one.names)
    lines[0] = f"CodeSystem: Volven{system.number}List"
    lines += [
        "",
        *head("ValueSet", f"volven-{system.number}", system.title, f"All of Volven {system.number}."),
    ]
    return "\n".join([*lines, f"* include codes from system {system.uri}"]) + "\n\n"


STATES = {
    "confirmed": "Its codes were seen in a public source of the list itself.",
    "unconfirmed": "Which codes it has is not confirmed: any code that looks like one of it is kept.",
    "local": "Ours.",
}


def spellings(system: CodeSystem) -> str:
    """The ways the same list is named in Norwegian systems: the canonical one first."""
    number = system.number
    uris = [
        system.uri,
        f"http://helsedir.no/fhir/CodeSystem/no-kodeverk-{number}",
        f"http://ehelse.no/fhir/CodeSystem/no-kodeverk-{number}",
        f"http://helsenorge.no/fhir/CodeSystem/no-kodeverk-{number}.codesystem",
    ]
    names = [("oid", f"{VOLVEN}{number}", False)]
    names += [("uri", uri, place == 0) for place, uri in enumerate(uris)]
    names.append(("other", system.contract_name, False))
    about = f"Volven {number}, {system.title}: the URIs in use for it. The first is stored; the others are read as it."
    return naming_system(f"volven-{number}", f"Volven{number}", "codesystem", about, names)


def naming_system(id_: str, name: str, kind: str, about: str, names: Iterable[tuple[str, str, bool]]) -> str:
    """A NamingSystem; of each name its type, the name, and whether it is the preferred one."""
    lines = [
        f"Instance: {id_}",
        "InstanceOf: NamingSystem",
        f"Title: {quoted(name)}",
        f"Description: {quoted(about)}",
        "Usage: #definition",
        f"* name = {quoted(name)}",
        "* status = #active",
        f"* kind = #{kind}",
        f"* date = {quoted(DATE)}",
        '* publisher = "Helsekort"',
        f"* description = {quoted(about)}",
    ]
    for type_, value, preferred in names:
        lines += [f"* uniqueId[+].type = #{type_}", f"* uniqueId[=].value = {quoted(value)}"]
        lines += ["* uniqueId[=].preferred = true"] if preferred else []
    return "\n".join(lines) + "\n\n"


IDENTIFIERS = (
    (
        "fnr",
        "FNR",
        "Fødselsnummer. The system no-basis has for it.",
        "urn:oid:2.16.578.1.12.4.1.4.1",
        "http://hl7.no/fhir/NamingSystem/FNR",
    ),
    (
        "dnr",
        "DNR",
        "D-nummer. The system no-basis has for it.",
        "urn:oid:2.16.578.1.12.4.1.4.2",
        "http://hl7.no/fhir/NamingSystem/DNR",
    ),
    (
        "hpr",
        "HPR",
        "HPR-nummer of a health professional. The system no-basis has for it.",
        "urn:oid:2.16.578.1.12.4.1.4.4",
        "http://hl7.no/fhir/NamingSystem/HPR",
    ),
    (
        "enh",
        "ENH",
        "Organisasjonsnummer, Enhetsregisteret. The system no-basis has for it.",
        "urn:oid:2.16.578.1.12.4.1.4.101",
        "",
    ),
    (
        "resh",
        "RESH",
        "RESH id of a unit of the specialist health service. The system no-basis has for it.",
        "urn:oid:2.16.578.1.12.4.1.4.102",
        "http://hl7.no/fhir/NamingSystem/RESHid",
    ),
    ("fetus", "FetusNumber", "A fetus's number in this pregnancy.", f"{BASE}/NamingSystem/fetus", ""),
    (
        "card-item",
        "CardItem",
        "Which item of a list in the national JSON contract a value stands in, where no fetus tells it.",
        f"{BASE}/NamingSystem/card-item",
        "",
    ),
)


def identifiers() -> str:
    """The systems of identifiers, those of others by the names no-basis has for them."""
    return "".join(
        naming_system(
            id_, name, "identifier", about, [("uri", uri, True), *([("uri", other, False)] if other else [])]
        )
        for id_, name, about, uri, other in IDENTIFIERS
    )


def published_codes() -> str:
    """The map from the card's rows to published codes, with which are confirmed."""
    groups: dict[str, list[tuple[str, CodeReference]]] = {}
    for field in CATALOGUE.fields.values():
        for one in field.codes:
            groups.setdefault(one.uri, []).append((field.key, one))
    about = "The published codes of each row. Only equivalent ones are put on resources; the others are unconfirmed."
    lines = [
        "Instance: card-field-to-published",
        "InstanceOf: ConceptMap",
        'Title: "Rows of the card in published code systems"',
        f"Description: {quoted(about)}",
        "Usage: #definition",
        f'* url = "{BASE}/ConceptMap/card-field-to-published"',
        '* version = "0.1.0"',
        '* publisher = "Helsekort"',
        "* experimental = false",
        '* name = "CardFieldToPublished"',
        '* title = "Rows of the card in published code systems"',
        "* status = #active",
        f"* description = {quoted(about)}",
    ]
    for uri, rows in groups.items():
        lines += [f'* group[+].source = "{CARD_FIELD}"', f'* group[=].target = "{uri}"']
        keys = dict.fromkeys(key for key, _ in rows)
        for key in keys:
            lines.append(f"* group[=].element[+].code = {code(key)}")
            for _, one in (row for row in rows if row[0] == key):
                lines.append(f"* group[=].element[=].target[+].code = {code(one.code)}")
                lines.append(f"* group[=].element[=].target[=].equivalence = #{EQUIVALENCE[one.status]}")
                if one.status != "confirmed":
                    lines.append('* group[=].element[=].target[=].comment = "Unconfirmed"')
    return "\n".join(lines) + "\n\n"


def refusals() -> str:
    """Why the service refuses a request: the codes of its OperationOutcomes."""
    about = "Why the service refuses a request, beside FHIR's own issue types. What to do about it stands in diagnostics."
    lines = [*head("CodeSystem", "refusal", "Why a request is refused", about), "* ^caseSensitive = true"]
    lines += [
        f"* {code(kind.value)} {quoted(one.sentence)} {quoted(one.advice)}" for kind, one in OUTCOMES.items()
    ]
    return "\n".join(lines) + "\n\n"


def terminology() -> dict[str, str]:
    """Each file's name and text."""
    return {
        "card.fsh": card_fields()
        + card_sections()
        + card_values()
        + rows_of_earlier_births()
        + rows_of_conditions(),
        "volven.fsh": "".join(volven(one) + spellings(one) for one in CODE_SYSTEMS.values()),
        "names.fsh": identifiers() + published_codes() + refusals(),
    }
