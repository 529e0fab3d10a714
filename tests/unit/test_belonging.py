"""Every way in which a resource can refer to something, and whether it may: written through the engine, without a database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from helsekort.fhir.shapes import Resource
from helsekort.maternity.identity import fetus_id, free_id
from helsekort.terminology.code_systems import SNOMED_CT
from tests.spec.fhir_in_memory import SUBJECT, FhirRecord, ferritin, refused
from tests.spec.record_in_memory import PERSON, RECORD

ELSEWHERE = UUID("018f0000-0000-7000-8000-0000000000bb")
ANOTHER = f"Patient/{ELSEWHERE}"
HERSELF = f"Patient/{PERSON.person}"
NOT_HERS, NOT_HERE, NOTHING, NOT_LITERAL, NUMBERED = (
    "Refers to another woman.",
    "Refers to what is not of this record.",
    "There is no such resource in this record.",
    "Must be a literal reference.",
    "Names a person by national identity number.",
)
OID = "2.16.578.1.12.4.1.4"
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
Json = dict[str, Any]


def to(link: object, **more: object) -> Json:
    """A reference."""
    return {"reference": link, **more}


def extension(**value: object) -> Json:
    """An element with an extension that holds a value."""
    return {"extension": [{"url": "https://example.org/x", **value}]}


def narrative(inner: str) -> Json:
    """A text with this inside."""
    return {"text": {"status": "additional", "div": f"<div {XHTML}>{inner}</div>"}}


WRONG: list[tuple[Json, str, str]] = [
    ({"performer": [to(ANOTHER)]}, "performer[0]", NOT_HERS),
    ({"performer": [to(f"{ANOTHER}/_history/1")]}, "performer[0]", NOT_HERS),
    ({"performer": [to("Practitioner/1")]}, "performer[0]", NOT_HERE),
    ({"performer": [to("not a reference")]}, "performer[0]", NOT_HERE),
    ({"performer": [to(f"https://ehr.example/{HERSELF}")]}, "performer[0]", NOT_HERE),
    ({"performer": [to("#p")]}, "performer[0]", NOT_HERE),
    ({"performer": [to("#p")], "contained": [{"resourceType": "Device", "id": "q"}]}, "performer[0]", NOT_HERE),
    ({"hasMember": [to(f"Observation/{free_id(RECORD, ELSEWHERE)}")]}, "hasMember[0]", NOTHING),
    ({"hasMember": [to(f"Observation/{free_id(ELSEWHERE, ELSEWHERE)}")]}, "hasMember[0]", NOT_HERE),
    ({"hasMember": [to(f"Observation/{fetus_id(RECORD, 1)}")]}, "hasMember[0]", NOTHING),
    ({"focus": [to(f"RelatedPerson/{fetus_id(RECORD, 10)}")]}, "focus[0]", NOTHING),
    ({"focus": [to(f"RelatedPerson/{fetus_id(ELSEWHERE, 1)}")]}, "focus[0]", NOT_HERE),
    ({"performer": [{"type": "Patient", "identifier": {"value": "1"}}]}, "performer[0]", NOT_LITERAL),
    ({"performer": [{"type": "Person", "identifier": {"value": "1"}}]}, "performer[0]", NOT_LITERAL),
    ({"partOf": [{"type": "EpisodeOfCare", "identifier": {"value": "1"}}]}, "partOf[0]", NOT_LITERAL),
    *[
        ({"performer": [{"identifier": {"system": f"{urn}{OID}.{n}", "value": "x"}}]}, "performer[0]", NUMBERED)
        for urn in ("", "urn:oid:")
        for n in (1, 2, 3)
    ],
    ({"performer": [to(HERSELF, identifier={"system": f"urn:oid:{OID}.1"})]}, "performer[0]", NUMBERED),
    ({"contained": [{"resourceType": "Specimen", "id": "s", "subject": to(ANOTHER)}]}, "contained[0].subject", NOT_HERS),
    (
        {"contained": [{"resourceType": "Person", "id": "p"}]},
        "contained[0]",
        "Nobody is described inside a resource.",
    ),
    (extension(valueReference=to(ANOTHER)), "extension[0].valueReference", NOT_HERS),
    (extension(extension=[{"url": "x", "valueReference": to(ANOTHER)}]), "extension[0].extension[0].valueReference", NOT_HERS),
    (extension(valueUri=ANOTHER), "extension[0].valueUri", NOT_HERS),
    (extension(valueUrl=f"https://ehr.example/fhir/{ANOTHER}"), "extension[0].valueUrl", NOT_HERE),
    (extension(valueCanonical=ANOTHER), "extension[0].valueCanonical", NOT_HERS),
    (extension(valueUri=f"{ANOTHER}/_history/2"), "extension[0].valueUri", NOT_HERS),
    (extension(valueAttachment={"contentType": "text/html", "url": ANOTHER}), "extension[0].valueAttachment.url", NOT_HERS),
    (extension(valueAttachment={"url": "https://ehr.example/x"}), "extension[0].valueAttachment.url", NOT_HERE),
    (
        extension(valueAttachment={"contentType": "x", "extension": [], "url": "https://ehr.example/x"}),
        "extension[0].valueAttachment.url",
        NOT_HERE,
    ),
    (narrative(f'<a href="{ANOTHER}">x</a>'), "text.div", NOT_HERS),
    (narrative(f"<a href='{ANOTHER}'>x</a>"), "text.div", NOT_HERS),
    (narrative(f'<a href = " {ANOTHER} ">x</a>'), "text.div", NOT_HERS),
    (narrative(f'<a title="{ANOTHER.replace("/", "&#47;")}">x</a>'), "text.div", NOT_HERS),
    (narrative(f'<img src="https://ehr.example/{ANOTHER}"/>'), "text.div", NOT_HERE),
    ({"odd": [[to(ANOTHER)]]}, "odd[0][0]", NOT_HERS),
    ({"odd": [[[to(ANOTHER)]]]}, "odd[0][0][0]", NOT_HERS),
    ({"odd": to(ANOTHER) | {"deeper": to("Practitioner/1")}}, "odd.deeper", NOT_HERE),
]  # fmt: skip


@pytest.mark.parametrize(("more", "where", "what"), WRONG)
def test_what_may_not_be_referred_to(more: Json, where: str, what: str) -> None:
    told = refused(FhirRecord(), ferritin(24, **more))
    assert f"Observation.{where}: {what}" in told, told


RIGHT: list[Json] = [
    {"partOf": [to("#")]},
    {"odd": [["x", "y"], ["z"]], "names": ["a", "b"]},
    extension(extension=[{"url": "y", "valueString": "z"}]),
    {"performer": [SUBJECT]},
    {"performer": [to(f"{HERSELF}")], "note": [{"text": f"see {ANOTHER}"}]},
    {"performer": [{"display": "Fürst"}]},
    {"performer": [{"type": "Organization", "identifier": {"system": "urn:oid:2.16.578.1.12.4.1.4.101", "value": "1"}}]},
    {"performer": [{"identifier": {"value": "1"}}]},
    {"focus": [to(f"RelatedPerson/{fetus_id(RECORD, 1)}")]},
    {"specimen": to("#s"), "contained": [{"resourceType": "Specimen", "id": "s", "subject": to(HERSELF), "parent": [to("#")]}]},
    {"contained": [{"resourceType": "Device", "identifier": [{"value": "1"}]}]},
    {"contained": [{"resourceType": "Device", "id": "d", "type": {"text": "x"}, "url": "https://example.org/manual"}]},
    extension(valueUri="https://example.org/StructureDefinition"),
    extension(valueString=ANOTHER),
    extension(valueUri="urn:uuid:018f0000-0000-7000-8000-0000000000bb"),
    narrative(f"{ANOTHER} <b title='x'>y</b>"),
]  # fmt: skip


@pytest.mark.parametrize("more", RIGHT)
def test_what_may_be_referred_to(more: Json) -> None:
    record = FhirRecord()
    record.post("currentPregnancy", {"numberOfFetuses": 1})
    record.create(ferritin(24, **more))


WHOSE = {
    "EpisodeOfCare": "patient",
    "Encounter": "subject",
    "Observation": "subject",
    "Condition": "subject",
    "Procedure": "subject",
    "Immunization": "patient",
    "AllergyIntolerance": "patient",
    "MedicationStatement": "subject",
    "FamilyMemberHistory": "patient",
    "QuestionnaireResponse": "subject",
    "CarePlan": "subject",
    "Task": "for",
    "DocumentReference": "subject",
    "Consent": "patient",
}


@pytest.mark.parametrize("kind", WHOSE)
@pytest.mark.parametrize("whose", [None, {}, to(ANOTHER), {"display": "her"}, to("#p")])
def test_whose_it_is_has_to_be_said(kind: str, whose: Json | None) -> None:
    resource = {"resourceType": kind} | ({} if whose is None else {WHOSE[kind]: whose})
    told = refused(FhirRecord(), resource)
    assert f"{kind}.{WHOSE[kind]}: Must be the woman whose record it is." in told
    assert f"{kind}.{WHOSE[kind]}: {NOT_HERS}" not in told, "it is told once"


@pytest.mark.parametrize("kind", ["Procedure", "AllergyIntolerance", "Task", "Consent", "CarePlan"])
def test_of_her_it_is_taken(kind: str) -> None:
    FhirRecord().create({"resourceType": kind, WHOSE[kind]: SUBJECT})


@pytest.mark.parametrize("kind", ["Binary", "Questionnaire"])
def test_what_is_of_nobody_says_nothing_of_her(kind: str) -> None:
    FhirRecord().create({"resourceType": kind})


VACCINE: Resource = {"resourceType": "Immunization", "patient": SUBJECT, "status": "completed"}


def test_what_she_was_given_to_read_is_an_address_and_no_reference() -> None:
    FhirRecord().create(VACCINE | {"education": [to("https://www.fhi.no/kikhoste")]})
    for link, what in ((ANOTHER, NOT_HERS), (f"https://ehr.example/{ANOTHER}", NOT_HERE)):
        told = refused(FhirRecord(), VACCINE | {"education": [to(link)]})
        assert f"Immunization.education[0]: {what}" in told
    told = refused(FhirRecord(), VACCINE | {"protocolApplied": [{"education": [to("https://www.fhi.no/x")]}]})
    assert f"Immunization.protocolApplied[0].education[0]: {NOT_HERE}" in told


def test_a_number_is_found_beside_her_own_id() -> None:
    told = refused(FhirRecord(), ferritin(24, performer=[SUBJECT], note=[{"text": "01819012365"}]))
    assert told == ["Observation.note[0].text: Holds a national identity number."]


@pytest.mark.parametrize("number", [1, 9])
def test_a_fetus_may_be_referred_to_before_anybody_has_counted(number: int) -> None:
    FhirRecord().create(ferritin(24, focus=[to(f"RelatedPerson/{fetus_id(RECORD, number)}")]))


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"component": [{"code": {"coding": [{"system": SNOMED_CT, "code": "57797005"}]}}]}, "component[0].code.coding[0].code"),
        ({"note": [{"text": "ICPC-2 W83"}, {"text": "as usual"}], "status": "final"}, "note[0].text"),
        ({"odd": {"deep": {"domesticViolence": True}, "other": "x"}}, "odd.deep"),
    ],
)  # fmt: skip
def test_what_is_never_on_the_card_is_told_of_where_it_stands_and_nowhere_else(
    more: Json, where: str
) -> None:
    told = refused(FhirRecord(), ferritin(24, **more))
    assert told == [f"Observation.{where}: Holds something that is never on the maternity record."]
