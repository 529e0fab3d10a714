"""Abuse 8 and 10: finding out through FHIR whether there is something behind what she has blocked.

Two women have blocked the same parts. One has resources of every form in them, some changed and some deleted, the other nothing.
Every answer of every address, with every parameter that leaked in other servers, is the same to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest

from helsekort.access.wishes import WishKind
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.identity import value_id
from tests.abuse.only_the_difference import whole
from tests.contract.door_acts import wish
from tests.flow.fhir_bodies import Json, condition, ferritin, observation, quantity, visit, weight
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import SEARCHABLE, Fhir, fhir_on
from tests.flow.v1_service import ANNE, BERIT

BLOCKED = ("antenatalAppointments", "clinicalTests", "medication", "medicalConditions")
SECRET = "Hemmelig"
_ALLERGY = "http://terminology.hl7.org/CodeSystem/allergyintolerance"


def _allergy(person: str) -> Json:
    return {
        "resourceType": "AllergyIntolerance",
        "patient": {"reference": f"Patient/{person}"},
        "code": {"text": SECRET},
        "clinicalStatus": {"coding": [{"system": f"{_ALLERGY}-clinical", "code": "active"}]},
    }


async def _hide(her: Her) -> None:
    """Something of every form in what is blocked: a visit, values at it, single values, changed and deleted ones, free ones."""
    place = await her.visit()
    await her.made(weight(her.person, place, note=[{"text": SECRET}]))
    first = await her.made(ferritin(her.person, 24, note=[{"text": SECRET}]))
    first["valueQuantity"]["value"] = 31
    await her.gp.ok("PUT", f"/Observation/{first['id']}", first)
    gone = await her.made(_allergy(her.person))
    await her.gp.send("DELETE", f"/AllergyIntolerance/{gone['id']}")
    await her.made(_allergy(her.person))
    await her.made(condition(her.person, SECRET))
    midwife = her.fhir.client("midwife")
    await midwife.ok("POST", "/Encounter", visit(her.person, f"EpisodeOfCare/{her.record}"), status=201)


async def _with_record(fhir: Fhir, patient: NationalIdentityNumber, *, secrets: bool) -> Her:
    """What everybody may see is registered in the same steps; what is blocked comes before, between and after them."""
    her = await her_on(fhir, patient)
    if secrets:
        await _hide(her)
    shown = observation(her.person, "8302-2", valueQuantity=quantity(168, "cm"))
    shown["category"] = [
        {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                    "code": "vital-signs",
                }
            ]
        }
    ]
    made = await her.made(shown)
    if secrets:
        await _hide(her)
    made["valueQuantity"]["value"] = 169
    await her.gp.ok("PUT", f"/Observation/{made['id']}", made)
    if secrets:
        await _hide(her)
    for section in BLOCKED:
        await wish(fhir.v1, WishKind.BLOCK_SECTION, section, patient=patient)
    return her


@pytest.fixture(scope="module")
async def women(module_ledger: Ledger) -> tuple[Her, Her]:
    """Anne has something to hide, Berit has not."""
    fhir = fhir_on(module_ledger)
    anne = await _with_record(fhir, ANNE, secrets=True)
    return anne, await _with_record(fhir, BERIT, secrets=False)


def _paths() -> Iterator[str]:
    for kind in SEARCHABLE:
        yield f"/{kind}?_id=x,y"
        for query in (
            "",
            "&_summary=count",
            "&_total=accurate&_count=1",
            "&_sort=-_lastUpdated&_elements=id",
        ):
            yield (
                f"/{kind}?patient={{person}}{query}"
                if kind != "Patient"
                else f"/Patient?_id={{person}}{query}"
            )
        yield f"/{kind}?_lastUpdated=gt2020-01-01"
    for path in ("/EpisodeOfCare/{record}", "/Patient/{person}"):
        yield path
        yield f"{path}?at=2100-01-01T00:00:00Z"
        yield f"{path}/$everything"
    yield from ("/EpisodeOfCare/{record}/_history", "/EpisodeOfCare/{record}/$history")
    yield "/EpisodeOfCare/{record}/$history?_since=2020-01-01T00:00:00Z&_count=2"
    yield "/EpisodeOfCare/{record}/_history/2"
    yield "/Provenance/{record}"
    yield "/Provenance/{record}/_history"
    yield "/EpisodeOfCare/{record}/$card"
    yield "/Observation/$lastn?patient={person}&max=3"
    for value in ("", ".aaaaaaaa"):
        yield f"/Observation/{{invented}}{value}"
    for query in (
        "_include=*",
        "_include=Observation:encounter&_include:iterate=Encounter:episode-of-care",
        "encounter.status=finished",
        "encounter:Encounter.class=AMB",
        "_has:Provenance:target:recorded=gt2020-01-01",
        "_revinclude=Provenance:target",
        "value-quantity=gt1",
        "combo-code=2276-4,29463-7",
        "code:not=8302-2",
        "code:missing=false",
        "status=final,entered-in-error,amended",
        "_sort=date,code,value-quantity,encounter",
        "date=ge2020",
    ):
        yield f"/Observation?patient={{person}}&{query}"
    for query in (
        "_revinclude=*",
        "_revinclude=Observation:subject&_revinclude:iterate=Provenance:target",
        "_has:Observation:patient:code=2276-4",
        "_has:Encounter:patient:status=finished",
        "_has:AllergyIntolerance:patient:_lastUpdated=gt2020-01-01",
        "_has:Observation:patient:_has:Provenance:target:recorded=gt2020-01-01",
    ):
        yield f"/Patient?_id={{person}}&{query}"


def _path(template: str, her: Her) -> str:
    invented = value_id(UUID(her.record), "clinicalTests", "", b"12345")
    return template.format(record=her.record, person=her.person, invented=invented)


@pytest.mark.parametrize("template", list(dict.fromkeys(_paths())))
async def test_reads_are_the_same_to_the_byte(women: tuple[Her, Her], template: str) -> None:
    answers = [await one.fhir.client(patient=one.patient).send("GET", _path(template, one)) for one in women]
    anne, berit = [_without_number(one) for one in answers]
    assert anne == berit
    assert SECRET not in answers[0].text
    assert answers[0].status_code < 500


async def test_the_summary_differs_in_her_name_alone(women: tuple[Her, Her]) -> None:
    answers = [await one.fhir.client().send("GET", f"/Patient/{one.person}/$summary") for one in women]
    anne, berit = [whole(one)[2] for one in answers]
    born = [one.json()["entry"][1]["resource"]["birthDate"].encode() for one in answers]
    numbers = [one.patient.reveal().encode() for one in women]
    assert anne.replace(b"Anne Antonsen", b"Berit Berg").replace(born[0], born[1]).replace(*numbers) == berit
    assert SECRET not in answers[0].text


def _without_number(answer: httpx.Response) -> tuple[object, ...]:
    """Each woman's own number and the cursors aside: a cursor is told from her id."""
    status, headers, body = whole(answer)
    for number in (ANNE, BERIT):
        body = body.replace(number.reveal().encode(), b"her number")
    return status, headers, re.sub(rb"_page=[A-Za-z0-9_.=-]+", b"_page=x", body)
