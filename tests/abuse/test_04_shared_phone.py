"""Abuse 4: a partner with her unlocked phone. What is never on the card is on no page; what is sensitive is closed."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser

import pytest

from helsekort.citizen.decisions import CHOICES
from helsekort.ledger.sealing import Keyring
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.examples import full_card
from tests.abuse.her_pages import browser_of
from tests.browser.composition import World, a_world

NEVER = re.compile(r"provosert|svangerskapsavbrudd|vold\b|voldsutsatt|mishandl|overgrep", re.IGNORECASE)
PATHS = [
    "/",
    "/helsekort",
    "/logg",
    "/personvern",
    *(f"/personvern/{choice}" for choice in CHOICES),
    "/samtykke",
    "/samtykke/kvittering",
    "/trekk-samtykke",
    "/utlogget",
    "/ny-fane",
]


@pytest.fixture
async def world(database_url: str, keyring: Keyring) -> AsyncIterator[World]:
    async with a_world(database_url, keyring) as made:
        anne = made.woman("Anne Nordlie", "018190")
        await made.consents(anne)
        await made.has_record(anne, full_card(4))
        yield made


class OutsideDetails(HTMLParser):
    """The text of a page that is there before anything is opened."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._open, self._in_summary, self.text = 0, 0, ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open += tag == "details" and "open" not in dict(attrs)
        self._in_summary += tag == "summary"

    def handle_endtag(self, tag: str) -> None:
        self._open -= tag == "details" and self._open > 0
        self._in_summary -= tag == "summary"

    def handle_data(self, data: str) -> None:
        if not self._open or (self._in_summary and self._open == 1):
            self.text += data


async def test_what_is_never_on_the_card_is_on_no_page(world: World) -> None:
    nin = next(iter(world.people))
    async with browser_of(world, nin) as client:
        for path in PATHS:
            page = (await client.get(path)).text
            assert not NEVER.search(page), path


async def test_what_is_sensitive_is_closed_on_the_card_and_not_in_the_log(world: World) -> None:
    nin = next(iter(world.people))
    sensitive = [
        field.labels["nb"]
        for field in CATALOGUE.fields.values()
        if field.visibility == "B" and field.in_contract and field.labels["nb"] not in {"Type", "Merknad"}
    ]
    assert "Hiv" in sensitive
    async with browser_of(world, nin) as client:
        shown = OutsideDetails((await client.get("/helsekort")).text).text
        told = (await client.get("/logg")).text
    for label in sensitive:
        assert label not in shown
        assert not re.search(rf"\b{re.escape(label)}\b", told)


@pytest.mark.parametrize("section", ["helseutfordringer", "levevaner"])
async def test_the_sections_on_her_health_and_habits_show_their_name_and_nothing_else(
    world: World, section: str
) -> None:
    """In the others a sensitive value has a lid of its own; in these two, all that stands there is under one."""
    nin = next(iter(world.people))
    async with browser_of(world, nin) as client:
        page = (await client.get("/helsekort")).text
    part = re.search(rf'<section id="{section}".*?</section>', page, re.DOTALL)
    assert part is not None
    assert "<dd" in part[0]
    assert OutsideDetails(part[0]).text.split() == [section.capitalize() + "VisLukk"]


async def test_titles_tell_nothing_of_what_is_on_the_page(world: World) -> None:
    nin = next(iter(world.people))
    async with browser_of(world, nin) as client:
        for path in PATHS:
            title = (
                (await client.get(path, follow_redirects=True)).text.split("<title>")[1].split("</title>")[0]
            )
            assert not re.search(r"\d|Anne|uke", title), title
