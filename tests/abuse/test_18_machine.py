"""Abuse 18: the system's own token where a person is needed. What a machine may is in the deny matrix; this is how it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helsekort.api.v1.work import PREFIX
from helsekort.sandbox.wrong import Ingredients, present
from tests.abuse.world import PEOPLE, SECRET, WOMAN, World, card, citizen, gp, machine

PERSON = [
    "helseid://claims/identity/pid",
    "helseid://claims/identity/security_level",
    "helseid://claims/hpr/hpr_number",
    "idp",
]


def lacking(of: Ingredients, *names: str) -> Ingredients:
    """The request with claims left out of its token."""
    return replace(of, token=replace(of.token, claims={**of.token.claims, **dict.fromkeys(names)}))


async def test_a_machine_with_a_doctors_role_header_reads_no_card(made: World) -> None:
    path = f"{PREFIX}/record/{(await card(made))['record']}"
    answer = await made.send("GET", path, presented=present(machine("GET", path)), role="LE", event="machine")
    assert (answer.status_code, answer.headers["nhn-error-code"]) == (403, "DHG-0010")
    assert SECRET not in answer.text
    (row,) = await made.rows("machine")
    assert (row.detail.actor_kind, row.detail.role, row.detail.organisation_name) == (
        "machine",
        "",
        "Solvik legekontor (fiktiv)",
    )


@pytest.mark.parametrize("left", range(len(PERSON)))
async def test_a_users_token_that_lost_claims_is_no_machines(made: World, left: int) -> None:
    """With one claim of a person left, the token is a user's with something missing, and not even the status is told."""
    path = f"{PREFIX}/status"
    of = lacking(gp("GET", path), *(name for number, name in enumerate(PERSON) if number != left))
    answer = await made.send("GET", path, presented=present(of), event="lost")
    assert answer.status_code == 403, answer.text
    (row,) = await made.rows("lost")
    assert row.detail.actor_kind == "practitioner"


async def test_a_citizen_reads_her_own_card_and_writes_nothing(made: World) -> None:
    path = f"{PREFIX}/record/{(await card(made))['record']}"
    answer = await made.send("GET", path, presented=present(citizen("GET", path)), role="LE")
    assert answer.status_code == 200
    assert SECRET in answer.text
    path += "/mother"
    before = await made.commits()
    body = {"name": "Ny", "metadata": {"version": 1}}
    answer = await made.send("PUT", path, presented=present(citizen("PUT", path)), role="LE", body=body)
    assert (answer.status_code, answer.headers["nhn-error-code"]) == (403, "DHG-0010")
    assert await made.commits() == before


async def test_a_citizen_reads_nobody_elses_card(made: World) -> None:
    await card(made)
    other = next(woman for woman in PEOPLE.women if woman.nin != WOMAN.nin)
    path = f"{PREFIX}/status"
    answer = await made.send(
        "GET", path, presented=present(citizen("GET", path)), event="other", **{"nhn-patient-nin": other.nin}
    )
    assert (answer.status_code, answer.headers["nhn-error-code"]) == (403, "DHG-0010")
    (row,) = await made.rows("other")
    assert not row.permitted
