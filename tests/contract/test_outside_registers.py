"""The three registers: what the adapters read from the sandbox's, and that a register that misbehaves is said to be down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from helsekort.access.caller import RegisteredOrganisation
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.outside.organisation_register import OrganisationRegister
from helsekort.outside.person_register import PersonRegister
from helsekort.outside.practitioner_register import PractitionerRegister
from helsekort.outside.remembered import Remembered
from helsekort.outside.wire import SECONDS
from helsekort.sandbox.people import fictional_people
from tests.contract.services import MISBEHAVING, SetClock, client, dripping, issuer, sandbox

PEOPLE = fictional_people()
ANNE = PEOPLE.women[0]
NOBODY = NationalIdentityNumber.parse("02819010040", allow_synthetic=True)


def number(text: str) -> NationalIdentityNumber:
    """A fictional number."""
    return NationalIdentityNumber.parse(text, allow_synthetic=True)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client() as made:
        yield made


@pytest.fixture
async def base(tmp_path: Path) -> AsyncIterator[str]:
    async with sandbox(tmp_path) as made:
        yield made


async def test_a_person(http: httpx.AsyncClient, base: str) -> None:
    register = PersonRegister(http, base=f"{base}/folkeregisteret", allow_synthetic=True)
    for woman in PEOPLE.women:
        found = await register.find(number(woman.nin))
        assert found is not None
        assert found.name == woman.name
        assert found.confidential_address is (woman.address_protection in {"fortrolig", "strengtFortrolig"})
    assert await register.find(NOBODY) is None


async def test_the_changes_of_a_person(http: httpx.AsyncClient, base: str) -> None:
    register = PersonRegister(http, base=f"{base}/folkeregisteret", allow_synthetic=True)
    nothing = await register.changes(after=0)
    assert (nothing.persons, nothing.latest) == ((), 0)
    for event in (
        {"hendelse": "adressebeskyttelse", "adressegradering": "strengtFortrolig"},
        {"hendelse": "doedsfall"},
    ):
        answer = await http.post(f"{base}/folkeregisteret/hendelser", data={"woman": ANNE.key, **event})
        assert answer.status_code == 303
    changes = await register.changes(after=0)
    assert (changes.persons, changes.latest) == ((number(ANNE.nin),) * 2, 2)
    assert (await register.changes(after=1)).persons == (number(ANNE.nin),)
    found = await register.find(number(ANNE.nin))
    assert found is not None
    assert found.deceased
    assert found.confidential_address


async def test_fictional_people_change_nothing_in_operation(http: httpx.AsyncClient, base: str) -> None:
    await http.post(f"{base}/folkeregisteret/hendelser", data={"woman": ANNE.key, "hendelse": "doedsfall"})
    register = PersonRegister(http, base=f"{base}/folkeregisteret", allow_synthetic=False)
    changes = await register.changes(after=0)
    assert (changes.persons, changes.latest) == ((), 1)


async def test_a_practitioner(http: httpx.AsyncClient, base: str) -> None:
    register = PractitionerRegister(http, base=f"{base}/hpr", clock=SetClock())
    for person in PEOPLE.practitioners:
        found = await register.find(person.hpr_number)
        assert found is not None
        assert (found.name, found.authorisations) == (person.name, frozenset(person.authorisations))
    assert await register.find("999999999") is None


async def test_an_organisation(http: httpx.AsyncClient, base: str) -> None:
    register = OrganisationRegister(http, base=f"{base}/enhetsregisteret", clock=SetClock())
    for unit in PEOPLE.organisations:
        expected = RegisteredOrganisation(unit.number, unit.name, (unit.parent_number,))
        assert await register.find(unit.number) == expected
        assert await register.find(unit.parent_number) is None


async def test_levels_between_a_clinic_and_its_municipality(http: httpx.AsyncClient) -> None:
    async with issuer() as register:
        above = {"1": "2", "2": "3", "3": None}
        kinds = {"1": "underenheter", "2": "enheter", "3": "enheter"}
        for unit, parent in above.items():
            body = {"organisasjonsnummer": unit, "navn": unit, "overordnetEnhet": parent}
            register.answers[f"/api/{kinds[unit]}/{unit}"] = JSONResponse(body)
        found = await OrganisationRegister(http, base=register.base, clock=SetClock()).find("1")
        assert found is not None
        assert found.parents == ("2", "3")


async def test_units_that_belong_to_each_other_come_to_an_end(http: httpx.AsyncClient) -> None:
    async with issuer() as register:
        for path, unit, parent in (("underenheter", "1", "2"), ("enheter", "2", "3"), ("enheter", "3", "2")):
            body = {"organisasjonsnummer": unit, "navn": unit, "overordnetEnhet": parent}
            register.answers[f"/api/{path}/{unit}"] = JSONResponse(body)
        found = await OrganisationRegister(http, base=register.base, clock=SetClock()).find("1")
        assert found is not None
        assert found.parents == ("2", "3")


Ask = Callable[[httpx.AsyncClient, str], Awaitable[object]]
QUESTIONS: dict[str, tuple[str, Ask]] = {
    "person": (
        "/personer/_search",
        lambda http, base: PersonRegister(http, base=base, allow_synthetic=True).find(NOBODY),
    ),
    "changes": (
        "/hendelser",
        lambda http, base: PersonRegister(http, base=base, allow_synthetic=True).changes(after=0),
    ),
    "practitioner": (
        "/helsepersonell/565900101",
        lambda http, base: PractitionerRegister(http, base=base, clock=SetClock()).find("565900101"),
    ),
    "organisation": (
        "/api/underenheter/314001273",
        lambda http, base: OrganisationRegister(http, base=base, clock=SetClock()).find("314001273"),
    ),
}


async def _down(ask: Awaitable[object]) -> None:
    with pytest.raises(Refused) as refusal:
        await ask
    assert refusal.value.kind is Kind.SOURCE_DOWN
    assert NOBODY.reveal() not in str(refusal.value)


@pytest.mark.parametrize("how", MISBEHAVING)
@pytest.mark.parametrize("what", QUESTIONS)
async def test_a_register_that_misbehaves_is_down(http: httpx.AsyncClient, what: str, how: str) -> None:
    path, ask = QUESTIONS[what]
    async with issuer() as register:
        register.answers[path] = MISBEHAVING[how]()
        await _down(ask(http, register.base))
        assert register.asked == [path]


@pytest.mark.parametrize("what", QUESTIONS)
async def test_a_register_that_is_not_there_is_down(http: httpx.AsyncClient, what: str) -> None:
    await _down(QUESTIONS[what][1](http, "http://127.0.0.1:9"))


async def test_an_answer_that_never_ends_is_given_up_in_time(http: httpx.AsyncClient) -> None:
    async with issuer() as register:
        path, ask = QUESTIONS["practitioner"]
        register.answers[path] = dripping()
        before = time.monotonic()
        await _down(ask(http, register.base))
        assert time.monotonic() - before < SECONDS + 2


@pytest.mark.parametrize("grade", ["hemmelig", "", None])
async def test_an_address_grade_nobody_knows_is_never_taken_for_open(
    http: httpx.AsyncClient, grade: str | None
) -> None:
    async with issuer() as register:
        body = {"navn": "Anne", "status": "bosatt", "adressegradering": grade}
        register.answers["/personer/_search"] = JSONResponse(body)
        await _down(QUESTIONS["person"][1](http, register.base))


async def test_a_practitioner_is_asked_for_once_an_hour_and_an_unknown_one_once_a_minute(
    http: httpx.AsyncClient,
) -> None:
    clock = SetClock()
    async with issuer() as hpr:
        register = PractitionerRegister(http, base=hpr.base, clock=clock)
        body = {"navn": "Grete", "autorisasjoner": ["LE"]}
        hpr.answers["/helsepersonell/1"] = JSONResponse(body)
        for minutes, asked in ((0, 1), (59, 1), (2, 2)):
            clock.move(minutes=minutes)
            assert await register.find("1") is not None
            assert len(hpr.asked) == asked
        for seconds, asked in ((0, 3), (59, 3), (2, 4)):
            clock.move(seconds=seconds)
            assert await register.find("2") is None
            assert len(hpr.asked) == asked


async def test_a_failure_is_not_remembered(http: httpx.AsyncClient) -> None:
    async with issuer() as hpr:
        register = PractitionerRegister(http, base=hpr.base, clock=SetClock())
        hpr.answers["/helsepersonell/1"] = Response(status_code=500)
        await _down(register.find("1"))
        hpr.answers["/helsepersonell/1"] = JSONResponse({"navn": "Grete", "autorisasjoner": []})
        assert await register.find("1") is not None


async def test_many_who_ask_at_once_are_one_question_and_one_who_leaves_takes_nothing_with_him() -> None:
    asked, go = [], asyncio.Event()

    async def ask(key: str) -> str:
        asked.append(key)
        await go.wait()
        return key.upper()

    remembered = Remembered(ask, clock=SetClock())
    waiting = [asyncio.create_task(remembered.find("a")) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*waiting[1:]) == ["A"] * 19
    assert asked == ["a"]
    with pytest.raises(asyncio.CancelledError):
        await waiting[0]
