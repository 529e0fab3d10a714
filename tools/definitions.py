"""The compact definitions files the service reads, from FHIR's StructureDefinitions with snapshots.

python -m tools.definitions r4 FOLDER TARGET                     FHIR R4's own, FOLDER holds profiles-types.json and its kin
python -m tools.definitions profiles FOLDER R4_FOLDER TARGET     an implementation guide's: FOLDER holds one resource per *.json
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from helsekort.fhir.definitions import (
    Binding,
    CodeList,
    Constraint,
    Discriminator,
    Element,
    File,
    SearchParameter,
    Slicing,
    Structure,
    TypeChoice,
)
from helsekort.fhir.path import type_model
from helsekort.fhir.path.errata import corrected
from tools.value_sets import Terminology

Json = dict[str, Any]

R4_BUNDLES = ("profiles-types", "profiles-resources")
R4_TERMINOLOGY = ("valuesets", "v3-codesystems", "v2-tables")
# What the service offers, what it answers with, and what these are found to refer to or contain.
# fmt: off
RESOURCES = frozenset({
    "AllergyIntolerance", "Appointment", "AuditEvent", "Basic", "Binary", "Bundle",
    "CapabilityStatement", "CarePlan", "CareTeam", "ClinicalImpression", "CodeSystem",
    "Communication", "Composition", "Condition", "Consent", "Coverage", "Device",
    "DeviceUseStatement", "DiagnosticReport", "DocumentReference", "DomainResource", "Encounter",
    "EpisodeOfCare", "FamilyMemberHistory", "Flag", "Goal", "Group", "HealthcareService",
    "ImagingStudy", "Immunization", "ImmunizationRecommendation", "List", "Location", "Media",
    "Medication", "MedicationAdministration", "MedicationRequest", "MedicationStatement",
    "Observation", "OperationDefinition", "OperationOutcome", "Organization", "Parameters",
    "Patient", "Practitioner", "PractitionerRole", "Procedure", "Provenance", "Questionnaire",
    "QuestionnaireResponse", "RelatedPerson", "Resource", "RiskAssessment", "SearchParameter",
    "ServiceRequest", "Specimen", "StructureDefinition", "Subscription", "Task", "ValueSet",
})
# fmt: on
# True of every JSON object whose names and emptiness are checked, which they are by the generated schemas.
HELD_BY_SHAPE = frozenset({"ele-1", "ext-1"})
REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"


def resources_of(bundle: Path) -> list[Json]:
    """The resources of a Bundle file."""
    decoded: Json = msgspec.json.decode(bundle.read_bytes())
    return [entry["resource"] for entry in decoded["entry"]]


def published(resource: Json) -> Json:
    """A type with the elements that FHIR has published: what the npm package's publisher adds is in the snapshot alone."""
    told = {row["path"] for row in resource["differential"]["element"]}
    rows = resource["snapshot"]["element"]
    kept = [row for row in rows if row["path"] in told or row["base"]["path"] != row["path"]]
    return resource | {"snapshot": resource["snapshot"] | {"element": kept}}


def extension_value(holder: Json, url: str) -> str:
    """The value of a simple extension, or nothing."""
    for one in holder.get("extension", ()):
        if one["url"] == url:
            return next((str(value) for name, value in one.items() if name.startswith("value")), "")
    return ""


def type_choice(row: Json) -> TypeChoice:
    """A snapshot's type row; FHIRPath's system types are replaced by the FHIR type they stand for."""
    return TypeChoice(
        code=extension_value(row, FHIR_TYPE) or row["code"],
        profiles=tuple(row.get("profile", ())),
        targets=tuple(row.get("targetProfile", ())),
    )


def starting(row: Json, prefix: str) -> tuple[Any, ...]:
    """The value of an element such as fixed[x], in a tuple of one, or nothing."""
    return tuple(
        value for name, value in row.items() if name.startswith(prefix) and name[len(prefix)].isupper()
    )[:1]


def slicing(row: Json | None) -> Slicing | None:
    """How an element is sliced."""
    if row is None:
        return None
    found = tuple(Discriminator(type=one["type"], path=one["path"]) for one in row.get("discriminator", ()))
    return Slicing(discriminators=found, rules=row.get("rules", "open"), ordered=row.get("ordered", False))


def constraint(row: Json) -> Constraint:
    """An invariant, its expression as later versions of FHIR mended it."""
    return Constraint(
        key=row["key"],
        human=row["human"],
        expression=corrected(row["expression"]),
        severity=row["severity"],
    )


def constraints(row: Json) -> tuple[Constraint, ...]:
    """The invariants of an element that must be evaluated."""
    return tuple(
        constraint(one)
        for one in row.get("constraint", ())
        if one["key"] not in HELD_BY_SHAPE and "expression" in one
    )


def binding(row: Json) -> Binding | None:
    """The binding of an element, when it names a value set."""
    found = row.get("binding", {})
    return Binding(strength=found["strength"], value_set=found["valueSet"]) if "valueSet" in found else None


def element(row: Json) -> Element:
    """A snapshot's row with what validation, search and FHIRPath need."""
    return Element(
        id=row["id"],
        path=row["path"],
        min=row.get("min", 0),
        repeats=row.get("base", row).get("max") not in {"0", "1"},
        max=None if row.get("max", "*") == "*" else int(row["max"]),
        types=tuple(type_choice(one) for one in row.get("type", ())),
        fixed=starting(row, "fixed"),
        pattern=starting(row, "pattern"),
        binding=binding(row),
        constraints=constraints(row),
        slicing=slicing(row.get("slicing")),
        slice_name=row.get("sliceName", ""),
        content=row.get("contentReference", "").rpartition("#")[2],
        regex=next((found for one in row.get("type", ()) if (found := extension_value(one, REGEX))), ""),
        max_length=row.get("maxLength"),
        min_value=starting(row, "minValue"),
        max_value=starting(row, "maxValue"),
        modifier=row.get("isModifier", False),
        summary=row.get("isSummary", False),
    )


def structure(resource: Json) -> Structure:
    """A StructureDefinition, without its prose."""
    return Structure(
        url=resource["url"],
        name=resource["name"],
        type=resource["type"],
        kind=resource["kind"],
        abstract=resource["abstract"],
        derivation=resource.get("derivation", ""),
        base=resource.get("baseDefinition", ""),
        version=resource.get("version", ""),
        title=resource.get("title", ""),
        elements=tuple(element(row) for row in resource["snapshot"]["element"]),
    )


def search_parameter(resource: Json, components: dict[str, str]) -> SearchParameter:
    """A SearchParameter; a composite's components as pairs of code and expression."""
    return SearchParameter(
        code=resource["code"],
        url=resource["url"],
        type=resource["type"],
        bases=tuple(resource["base"]),
        expression=resource.get("expression", ""),
        targets=tuple(resource.get("target", ())),
        description=resource.get("description", ""),
        components=tuple(
            (components[one["definition"]], one["expression"]) for one in resource.get("component", ())
        ),
    )


def bound(structures: Iterable[Structure]) -> set[str]:
    """The value sets of required bindings."""
    return {
        row.binding.value_set.partition("|")[0]
        for one in structures
        for row in one.elements
        if row.binding and row.binding.strength == "required"
    }


def expanded(terminology: Terminology, urls: Iterable[str]) -> dict[str, tuple[CodeList, ...]]:
    """The codes of each value set that can be listed."""
    found = ((url, terminology.expand(url)) for url in sorted(urls))
    return {
        url: tuple(CodeList(system=system, codes=tuple(codes)) for system, codes in systems.items())
        for url, systems in found
        if systems
    }


def packed(structures: list[Structure]) -> dict[str, msgspec.Raw]:
    """Each structure encoded by itself, so that it can be decoded by itself."""
    return {one.url: msgspec.Raw(msgspec.json.encode(one)) for one in structures}


def compartment(path: Path) -> dict[str, tuple[str, ...]]:
    """The parameters by which each resource type belongs to the compartment."""
    decoded: Json = msgspec.json.decode(path.read_bytes())
    return {one["code"]: tuple(one["param"]) for one in decoded["resource"] if "param" in one}


def r4_terminology(folder: Path) -> list[Json]:
    """FHIR's own CodeSystems and ValueSets."""
    return [one for name in R4_TERMINOLOGY for one in resources_of(folder / f"{name}.json")]


def r4(folder: Path) -> bytes:
    """FHIR R4's own definitions."""
    rows = [one for name in R4_BUNDLES for one in resources_of(folder / f"{name}.json")]
    chosen = [
        one if one.get("derivation") == "constraint" else published(one)
        for one in rows
        if one["resourceType"] == "StructureDefinition"
        and (one["kind"] != "resource" or one["type"] in RESOURCES)
        and one["kind"] != "logical"
    ]
    structures = [structure(one) for one in chosen]
    search = resources_of(folder / "search-parameters.json")
    codes = {one["url"]: one["code"] for one in search}
    made = File(
        structures=packed(structures),
        value_sets=expanded(Terminology(r4_terminology(folder)), bound(structures)),
        search_parameters=tuple(
            search_parameter(one, codes) for one in search if RESOURCES & set(one["base"])
        ),
        compartment=compartment(folder / "compartmentdefinition-patient.json"),
        types={name: dict(elements) for name, elements in type_model(chosen).items()},
    )
    return msgspec.json.encode(made)


def own(folder: Path) -> Iterator[Json]:
    """The resources of an implementation guide, one a file."""
    for path in sorted(folder.glob("*.json")):
        decoded = msgspec.json.decode(path.read_bytes())
        if isinstance(decoded, dict) and "resourceType" in decoded:
            yield decoded


def profiles(folder: Path, r4_folder: Path) -> bytes:
    """An implementation guide's profiles, extensions, value sets and search parameters."""
    rows = list(own(folder))
    of_type = {kind: [one for one in rows if one["resourceType"] == kind] for kind in KINDS}
    structures = [structure(one) for one in of_type["StructureDefinition"] if "snapshot" in one]
    terminology = Terminology([*r4_terminology(r4_folder), *of_type["CodeSystem"], *of_type["ValueSet"]])
    # What a parameter without an expression finds, the service itself works out.
    search = [one for one in of_type["SearchParameter"] if "expression" in one]
    codes = {one["url"]: one["code"] for one in search}
    made = File(
        structures=packed(structures),
        extensions=tuple(one.url for one in structures if one.type == "Extension"),
        value_sets=expanded(terminology, bound(structures) | {one["url"] for one in of_type["ValueSet"]}),
        search_parameters=tuple(search_parameter(one, codes) for one in search),
    )
    return msgspec.json.encode(made)


KINDS = ("StructureDefinition", "CodeSystem", "ValueSet", "SearchParameter")


def main(arguments: list[str]) -> int:
    """Write one definitions file."""
    match arguments:
        case ["r4", folder, target]:
            made = r4(Path(folder))
        case ["profiles", folder, r4_folder, target]:
            made = profiles(Path(folder), Path(r4_folder))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    Path(target).write_bytes(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
