"""Words of the pages: every refusal has a page, wordings are whole, catalogues follow the code."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel.messages.pofile import read_po

from helsekort.basics.refusal import Kind
from helsekort.citizen.language import CATALOGUES, DOMAIN, load
from helsekort.citizen.problems import PROBLEMS
from helsekort.citizen.wording import CONSENT
from tools.texts import LANGUAGES, TEMPLATE

NB = load("nb")


def test_every_kind_of_refusal_has_a_calm_page() -> None:
    assert PROBLEMS.keys() == set(Kind)
    for problem in PROBLEMS.values():
        assert problem.title
        assert problem.text.endswith(".")
        assert problem.advice.endswith(".")
        assert not re.search(
            r"feilkode|DHG-|[Uu]gyldig|!", f"{problem.title} {problem.text} {problem.advice}"
        )


def test_the_consent_says_all_it_must() -> None:
    headings = [point.heading for point in CONSENT.points]
    assert headings == [
        "Dette skjer når du samtykker",
        "Hvem som kan se opplysningene",
        "Hvor lenge",
        "Når du vil stoppe",
        "Dette endres ikke",
    ]
    everything = " ".join(sentence for point in CONSENT.points for sentence in point.sentences)
    for needed in (
        "uten å si hvorfor",
        "papir gjelder fortsatt",
        "samme helsehjelpen",
        "Loggen over bruk blir stående",
    ):
        assert needed in everything


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_text_in_its_file_translated_or_not(language: str) -> None:
    with TEMPLATE.open("rb") as file:
        wanted = {message.id for message in read_po(file) if message.id}
    with (CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    assert {message.id for message in catalogue if message.id} == wanted
    assert not [error for message in catalogue for error in message.check(catalogue)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_translated_is_shown_and_the_rest_is_norwegian(language: str) -> None:
    there = load(language)
    assert there.text("Helsekortet") != ""
    assert there.text("En tekst som ikke finnes") == "En tekst som ikke finnes"
    assert there.code == language


def test_a_text_that_decides_about_her_is_never_translated_without_review() -> None:
    """Consent, and when to call: until somebody who may has signed a translation, they stay in Norwegian."""
    decisive = {sentence for point in CONSENT.points for sentence in point.sentences} | {
        CONSENT.yes,
        CONSENT.no,
    }
    for language in LANGUAGES:
        there = load(language)
        assert {text for text in decisive if there.text(text) != text} == set()


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (Decimal("68.4"), "68,4"),
        (Decimal("68.40"), "68,40"),
        (Decimal("70"), "70"),
        (146, "146"),
        (Decimal("12345.5"), "12345,5"),
    ],
)
def test_a_number_keeps_its_digits(number: Decimal | int, said: str) -> None:
    assert NB.number(number) == said


def test_days_and_times_are_norwegian() -> None:
    summer = datetime(2026, 6, 30, 22, 15, tzinfo=UTC)
    assert (NB.day(NB.day_of(summer)), NB.time(summer)) == ("1.\u00a0juli 2026", "00.15")
    assert NB.day(date(2026, 1, 16)) == "16.\u00a0januar 2026"


def test_no_template_has_words_outside_gettext() -> None:
    """Every word between tags is inside an expression."""
    for path in (CATALOGUES.parent / "citizen" / "templates").glob("*.html"):
        source = re.sub(r"\{% block width %\}\w+", " ", path.read_text(encoding="utf-8"))
        words = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", " ", source, flags=re.DOTALL)
        assert not re.search(r"[A-Za-zÆØÅæøå]{2,}", words), f"{path.name}: {words.split()}"
