"""Abuse 30, through FHIR: many systems change one resource, or create the same one. Nothing acknowledged is lost or doubled."""

from __future__ import annotations

import asyncio

import pytest

from helsekort.ledger.ledger import Ledger
from tests.flow.fhir_bodies import bundle, condition, entry, ferritin
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import fhir_on

CLIENTS, ROUNDS = 8, 4


@pytest.fixture
async def her(ledger: Ledger) -> Her:
    return await her_on(fhir_on(ledger))


async def test_every_acknowledged_version_was_read_by_the_next(her: Her) -> None:
    made = await her.made(ferritin(her.person, note=[{"text": "start"}]))
    at = f"/Observation/{made['id']}"
    acknowledged = await asyncio.gather(*(_change(her, at, f"c{n}") for n in range(CLIENTS)))
    flat = sorted(pair for pairs in acknowledged for pair in pairs)
    assert [version for version, _ in flat] == list(range(2, 2 + CLIENTS * ROUNDS))
    history = await her.gp.ok("GET", f"{at}/_history?_count=500")
    texts = [one["resource"]["note"][0]["text"] for one in reversed(history["entry"])]
    assert texts == ["start", *(text for _, text in flat)]
    assert [text.rpartition(" after ")[2] for text in texts[1:]] == [
        text.split(" ")[0] for text in texts[:-1]
    ]


async def _change(her: Her, at: str, name: str) -> list[tuple[int, str]]:
    """Changes the resource until so many changes are acknowledged; each as version and text."""
    done: list[tuple[int, str]] = []
    while len(done) < ROUNDS:
        read = await her.gp.ok("GET", at)
        text = f"{name}.{len(done)} after {read['note'][0]['text'].split(' ')[0]}"
        answer = await her.gp.send("PUT", at, read | {"note": [{"text": text}]})
        if answer.status_code == 200:
            done.append((int(answer.json()["meta"]["versionId"]), text))
        else:
            assert answer.status_code == 412, answer.text
    return done


async def test_the_same_transaction_sent_by_eight_makes_one_of_each(her: Her) -> None:
    sent = bundle(
        *[
            entry(
                "POST",
                "Condition",
                condition(her.person, f"x{n}", identifier=[_number(n)]),
                ifNoneExist=f"identifier=https://ehr.example|{n}",
            )
            for n in range(5)
        ]
    )
    answers = await asyncio.gather(*(her.gp.ok("POST", "", sent) for _ in range(8)))
    ids = {tuple(one["resource"]["id"] for one in answer["entry"]) for answer in answers}
    assert len(ids) == 1
    created = [one["response"]["status"] for answer in answers for one in answer["entry"]].count(
        "201 Created"
    )
    assert created == 5
    assert await her.commits() == 2


def _number(n: int) -> dict[str, str]:
    return {"system": "https://ehr.example", "value": str(n)}


async def test_a_change_and_a_deletion_at_once_leave_one_of_them(her: Her) -> None:
    made = await her.made(condition(her.person))
    at = f"/Condition/{made['id']}"
    changed, deleted = await asyncio.gather(
        her.gp.send("PUT", at, made | {"code": {"text": "endret"}}),
        her.gp.send("DELETE", at, headers={"if-match": 'W/"1"'}),
    )
    assert sorted((changed.status_code, deleted.status_code)) in ([200, 412], [204, 404], [204, 410])
    read = await her.gp.send("GET", at)
    assert read.status_code == (200 if changed.status_code == 200 else 410)
