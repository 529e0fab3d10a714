"""Every element that R4 gives a type is taken, given back as it was sent, and shown, whichever of its types a value has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest

from helsekort.access.act import Action
from helsekort.basics.refusal import Kind
from helsekort.citizen.card.presenter import present
from helsekort.citizen.language import load
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import Wants
from helsekort.maternity.belonging import SUBJECTS, WITHOUT_SUBJECT
from helsekort.maternity.identity import fetus_id
from helsekort.maternity.reading import read_card
from tests.contract.door_acts import act
from tests.flow.fhir_bodies import Json, condition, ferritin
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import DEFINITIONS, fhir_on
from tests.flow.fullest import fullest

KINDS = sorted((SUBJECTS.keys() | WITHOUT_SUBJECT) - {"EpisodeOfCare"})
TURNS = range(4)


class Record(Her):
    """Her record, with something of several types to refer to."""

    there: dict[str, str]

    def refers(self, targets: Sequence[str]) -> str:
        """Something of one of these types."""
        wanted = self.there if "Resource" in targets else targets
        return next((self.there[kind] for kind in wanted if kind in self.there), "")


def of_her(her: Record, kind: str, turn: int) -> Json:
    """The fullest resource of a type, about her."""
    subject = {SUBJECTS[kind]: {"reference": f"Patient/{her.person}"}} if kind in SUBJECTS else {}
    return fullest(DEFINITIONS, kind, her.refers, turn=turn) | subject


@pytest.fixture(scope="module")
async def her(module_ledger: Ledger) -> Record:
    found = await her_on(fhir_on(module_ledger))
    her = Record(found.fhir, found.record, found.person)
    plan = {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": {"reference": f"Patient/{her.person}"},
    }
    her.there = {
        "RelatedPerson": f"RelatedPerson/{fetus_id(UUID(her.record), 1)}",
        "EpisodeOfCare": f"EpisodeOfCare/{her.record}",
        "Encounter": await her.visit(),
    }
    for made in [await her.made(one) for one in (ferritin(her.person), condition(her.person), plan)]:
        her.there[made["resourceType"]] = f"{made['resourceType']}/{made['id']}"
    client = her.fhir.client(patient=her.patient)
    for kind in KINDS:
        await client.ok("POST", f"/{kind}", of_her(her, kind, 0), status=201)
    return her


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_taken_and_given_back(her: Record, kind: str, turn: int) -> None:
    client = her.fhir.client(patient=her.patient)
    sent = of_her(her, kind, turn)
    made = await client.ok("POST", f"/{kind}", sent, status=201)
    read = await client.ok("GET", f"/{kind}/{made['id']}")
    assert {name: one for name, one in read.items() if name not in {"id", "meta"}} == {
        name: one for name, one in sent.items() if name != "meta"
    }
    assert read["meta"]["tag"] == sent["meta"]["tag"]
    changed = await client.ok("PUT", f"/{kind}/{made['id']}", read | {"language": "nb"})
    assert changed["meta"]["versionId"] == "2"


@pytest.mark.parametrize(
    "path",
    ["/EpisodeOfCare/{record}/$card", "/Patient/{person}/$summary", "/EpisodeOfCare/{record}/$everything"],
)
async def test_what_is_made_of_the_record_has_them_all(her: Record, path: str) -> None:
    found = await her.gp.ok("GET", path.format(record=her.record, person=her.person))
    kinds = {one["resource"]["resourceType"] for one in found["entry"]}
    assert "Observation" in kinds
    if "everything" in path:
        assert kinds >= set(KINDS)


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
async def test_the_contract_and_her_page_are_made_of_it_too(her: Record, language: str) -> None:
    assert await her.card()
    seen = act("anne", Action.READ_RECORD, UUID(her.record), patient=her.patient)
    card = read_card((await her.fhir.v1.door.read(seen, Wants.PARTS)).parts)
    assert {one.kind for one in card.others} >= set(KINDS) - {"Encounter"}
    assert present(card, name="Anne", today=date(2026, 6, 1), language=load(language)).sections


@pytest.mark.parametrize("kind", KINDS)
async def test_what_fhir_has_not_published_is_refused(her: Record, kind: str) -> None:
    client = her.fhir.client(patient=her.patient)
    for name in ("project", "author", "account"):  # which another server has in its own
        sent = of_her(her, kind, 0) | {"meta": {name: "https://x.example"}}
        outcome = await client.refused(Kind.INVALID, "POST", f"/{kind}", sent)
        assert [one["expression"] for one in outcome["issue"]] == [[f"{kind}.meta.{name}"]]


async def test_the_pregnancy_itself_may_say_everything_too(her: Record) -> None:
    path = f"/EpisodeOfCare/{her.record}"
    stored = await her.gp.ok("GET", path)
    sent = of_her(her, "EpisodeOfCare", 0) | {"id": her.record, "meta": stored["meta"], "status": "active"}
    changed = await her.gp.ok("PUT", path, sent)
    assert {name: one for name, one in changed.items() if name != "meta"} == {
        name: one for name, one in sent.items() if name != "meta"
    }
    assert (await her.card())["metadata"]["recordStatus"]["status"] == "ACTIVE"
    for made_of in (f"{path}/$card", f"/Patient/{her.person}/$summary", f"{path}/$everything"):
        assert await her.gp.ok("GET", made_of)
