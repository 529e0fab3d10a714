"""One card from consent to withdrawal: her phone, three EHRs of three organisations, real HTTP, signatures and database."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.examples import full_card
from helsekort.sandbox.address import Address
from helsekort.sandbox.ehr import Ehr, WomanStatus
from helsekort.sandbox.people import fictional_people
from tests.browser.axe import assert_accessible, assert_no_sideways_scroll, quiet
from tests.flow.together import sandboxed

ANNE = fictional_people().women[0]
LAST_PERIOD = date.today() - timedelta(weeks=24, days=3)  # noqa: DTZ011 - the service's own clock says today


class Journey:
    """Anne at her phone, her GP, her midwife and the hospital, each at an EHR of their own."""

    def __init__(self, *, page: Page, http: httpx.AsyncClient, address: Address) -> None:
        self.page, self.service = page, address.service
        self.gp, self.midwife, self.hospital = (
            Ehr(key, http=http, address=address) for key in ("gp", "midwife", "hospital")
        )
        self.record, self.first_visit, self.mistaken_visit = "", "", ""

    # 1. She consents

    async def given_anne_has_logged_in(self) -> None:
        await self.page.goto(self.service)
        await self.looks_right("Svangerskapet ditt, samlet på ett sted")
        await self.log_in()
        await self.looks_right(f"Hei, {ANNE.name}")

    async def when_she_reads_what_it_means_and_says_yes(self) -> None:
        await self.page.get_by_role("link", name="Les om digitalt helsekort").click()
        await self.looks_right("Er du gravid selv?")
        await self.page.get_by_role("link", name="Ja, jeg er gravid").click()
        await self.looks_right("Ta i bruk digitalt helsekort")
        await self.page.get_by_role("button", name="Ja, jeg samtykker").click()

    async def then_she_has_a_receipt_and_an_empty_card(self) -> None:
        await self.looks_right("Du har tatt i bruk digitalt helsekort")
        await self.page.get_by_role("link", name="Gå til helsekortet").click()
        await self.looks_right("Helsekortet er tomt")

    # 2. Her GP creates the record

    async def when_her_gp_creates_the_record_with_all_sections_and_a_visit(self) -> None:
        card = full_card(11, last_period=LAST_PERIOD, weeks=24)
        assert card.keys() == {section.name for section in CATALOGUE.routed}
        card["mother"] |= {"name": ANNE.name}
        visits, heights = card.pop("antenatalAppointments"), card.pop("symphysisFundalHeights")
        created = (await self.gp.create(ANNE.nin)).must()
        self.record = created["metadata"]["recordId"]
        for section, content in card.items():
            (await self.gp.add(ANNE.nin, self.record, section, content)).must()
        (await self.gp.add(ANNE.nin, self.record, "symphysisFundalHeights", heights[0])).must()
        visit = (await self.gp.add(ANNE.nin, self.record, "antenatalAppointments", visits[0])).must()
        self.first_visit = visit["metadata"]["id"]

    # 3. The hospital polls and reads

    async def then_the_hospital_sees_the_change_and_reads_the_record(self) -> None:
        status = WomanStatus.of((await self.hospital.status(ANNE.nin)).must())
        assert (status.consented, status.has_active_record, status.latest_record) == (True, True, self.record)
        assert status.last_changed is not None
        card = (await self.hospital.record(ANNE.nin, self.record)).must()
        assert all(card[section.name] for section in CATALOGUE.routed)
        assert card["mother"]["metadata"]["lastUpdatedBy"]["name"] == self.gp.user.name

    # 4. The midwife writes, corrects a mistake, and is refused

    async def when_the_midwife_writes_a_visit_and_marks_another_as_mistaken(self) -> None:
        visit = {
            "appointmentDate": (LAST_PERIOD + timedelta(weeks=24)).isoformat(),
            "pregnancyWeek": 24,
            "daysAfterFullPregnancyWeek": 0,
            "motherWeight": Decimal("68.4"),
            "bloodPressure": "118/76",
            "fetusesVitalSigns": [{"fosterId": 1, "fetalHeartRate": 146, "motherFeelsBabyMovements": True}],
        }
        (await self.midwife.add(ANNE.nin, self.record, "antenatalAppointments", visit)).must()
        mistaken = visit | {"motherWeight": Decimal("86.4")}
        made = (await self.midwife.add(ANNE.nin, self.record, "antenatalAppointments", mistaken)).must()
        self.mistaken_visit = made["metadata"]["id"]
        marked = await self.midwife.enter_in_error(
            ANNE.nin, self.record, "antenatalAppointments", self.mistaken_visit
        )
        assert marked.must()["metadata"]["enteredInError"] is True

    async def then_she_cannot_write_over_a_version_she_has_not_seen(self) -> None:
        section, item = "antenatalAppointments", self.first_visit
        seen = {"appointmentDate": LAST_PERIOD.isoformat(), "motherWeight": 70}
        (await self.gp.replace_item(ANNE.nin, self.record, section, item, seen, seen=1)).must()
        refused = await self.midwife.replace_item(ANNE.nin, self.record, section, item, seen, seen=1)
        assert refused.error is not None
        assert (refused.status, refused.error.code) == (409, "DHG-0008")

    # 5. She sees her card and who has used it

    async def then_anne_sees_her_card_in_ten_sections_in_norwegian(self) -> None:
        await self.page.goto(f"{self.service}/helsekort")
        await self.looks_right(re.compile(r"^Uke 2[34] · dag \d$"))
        headings = await self.page.locator(".part h2").all_inner_texts()
        assert headings == [
            "Om deg",
            "Oppfølging i svangerskapet",
            "Helseutfordringer",
            "Ditt svangerskap",
            "Levevaner",
            "Legemidler",
            "Tidligere svangerskap",
            "Svangerskapskontroller",
            "Andre prøvesvar",
            "Mål av magen",
        ]
        visits = self.page.locator("#kontroller .only-narrow")
        await expect(visits).to_contain_text("68,4 kg")
        await expect(visits).to_contain_text("118/76 mmHg")
        await expect(visits).not_to_contain_text("86,4 kg")
        await expect(visits).to_contain_text(f"Fra jordmor {self.midwife.user.name}, Fjordby helsestasjon")
        await expect(self.page.locator("#om-deg")).to_contain_text(f"Fra lege {self.gp.user.name}")
        await expect(self.page.locator("#kontroller .in-error summary")).to_have_text("Feilregistrert (1)")

    async def then_what_is_sensitive_is_closed_until_she_opens_it(self) -> None:
        conditions = self.page.locator("#helseutfordringer")
        await expect(conditions.get_by_text("Hjertesykdom")).to_be_hidden()
        await conditions.locator("summary").first.click()
        await expect(conditions.get_by_text("Hjertesykdom")).to_be_visible()
        await expect(self.page.locator("#prover").get_by_text("Hiv", exact=True)).to_be_hidden()

    async def then_her_log_has_every_look_up_the_refused_ones_too(self) -> None:
        await self.page.get_by_role("link", name="Logg over bruk").click()
        await self.looks_right("Logg over bruk")
        for who in (self.gp.user.name, self.midwife.user.name, self.hospital.user.name, "Du"):
            await expect(self.page.locator(".log .who").filter(has_text=who).first).to_be_visible()
        refused = self.lines("Avvist oppslag").filter(has_text=self.midwife.user.name)
        await expect(refused).to_contain_text("Noen andre hadde endret først")
        await expect(self.lines("Leste helsekortet").filter(has_text=self.hospital.user.name)).to_be_visible()
        everything = await self.page.content()
        for number in (ANNE.nin, self.gp.user.hpr_number, self.gp.organisation.number, self.record):
            assert number not in everything

    # 6. She withdraws

    async def when_she_withdraws(self) -> None:
        await self.page.get_by_role("link", name="Samtykke", exact=True).click()
        await self.looks_right("Samtykket ditt")
        await self.page.get_by_role("link", name="Trekk samtykket").click()
        await self.looks_right("Vil du trekke samtykket?")
        await self.page.get_by_role("button", name="Trekk samtykket og slett").click()
        await self.looks_right("Samtykket er trukket")

    async def then_everything_is_deleted_and_the_ehrs_are_told(self) -> None:
        status = WomanStatus.of((await self.gp.status(ANNE.nin)).must())
        assert (status.consented, status.has_active_record, status.latest_record) == (False, False, None)
        refused = await self.hospital.record(ANNE.nin, self.record)
        assert refused.error is not None
        assert (refused.status, refused.error.code) == (403, "DHG-0003")

    async def then_her_card_is_gone_and_her_log_is_not(self) -> None:
        await self.page.goto(self.service)
        await self.log_in()
        await self.looks_right("Du har trukket samtykket")
        await self.page.get_by_role("link", name="Se loggen over bruk").click()
        await expect(self.lines("Trakk samtykket")).to_be_visible()
        await expect(self.lines("Avvist oppslag").filter(has_text=self.hospital.user.name)).to_be_visible()

    # Words used above

    async def log_in(self) -> None:
        """Through the sandbox's ID-porten."""
        await self.page.get_by_role("link", name="Logg inn").click()
        await self.page.get_by_role("button", name=ANNE.name).click()

    def lines(self, text: str) -> Locator:
        """Lines of the log with a text."""
        return self.page.locator(".log > li").filter(has_text=text)

    async def looks_right(self, heading: str | re.Pattern[str]) -> None:
        """The heading is there, and the page is accessible and within the window."""
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        await assert_accessible(self.page)
        await assert_no_sideways_scroll(self.page)


@pytest.fixture
async def journey(page: Page, database_url: str, tmp_path: Path) -> AsyncIterator[Journey]:
    async with sandboxed(database_url, tmp_path) as address, httpx.AsyncClient() as http:
        with quiet(page):
            yield Journey(page=page, http=http, address=address)


async def test_one_card_end_to_end(journey: Journey) -> None:
    await journey.given_anne_has_logged_in()
    await journey.when_she_reads_what_it_means_and_says_yes()
    await journey.then_she_has_a_receipt_and_an_empty_card()

    await journey.when_her_gp_creates_the_record_with_all_sections_and_a_visit()
    await journey.then_the_hospital_sees_the_change_and_reads_the_record()

    await journey.when_the_midwife_writes_a_visit_and_marks_another_as_mistaken()
    await journey.then_she_cannot_write_over_a_version_she_has_not_seen()

    await journey.then_anne_sees_her_card_in_ten_sections_in_norwegian()
    await journey.then_what_is_sensitive_is_closed_until_she_opens_it()
    await journey.then_her_log_has_every_look_up_the_refused_ones_too()

    await journey.when_she_withdraws()
    await journey.then_everything_is_deleted_and_the_ehrs_are_told()
    await journey.then_her_card_is_gone_and_her_log_is_not()
