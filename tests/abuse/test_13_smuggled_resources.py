"""Abuse 13: another woman, or another pregnancy, in any reference of a resource: when it is created, updated or patched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.flow.fhir_bodies import Json, condition, ferritin, visit
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import BASE, fhir_on
from tests.flow.v1_service import ANNE, BERIT

_IN_OBSERVATION = (
    "subject encounter focus[] performer[] basedOn[] partOf[] hasMember[] derivedFrom[] device specimen"
)
_IN_CONDITION = "subject encounter recorder asserter evidence[].detail[] stage[].assessment[]"
_IN_ENCOUNTER = "subject episodeOfCare[] partOf serviceProvider appointment[] diagnosis[].condition participant[].individual"
ELEMENTS = {
    "Observation": _IN_OBSERVATION.split(),
    "Condition": _IN_CONDITION.split(),
    "Encounter": _IN_ENCOUNTER.split(),
}
"""The elements of type Reference of what is written most."""


async def two(ledger: Ledger) -> tuple[Her, Her]:
    """Anne and Berit, each with a record."""
    anne = await her_on(fhir_on(ledger))
    return anne, await her_on(anne.fhir, BERIT)


def good(her: Her, kind: str) -> Json:
    """A resource that is let in."""
    bodies = {
        "Observation": ferritin(her.person),
        "Condition": condition(her.person),
        "Encounter": visit(her.person, f"EpisodeOfCare/{her.record}"),
    }
    return bodies[kind]


def with_link(resource: Json, path: str, reference: Json) -> Json:
    """The resource with a reference at a path; `[]` stands for one item."""
    made: Json | list[Any] = reference
    steps = path.split(".")
    for step in reversed(steps):
        made = {step.removesuffix("[]"): [made] if step.endswith("[]") else made}
    assert isinstance(made, dict)
    return resource | made


def an_extension(**value: object) -> Json:
    return {"url": "https://example.org/a", **value}


def hidden_in(reference: Json) -> Iterator[Json]:
    """A reference at depths where no element is looked for by name."""
    link = reference["reference"]
    nested = an_extension(valueReference=reference)
    for _ in range(3):
        nested = an_extension(extension=[nested])
    yield {"extension": [nested]}
    contained = condition("x", id="c") | {"subject": reference}
    yield {"contained": [contained], "extension": [an_extension(valueReference={"reference": "#c"})]}
    yield {"extension": [an_extension(valueUri=link)]}
    yield {"extension": [an_extension(valueUrl=f"{BASE}/{link}")]}
    narrative = f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{link}">x</a></div>'
    yield {"text": {"status": "generated", "div": narrative}}


@pytest.mark.parametrize("kind", ELEMENTS)
async def test_no_element_takes_another_woman_or_her_record(ledger: Ledger, kind: str) -> None:
    anne, berit = await two(ledger)
    theirs = await berit.made(condition(berit.person))
    before = await berit.commits()
    client = anne.fhir.client(patient=ANNE)
    stored = await anne.made(good(anne, kind))
    for link in (f"Patient/{berit.person}", f"EpisodeOfCare/{berit.record}", f"Condition/{theirs['id']}"):
        for written in (link, f"{link}/_history/1", f"{BASE}/{link}"):
            reference = {"reference": written}
            changes = [with_link({}, path, reference) for path in ELEMENTS[kind]]
            changes += hidden_in(reference)
            for change in changes:
                answers = [
                    await client.send("POST", f"/{kind}", good(anne, kind) | change),
                    await client.send("PUT", f"/{kind}/{stored['id']}", stored | change),
                ]
                for answer in answers:
                    assert answer.status_code in {404, 422}, (change, answer.text)
                    assert answer.json()["resourceType"] == "OperationOutcome"
    assert await anne.gp.ok("GET", f"/{kind}/{stored['id']}") == stored
    assert await anne.commits() == 2
    assert await berit.commits() == before


async def test_a_patch_cannot_move_it_either(ledger: Ledger) -> None:
    anne, berit = await two(ledger)
    stored = await anne.made(ferritin(anne.person))
    for path, link in (
        ("/subject/reference", f"Patient/{berit.person}"),
        ("/subject", {"reference": f"Patient/{berit.person}"}),
        ("/focus", [{"reference": f"Patient/{berit.person}"}]),
        ("/encounter", {"reference": f"EpisodeOfCare/{berit.record}"}),
    ):
        patch = [{"op": "add", "path": path, "value": link}]
        answer = await anne.gp.send(
            "PATCH",
            f"/Observation/{stored['id']}",
            content=json.dumps(patch).encode(),
            headers={"content-type": "application/json-patch+json", "if-match": 'W/"1"'},
        )
        assert answer.status_code == 422, answer.text
    assert await anne.gp.ok("GET", f"/Observation/{stored['id']}") == stored


async def test_an_earlier_pregnancy_of_hers_is_another_record(ledger: Ledger) -> None:
    anne, _ = await two(ledger)
    v1 = anne.fhir.v1.client()
    old = await anne.made(condition(anne.person))
    await v1.ok(
        "POST",
        f"/record/{anne.record}/updateStatus",
        {"status": "TERMINATED", "terminationDate": "2026-05-01"},
    )
    now = await v1.record()
    client = anne.fhir.client(patient=ANNE)
    for element in ("encounter", "focus[]", "derivedFrom[]"):
        reference = {"reference": f"Condition/{old['id']}"}
        sent = with_link(ferritin(anne.person), element, reference)
        answer = await client.send("POST", "/Observation", sent)
        assert answer.status_code in {404, 409, 422}, answer.text
    assert len((await v1.ok("GET", f"/history/{now}"))["history"]) == 1


async def test_who_registered_it_cannot_be_forged(ledger: Ledger) -> None:
    anne, _ = await two(ledger)
    stored = await anne.made(ferritin(anne.person))
    own = [one for one in stored["meta"]["extension"] if one["url"].endswith("recorded-by")]
    forged = [
        {"url": own[0]["url"], "extension": [{"url": "who", "valueReference": {"display": "Somebody else"}}]}
    ]
    sent = ferritin(anne.person) | {"meta": {"extension": forged}}
    changed = stored | {"meta": {"versionId": "1", "extension": forged}, "note": [{"text": "x"}]}
    for answer in (
        await anne.made(sent),
        await anne.gp.ok("PUT", f"/Observation/{stored['id']}", changed),
    ):
        found = [one for one in answer["meta"]["extension"] if one["url"] == own[0]["url"]]
        assert found == own
    await anne.gp.refused(Kind.METHOD_NOT_ALLOWED, "POST", "/Patient", {"resourceType": "Patient"})
