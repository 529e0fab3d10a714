"""The sandbox's pages in a browser: she picks herself by name, on a small phone, without JavaScript."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from helsekort.ledger.embedded import EmbeddedServer
from helsekort.sandbox.address import Address
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


async def assert_reads_well(page: Page) -> None:
    assert await page.locator("html").get_attribute("lang") == "nb"
    assert "Fiktiv sandkasse" in await page.get_by_role("banner").inner_text()
    await assert_accessible(page)
    await assert_no_sideways_scroll(page)
