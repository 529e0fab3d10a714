"""Abuse 24: a narrative with scripts is kept as it was sent, given back as it was sent, warned of, and never shown."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

import pytest

from helsekort.ledger.embedded import EmbeddedServer
from helsekort.sandbox.address import loopback_client
from helsekort.sandbox.people import fictional_people
from helsekort.sandbox.woman_browser import WomanBrowser
from tests.conftest import new_database
from tests.flow.fhir_bodies import Json, bundle, condition, entry, ferritin, urn, visit
from tests.flow.fhir_doctor import Doctor, dumped, told
from tests.interop.clinic import clinic

WOMAN = "cecilie"
MARK = "Kjell-Skript-77"
"""A word that is nowhere else."""
INSIDE = [
    f"<script>alert('{MARK}')</script>",
    f"<script><![CDATA[if (1 < 2) alert('{MARK}')]]></script>",
    f'<p onclick="alert(1)">{MARK}</p>',
    f'<img src="x" onerror="alert(1)" alt="{MARK}"/>',
    f'<a href="javascript:alert(1)">{MARK}</a>',
    f'<a href="jav&#x61;script:alert(1)">{MARK}</a>',
    f'{MARK}<iframe src="https://example.org/follow"/>',
    f'{MARK}<img src="https://example.org/follow.png" style="background: url(https://example.org/b)"/>',
    f'<form action="https://example.org/"><button>{MARK}</button></form>',
    f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><text>{MARK}</text></svg>',
    f"<style>@import url(https://example.org/a.css)</style>{MARK}",
    f"<object data='https://example.org/a.swf'>{MARK}</object>",
    f"</div><script>alert(1)</script><div>{MARK}".replace("</div>", "<div>").replace(
        "<div>" + MARK, "</div>" + MARK
    ),
    f"&lt;/div&gt;<b>{MARK}</b><script>1</script>  \u2028 æ \U0001f930",
]
PAGES = ("/", "/helsekort", "/logg")


def narrative(inside: str) -> Json:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>'}


def severities(outcome: Json) -> list[str]:
    assert outcome["resourceType"] == "OperationOutcome"
    return [one["severity"] for one in outcome["issue"]]


def is_warned(outcome: Json, where: str) -> bool:
    [issue] = [one for one in outcome["issue"] if one["severity"] == "warning"]
    assert MARK not in json.dumps(outcome)
    assert issue["details"]["text"]
    assert issue["diagnostics"]
    return bool(issue["expression"] == [where])


@pytest.fixture(scope="module")
async def gp(
    postgres: EmbeddedServer, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Doctor]:
    async with (
        new_database(postgres, migrated) as url,
        clinic(url, tmp_path_factory.mktemp("narratives"), woman=WOMAN) as here,
        loopback_client() as http,
    ):
        yield Doctor(http, here)


async def made(gp: Doctor, resource: Json, **headers: str) -> Json:
    answer = await gp.send("POST", f"/{resource['resourceType']}", dumped(resource), headers)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


@pytest.mark.parametrize("inside", INSIDE)
async def test_it_comes_back_as_it_was_sent(gp: Doctor, inside: str) -> None:
    """In every way that gives a resource back, to the byte; beside it the rest of the resource, which is what matters."""
    sent = ferritin(gp.clinic.person, 24) | {"text": narrative(inside)}
    div = json.dumps(sent["text"]["div"], ensure_ascii=False).encode()
    stored = await made(gp, sent)
    assert stored["text"] == sent["text"]
    place = f"/Observation/{stored['id']}"
    changed = stored | {"valueQuantity": stored["valueQuantity"] | {"value": 25}}
    again = await gp.send("PUT", place, dumped(changed))
    assert again.status_code == 200, again.text
    patch = dumped([{"op": "replace", "path": "/status", "value": "amended"}])
    tag = {"if-match": again.headers["etag"], "content-type": "application/json-patch+json"}
    assert (await gp.send("PATCH", place, patch, tag)).status_code == 200
    record, person = gp.clinic.record, gp.clinic.person
    for path in (
        place,
        f"{place}/_history/1",
        f"{place}/_history",
        f"/Observation?_id={stored['id']}",
        f"/EpisodeOfCare/{record}/$everything",
        f"/EpisodeOfCare/{record}/$card",
        f"/Observation/$lastn?patient={person}",
    ):
        answer = await gp.send("GET", path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("application/fhir+json")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert div in answer.content, path


async def test_it_is_warned_of_wherever_a_warning_can_be_told(gp: Doctor) -> None:
    sent = condition(gp.clinic.person) | {"text": narrative(INSIDE[0])}
    validated = await gp.send("POST", "/Condition/$validate", dumped(sent))
    assert is_warned(validated.json(), "Condition.text.div")
    assert "error" not in severities(validated.json())
    outcome = await made(gp, sent, prefer="return=OperationOutcome")
    assert is_warned(outcome, "Condition.text.div")
    both = bundle(
        entry("POST", "Condition", sent, fullUrl=urn(1)),
        entry("POST", "Condition", condition(gp.clinic.person, "Kløe")),
    )
    answer = await gp.send("POST", "", dumped(both))
    assert answer.status_code == 200, answer.text
    warned, plain = (one["response"] for one in answer.json()["entry"])
    assert is_warned(warned["outcome"], "Condition.text.div")
    assert "outcome" not in plain


async def test_also_inside_a_contained_resource(gp: Doctor) -> None:
    specimen = {"resourceType": "Specimen", "id": "s", "text": narrative(INSIDE[2])}
    sent = ferritin(gp.clinic.person, 24) | {"contained": [specimen], "specimen": {"reference": "#s"}}
    validated = await gp.send("POST", "/Observation/$validate", dumped(sent))
    assert is_warned(validated.json(), "Observation.contained[0].text.div")


async def test_plain_text_is_not_warned_of(gp: Doctor) -> None:
    sent = condition(gp.clinic.person) | {"text": narrative("<p>Klør på <b>hendene</b></p>")}
    validated = await gp.send("POST", "/Condition/$validate", dumped(sent))
    assert severities(validated.json()) == ["information"]


@pytest.mark.parametrize(
    "div",
    [
        f'<div xmlns="http://www.w3.org/1999/xhtml"><script>if (1 < 2) {MARK}</script></div>',
        f'<div xmlns="http://www.w3.org/1999/xhtml"><script>{MARK}</div>',
        f"<script>{MARK}</script>",
        f"<div>{MARK}</div>",
        f'<!DOCTYPE div [<!ENTITY a "{MARK}">]><div xmlns="http://www.w3.org/1999/xhtml">&a;</div>',
        '<div xmlns="http://www.w3.org/1999/xhtml"><script src="https://example.org/a.js"/></div>',
    ],
    ids=["not escaped", "not closed", "no div", "no namespace", "document type", "no text"],
)
async def test_what_is_no_narrative_is_still_refused(gp: Doctor, div: str) -> None:
    sent = condition(gp.clinic.person) | {"text": {"status": "generated", "div": div}}
    outcome = told(await gp.send("POST", "/Condition", dumped(sent)))
    assert outcome["issue"][0]["expression"] == ["Condition.text.div"]
    assert MARK not in json.dumps(outcome)


async def test_nobody_else_is_named_in_it(gp: Doctor) -> None:
    """What is kept as data is still of her record: a link in it to anybody else's resource is refused."""
    link = "Patient/0199f3a1-0000-7000-8000-000000000001"
    for inside in (
        f'<a href="{link}" onclick="1">x</a>',
        f"<script>1</script><img src='{link}'/>x",
        f'<form action="{link}">x</form>',
        f'<object data="{link}/_history/1">x</object>',
        f'<a href="&#80;atient/{link.partition("/")[2]}">x</a>',
        f'<a href=" {link} ">x</a>',
    ):
        sent = condition(gp.clinic.person) | {"text": narrative(inside)}
        answer = await gp.send("POST", "/Condition", dumped(sent))
        assert answer.status_code in {404, 422}, (inside, answer.text)


async def test_it_is_never_shown(gp: Doctor) -> None:
    """Not on any page of hers, nor in a text that the service makes, nor in the JSON contract."""
    day = visit(gp.clinic.person, f"EpisodeOfCare/{gp.clinic.record}", "2026-10-02")
    for resource in (ferritin(gp.clinic.person, 26), condition(gp.clinic.person, "Svimmelhet"), day):
        for inside in INSIDE[:3]:
            await made(gp, resource | {"text": narrative(inside)})
    summary = (await gp.send("GET", f"/Patient/{gp.clinic.person}/$summary")).json()
    card = (await gp.send("GET", f"/EpisodeOfCare/{gp.clinic.record}/$card")).json()
    for document in (summary, card):
        composition = document["entry"][0]["resource"]
        assert composition["resourceType"] == "Composition"
        assert MARK not in json.dumps(composition)
        assert "script" not in json.dumps(composition)
    assert "Svimmelhet" in json.dumps(summary["entry"][0]["resource"])
    woman = next(one for one in fictional_people().women if one.key == WOMAN)
    v1 = await gp.http.get(
        f"{gp.clinic.address.api}/record/{gp.clinic.record}",
        headers=gp.clinic.headers("GET", f"{gp.clinic.address.api}/record/{gp.clinic.record}")
        | {"nhn-patient-nin": woman.nin},
    )
    assert v1.status_code == 200, v1.text
    assert MARK not in v1.text
    async with WomanBrowser(service=gp.clinic.address.service) as browser:
        await browser.log_in(woman)
        shown = [await browser.read(path) for path in PAGES]
    assert any("Svimmelhet" in page for page in shown)
    for page in shown:
        assert MARK not in page
        assert "alert(" not in page
        assert len(re.findall("<script", page)) <= 1
