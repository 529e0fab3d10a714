"""Abuse 11: one entry of another woman somewhere in a bundle. A transaction is refused whole; in a batch that entry alone is."""

from __future__ import annotations

from random import Random

import pytest

from helsekort.ledger.ledger import Ledger
from tests.flow.fhir_bodies import Json, bundle, condition, entry, ferritin, urn, visit
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import fhir_on
from tests.flow.v1_service import ANNE, BERIT

POSITIONS = range(8)


async def two(ledger: Ledger) -> tuple[Her, Her]:
    """Anne and Berit, each with a record in which something is written."""
    anne = await her_on(fhir_on(ledger))
    berit = await her_on(anne.fhir, BERIT)
    for one in (anne, berit):
        await one.made(ferritin(one.person))
    return anne, berit


async def foreign(her: Her) -> list[Json]:
    """Entries about a woman, in each form that tells whose it is."""
    value = await her.made(condition(her.person))
    return [
        entry("POST", "Condition", condition(her.person)),
        entry("POST", "Encounter", visit(her.person, f"EpisodeOfCare/{her.record}")),
        entry("PUT", f"Condition/{value['id']}", value | {"code": {"text": "endret"}}),
        entry("DELETE", f"Condition/{value['id']}"),
        entry("POST", "Condition", condition(her.person), ifNoneExist=f"subject=Patient/{her.person}"),
    ]


def own(her: Her) -> list[Json]:
    """Seven good entries."""
    made = [entry("POST", "Condition", condition(her.person, f"x{n}")) for n in range(5)]
    at = entry("POST", "Encounter", visit(her.person, f"EpisodeOfCare/{her.record}"), fullUrl=urn(1))
    return [*made, at, entry("POST", "Observation", ferritin(her.person, encounter={"reference": urn(1)}))]


@pytest.mark.parametrize("position", POSITIONS)
async def test_a_transaction_with_one_foreign_entry_writes_nothing_and_is_told_of(
    ledger: Ledger, position: int
) -> None:
    anne, berit = await two(ledger)
    wrong = Random(position).choice(await foreign(berit))  # noqa: S311 - a fixed series
    before = [await one.commits() for one in (anne, berit)]
    entries = own(anne)
    entries.insert(position, wrong)
    for client in (anne.gp, anne.fhir.client(patient=ANNE)):
        answer = await client.send("POST", "", bundle(*entries))
        assert answer.status_code in {404, 422}, answer.text
        assert berit.person not in answer.text
    assert [await one.commits() for one in (anne, berit)] == before
    refused = [row for row in await anne.log() if not row.permitted and row.action == "write-resources"]
    assert refused


@pytest.mark.parametrize("position", POSITIONS)
async def test_a_foreign_entry_of_a_batch_is_refused_and_reads_nothing(ledger: Ledger, position: int) -> None:
    anne, berit = await two(ledger)
    for wrong in [
        *await foreign(berit),
        entry("GET", f"EpisodeOfCare/{berit.record}"),
        entry("GET", f"Patient/{berit.person}"),
    ]:
        before = await berit.commits()
        entries = own(anne)[:5]
        at = position % 6
        entries.insert(at, wrong)
        answer = await anne.fhir.client(patient=ANNE).ok("POST", "", bundle(*entries, kind="batch"))
        statuses = [one["response"]["status"][:3] for one in answer["entry"]]
        assert statuses.pop(at) in {"404", "422"}, wrong
        assert statuses == ["201"] * 5
        assert "resource" not in answer["entry"][at]
        assert await berit.commits() == before
