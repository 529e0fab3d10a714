"""Her pages when something is wrong behind them: calm words, an id to give, every header, and nothing of hers in the log."""

import logging
from collections.abc import AsyncIterator

import httpx
import pytest

from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.citizen.headers import security_headers
from helsekort.citizen.settings import PageSettings
from helsekort.ledger.sealing import Keyring
from tests.abuse.her_pages import SAME_ORIGIN, browser_of, csrf_of
from tests.browser.composition import World, a_world


@pytest.fixture
async def world(database_url: str, keyring: Keyring) -> AsyncIterator[World]:
    async with a_world(database_url, keyring) as made:
        yield made


@pytest.fixture
async def anne(world: World) -> NationalIdentityNumber:
    nin = world.woman("Anne Nordlie", "018190")
    await world.consents(nin)
    return nin


def assert_calm(answer: httpx.Response, status: int, heading: str, world: World) -> None:
    """The page about a problem, whole."""
    assert answer.status_code == status
    assert f">{heading}</h1>" in answer.text
    assert "Hendelses-id" in answer.text
    assert "Traceback" not in answer.text
    for name, value in security_headers(PageSettings((world.base,), "c", "1")).items():
        assert answer.headers[name] == value


async def test_without_a_database_the_card_is_safe_and_the_front_page_stands(
    world: World, anne: NationalIdentityNumber
) -> None:
    async with browser_of(world, anne) as client:
        await world.sessions.close()
        assert_calm(await client.get("/helsekort"), 503, "Tjenesten svarer ikke akkurat nå", world)
        del client.cookies["helsekort-session"]
        assert (await client.get("/")).status_code == 200


@pytest.mark.parametrize("kind", [Kind.SOURCE_DOWN, Kind.UNAUTHENTICATED])
async def test_a_login_that_fails_says_so(world: World, anne: NationalIdentityNumber, kind: Kind) -> None:
    async def fails(*, query: object, kept: object) -> NationalIdentityNumber:
        raise Refused(kind)

    world.idporten.finish = fails  # type: ignore[method-assign]
    async with browser_of(world) as client:
        answer = await client.get((await client.get("/logg-inn")).headers["location"])
    assert answer.status_code in {401, 503}
    assert "Hendelses-id" in answer.text
    assert "helsekort-session" not in answer.headers.get("set-cookie", "")


async def test_a_fault_of_ours_is_told_without_what_it_was(
    world: World, anne: NationalIdentityNumber, caplog: pytest.LogCaptureFixture
) -> None:
    async def faulty(nin: NationalIdentityNumber) -> None:
        raise RuntimeError(f"about {nin}")

    async with browser_of(world) as client:
        callback = (await client.get("/logg-inn")).headers["location"]
        world.break_register(faulty)
        with caplog.at_level(logging.ERROR):
            answer = await client.get(callback)
    assert_calm(answer, 500, "Noe gikk galt hos oss", world)
    assert "about ***********" in caplog.text
    assert anne.reveal() not in caplog.text + answer.text


async def test_an_address_that_is_not_there(world: World, anne: NationalIdentityNumber) -> None:
    async with browser_of(world, anne) as client:
        for path in ("/finnes-ikke", "/helsekort/1", "/static/finnes-ikke.css", "/logg/"):
            answer = await client.get(path, follow_redirects=True)
            if answer.status_code != 200:
                assert_calm(answer, 404, "Vi finner ikke siden", world)
        assert_calm(await client.put("/helsekort"), 405, "Vi finner ikke siden", world)
        allowed = (await client.put("/helsekort")).headers["allow"]
    assert set(allowed.split(", ")) == {"GET", "HEAD"}


async def test_a_choice_that_is_no_choice_changes_nothing(world: World, anne: NationalIdentityNumber) -> None:
    async with browser_of(world, anne) as client:
        form = {"csrf": await csrf_of(client)}
        for path in ("/samtykke", "/trekk-samtykke"):
            answer = await client.post(path, data=form, headers=SAME_ORIGIN)
            assert_calm(answer, 422, "Vi kunne ikke ta imot skjemaet", world)
        assert (await client.get("/samtykke")).status_code == 200


@pytest.mark.parametrize("start", ["-1", "999999999", "æ", "1e3", "", "٣"])
async def test_a_strange_place_in_the_log_is_its_beginning_or_its_end(
    world: World, anne: NationalIdentityNumber, start: str
) -> None:
    async with browser_of(world, anne) as client:
        answer = await client.get("/logg", params={"fra": start, "vis": "ukjent"})
    assert answer.status_code == 200
    assert "Logg over bruk" in answer.text
