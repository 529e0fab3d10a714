"""Every page in every state: accessible, in bokmål, within the window, from this host alone, without a word in the console."""

import gzip

import pytest
from playwright.async_api import Page, Response

from tests.browser.axe import assert_accessible, assert_no_sideways_scroll, quiet
from tests.browser.conftest import Town

PAGES = [
    ("nobody", "/", "Svangerskapet ditt, samlet på ett sted"),
    ("nobody", "/utlogget", "Du er logget ut"),
    ("nobody", "/finnes-ikke", "Vi finner ikke siden"),
    ("nobody", "/innlogget", "Innloggingen ble ikke fullført"),
    ("new", "/helsekort", "Hei, Berit Haugen"),
    ("new", "/samtykke", "Er du gravid selv?"),
    ("new", "/samtykke?gravid=ja", "Ta i bruk digitalt helsekort"),
    ("new", "/samtykke/ikke-gravid", "Helsekortet er for den som er gravid"),
    ("new", "/samtykke/nei", "Det er helt i orden"),
    ("consented", "/helsekort", "Helsekortet er tomt"),
    ("consented", "/samtykke", "Samtykket ditt"),
    ("consented", "/samtykke/kvittering", "Du har tatt i bruk digitalt helsekort"),
    ("consented", "/trekk-samtykke", "Vil du trekke samtykket?"),
    ("week24", "/helsekort", "Uke 24 · dag 3"),
    ("week24", "/logg", "Logg over bruk"),
    ("week24", "/logg?vis=helsepersonell", "Logg over bruk"),
    ("week24", "/personvern", "Personvern og valg"),
    ("week24", "/personvern/behandler", "Sperr for en behandler"),
    ("week24", "/personvern/finnes-ikke", "Vi finner ikke siden"),
    ("week24", "/fullmakt", "Hvem sitt helsekort vil du se?"),
    ("twins", "/helsekort", "Uke 36 · dag 0"),
    ("loss", "/helsekort", "Dette helsekortet er avsluttet"),
    ("delivered", "/helsekort", "Dette helsekortet er avsluttet etter fødsel"),
    ("withdrawn", "/helsekort", "Du har trukket samtykket"),
    ("withdrawn", "/logg", "Logg over bruk"),
    ("confidential", "/helsekort", "Digitalt helsekort kan ikke brukes nå"),
]
REFUSED_ON_PURPOSE = {"/finnes-ikke", "/personvern/finnes-ikke", "/innlogget"}


@pytest.mark.parametrize(("story", "path", "heading"), PAGES, ids=lambda value: str(value).strip("/"))
async def test_a_page(town: Town, story: str, path: str, heading: str) -> None:
    context = await town.visitor(story)
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    refused = path in REFUSED_ON_PURPOSE or story == "confidential"
    with quiet(page, but_for=["Failed to load resource"] if refused else []):
        await page.goto(path)
        assert await page.locator("html").get_attribute("lang") == "nb"
        assert (await page.title()).endswith("– Helsekort for gravide")
        assert " ".join((await page.get_by_role("heading", level=1).inner_text()).split()) == heading
        for width in (390, 1280):
            await page.set_viewport_size({"width": width, "height": 844})
            await assert_accessible(page)
            await assert_no_sideways_scroll(page)
        await page.set_viewport_size({"width": 320, "height": 640})
        await assert_no_sideways_scroll(page)
    assert all(url.startswith(town.world.base) for url in asked), asked
    await context.close()


@pytest.mark.parametrize("story", ["week24", "twins", "loss"])
async def test_everything_opened_is_accessible_too(town: Town, story: str) -> None:
    for width in (390, 1280):
        context = await town.visitor(story, width=width)
        page = await context.new_page()
        await page.goto("/helsekort")
        await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        await assert_accessible(page)
        await page.set_viewport_size({"width": 320 if width == 390 else width, "height": 640})
        await assert_no_sideways_scroll(page)
        await context.close()


@pytest.mark.parametrize(
    ("story", "path"),
    [
        ("nobody", "/"),
        ("new", "/samtykke?gravid=ja"),
        ("week24", "/helsekort"),
        ("twins", "/helsekort"),
        ("week24", "/logg"),
        ("week24", "/personvern/del"),
    ],
)
async def test_text_can_be_twice_as_large_on_a_phone(town: Town, story: str, path: str) -> None:
    context = await town.visitor(story, width=390)
    page = await context.new_page()
    await page.goto(path)
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    await assert_no_sideways_scroll(page)
    for button in await page.get_by_role("button").all():
        assert await button.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    await context.close()


@pytest.mark.parametrize(("story", "path"), [("nobody", "/"), ("twins", "/helsekort"), ("week24", "/logg")])
async def test_a_first_visit_is_at_most_150_kib(town: Town, story: str, path: str) -> None:
    context = await town.visitor(story)
    page = await context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - playwright marks its handlers
    await page.goto(path, wait_until="networkidle")
    bodies = [await answer.body() for answer in answers]
    assert len(bodies) >= 4  # the page, its style, its script and its typeface
    assert sum(len(gzip.compress(body)) for body in bodies) <= 150 * 1024
    await context.close()


async def test_the_way_out_stands_beside_the_name_on_a_narrow_phone(town: Town) -> None:
    context = await town.visitor("week24", width=360)
    page = await context.new_page()
    await page.goto("/helsekort")
    tops = {await one.evaluate(MIDDLE) for one in await page.locator(".brand, .top-actions button").all()}
    assert max(tops) - min(tops) < 4
    await context.close()


MIDDLE = "(one) => { const box = one.getBoundingClientRect(); return (box.top + box.bottom) / 2 }"
CUT_WORDS = """() => [...document.querySelectorAll('.values dt, .values dd')].filter((one) => {
    const copy = one.cloneNode(true)
    copy.style.cssText = 'position: absolute; width: min-content; overflow-wrap: normal; hyphens: manual'
    one.parentNode.append(copy)
    const needed = copy.getBoundingClientRect().width
    copy.remove()
    return needed > one.getBoundingClientRect().width + 1
}).map((one) => one.innerText)"""
"""The names and values that are narrower than their longest word."""


@pytest.mark.parametrize("width", [320, 360, 1280])
async def test_no_word_of_the_card_is_cut_in_two(town: Town, width: int) -> None:
    context = await town.visitor("twins", width=width)
    page = await context.new_page()
    await page.goto("/helsekort")
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert await page.evaluate(CUT_WORDS) == []
    await context.close()


async def test_the_keyboard_reaches_the_content_first(town: Town) -> None:
    context = await town.visitor("week24")
    page = await context.new_page()
    await page.goto("/helsekort")
    await page.keyboard.press("Tab")
    assert await focused(page) == "Hopp til innholdet"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await focused(page) == "Om deg"
    await context.close()


async def focused(page: Page) -> str:
    """The text of what has focus."""
    return str(await page.evaluate("document.activeElement.innerText.trim()"))


async def test_every_control_is_large_enough_for_a_finger(town: Town) -> None:
    context = await town.visitor("week24")
    page = await context.new_page()
    await page.goto("/helsekort")
    for control in await page.locator("button, .tabs a, .closed > summary").all():
        box = await control.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    await context.close()


async def test_a_fault_would_be_found(town: Town) -> None:
    context = await town.visitor("week24")
    page = await context.new_page()
    await page.goto("/helsekort")
    await page.evaluate("document.querySelector('nav.contents').removeAttribute('aria-labelledby')")
    await page.evaluate("document.documentElement.removeAttribute('lang')")
    with pytest.raises(AssertionError, match="html-has-lang"):
        await assert_accessible(page)
    await page.evaluate("document.querySelector('main').style.width = '500px'")
    with pytest.raises(AssertionError, match="wide"):
        await assert_no_sideways_scroll(page)
    await context.close()


async def test_high_contrast_leaves_every_control_visible(town: Town) -> None:
    context = await town.visitor("week24")
    page = await context.new_page()
    await page.emulate_media(forced_colors="active")
    await page.goto("/helsekort")
    await assert_accessible(page)
    for name in ("Skjul", "Logg ut"):
        border = await page.get_by_role("button", name=name).evaluate(
            "(one) => getComputedStyle(one).borderTopStyle"
        )
        assert border == "solid"
    await context.close()


@pytest.mark.parametrize(
    ("path", "tab", "how"),
    [
        ("/helsekort", "Helsekortet", "page"),
        ("/logg", "Logg over bruk", "page"),
        ("/personvern", "Personvern og valg", "page"),
        ("/personvern/varsel", "Personvern og valg", "true"),
        ("/samtykke/kvittering", "Samtykke", "true"),
        ("/trekk-samtykke", "Samtykke", "true"),
    ],
)
async def test_the_menu_says_where_she_is(town: Town, path: str, tab: str, how: str) -> None:
    context = await town.visitor("consented")
    page = await context.new_page()
    await page.goto(path)
    current = page.locator(".tabs [aria-current]")
    assert await current.all_inner_texts() == [tab]
    assert await current.get_attribute("aria-current") == how
    await context.close()
