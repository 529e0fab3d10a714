"""Abuse 24: markup in everything that others write reaches her page as text."""

from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markupsafe import escape

from helsekort.access.actor import Organisation
from helsekort.fhir.shapes import Json
from helsekort.ledger.sealing import Keyring
from helsekort.maternity.examples import full_card
from tests.abuse.her_pages import browser_of
from tests.browser.composition import KARI, World, a_world

POLYGLOTS = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</dd></dl><svg/onload=alert(1)>",
    "{{ 7*7 }}{% raw %}%(name)s",
    "javascript:alert(1)//<!--",
    "</title><iframe srcdoc='<b>'>",
]
OURS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "link",
        "script",
        "body",
        "a",
        "header",
        "div",
        "svg",
        "rect",
        "path",
        "circle",
        "span",
        "form",
        "input",
        "button",
        "nav",
        "ul",
        "li",
        "main",
        "h1",
        "h2",
        "h3",
        "h4",
        "p",
        "dl",
        "dt",
        "dd",
        "ol",
        "section",
        "aside",
        "small",
        "strong",
        "bdi",
        "details",
        "summary",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "footer",
        "figure",
        "figcaption",
        "text",
        "line",
        "desc",
        "time",
        "code",
    ]
)


class Elements(HTMLParser):
    """The elements of a page, and every attribute that could run something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs


@pytest.fixture
async def world(database_url: str, keyring: Keyring) -> AsyncIterator[World]:
    async with a_world(database_url, keyring) as made:
        yield made


def everywhere(value: object, text: str) -> object:
    """The same JSON with the text in every free text."""
    if isinstance(value, dict):
        free = {"note", "name", "address", "postName", "occupationAndIndustry", "cohabitingCoparentNote"} | {
            "organizationName",
            "birthInstitute",
            "maternityHealthcareCentre",
            "medicationFrequency",
            "display",
        }
        return {key: text if key in free else everywhere(one, text) for key, one in value.items()}
    return [everywhere(one, text) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("text", POLYGLOTS)
async def test_texts_names_and_places_stay_text(world: World, text: str) -> None:
    anne = world.woman(f"Anne {text}", "018190")
    await world.consents(anne)
    assert KARI.organisation
    author = replace(KARI, name=text, organisation=Organisation("964338531", "974767880", text))
    body = everywhere(full_card(4, fetuses=2), text)
    assert isinstance(body, dict)
    card: Json = body
    await world.has_record(anne, card, by=author)
    async with browser_of(world, anne) as client:
        for path in ("/helsekort", "/logg"):
            page = (await client.get(path)).text
            found = Elements(page)
            assert found.names <= OURS, found.names - OURS
            assert not [
                name for name, _ in found.attributes if name.startswith("on") or name in {"style", "srcdoc"}
            ]
            assert not [value for _, value in found.attributes if value and value.startswith("javascript:")]
            assert str(escape(text)) in page
            assert page.count("<script") == 1
