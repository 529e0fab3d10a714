"""Abuse 8: finding out whether there is something behind what she has blocked, without being shown it.

Two women have blocked the same parts. One has a long history in them, the other nothing. Every answer is the same, to the byte.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from helsekort.access.act import Act, Action, Basis
from helsekort.access.wishes import Wish, WishKind
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import View, Wants
from helsekort.maternity import card
from tests.abuse.only_the_difference import whole
from tests.flow.v1_service import ACTORS, ANNE, BERIT, Api, Service, service_on

BLOCKED = ("lifestyleFactors", "medicalConditions", "antenatalAppointments")
VISIT: dict[str, Any] = {"appointmentDate": "2026-03-02", "note": "Hemmelig"}
SECRET: dict[str, Any] = {"note": "Hemmelig"}


@dataclass(frozen=True)
class Woman:
    """One of the two, with her record."""

    number: NationalIdentityNumber
    api: Api
    record: str


async def _with_record(service: Service, number: NationalIdentityNumber, *, secrets: bool) -> Woman:
    """What everybody may see is registered in the same steps; what is blocked comes before, between and after them."""
    await service.consent(number)
    api = service.client("gp", number)
    first = {"medicalConditions": SECRET, "antenatalAppointments": [VISIT]} if secrets else {}
    record = await api.record(first | {"mother": {"name": "Anne"}})
    if secrets:
        await api.ok("POST", f"/record/{record}/lifestyleFactors", SECRET, status=201)
    tests = await api.ok("POST", f"/record/{record}/clinicalTests", {"hemoglobin": 12.1}, status=201)
    if secrets:
        for version in (1, 2):
            body = SECRET | {"metadata": {"version": version}}
            await service.client("midwife", number).ok("PUT", f"/record/{record}/lifestyleFactors", body)
    changed = {"hemoglobin": 11.8, "metadata": {"version": tests["metadata"]["version"]}}
    await api.ok("PUT", f"/record/{record}/clinicalTests", changed)
    if secrets:
        await api.ok("POST", f"/record/{record}/antenatalAppointments", VISIT, status=201)
    for section in BLOCKED:
        wish = Wish(WishKind.BLOCK_SECTION, on=True, target=section)
        await service.door.set_wish(service.own_act(Action.SET_WISH, number), wish)
    return Woman(number, api, record)


@pytest.fixture(scope="module")
async def service(module_ledger: Ledger) -> Service:
    """The contract over a database."""
    return service_on(module_ledger)


@pytest.fixture(scope="module")
async def women(service: Service) -> tuple[Woman, Woman]:
    """Anne has something to hide, Berit has not."""
    anne = await _with_record(service, ANNE, secrets=True)
    return anne, await _with_record(service, BERIT, secrets=False)


@pytest.mark.parametrize("path", ["/status", "/history", "/record/{}", "/history/{}"])
async def test_reads_are_the_same_to_the_byte(women: tuple[Woman, Woman], path: str) -> None:
    anne, berit = [await one.api.send("GET", path.format(one.record)) for one in women]
    assert anne.status_code == 200
    assert whole(anne) == whole(berit)
    assert "Hemmelig" not in anne.text


async def test_the_card_says_that_something_is_hidden_and_shows_the_rest(women: tuple[Woman, Woman]) -> None:
    for woman in women:
        shown = await woman.api.ok("GET", f"/record/{woman.record}")
        assert shown["metadata"]["somethingHidden"] is True
        assert shown["clinicalTests"]["hemoglobin"] == 11.8
        assert shown["clinicalTests"]["metadata"]["version"] == 2
        assert shown["metadata"]["recordLastUpdated"] == shown["clinicalTests"]["metadata"]["lastUpdated"]
        assert [shown[section] for section in BLOCKED] == [None, None, []]
        status = await woman.api.ok("GET", "/status")
        assert status["lastChangedDateTime"] == shown["metadata"]["recordLastUpdated"]
        history = await woman.api.ok("GET", f"/history/{woman.record}")
        assert [one["version"] for one in history["history"]] == [1, 2, 3]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("section", BLOCKED[:2])
async def test_writes_to_what_is_blocked_tell_nothing(
    women: tuple[Woman, Woman], method: str, section: str
) -> None:
    body = SECRET | {"metadata": {"version": 7}}
    anne, berit = [await one.api.send(method, f"/record/{one.record}/{section}", body) for one in women]
    assert anne.status_code >= 400
    assert whole(anne) == whole(berit)
    for woman in women:
        await woman.api.refused(Kind.BLOCKED, method, f"/record/{woman.record}/{section}", body)


async def test_a_visit_with_a_known_id_is_refused_as_one_that_never_was(
    service: Service, women: tuple[Woman, Woman]
) -> None:
    path = "/record/{}/antenatalAppointments/{}"
    view = await _read(service, women[0], Basis.HER_CONSENT, Wants.PARTS)
    known = next(key for key in view.parts if key.startswith("antenatalAppointments/")).partition("/")[2]
    answers = [await one.api.send("DELETE", path.format(one.record, known)) for one in women]
    assert whole(answers[0]) == whole(answers[1])


async def test_her_consent_there_and_then_and_an_emergency_open_it_and_all_is_still_there(
    service: Service, women: tuple[Woman, Woman]
) -> None:
    for basis in (Basis.HER_CONSENT, Basis.EMERGENCY):
        view = await _read(service, women[0], basis, Wants.CARD)
        assert b"Hemmelig" in card.card_json(view.card)
        assert not view.something_hidden
        assert view.record is not None
        assert view.record.t == 7


async def test_a_write_beside_what_is_blocked_keeps_it(service: Service, women: tuple[Woman, Woman]) -> None:
    for woman in women:
        await woman.api.ok("POST", f"/record/{woman.record}/medication", {"drugAllergy": False}, status=201)
    anne, berit = [await one.api.send("GET", f"/record/{one.record}") for one in women]
    assert whole(anne) == whole(berit)
    view = await _read(service, women[0], Basis.HER_CONSENT, Wants.CARD)
    shown = card.card_json(view.card)
    assert shown.count(b"Hemmelig") == 4
    assert b"somethingHidden" not in shown


async def _read(service: Service, woman: Woman, basis: Basis, wants: Wants) -> View:
    at, event = datetime.now(UTC), "event"
    asked = Act(ACTORS["gp"], Action.READ_RECORD, woman.number, at, event, record=UUID(woman.record))
    return await service.door.read(replace(asked, basis=basis, reason="Bevisstløs"), wants)
