"""What she does with the pages alone, by finger, by keyboard and without JavaScript; axe at each step."""

import re
from decimal import Decimal

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from helsekort.access.act import Action
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.view import Wants
from tests.browser.axe import assert_accessible, quiet
from tests.browser.composition import World
from tests.browser.conftest import log_in


@pytest.fixture
async def anne(world: World) -> NationalIdentityNumber:
    return world.woman("Anne Nordlie", "018190")


async def consented(world: World, nin: NationalIdentityNumber) -> bool:
    """Whether the ledger has her consent."""
    view = await world.door.read(world.act_of_her(nin, Action.READ_STATUS), Wants.STATUS)
    return view.person.consented


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_she_consents_reads_and_withdraws(
    world: World,
    anne: NationalIdentityNumber,
    browser: Browser,
    browser_context_args: dict[str, object],
    *,
    script: bool,
) -> None:
    context = await browser.new_context(**browser_context_args, java_script_enabled=script)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(world.base)
    await page.get_by_role("link", name="Logg inn med ID-porten").click()
    await page.get_by_role("link", name="Les om digitalt helsekort").click()
    await page.get_by_role("link", name="Ja, jeg er gravid").click()
    await check(page, script=script)
    await page.get_by_role("button", name="Ja, jeg samtykker").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Du har tatt i bruk digitalt helsekort")
    await check(page, script=script)
    assert await consented(world, anne)
    record = await world.has_record(anne, {}, days_ago=0)
    await world.gets(anne, record, "clinicalTests", {"hemoglobin": Decimal("12.3")}, days_ago=0)
    await page.get_by_role("link", name="Gå til helsekortet").click()
    await expect(page.get_by_text("12,3 g/dL")).to_be_visible()
    await page.get_by_role("navigation", name="Hovedmeny").get_by_role("link", name="Samtykke").click()
    await page.get_by_role("link", name="Trekk samtykket").click()
    await page.get_by_role("button", name="Trekk samtykket og slett").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Samtykket er trukket")
    await check(page, script=script)
    assert not await consented(world, anne)
    await page.goto(f"{world.base}/helsekort")
    await expect(page).to_have_url(re.compile("/$"))
    await context.close()


async def check(page: Page, *, script: bool) -> None:
    """axe needs scripts in the page."""
    if script:
        await assert_accessible(page)


async def test_no_stores_nothing(world: World, anne: NationalIdentityNumber, page: Page) -> None:
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/samtykke?gravid=ja")
    await page.get_by_role("button", name="Nei takk").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Det er helt i orden")
    assert not await consented(world, anne)


async def test_yes_and_no_weigh_the_same(world: World, anne: NationalIdentityNumber, page: Page) -> None:
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/samtykke?gravid=ja")
    looks = (
        "(one) => { const s = getComputedStyle(one);"
        " return [s.color, s.backgroundColor, s.fontWeight, s.fontSize, s.height, s.width].join() }"
    )
    yes = await page.get_by_role("button", name="Ja, jeg samtykker").evaluate(looks)
    no = await page.get_by_role("button", name="Nei takk").evaluate(looks)
    assert yes == no


async def test_she_can_do_it_all_by_keyboard(world: World, anne: NationalIdentityNumber, page: Page) -> None:
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/samtykke?gravid=ja")
    for _ in range(30):
        await page.keyboard.press("Tab")
        if "samtykker" in await page.evaluate("document.activeElement.innerText"):
            break
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{world.base}/samtykke/kvittering")


async def test_hide_blanks_the_page_and_ends_the_session(
    world: World, anne: NationalIdentityNumber, page: Page, context: BrowserContext
) -> None:
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/helsekort")
    cookies = await context.cookies()
    await page.get_by_role("button", name="Skjul").click()
    await expect(page).to_have_url(f"{world.base}/ny-fane")
    assert (await page.locator("body").inner_text()).strip() == ""
    await page.go_back()
    assert "Anne" not in await page.content()
    assert await context.cookies() == []
    await context.add_cookies(cookies)  # type: ignore[arg-type]
    await page.goto(f"{world.base}/helsekort")
    await expect(page).to_have_url(f"{world.base}/utlogget")


async def test_the_back_button_shows_nothing_after_logging_out(
    world: World, anne: NationalIdentityNumber, page: Page
) -> None:
    await world.consents(anne)
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/logg")
    await expect(page.get_by_text("Ga samtykke")).to_be_visible()
    await page.get_by_role("button", name="Logg ut").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Du er logget ut")
    await page.go_back()
    await expect(page.get_by_text("Ga samtykke")).to_have_count(0)


async def test_nothing_of_hers_is_left_in_the_browser(
    world: World, anne: NationalIdentityNumber, page: Page
) -> None:
    await world.consents(anne)
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/helsekort")
    kept = await page.evaluate(
        "async () => [localStorage.length, sessionStorage.length, (await caches.keys()).length,"
        " (await indexedDB.databases()).length, document.cookie.length]"
    )
    assert kept == [0, 0, 0, 0, 0]


async def test_a_page_left_open_is_taken_away(world: World, anne: NationalIdentityNumber, page: Page) -> None:
    await page.clock.install()
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/helsekort")
    await page.clock.fast_forward("16:00")
    await expect(page).to_have_url(f"{world.base}/utlogget")


async def test_a_form_on_another_site_changes_nothing(
    world: World, anne: NationalIdentityNumber, page: Page
) -> None:
    await world.consents(anne)
    await log_in(page, world, anne)
    form = (
        f'<form method="post" action="{world.base}/trekk-samtykke"><input name="bekreft" value="ja">'
        '<input name="csrf" value="0"><button>Vinn en barnevogn</button></form>'
    )
    elsewhere = "http://elsewhere.test/"
    await page.route(elsewhere, lambda route: route.fulfill(body=form, content_type="text/html"))
    await page.goto(elsewhere)
    await page.get_by_role("button").click()
    await expect(page.get_by_role("heading", level=1)).not_to_have_text("Samtykket er trukket")
    assert await consented(world, anne)


async def test_a_frame_on_another_site_shows_nothing(
    world: World, anne: NationalIdentityNumber, page: Page
) -> None:
    await log_in(page, world, anne)
    elsewhere = "http://elsewhere.test/"
    frame = f'<iframe src="{world.base}/trekk-samtykke"></iframe>'
    await page.route(elsewhere, lambda route: route.fulfill(body=frame, content_type="text/html"))
    await page.goto(elsewhere)
    await page.wait_for_timeout(300)
    assert "Trekk" not in await page.frames[1].content()


async def test_markup_from_others_runs_nothing_in_a_real_browser(
    world: World, anne: NationalIdentityNumber, page: Page
) -> None:
    await world.consents(anne)
    attack = "</dd><script>document.title='x'</script><img src=x onerror=\"document.title='x'\">{{7*7}}"
    await world.has_record(anne, {"medication": {"medicationFrequency": attack, "note": attack}})
    await log_in(page, world, anne)
    with quiet(page):
        await page.goto(f"{world.base}/helsekort")
        await expect(page.locator("#legemidler dd").first).to_have_text(attack)
        assert await page.title() == "Helsekortet – Helsekort for gravide"
