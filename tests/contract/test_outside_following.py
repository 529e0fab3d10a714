"""What the person register's feed does to the ledger, and whom Helsenorge is asked to tell: over real HTTP and PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.responses import JSONResponse

from helsekort.access.act import Representation as Ground
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.outbox import START, Position
from helsekort.ledger.view import Judgement, Query, Wants
from helsekort.outside.following import FOLLOWER, catch_up
from helsekort.outside.notices import TEXT, Notices, tell_once
from helsekort.outside.person_register import PersonRegister
from helsekort.outside.repeating import repeat
from helsekort.outside.representation import Representation, Representations
from helsekort.sandbox.people import Woman, fictional_people
from tests.contract.ledger_acts import consent, entry, status, withdraw
from tests.contract.services import SetClock, client, issuer, sandbox

PEOPLE = fictional_people()
SEEN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""Half an hour after the acts of these tests begin."""


def woman(key: str) -> Woman:
    found = PEOPLE.woman(key)
    assert found is not None
    return found


def number(text: str) -> NationalIdentityNumber:
    return NationalIdentityNumber.parse(text, allow_synthetic=True)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client() as made:
        yield made


@pytest.fixture
async def base(tmp_path: Path) -> AsyncIterator[str]:
    async with sandbox(tmp_path) as made:
        yield made


@pytest.fixture
def register(http: httpx.AsyncClient, base: str) -> PersonRegister:
    return PersonRegister(http, base=f"{base}/folkeregisteret", allow_synthetic=True)


async def happen(http: httpx.AsyncClient, base: str, key: str, event: str) -> None:
    """Something is registered of a woman."""
    form = {"woman": key, "hendelse": event}
    assert (await http.post(f"{base}/folkeregisteret/hendelser", data=form)).status_code == 303


async def known(ledger: Ledger, nin: str) -> NationalIdentityNumber:
    """A woman of the sandbox whom the ledger knows under a number."""
    patient = number(nin)
    await ledger.add_person(patient, deceased=False, confidential=False)
    return patient


async def test_a_new_number_means_the_same_woman(
    ledger: Ledger, register: PersonRegister, http: httpx.AsyncClient, base: str
) -> None:
    olena = woman("olena")
    old, new = await known(ledger, olena.nin), number(olena.next_nin)
    await happen(http, base, "olena", "nyttNummer")
    await happen(http, base, "olena", "adressebeskyttelse")
    await catch_up(register, ledger, clock=SetClock())
    by_old, by_new = [(await status(ledger, each)).person for each in (old, new)]
    assert by_old == by_new
    assert by_new.confidential_address


async def test_a_new_number_that_was_used_before_the_feed_told_of_it(
    ledger: Ledger, register: PersonRegister, http: httpx.AsyncClient, base: str
) -> None:
    olena = woman("olena")
    old, new = await known(ledger, olena.nin), await known(ledger, olena.next_nin)
    await consent(ledger, old)
    await happen(http, base, "olena", "nyttNummer")
    await catch_up(register, ledger, clock=SetClock())
    by_old, by_new = [(await status(ledger, each)).person for each in (old, new)]
    assert by_old == by_new
    assert by_new.consented


async def test_two_registrations_become_one_woman(
    ledger: Ledger, register: PersonRegister, http: httpx.AsyncClient, base: str
) -> None:
    wenche = woman("wenche")
    stays, gone = await known(ledger, wenche.nin), await known(ledger, wenche.other_nin)
    assert (await status(ledger, stays)).person != (await status(ledger, gone)).person
    await happen(http, base, "wenche", "sammenslaaing")
    await catch_up(register, ledger, clock=SetClock())
    assert (await status(ledger, stays)).person == (await status(ledger, gone)).person


async def test_the_place_in_the_feed_outlives_a_restart(
    ledger: Ledger, register: PersonRegister, http: httpx.AsyncClient, base: str
) -> None:
    elin = await known(ledger, woman("elin").nin)
    assert await ledger.place(FOLLOWER) == START
    await happen(http, base, "elin", "doedsfall")
    await catch_up(register, ledger, clock=SetClock())
    assert await ledger.place(FOLLOWER) == Position(0, 1)
    await ledger.update_person(elin, deceased=False, confidential=False)
    await catch_up(register, ledger, clock=SetClock())
    assert not (await status(ledger, elin)).person.deceased  # the old event is not read again
    await ledger.keep_place(
        FOLLOWER, Position(0, 9)
    )  # a register that begins anew is read from its beginning
    await catch_up(register, ledger, clock=SetClock())
    assert (await status(ledger, elin)).person.deceased


async def test_what_a_register_that_is_down_has_not_told_is_asked_again(
    ledger: Ledger, http: httpx.AsyncClient
) -> None:
    down = PersonRegister(http, base="http://127.0.0.1:9", allow_synthetic=True)
    with pytest.raises(Refused) as refused:
        await catch_up(down, ledger, clock=SetClock())
    assert refused.value.kind is Kind.SOURCE_DOWN
    assert await ledger.place(FOLLOWER) == START


async def consenting(ledger: Ledger, nin: str) -> NationalIdentityNumber:
    """A woman who has consented."""
    patient = await known(ledger, nin)
    await consent(ledger, patient)
    return patient


async def looked_up(ledger: Ledger, patient: NationalIdentityNumber, *, notice: bool = True) -> None:
    """Somebody has opened her card, and she wants to be told."""
    judgement = Judgement(entry(), None, notice=notice)
    await ledger.read(Query(patient, None, Wants.STATUS), lambda _: judgement)


async def inbox(http: httpx.AsyncClient, base: str, key: str) -> list[str]:
    """The texts in a woman's inbox, newest first."""
    answer = await http.get(f"{base}/innboks/{key}", headers={"Accept": "application/json"})
    return [message["text"] for message in answer.json()]


@pytest.fixture
def clock() -> SetClock:
    """A clock shortly after the acts."""
    made = SetClock()
    made.now = SEEN
    return made


async def test_she_is_told_once_an_hour_in_words_that_say_nothing(
    ledger: Ledger, http: httpx.AsyncClient, base: str, clock: SetClock
) -> None:
    notices = Notices(http, base=f"{base}/varsel/v1")
    elin, ida = [await consenting(ledger, woman(key).nin) for key in ("elin", "ida")]
    for _ in range(2):
        await looked_up(ledger, elin)
    await looked_up(ledger, ida, notice=False)
    await tell_once(ledger, notices, clock=clock)
    assert await inbox(http, base, "elin") == [TEXT]
    assert await inbox(http, base, "ida") == []  # she has not asked for it
    clock.move(minutes=59)
    await looked_up(ledger, elin)
    await tell_once(ledger, notices, clock=clock)
    assert await inbox(http, base, "elin") == [TEXT]
    clock.move(minutes=1)
    await looked_up(ledger, elin)
    await tell_once(ledger, notices, clock=clock)
    assert await inbox(http, base, "elin") == [TEXT] * 2


async def test_a_notice_that_could_not_be_sent_is_sent_later(
    ledger: Ledger, http: httpx.AsyncClient, base: str, clock: SetClock
) -> None:
    elin = await consenting(ledger, woman("elin").nin)
    await looked_up(ledger, elin)
    with pytest.raises(Refused):
        await tell_once(ledger, Notices(http, base="http://127.0.0.1:9"), clock=clock)
    notices = Notices(http, base=f"{base}/varsel/v1")
    await tell_once(ledger, notices, clock=clock)
    await tell_once(ledger, notices, clock=clock)
    assert await inbox(http, base, "elin") == [TEXT]


async def test_a_withdrawal_cancels_what_waits_and_old_news_is_none(
    ledger: Ledger, http: httpx.AsyncClient, base: str, clock: SetClock
) -> None:
    notices = Notices(http, base=f"{base}/varsel/v1")
    elin = await consenting(ledger, woman("elin").nin)
    await looked_up(ledger, elin)
    await withdraw(ledger, elin)
    await tell_once(ledger, notices, clock=clock)
    ida = await consenting(ledger, woman("ida").nin)
    await looked_up(ledger, ida)
    clock.move(hours=25)
    await tell_once(ledger, notices, clock=clock)
    assert (await inbox(http, base, "elin"), await inbox(http, base, "ida")) == ([], [])


async def test_one_without_an_inbox_holds_up_nobody(
    ledger: Ledger, http: httpx.AsyncClient, base: str, clock: SetClock
) -> None:
    stranger = await consenting(ledger, "02819010040")  # whom Helsenorge does not know
    elin = await consenting(ledger, woman("elin").nin)
    for patient in (stranger, elin):
        await looked_up(ledger, patient)
    await tell_once(ledger, Notices(http, base=f"{base}/varsel/v1"), clock=clock)
    assert await inbox(http, base, "elin") == [TEXT]


async def test_whom_a_person_may_act_for(http: httpx.AsyncClient, base: str) -> None:
    register = Representations(http, base=f"{base}/representasjon/v1", allow_synthetic=True)
    kinds = {"per": Ground.HEALTH_INFORMATION, "sara": Ground.DIGITAL_SERVICES, "mona": Ground.PARENT}
    for relative in PEOPLE.relatives:
        whose = woman(relative.acts_for)
        kind = kinds.get(relative.key, Ground(relative.ground))
        assert await register.find(number(relative.nin)) == [
            Representation(number(whose.nin), whose.name, kind)
        ]
    assert await register.find(number(woman("anne").nin)) == []
    nobody_here = Representations(http, base=f"{base}/representasjon/v1", allow_synthetic=False)
    assert await nobody_here.find(number(PEOPLE.relatives[0].nin)) == []


async def test_a_ground_nobody_knows_gives_no_right(http: httpx.AsyncClient) -> None:
    async with issuer() as register:
        told = {"identifikator": woman("elin").nin, "navn": "Elin", "grunnlag": "verge"}
        register.answers["/representasjoner/_search"] = JSONResponse({"representasjoner": [told]})
        found = Representations(http, base=register.base, allow_synthetic=True)
        assert await found.find(number(PEOPLE.relatives[0].nin)) == []


async def test_a_register_that_is_down_gives_no_right(http: httpx.AsyncClient) -> None:
    down = Representations(http, base="http://127.0.0.1:9", allow_synthetic=True)
    with pytest.raises(Refused) as refused:
        await down.find(number(PEOPLE.relatives[0].nin))
    assert refused.value.kind is Kind.SOURCE_DOWN


async def test_a_fault_ends_no_task_and_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """A feed that stopped unseen would leave a protected address open here."""
    times, done = itertools.count(1), asyncio.Event()

    async def do() -> None:
        match next(times):
            case 1:
                raise Refused(Kind.SOURCE_DOWN)
            case 2:
                raise KeyError("a fault of ours")
            case 3:
                done.set()

    task = asyncio.create_task(repeat("the feed", do, every=0.001))
    await asyncio.wait_for(done.wait(), 10)
    task.cancel()
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
    assert all("the feed" in record.getMessage() for record in caplog.records)
