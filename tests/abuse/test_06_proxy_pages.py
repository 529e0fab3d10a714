"""Abuse 6: somebody who acts for her reads more than allowed, or learns from the page why there is nothing to read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from helsekort.access.act import Action, Representation
from helsekort.access.wishes import NO_WISHES, SENSITIVE, Wish, WishKind
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.view import Wants
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.examples import full_card
from tests.abuse.her_pages import SAME_ORIGIN, browser_of, csrf_of
from tests.browser.composition import World, a_world

NOTE = "Er utsatt for vold hjemme"
CARD = "/fullmakt/helsekort"
FORMS: dict[str, dict[str, str]] = {
    "/samtykke": {"samtykke": "ja"},
    "/trekk-samtykke": {"bekreft": "ja"},
    "/personvern/reservasjon": {},
    "/personvern/varsel": {},
    "/personvern/opphev": {"hva": "0" * 64},
}


@pytest.fixture
async def world(database_url: str, keyring: Keyring) -> AsyncIterator[World]:
    async with a_world(database_url, keyring) as made:
        yield made


@pytest.fixture
async def ola(world: World) -> NationalIdentityNumber:
    return world.woman("Ola Nordmann", "118890")


async def with_card(world: World, born: str = "018190") -> NationalIdentityNumber:
    """A woman with everything on her card, a sensitive text in an ordinary field too."""
    nin = world.woman("Anne Nordlie", born)
    await world.consents(nin)
    card = full_card(4)
    card["mother"] = card["mother"] | {"occupationAndIndustry": NOTE}
    await world.has_record(nin, card)
    return nin


async def choices(client: httpx.AsyncClient) -> tuple[str, dict[str, str]]:
    """The csrf value, and the opaque value of everybody to choose, by name."""
    page = (await client.get("/fullmakt")).text
    csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert csrf
    return csrf[1], {
        name: value for value, name in re.findall(r'value="([0-9a-f]{64})">På vegne av ([^<]+)<', page)
    }


async def acts(client: httpx.AsyncClient) -> httpx.Response:
    """Chooses the only woman there is to choose, and opens her card."""
    csrf, offered = await choices(client)
    [value] = offered.values()
    answer = await client.post("/fullmakt", data={"csrf": csrf, "hvem": value}, headers=SAME_ORIGIN)
    assert answer.headers["location"] == CARD
    return await client.get(CARD)


async def test_nothing_sensitive_is_named_on_a_proxys_page(world: World, ola: NationalIdentityNumber) -> None:
    anne = await with_card(world)
    world.gives_power(anne, ola)
    async with browser_of(world, anne) as hers, browser_of(world, ola) as his:
        own, seen = (await hers.get("/helsekort")).text, (await acts(his)).text
    ordinary = {one.labels["nb"] for one in CATALOGUE.fields.values() if one.visibility not in SENSITIVE}
    sensitive = {
        one.labels["nb"]
        for one in CATALOGUE.fields.values()
        if one.visibility in SENSITIVE and one.in_contract and one.labels["nb"] not in ordinary
    }
    shown = [label for label in sensitive if re.search(rf"\b{re.escape(label)}\b", own)]
    assert len(shown) > 10
    assert NOTE in own
    assert "Blodtrykk" in seen
    for label in sensitive:
        assert not re.search(rf">\s*{re.escape(label)}\b", seen), label
    for word in (NOTE, "Ikke registrert (", anne.reveal(), "Hiv", "Rusmid", "skjult"):
        assert word not in seen, word


async def opts_out(world: World, nin: NationalIdentityNumber) -> None:
    await world.door.set_wish(world.act_of_her(nin, Action.SET_WISH), Wish(WishKind.OPT_OUT, on=True))


async def hides(world: World, nin: NationalIdentityNumber) -> None:
    await world.door.set_wish(world.act_of_her(nin, Action.SET_WISH), Wish(WishKind.HIDE_ONLINE, on=True))


async def withdraws(world: World, nin: NationalIdentityNumber) -> None:
    await world.withdraws(nin, days_ago=0)


def bare(page: str) -> str:
    """The page without what is the session's own."""
    return re.sub(r"[0-9a-f]{64}", "", page)


async def test_every_reason_there_is_no_card_looks_the_same(
    world: World, ola: NationalIdentityNumber
) -> None:
    pages = set()
    for place, change in enumerate((opts_out, hides, withdraws, None)):
        anne = await with_card(world, f"0{place + 1}8190")
        if change is not None:
            await change(world, anne)
        pages.add(await page_of(world, anne, ola))
    seen = next(page for page in pages if "Det er ikke noe helsekort å vise" not in page)
    assert "Blodtrykk" in seen
    strangers = world.woman("Anne Nordlie", "058190")
    hidden = world.woman("Anne Nordlie", "068190", confidential=True)
    pages |= {await page_of(world, strangers, ola), await page_of(world, hidden, ola)}
    assert len(pages) == 2  # the card there is, and one page for all the rest


async def page_of(world: World, anne: NationalIdentityNumber, ola: NationalIdentityNumber) -> str:
    """What he sees of her."""
    world.powers.clear()
    world.gives_power(anne, ola)
    async with browser_of(world, ola) as client:
        answer = await acts(client)
        assert answer.status_code == 200
        return bare(answer.text)


@pytest.mark.parametrize("born", ["018190", "018112"], ids=["adult", "under sixteen"])
@pytest.mark.parametrize("ground", [Representation.PARENT, Representation.DIGITAL_SERVICES])
async def test_a_ground_that_gives_no_insight_offers_nobody(
    world: World, ola: NationalIdentityNumber, born: str, ground: Representation
) -> None:
    anne = await with_card(world, born)
    world.gives_power(anne, ola, ground)
    async with browser_of(world, ola) as client:
        _, offered = await choices(client)
        assert offered == {}
        assert "Anne" not in (await client.get(CARD, follow_redirects=True)).text


async def test_a_value_of_another_session_or_made_up_chooses_nobody(
    world: World, ola: NationalIdentityNumber
) -> None:
    anne = await with_card(world)
    world.gives_power(anne, ola)
    async with browser_of(world, ola) as one, browser_of(world, ola) as another:
        csrf, _ = await choices(one)
        _, offered = await choices(another)
        for value in (*offered.values(), "0" * 64, "", "æ", anne.reveal()):
            answer = await one.post("/fullmakt", data={"csrf": csrf, "hvem": value}, headers=SAME_ORIGIN)
            assert 400 <= answer.status_code < 500, value
        assert (await one.get(CARD)).headers["location"] == "/fullmakt"


@pytest.mark.parametrize("path", FORMS)
async def test_a_proxy_decides_nothing_for_her_nor_for_himself_meanwhile(
    world: World, ola: NationalIdentityNumber, path: str
) -> None:
    anne = await with_card(world)
    world.gives_power(anne, ola)
    async with browser_of(world, ola) as client:
        csrf = await csrf_of(client)
        await acts(client)
        answer = await client.post(path, data=FORMS[path] | {"csrf": csrf}, headers=SAME_ORIGIN)
        assert answer.headers["location"] == CARD
    for nin, consented in ((anne, True), (ola, False)):
        view = await world.door.read(world.act_of_her(nin, Action.READ_STATUS), Wants.STATUS)
        assert (view.person.consented, view.person.wishes) == (consented, NO_WISHES)


async def test_her_log_names_him_and_a_refused_look_too(world: World, ola: NationalIdentityNumber) -> None:
    anne = await with_card(world)
    world.gives_power(anne, ola)
    async with browser_of(world, ola) as his:
        await acts(his)
        await hides(world, anne)
        await his.get(CARD)
    async with browser_of(world, anne) as hers:
        log = (await hers.get("/logg?vis=fullmakt")).text
    assert "Ola Nordmann, med fullmakt" in log
    assert "Avvist oppslag" in log
    assert ola.reveal() not in log
    view = await world.door.read(replace(world.act_of_her(anne, Action.READ_LOG)), Wants.LOG)
    assert {one.detail.representation for one in view.log if one.detail.name == "Ola Nordmann"} == {"innsyn"}
