"""Settings of limits and attestation: what is given is what counts, and what cannot be is refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helsekort.settings import Settings, SettingsError, sandbox_settings

ISSUERS: dict[str, Any] = {
    "helseid_issuer": "https://helseid.example",
    "idporten_issuer": "https://idporten.example",
}


def settings(**given: Any) -> Settings:  # noqa: ANN401 - any setting
    """Settings of an operation."""
    return Settings(database="x", keys=Path("keys"), **ISSUERS, **given)


def test_what_is_given_counts() -> None:
    given = settings(
        practitioner_persons=1, organisation_persons=2, client_persons=3, citizen_persons=4, request_factor=5
    )
    made, usual = given.allowances, settings().allowances
    budgets = [each.persons_an_hour for each in (made.practitioner, made.organisation, made.machine)]
    assert (budgets, made.client.persons_an_hour, made.citizen.persons_an_hour) == ([1, 2, 2], 3, 4)
    assert made.citizen.burst == 5 * usual.citizen.burst
    assert made.source.each_second == 5 * usual.source.each_second


def test_nobody_on_a_laptop_meets_the_sandboxs_rates_but_its_budgets_stand() -> None:
    made = sandbox_settings(
        database="x", keys=Path("keys"), port=8460, sandbox="http://127.0.0.1:8461"
    ).allowances
    assert min(made.practitioner.burst, made.machine.burst, made.citizen.burst, made.source.burst) >= 100_000
    assert (made.practitioner.persons_an_hour, made.organisation.persons_an_hour) == (200, 1_000)


@pytest.mark.parametrize(
    "given",
    [{"attestation": "maybe"}, {"practitioner_persons": 0}, {"citizen_persons": -1}, {"request_factor": 0}],
)
def test_what_cannot_be_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        settings(**given)
