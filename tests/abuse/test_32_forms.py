"""Abuse 32: session fixation, forms and logins from elsewhere, frames, and a session that should be over."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from helsekort.access.act import Action
from helsekort.access.wishes import NO_WISHES
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.citizen.headers import security_headers
from helsekort.citizen.settings import PageSettings
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.sessions import ABSOLUTE, IDLE
from helsekort.ledger.view import Wants
from tests.abuse.her_pages import SAME_ORIGIN, browser_of, csrf_of, log_in
from tests.browser.composition import World, a_world

FORMS = {
    "/samtykke": {"samtykke": "ja"},
    "/trekk-samtykke": {"bekreft": "ja"},
    "/personvern/varsel": {},
    "/personvern/reservasjon": {},
    "/personvern/opphev": {"hva": "0" * 64},
    "/fullmakt": {"hvem": "meg"},
    "/logg-ut": {},
    "/skjul": {},
}
FROM_ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"},
    {"Sec-Fetch-Site": "same-site", "Origin": "null"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.test"},
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {},
]


@pytest.fixture
async def world(database_url: str, keyring: Keyring) -> AsyncIterator[World]:
    async with a_world(database_url, keyring) as made:
        yield made


@pytest.fixture
async def anne(world: World) -> NationalIdentityNumber:
    nin = world.woman("Anne Nordlie", "018190")
    await world.consents(nin)
    return nin


async def consented(world: World, nin: NationalIdentityNumber) -> bool:
    """Whether her consent stands, and no decision of hers has been made for her."""
    view = await world.door.read(world.act_of_her(nin, Action.READ_STATUS), Wants.STATUS)
    return view.person.consented and view.person.wishes == NO_WISHES


async def still_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/logg")).status_code == 200


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("headers", FROM_ELSEWHERE, ids=str)
async def test_a_form_from_elsewhere_is_refused_even_with_the_right_value(
    world: World, anne: NationalIdentityNumber, path: str, headers: dict[str, str]
) -> None:
    async with browser_of(world, anne) as client:
        form = FORMS[path] | {"csrf": await csrf_of(client)}
        del client.headers["Sec-Fetch-Site"]
        answer = await client.post(path, data=form, headers=headers)
        assert answer.status_code == 403
        assert "Ingenting er lagret" in answer.text
        assert await still_in(client)
    assert await consented(world, anne)


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_needs_its_own_sessions_value(
    world: World, anne: NationalIdentityNumber, path: str
) -> None:
    kari = world.woman("Kari Lie", "028190")
    async with browser_of(world, anne) as hers, browser_of(world, kari) as another:
        for csrf in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "æ"}, {"csrf": await csrf_of(another)}):
            answer = await hers.post(path, data=FORMS[path] | csrf, headers=SAME_ORIGIN)
            assert answer.status_code == 403, csrf
        assert await still_in(hers)
    assert await consented(world, anne)


async def test_the_same_forms_are_accepted_from_her_own_page(
    world: World, anne: NationalIdentityNumber
) -> None:
    for path, fields in FORMS.items():
        async with browser_of(world, anne) as client:
            answer = await client.post(
                path, data=fields | {"csrf": await csrf_of(client)}, headers=SAME_ORIGIN
            )
            assert answer.status_code in {200, 303}, path
    assert not await consented(world, anne)


@pytest.mark.parametrize("path", FORMS)
async def test_a_link_never_changes_anything(world: World, anne: NationalIdentityNumber, path: str) -> None:
    async with browser_of(world, anne) as client:
        await client.get(path, params=FORMS[path] | {"csrf": await csrf_of(client)})
        assert await still_in(client)
    assert await consented(world, anne)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"samtykke=ja&" * 2000,
        b"samtykke=ja" + b"a" * 40_000,
        b"\xff\xfe=1",
        b"{}",
        b"samtykke=ja&samtykke=nei&csrf=%00",
    ],
    ids=["empty", "many fields", "large", "bytes", "JSON", "twice"],
)
async def test_a_strange_form_is_refused_in_words(
    world: World, anne: NationalIdentityNumber, body: bytes
) -> None:
    async with browser_of(world, anne) as client:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await client.post("/trekk-samtykke", content=body, headers=SAME_ORIGIN | form)
        assert 400 <= answer.status_code < 500
        assert "Hendelses-id" in answer.text
    assert await consented(world, anne)


async def test_the_session_is_new_at_each_login(world: World, anne: NationalIdentityNumber) -> None:
    async with browser_of(world) as client:
        client.cookies.set("helsekort-session", "f" * 64, domain="127.0.0.1", path="/")
        first = await log_in(client, world, anne)
        token = first.cookies["helsekort-session"]
        assert token != "f" * 64
        second = await log_in(client, world, anne)
        assert second.cookies["helsekort-session"] != token
        async with httpx.AsyncClient(base_url=world.base) as thief:
            thief.cookies.set("helsekort-session", token)
            assert (await thief.get("/logg")).headers["location"] == "/utlogget"


async def test_only_the_browser_that_began_a_login_may_finish_it(
    world: World, anne: NationalIdentityNumber
) -> None:
    async with browser_of(world) as attacker, browser_of(world) as victim:
        world.idporten.next = anne
        callback = (await attacker.get("/logg-inn")).headers["location"]
        refused = await victim.get(callback)
        assert refused.status_code == 401
        assert "set-cookie" not in refused.headers
        assert (await attacker.get(callback)).status_code == 303
        assert (await attacker.get(callback)).status_code == 401


async def test_logging_out_ends_the_session_on_the_server(world: World, anne: NationalIdentityNumber) -> None:
    async with browser_of(world, anne) as client:
        token = client.cookies["helsekort-session"]
        answer = await client.post("/logg-ut", data={"csrf": await csrf_of(client)}, headers=SAME_ORIGIN)
        assert answer.headers["clear-site-data"] == '"cache", "cookies", "storage"'
        client.cookies.set("helsekort-session", token)
        assert (await client.get("/helsekort")).headers["location"] == "/utlogget"


async def test_withdrawal_ends_her_sessions_on_every_device(
    world: World, anne: NationalIdentityNumber
) -> None:
    async with browser_of(world, anne) as phone, browser_of(world, anne) as laptop:
        form = {"bekreft": "ja", "csrf": await csrf_of(phone)}
        receipt = await phone.post("/trekk-samtykke", data=form, headers=SAME_ORIGIN)
        assert receipt.status_code == 200
        assert "Samtykket er trukket" in receipt.text
        assert not await still_in(phone)
        assert not await still_in(laptop)


async def test_a_session_ends_by_itself(world: World, anne: NationalIdentityNumber) -> None:
    async with browser_of(world, anne) as client:
        world.now += IDLE
        assert not await still_in(client)
    async with browser_of(world, anne) as client:
        began = world.now
        while world.now + timedelta(minutes=10) < began + ABSOLUTE:
            world.now += timedelta(minutes=10)
            assert await still_in(client)
        world.now = began + ABSOLUTE
        assert not await still_in(client)


async def test_the_cookie_is_for_this_host_alone(world: World, anne: NationalIdentityNumber) -> None:
    async with browser_of(world) as client:
        answer = await log_in(client, world, anne)
        cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("helsekort-session="))
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=3600"} <= set(cookie.split("; "))
    https = PageSettings(("https://helsekort.example",), "c", "1")
    assert https.secure
    assert (https.session_cookie, https.login_cookie) == ("__Host-helsekort", "__Host-helsekort-login")
    assert not replace(https, public_bases=("https://a.example", "http://127.0.0.1:1")).secure


ROUTES = [
    "/",
    "/logg-inn",
    "/innlogget",
    "/utlogget",
    "/ny-fane",
    "/samtykke",
    "/samtykke?gravid=ja",
    "/samtykke/kvittering",
    "/samtykke/nei",
    "/samtykke/ikke-gravid",
    "/trekk-samtykke",
    "/helsekort",
    "/logg",
    "/finnes-ikke",
    "/static/nothing.css",
]


@pytest.mark.parametrize("path", ROUTES)
async def test_every_answer_has_every_header(world: World, anne: NationalIdentityNumber, path: str) -> None:
    expected = security_headers(PageSettings((world.base,), "c", "1"))
    assert expected["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    async with browser_of(world) as nobody, browser_of(world, anne) as hers:
        for client in (nobody, hers):
            answer = await client.get(path)
            for name, value in expected.items():
                assert answer.headers.get_list(name) == [value], name


async def test_a_static_file_may_be_kept_for_ever(world: World) -> None:
    async with browser_of(world) as client:
        style = (await client.get("/")).text.split('rel="stylesheet" href="')[1].split('"')[0]
        answer = await client.get(style)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
