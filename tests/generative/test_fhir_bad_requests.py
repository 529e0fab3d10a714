"""Whatever is sent through FHIR, the answer is an OperationOutcome or what was asked for, never a fault of ours.

Good resources and bundles are spoilt in one to three places, by a fixed series of random numbers: a value of another type or
depth, a member left out, doubled or moved. What is let in reads back; what is refused stores nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from helsekort.ledger.ledger import Ledger
from tests.flow.fhir_bodies import Json, bundle, condition, entry, episode, ferritin, urn, visit, weight
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import fhir_on
from tests.flow.v1_service import ANNE

SPOILT = 60
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, "", " ", "x", "\u0000", "ø" * 70, "#", "#x", "2026-13-40", "urn:uuid:x", "Patient/", "/", "?",
    "Patient?x", "_history", "http://", "Observation/x/_history/y", [], [[]], [None], [{}], {}, {"": ""}, {"reference": []},
    {"reference": "Patient?identifier=x"}, {"coding": "x"}, {"coding": [None]}, {"resourceType": "Observation"},
    {"extension": [{"extension": [{"url": 1}]}]},
)  # fmt: skip


def places(value: object) -> Iterator[tuple[Any, Any]]:
    """Every holder and the name or number of what it holds."""
    if isinstance(value, dict):
        for name in value:
            yield value, name
            yield from places(value[name])
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield value, n
            yield from places(one)


def spoilt(good: Json, random: Random) -> Json:
    """A copy with one to three things wrong, or perhaps none."""
    made: Json = deepcopy(good)
    for _ in range(random.randint(1, 3)):
        found = list(places(made))
        if not found:
            break
        holder, key = random.choice(found)
        match random.randint(0, 4):
            case 0 | 1:
                holder[key] = deepcopy(random.choice(ODD))
            case 2:
                holder[key] = [holder[key], holder[key]]
            case 3 if isinstance(holder, dict):
                holder[
                    random.choice(["extension", "modifierExtension", "contained", "x", "_status", "id"])
                ] = holder[key]
            case _:
                del holder[key]
    return made


def good_ones(her: Her) -> list[tuple[str, str, Json]]:
    """What would be let in, were it not spoilt."""
    person, record = her.person, f"EpisodeOfCare/{her.record}"
    whole = bundle(
        entry("POST", "Observation", weight(person, urn(1)), fullUrl=urn(2), ifNoneExist="code=x"),
        entry("POST", "Encounter", visit(person, record), fullUrl=urn(1)),
        entry("POST", "Condition", condition(person, evidence=[{"detail": [{"reference": urn(2)}]}])),
        entry("GET", f"Observation?patient=Patient/{person}&_count=1", ifNoneMatch='W/"1"'),
        entry("DELETE", "Condition/x", ifMatch='W/"1"'),
    )
    asked = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": ferritin(person)}]}
    return [
        (
            "POST",
            "/Observation",
            ferritin(person, contained=[condition(person, id="c")], derivedFrom=[{"reference": "#c"}]),
        ),
        ("POST", "/Encounter", visit(person, record)),
        ("POST", "/EpisodeOfCare", episode(person)),
        ("POST", "", bundle(*whole["entry"][:3])),
        ("POST", "", whole | {"type": "batch"}),
        ("PUT", f"/EpisodeOfCare/{her.record}", episode(person, id=her.record, meta={"versionId": "1"})),
        (
            "POST",
            "/Observation/$validate",
            asked,
        ),
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_sent_is_answered_in_fhirs_words(ledger: Ledger, seed: int) -> None:
    her, random = await her_on(fhir_on(ledger)), Random(seed)  # noqa: S311 - a fixed series
    client = her.fhir.client(patient=ANNE)
    good = good_ones(her)
    for n in range(SPOILT):
        method, path, body = good[n % len(good)]
        sent = spoilt(body, random)
        before = await her.commits()
        answer = await client.send(method, path, content=json.dumps(sent).encode())
        assert answer.status_code < 500, (method, path, json.dumps(sent), her.fhir.lines[-3:])
        told = answer.json()["resourceType"]
        if answer.status_code >= 400:
            assert told == "OperationOutcome"
            assert await her.commits() == before
        statuses = [one["response"]["status"] for one in answer.json().get("entry", ())]
        assert not [one for one in statuses if one.startswith("5")], json.dumps(sent)
    await her.gp.ok("GET", f"/EpisodeOfCare/{her.record}/$everything")
    await her.fhir.v1.client().ok("GET", f"/record/{her.record}")
