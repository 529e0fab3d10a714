"""Whom a FHIR request is about: told by ids and numbers in parameters, and by the references of what is sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from helsekort.api.fhir import sent
from helsekort.api.fhir.naming import NOT_TOLD, named_in, of_id, plain_path, read_id, without_numbers
from helsekort.api.fhir.work import NOBODY, Named
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.fhir.offering import Interaction
from helsekort.fhir.requests import Write
from helsekort.maternity.identity import free_id, visit_id

ANNE, BERIT = (UUID(f"018f0000-0000-7000-8000-00000000000{n}") for n in (1, 2))
RECORD, OTHER = (UUID(f"018f0000-0000-7000-8000-0000000000a{n}") for n in (1, 2))
VISIT = visit_id(RECORD, UUID("018f0000-0000-7000-8000-0000000000b1"))
FREE = free_id(OTHER, UUID("018f0000-0000-7000-8000-0000000000b2"))
BASE = "https://helsekort.example/fhir/r4"
NUMBER = "01819012365"
NIN = NationalIdentityNumber.parse(NUMBER, allow_synthetic=True)
FODSELSNUMMER, D_NUMBER = "urn:oid:2.16.578.1.12.4.1.4.1", "urn:oid:2.16.578.1.12.4.1.4.2"

Parameters = list[tuple[str, str]]


def named(parameters: Parameters, kind: str = "Observation", *, synthetic: bool = True) -> Named:
    """Whom the parameters of a search name."""
    return named_in(parameters, kind=kind, base=BASE, synthetic=synthetic)


HER, HERS = Named((), ANNE), Named((RECORD,))


@pytest.mark.parametrize(
    ("kind", "parameters", "told"),
    [
        ("Observation", [], NOBODY),
        ("Observation", [("code", "718-7")], NOBODY),
        ("Observation", [("patient", f"Patient/{ANNE}")], HER),
        ("Observation", [("patient", f"{BASE}/Patient/{ANNE}")], HER),
        ("Observation", [("patient", f"https://elsewhere.example/Patient/{ANNE}")], NOBODY),
        ("Observation", [("patient", str(ANNE))], HER),
        ("Observation", [("subject", str(ANNE))], HER),
        ("Observation", [("subject:Patient", str(ANNE))], HER),
        ("Observation", [("performer:Patient", str(ANNE))], HER),
        ("Observation", [("performer:Patient._id", str(ANNE))], HER),
        ("Observation", [("performer", str(ANNE))], NOBODY),
        ("Observation", [("performer", f"Patient/{ANNE}")], HER),
        ("Observation", [("encounter.patient", str(ANNE))], HER),
        ("Observation", [("encounter:Encounter.patient", f"Patient/{ANNE}")], HER),
        ("Observation", [("patient", f"{ANNE},Patient/{ANNE}")], HER),
        ("Observation", [("patient:not", str(ANNE))], NOBODY),
        ("Observation", [("patient:not-in", f"Patient/{ANNE}")], NOBODY),
        ("Observation", [("patient:missing", f"Patient/{ANNE}")], NOBODY),
        ("Patient", [("_id", str(ANNE))], HER),
        ("Observation", [("_id", str(ANNE))], NOBODY),
        ("EpisodeOfCare", [("_id", str(RECORD))], HERS),
        ("Observation", [("episode-of-care", str(RECORD))], HERS),
        ("Observation", [("encounter", VISIT)], HERS),
        ("Observation", [("context", VISIT)], HERS),
        ("Observation", [("encounter", f"Encounter/{VISIT}")], HERS),
        ("Observation", [("encounter", VISIT), ("patient", str(ANNE))], Named((RECORD,), ANNE)),
        ("Observation", [("encounter", f"{VISIT},Encounter/{FREE}")], Named((RECORD, OTHER))),
        ("Observation", [("patient.identifier", f"{FODSELSNUMMER}|{NUMBER}")], Named((), None, NIN)),
        ("Observation", [("subject.identifier", NUMBER)], Named((), None, NIN)),
        ("Observation", [("subject:Patient.identifier", f"{D_NUMBER}|{NUMBER}")], Named((), None, NIN)),
        ("Observation", [("patient:identifier", f"{FODSELSNUMMER}|{NUMBER}")], Named((), None, NIN)),
        ("Patient", [("identifier", f"{FODSELSNUMMER}|{NUMBER}")], Named((), None, NIN)),
        ("Observation", [("identifier", f"{FODSELSNUMMER}|{NUMBER}")], NOBODY),
        ("Observation", [("patient.identifier", f"urn:oid:2.16.578.1.12.4.1.4.3|{NUMBER}")], NOBODY),
        ("Observation", [("performer.identifier", f"{FODSELSNUMMER}|{NUMBER}")], NOBODY),
    ],
)
def test_whom_parameters_name(kind: str, parameters: Parameters, told: Named) -> None:
    assert named(parameters, kind) == told


@pytest.mark.parametrize(
    "parameters",
    [
        [("patient", f"{ANNE},{BERIT}")],
        [("patient", str(ANNE)), ("subject", f"Patient/{BERIT}")],
        [("patient.identifier", NUMBER), ("subject.identifier", "02819012485")],
    ],
)
def test_parameters_that_name_two_women_are_refused(parameters: Parameters) -> None:
    with pytest.raises(Refused) as refused:
        named(parameters)
    assert refused.value.kind is Kind.INVALID_PARAMETER
    assert [(issue.what, issue.where) for issue in refused.value.issues] == [
        ("One request is about one woman.", "patient")
    ]


@pytest.mark.parametrize(("number", "synthetic"), [("01819012366", True), (NUMBER, False), ("", True)])
def test_a_number_that_is_none_is_refused_and_not_repeated(number: str, *, synthetic: bool) -> None:
    with pytest.raises(Refused) as refused:
        named([("patient.identifier", f"{FODSELSNUMMER}|{number}")], synthetic=synthetic)
    assert refused.value.kind is Kind.INVALID_NIN
    [issue] = refused.value.issues
    assert issue.where == "patient.identifier"
    assert issue.what[0].isupper()
    assert issue.what.endswith(".")
    assert not number or number not in issue.what


def test_what_finds_her_by_number_is_taken_away_and_a_number_elsewhere_is_refused() -> None:
    hers, other = ("patient.identifier", f"{FODSELSNUMMER}|{NUMBER}"), ("code", "718-7")
    assert without_numbers([hers, other], "Observation") == [other]
    for wrong in (
        ("code", NUMBER),
        ("identifier", NUMBER),
        ("patient.identifier", f"https://ehr.example|{NUMBER}"),
    ):
        with pytest.raises(Refused) as refused:
            without_numbers([hers, wrong, other], "Observation")
        assert refused.value.kind is Kind.INVALID_NIN
        assert [(issue.what, issue.where) for issue in refused.value.issues] == [
            ("A national identity number does not belong here.", wrong[0])
        ]
    with pytest.raises(Refused) as refused:
        without_numbers([(NUMBER, "x")], "Observation")
    assert [issue.where for issue in refused.value.issues] == ["(a name that is not a word)"]


def test_whom_an_id_names() -> None:
    assert of_id("Patient", str(ANNE)) == HER
    assert of_id("EpisodeOfCare", str(RECORD)) == HERS
    assert of_id("Encounter", VISIT) == HERS
    for kind, id_ in (("Patient", "x"), ("Observation", str(ANNE)), ("Patient", VISIT)):
        with pytest.raises(Refused) as refused:
            of_id(kind, id_)
        assert refused.value.kind is Kind.NO_SUCH_RESOURCE
        assert [(issue.what, issue.where) for issue in refused.value.issues] == [
            ("This is not an id of this service.", "id")
        ]


@pytest.mark.parametrize(
    ("segment", "told"),
    [
        (str(ANNE), str(ANNE)),
        ("00000000-0000-7000-8000-018190123650", "00000000-0000-7000-8000-018190123650"),
        (VISIT, VISIT),
        ("x" * 64, "x" * 64),
        ("x" * 65, None),
        ("", None),
        ("a_b", None),
        (NUMBER, None),
        (f"x{NUMBER}", None),
        ("018190-12365", None),
        ("0181.9012-365", None),
        ("0181901236", "0181901236"),
    ],
)
def test_an_id_is_read_unless_it_may_be_a_number(segment: str, told: str | None) -> None:
    assert read_id(segment.encode()) == told


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/Patient/a%2Db%2e%5F%7E", "/Patient/a-b._~"),
        ("/%24everything", "/$everything"),
        ("/a%2Fb%3Fc%25", "/a%2Fb%3Fc%25"),
        ("/%zz%4", "/%zz%4"),
    ],
)
def test_a_path_is_plain_where_encoding_means_nothing(path: str, told: str) -> None:
    assert plain_path(path.encode()) == told.encode()


def test_the_hint_says_how_to_tell_whose_record_it_is() -> None:
    assert NOT_TOLD.where == "nhn-patient-nin"
    for way in ("patient=Patient/", "episode-of-care=EpisodeOfCare/", "patient.identifier"):
        assert way in NOT_TOLD.hint


def to(link: str) -> dict[str, str]:
    """A reference."""
    return {"reference": link}


HER_LINK, VISIT_LINK, EPISODE = to(f"Patient/{ANNE}"), to(f"Encounter/{VISIT}"), to(f"EpisodeOfCare/{RECORD}")
FREE_LINK = to(f"Observation/{FREE}")


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        ({}, NOBODY),
        ({"subject": HER_LINK}, HER),
        ({"patient": HER_LINK}, HER),
        ({"for": HER_LINK}, HER),
        ({"performer": [HER_LINK]}, NOBODY),
        ({"subject": to(f"Patient/{ANNE}/_history/2")}, HER),
        ({"subject": HER_LINK, "patient": to(f"Patient/{BERIT}")}, NOBODY),
        ({"subject": to("Group/1")}, NOBODY),
        ({"encounter": VISIT_LINK}, HERS),
        ({"episodeOfCare": [EPISODE]}, HERS),
        ({"context": {"encounter": [VISIT_LINK]}}, HERS),
        ({"partOf": VISIT_LINK}, HERS),
        ({"hasMember": [FREE_LINK]}, Named((OTHER,))),
        ({"hasMember": [FREE_LINK], "encounter": VISIT_LINK}, HERS),
        ({"hasMember": [FREE_LINK], "episodeOfCare": [EPISODE]}, HERS),
        ({"hasMember": [FREE_LINK], "context": {"encounter": [VISIT_LINK]}}, HERS),
        ({"hasMember": [FREE_LINK], "partOf": VISIT_LINK}, HERS),
        ({"subject": [to("Group/1"), HER_LINK]}, HER),
        ({"hasMember": [to("Observation/unknown"), FREE_LINK]}, Named((OTHER,))),
        ({"subject": HER_LINK, "encounter": VISIT_LINK}, Named((RECORD,), ANNE)),
    ],
)
def test_whom_a_resource_says_it_is_about(resource: dict[str, Any], told: Named) -> None:
    assert sent.named_in(resource) == told
    assert sent.named_by_entry(Write(Interaction.CREATE, "Observation", resource=resource)) == told


def test_whom_the_id_of_an_entry_names() -> None:
    def of(kind: str, id_: str) -> Named:
        return sent.named_by_entry(Write(Interaction.UPDATE, kind, id_, {"subject": to(f"Patient/{BERIT}")}))

    assert of("Patient", str(ANNE)) == HER
    assert of("Encounter", VISIT) == HERS
    assert of("Observation", "unknown") == NOBODY
    assert sent.named_by_entry(Write(Interaction.DELETE, "Encounter", VISIT)) == HERS
    assert sent.named_by_entry(Write(Interaction.CREATE, "Encounter")) == NOBODY
