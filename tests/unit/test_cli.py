"""How options, variables and defaults become the service's settings."""

from pathlib import Path

import pytest

from helsekort.cli import parser, settings_from
from helsekort.settings import Settings, SettingsError


def given(*arguments: str) -> dict[str, object]:
    """The settings that `helsekort serve` reads from its options."""
    options = vars(parser().parse_args(["serve", *arguments]))
    return {name: options[name] for name in Settings.__slots__ if options.get(name) is not None}


def test_a_sandbox_takes_every_address_outside_from_the_sandbox() -> None:
    options = given(
        "--database", "postgresql:///x", "--keys", "k", "--port", "9000", "--sandbox", "http://127.0.0.1:9001"
    )
    settings = settings_from(options)
    assert settings.helseid_issuer == "http://127.0.0.1:9001/helseid"
    assert settings.keys == Path("k")
    assert settings.port == 9000


def test_an_option_wins_over_what_the_sandbox_would_be() -> None:
    options = given(
        "--database", "d", "--keys", "k", "--sandbox", "http://127.0.0.1:9001", "--audience", "other"
    )
    assert settings_from(options).audience == "other"


def test_a_variable_stands_for_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELSEKORT_DATABASE", "postgresql:///from-variable")
    monkeypatch.setenv("HELSEKORT_PUBLIC_BASES", "https://a.example, https://b.example")
    options = given("--keys", "k")
    assert options["database"] == "postgresql:///from-variable"
    assert options["public_bases"] == ("https://a.example", "https://b.example")


def test_without_a_sandbox_the_issuers_must_be_given() -> None:
    with pytest.raises(SettingsError, match="issuer"):
        settings_from(given("--database", "d", "--keys", "k"))
