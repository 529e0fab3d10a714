"""The sandbox's pages in a browser: she picks herself by name, on a small phone, without JavaScript."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from helsekort.ledger.embedded import EmbeddedServer
from helsekort.sandbox.address import Address
from helsekort.sandbox.people import fictional_people
from helsekort.sandbox.woman_browser import WomanBrowser
from tests.browser.axe import assert_accessible, assert_no_sideways_scroll
from tests.conftest import new_database
from tests.flow.together import sandboxed

SMALL = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
async def address(
    postgres: EmbeddedServer, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Address]:
    async with (
        new_database(postgres, migrated) as url,
        sandboxed(url, tmp_path_factory.mktemp("together")) as found,
    ):
        yield found


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
async def test_she_logs_in_by_her_name(
    address: Address, browser: Browser, browser_context_args: dict[str, Any], *, javascript: bool
) -> None:
    context = await browser.new_context(
        **browser_context_args | {"viewport": SMALL, "java_script_enabled": javascript}
    )
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.goto(f"{address.service}/logg-inn")
    assert page.url.startswith(f"{address.sandbox}/idporten/connect/authorize")
    assert await page.get_by_role("heading", level=1).inner_text() == "Hvem vil du logge inn som?"
    if javascript:
        await assert_reads_well(page)
    await page.get_by_role("button", name="Anne Eksempel").click()
    await page.wait_for_url(f"{address.service}/**")
    assert "Anne" in await page.get_by_role("main").inner_text()
    assert said == []
    await context.close()


async def test_she_can_give_up_and_the_front_page_can_be_used(
    address: Address, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    context = await browser.new_context(**browser_context_args | {"viewport": SMALL})
    page = await context.new_page()
    await page.goto(f"{address.service}/logg-inn")
    await page.get_by_role("button", name="Avbryt").click()
    await page.wait_for_url(f"{address.service}/innlogget?*")
    await page.goto(f"{address.sandbox}/")
    await assert_reads_well(page)
    await page.get_by_role("button", name="Beskytt adressen: Ida Keiserud").click()
    await page.get_by_role("button", name="Opphev beskyttelsen: Ida Keiserud").wait_for()
    await page.goto(f"{address.sandbox}/idporten/connect/authorize?request_uri=used")
    assert await page.get_by_role("heading", level=1).inner_text() == "Innloggingen kan ikke fortsette"
    await assert_reads_well(page)
    await page.goto(f"{address.sandbox}/idporten/connect/endsession")
    await assert_reads_well(page)
    await context.close()


async def test_her_partner_reads_her_card_with_her_power_of_attorney(
    address: Address, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    """Logged out, the next person is asked who she is; a power of attorney that must not work shows nothing."""
    elin = next(w for w in fictional_people().women if w.key == "elin")
    async with WomanBrowser(service=address.service) as her:
        await her.log_in(elin)
        await her.consent()
    context = await browser.new_context(**browser_context_args | {"viewport": SMALL})
    page = await context.new_page()
    await page.goto(f"{address.sandbox}/epj/gp/elin")
    await page.get_by_role("button", name="Opprett helsekort med alle seksjoner").click()
    await said(page, "Lagret: 201")
    for name, whom, shown in (
        ("Per Prøvestad", "Elin Prøvestad", "Helsekortet til Elin Prøvestad"),
        ("Leif Tidligersen", "Liv Skjermet", "Det er ikke noe helsekort å vise"),
    ):
        await page.goto(f"{address.service}/logg-inn")
        await page.get_by_role("button", name=name).click()
        await page.get_by_role("button", name=f"På vegne av {whom}").click()
        await page.get_by_text(f"Du ser kortet til {whom} med fullmakt").wait_for()
        await page.get_by_text(shown).wait_for()
        await assert_no_sideways_scroll(page)
        await page.get_by_role("button", name="Logg ut").click()
    for name in ("Sara Tvillingsen", "Mona Ungdal"):
        await page.goto(f"{address.service}/logg-inn")
        await page.get_by_role("button", name=name).click()
        await page.wait_for_url(f"{address.service}/helsekort")
        assert "På vegne av" not in await page.content()
        await page.get_by_role("button", name="Logg ut").click()
    await context.close()


async def assert_reads_well(page: Page) -> None:
    assert await page.locator("html").get_attribute("lang") == "nb"
    assert "Fiktiv sandkasse" in await page.get_by_role("banner").inner_text()
    await assert_accessible(page)
    await assert_no_sideways_scroll(page)


async def test_three_ehrs_write_on_one_card(
    address: Address, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    """The simulator by hand: no consent, then a record, a visit, somebody else's change in between, and a mistake."""
    berit = next(w for w in fictional_people().women if w.key == "berit")
    context = await browser.new_context(**browser_context_args | {"viewport": SMALL})
    gp, midwife = await context.new_page(), await context.new_page()
    await gp.goto(f"{address.sandbox}/")
    await gp.get_by_role("link", name="Berit Fiktivdal som fastlege").click()
    await gp.get_by_role("button", name="Opprett tomt helsekort").click()
    await said(gp, "Avvist: 403 DHG-0003")
    async with WomanBrowser(service=address.service) as her:
        await her.log_in(berit)
        await her.consent()
    await gp.get_by_role("button", name="Opprett helsekort med alle seksjoner").click()
    await said(gp, "Lagret: 201")
    await assert_reads_well(gp)
    await midwife.goto(f"{address.sandbox}/epj/midwife/berit")
    await gp.get_by_label("Dato").fill("2026-11-02")
    await gp.get_by_label("Blodtrykk").fill("118/76")
    await gp.get_by_role("button", name="Registrer kontroll").click()
    await said(gp, "Lagret: 201")
    await midwife.reload()
    for page, outcome in ((gp, "Lagret: 200"), (midwife, "Avvist: 409 DHG-0008")):
        await page.get_by_label("Merknad 2. november 2026").fill("Ny måling.")
        await page.get_by_role("button", name="Endre merknad 2. november 2026").click()
        await said(page, outcome)
    await midwife.get_by_role("button", name="Feilført 2. november 2026").click()
    await said(midwife, "Lagret: 200")
    await midwife.get_by_text("2. november 2026 (feilført)").wait_for()
    await assert_reads_well(midwife)
    await context.close()


async def said(page: Page, what: str) -> None:
    assert await page.get_by_role("status").inner_text() == what
