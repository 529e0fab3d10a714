"""Her decisions, her log's reports and the power of attorney, as she and her partner meet them; axe at each step."""

import json
import re
from dataclasses import replace
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect

from helsekort.access.act import Action, Basis, Representation
from helsekort.access.wishes import NO_WISHES, Wish, WishKind
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.view import View, Wants
from helsekort.maternity.examples import full_card
from tests.browser.axe import assert_accessible, assert_no_sideways_scroll
from tests.browser.composition import KARI, LARS, World
from tests.browser.conftest import log_in
from tests.browser.stories import last_period, refused

CHOICES = ["behandler", "virksomhet", "del", "reservasjon", "nett", "varsel"]


@pytest.fixture
async def anne(world: World) -> NationalIdentityNumber:
    """A woman with a card that the midwife has made and the doctor has read."""
    nin = world.woman("Anne Nordlie", "018190")
    await world.consents(nin)
    record = await world.has_record(nin, full_card(3, last_period=last_period(24, 2), weeks=24))
    await world.door.read(replace(world.act_of(LARS, Action.READ_RECORD, nin), record=record), Wants.CARD)
    return nin


@pytest.fixture
async def ola(world: World) -> NationalIdentityNumber:
    """Her partner, who can log in too."""
    return world.woman("Ola Nordmann", "118890")


async def reads(page: Page, heading: str) -> None:
    """The page is there, and is accessible on a phone, on a narrow one and on a wide window."""
    await expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    for width in (320, 390, 1280):
        await page.set_viewport_size({"width": width, "height": 844})
        await assert_no_sideways_scroll(page)
        await assert_accessible(page)
    await page.set_viewport_size({"width": 390, "height": 844})


async def state(world: World, nin: NationalIdentityNumber) -> View:
    """What the ledger has of her."""
    return await world.door.read(world.act_of_her(nin, Action.READ_STATUS), Wants.LOG)


async def card_of(world: World, nin: NationalIdentityNumber) -> UUID:
    """Her record's id."""
    record = (await state(world, nin)).person.latest_record
    assert record is not None
    return record


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_she_blocks_a_clinician_by_name_and_lifts_it_again(
    world: World,
    anne: NationalIdentityNumber,
    browser: Browser,
    browser_context_args: dict[str, object],
    *,
    script: bool,
) -> None:
    context = await browser.new_context(**browser_context_args, java_script_enabled=script)  # type: ignore[arg-type]
    page = await context.new_page()
    await log_in(page, world, anne)
    menu = page.get_by_role("navigation", name="Hovedmeny")
    await menu.get_by_role("link", name="Personvern og valg").click()
    await page.get_by_role("link", name="Sperr for en behandler").click()
    await expect(page.get_by_text("Sperren gjelder også i nødstilfeller")).to_be_visible()
    for number in (KARI.hpr_number, LARS.hpr_number, anne.reveal()):
        assert number not in await page.content()
    await page.get_by_role("button", name="Sperr for denne personen").click()
    await expect(page.get_by_role("alert")).to_contain_text("Du må velge før du går videre")
    await page.get_by_label("Lege Lars Holm").check()
    await page.get_by_role("button", name="Sperr for denne personen").click()
    await expect(page.get_by_text("Sperret for lege Lars Holm, Storgata legekontor")).to_be_visible()
    wishes = (await state(world, anne)).person.wishes
    assert wishes == replace(NO_WISHES, blocked_practitioners=frozenset({LARS.hpr_number}))
    await refused(world.door.read(world.act_of(LARS, Action.READ_STATUS, anne), Wants.STATUS))
    await page.goto(f"{world.base}/personvern/behandler")
    await expect(page.get_by_label("Lege Lars Holm")).to_have_count(0)
    await page.goto(f"{world.base}/personvern")
    await page.get_by_role("button", name="Opphev: Sperret for lege Lars Holm").click()
    await expect(page.get_by_text("Du har ikke gjort noen valg")).to_be_visible()
    assert (await state(world, anne)).person.wishes == NO_WISHES
    await context.close()


@pytest.mark.parametrize(
    ("choice", "pick", "told", "kept"),
    [
        ("virksomhet", "Fjordby helsestasjon", "Sperret for Fjordby helsestasjon", "blocked_organisations"),
        ("del", "Levevaner", "Sperret del: Levevaner", "blocked_sections"),
        ("reservasjon", "", "Du har reservert deg mot digitalt helsekort", "opted_out"),
        ("nett", "", "Helsekortet vises ikke på nett", "hidden_online"),
        ("varsel", "", "Du får varsel når noen åpner helsekortet", "notice"),
    ],
)
async def test_each_decision_is_made_and_lifted(
    world: World,
    anne: NationalIdentityNumber,
    page: Page,
    *,
    choice: str,
    pick: str,
    told: str,
    kept: str,
) -> None:
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/personvern/{choice}")
    if pick:
        await page.get_by_label(pick).check()
    await page.locator("form.decide").get_by_role("button").click()
    await expect(page.get_by_role("status")).to_have_text("Valget er lagret og gjelder nå.")
    await expect(page.locator(".in-force")).to_contain_text(told)
    await reads(page, "Personvern og valg")
    assert getattr((await state(world, anne)).person.wishes, kept)
    await page.get_by_role("button", name=f"Opphev: {told}").click()
    await expect(page.locator(".in-force")).to_have_count(0)
    assert (await state(world, anne)).person.wishes == NO_WISHES


@pytest.mark.parametrize("choice", CHOICES)
async def test_what_a_decision_means_is_said_before_it_is_made(
    world: World, anne: NationalIdentityNumber, page: Page, choice: str
) -> None:
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/personvern/{choice}")
    await reads(page, await page.get_by_role("heading", level=1).inner_text())
    assert await page.get_by_role("heading", name="Dette betyr det").count() == 1
    assert await page.locator(".points li").count() >= 3
    assert (await state(world, anne)).person.wishes == NO_WISHES


@pytest.mark.parametrize(
    ("kind", "heading"),
    [(WishKind.OPT_OUT, "Du har reservert deg"), (WishKind.HIDE_ONLINE, "Helsekortet vises ikke på nett")],
)
async def test_a_card_she_has_closed_is_not_shown_and_says_how_to_open_it(
    world: World, anne: NationalIdentityNumber, page: Page, kind: WishKind, heading: str
) -> None:
    await world.door.set_wish(world.act_of_her(anne, Action.SET_WISH), Wish(kind, on=True))
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/helsekort")
    await reads(page, heading)
    await expect(page.get_by_text("Uke 24")).to_have_count(0)
    await page.get_by_role("main").get_by_role("link", name="Gå til Personvern og valg").click()
    await page.get_by_role("button", name=re.compile("^Opphev")).click()
    await page.goto(f"{world.base}/helsekort")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Uke 24")


async def test_an_emergency_and_an_opened_block_stand_first_with_the_reason(
    world: World, anne: NationalIdentityNumber, page: Page
) -> None:
    record = await card_of(world, anne)
    block = Wish(WishKind.BLOCK_ORGANISATION, on=True, target="912345672")
    await world.door.set_wish(world.act_of_her(anne, Action.SET_WISH, 4), block)
    ordinary = replace(world.act_of(LARS, Action.READ_RECORD, anne), record=record)
    await refused(world.door.read(ordinary, Wants.CARD))
    reason = "Bevisstløs ved ankomst <b>"
    await world.door.read(replace(ordinary, basis=Basis.EMERGENCY, reason=reason), Wants.CARD)
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/logg")
    await reads(page, "Logg over bruk")
    first = page.locator(".log > li").first
    await expect(first).to_contain_text("Nødrett")
    await expect(first).to_contain_text("Åpnet en sperre")
    await expect(first).to_contain_text(reason)
    await expect(first).to_contain_text("Lege Lars Holm")
    assert await page.get_by_text(reason).count() == 1
    await expect(page.locator(".refused")).to_contain_text("Avvist oppslag")


async def test_she_reports_a_line_of_somebody_else(
    world: World, anne: NationalIdentityNumber, page: Page
) -> None:
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/logg")
    mine = page.locator(".log > li", has_text="Ga samtykke")
    await expect(mine.get_by_role("link")).to_have_count(0)
    theirs = page.locator(".log > li", has_text="Leste helsekortet").filter(has_text="Lars Holm")
    await theirs.get_by_role("link", name="Meld fra").click()
    await reads(page, "Meld fra om et oppslag")
    await expect(page.get_by_role("main")).to_contain_text("Lege Lars Holm")
    await page.get_by_label("Hva lurer du på?").fill("   ")
    await page.get_by_role("button", name="Send melding").click()
    await expect(page.get_by_role("alert")).to_contain_text("Skriv hva du lurer på.")
    await assert_accessible(page)
    await page.get_by_label("Hva lurer du på?").fill("x" * 2001)
    await page.get_by_role("button", name="Send melding").click()
    await expect(page.get_by_role("alert")).to_contain_text("Skriv høyst 2000 tegn.")
    assert len(await page.get_by_label("Hva lurer du på?").input_value()) == 2001
    await page.get_by_label("Hva lurer du på?").fill("Jeg kjenner ikke denne legen.\nHvorfor?")
    await page.get_by_role("button", name="Send melding").click()
    await reads(page, "Du har meldt fra")
    await page.get_by_role("link", name="Tilbake til loggen").click()
    await expect(theirs).to_contain_text("Du har meldt fra")
    await expect(theirs.get_by_role("link", name="Meld fra om")).to_have_count(0)
    [sent] = await world.ledger.reports("987654325")
    assert sent.text == "Jeg kjenner ikke denne legen.\nHvorfor?"
    assert sent.entry.detail.name == "Lars Holm"


async def test_nobody_reports_their_own_line_or_anothers_log(
    world: World, anne: NationalIdentityNumber, page: Page
) -> None:
    other = world.woman("Berit Haugen", "028190")
    own = next(one for one in (await state(world, anne)).log if one.action == "give-consent")
    theirs = next(one for one in (await state(world, anne)).log if one.action == "read-record")
    await log_in(page, world, anne)
    assert await status(page, f"{world.base}/logg/{own.id}/meld-fra") == 404
    assert await status(page, f"{world.base}/logg/{theirs.id}/meld-fra") == 200
    await log_in(page, world, other)
    assert await status(page, f"{world.base}/logg/{theirs.id}/meld-fra") == 404


async def status(page: Page, address: str) -> int:
    """What an address answers."""
    answer = await page.goto(address)
    assert answer is not None
    return answer.status


async def test_she_downloads_her_log(world: World, anne: NationalIdentityNumber, page: Page) -> None:
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/logg")
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="Last ned loggen").click()
    download = await coming.value
    assert download.suggested_filename == "logg-over-bruk.json"
    text = (await download.path()).read_text(encoding="utf-8")
    bundle = json.loads(text)
    assert bundle["resourceType"] == "Bundle"
    assert {one["resource"]["resourceType"] for one in bundle["entry"]} == {"AuditEvent"}
    assert "Lars Holm" in text
    assert anne.reveal() not in text
    answer = await page.request.get(f"{world.base}/logg/last-ned")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_proxy_chooses_by_name_reads_and_decides_nothing(
    world: World, anne: NationalIdentityNumber, ola: NationalIdentityNumber, page: Page
) -> None:
    world.gives_power(anne, ola)
    await log_in(page, world, ola)
    await reads(page, "Hvem sitt helsekort vil du se?")
    assert anne.reveal() not in await page.content()
    await page.get_by_role("button", name="På vegne av Anne Nordlie").click()
    await expect(page.locator(".acting")).to_contain_text("Du ser kortet til Anne Nordlie med fullmakt")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Uke 24")
    await assert_accessible(page)
    await expect(page.get_by_role("navigation", name="Hovedmeny")).to_have_count(0)
    for path in ("/", "/logg", "/logg/last-ned", "/samtykke", "/trekk-samtykke", "/personvern", "/helsekort"):
        await page.goto(f"{world.base}{path}")
        await expect(page).to_have_url(f"{world.base}/fullmakt/helsekort")
    await page.get_by_role("button", name="Avslutt").click()
    await expect(page).to_have_url(f"{world.base}/helsekort")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hei, Ola Nordmann")
    await log_in(page, world, anne)
    await page.goto(f"{world.base}/logg?vis=fullmakt")
    await expect(page.locator(".log > li").first).to_contain_text("Ola Nordmann, med fullmakt")
    await expect(page.locator(".log > li", has_text="Leste helsekortet")).not_to_have_count(0)


async def test_a_power_that_is_taken_back_ends_at_once(
    world: World, anne: NationalIdentityNumber, ola: NationalIdentityNumber, page: Page
) -> None:
    world.gives_power(anne, ola)
    await log_in(page, world, ola)
    await page.get_by_role("button", name="På vegne av Anne Nordlie").click()
    world.powers.clear()
    await page.reload()
    await expect(page).to_have_url(f"{world.base}/fullmakt")
    await reads(page, "Hvem sitt helsekort vil du se?")
    await expect(page.get_by_text("Anne")).to_have_count(0)


async def test_a_parent_is_offered_nobody(
    world: World, anne: NationalIdentityNumber, ola: NationalIdentityNumber, page: Page
) -> None:
    world.gives_power(anne, ola, Representation.PARENT)
    await log_in(page, world, ola)
    await expect(page).to_have_url(f"{world.base}/helsekort")
    await expect(page.get_by_text("På vegne av")).to_have_count(0)
    await page.goto(f"{world.base}/fullmakt")
    await expect(page.get_by_text("Anne")).to_have_count(0)


async def test_her_own_card_does_not_wait_for_the_representation_register(
    world: World, anne: NationalIdentityNumber, page: Page
) -> None:
    world.break_powers()
    await log_in(page, world, anne)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Uke 24")
    assert await status(page, f"{world.base}/fullmakt") == 503
    await expect(page.get_by_role("heading", level=1)).to_have_text("En tjeneste vi trenger, svarer ikke")


async def test_skjul_and_the_back_button_show_nothing_of_the_other_woman(
    world: World, anne: NationalIdentityNumber, ola: NationalIdentityNumber, page: Page
) -> None:
    world.gives_power(anne, ola)
    for way_out in ("Skjul", "Logg ut"):
        await log_in(page, world, ola)
        await page.get_by_role("button", name="På vegne av Anne Nordlie").click()
        await page.get_by_role("button", name=way_out).click()
        await expect(page).to_have_url(re.compile("/(ny-fane|utlogget)$"))
        await page.go_back()
        assert "Anne" not in await page.content()


@pytest.mark.parametrize("path", ["/personvern", "/personvern/del", "/logg"])
async def test_the_back_button_shows_no_decision_after_logging_out(
    world: World, anne: NationalIdentityNumber, page: Page, path: str
) -> None:
    block = Wish(WishKind.BLOCK_SECTION, on=True, target="lifestyleFactors")
    await world.door.set_wish(world.act_of_her(anne, Action.SET_WISH), block)
    await log_in(page, world, anne)
    await page.goto(f"{world.base}{path}")
    await page.get_by_role("button", name="Logg ut").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Du er logget ut")
    await page.go_back()
    content = await page.content()
    assert not re.search("Levevaner|Sperr|Lars Holm", content)
