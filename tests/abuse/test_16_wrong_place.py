"""Abuse 16: a genuine token from the wrong place. One issuer of each kind a deployment, and never a sandbox's in operation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helsekort.api.v1.work import PREFIX
from helsekort.sandbox.claims import id_claims
from helsekort.sandbox.helseid import helseid_profile, practitioner_grant
from helsekort.sandbox.wrong import Ingredients, Jws, present
from helsekort.settings import Settings, SettingsError, sandbox_settings
from tests.abuse.world import HELSEID, IDPORTEN, PEOPLE, World, citizen, gp

STATUS = f"{PREFIX}/status"


def with_claims(of: Ingredients, **claims: object) -> Ingredients:
    """The same request with other claims, signed by the same key."""
    return replace(of, token=replace(of.token, claims={**of.token.claims, **claims}))


def id_token() -> Ingredients:
    """The GP's ID token in place of an access token, bound to the same key as if it could be."""
    of = gp("GET", STATUS)
    claims = id_claims(
        practitioner_grant(PEOPLE, "gp", "gp"),
        helseid_profile(PEOPLE),
        issuer=HELSEID,
        now=of.token.claims["iat"],
        jti="id",
    )
    return replace(of, token=replace(of.token, claims={**claims, "cnf": of.token.claims["cnf"]}))


def proof_as_token() -> Ingredients:
    """A proof has a signature too."""
    of = gp("GET", STATUS)
    return replace(of, token=Jws(of.proof.header, of.proof.claims, of.proof.key, of.proof.alg))


REQUESTS = {
    "another service's audience": lambda: with_claims(gp("GET", STATUS), aud="nhn:kjernejournal"),
    "the real HelseID's name, a sandbox's key": lambda: with_claims(
        gp("GET", STATUS), iss="https://helseid-sts.nhn.no"
    ),
    "the test HelseID": lambda: with_claims(gp("GET", STATUS), iss="https://helseid-sts.test.nhn.no"),
    "the citizens' issuer, HelseID's key": lambda: with_claims(gp("GET", STATUS), iss=IDPORTEN),
    "HelseID, the citizens' key": lambda: with_claims(citizen("GET", STATUS), iss=HELSEID),
    "an ID token": id_token,
    "a proof": proof_as_token,
}


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_token_from_the_wrong_place_opens_nothing(made: World, name: str) -> None:
    answer = await made.send("GET", STATUS, presented=present(REQUESTS[name]()), event="wrong")
    assert answer.status_code == 401, answer.text
    (row,) = await made.rows("wrong")
    assert not row.permitted
    assert row.detail.actor_kind == "unknown"


def settings(**changes: Any) -> Settings:  # noqa: ANN401 - any setting
    """Settings as in operation."""
    usual: dict[str, Any] = {
        "database": "postgresql://db.example/helsekort",
        "keys": Path("/keys"),
        "helseid_issuer": "https://helseid-sts.nhn.no",
        "idporten_issuer": "https://idporten.no",
    }
    return Settings(**(usual | changes))


def test_operation_starts_with_the_national_issuers() -> None:
    assert settings().sandbox is None
    assert not settings().allow_synthetic


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        HELSEID,
        "http://helseid-sts.nhn.no",
        "https://127.0.0.1/helseid",
        "https://localhost",
        "https://[::1]",
    ],
)
@pytest.mark.parametrize("which", ["helseid_issuer", "idporten_issuer"])
def test_operation_refuses_a_sandboxs_issuer(which: str, issuer: str) -> None:
    with pytest.raises(SettingsError):
        settings(**{which: issuer})


@pytest.mark.parametrize("changes", [{"host": "0.0.0.0"}, {"sandbox": "http://sandbox.example"}])  # noqa: S104
def test_a_sandbox_is_on_loopback_or_nowhere(changes: dict[str, str]) -> None:
    usual = sandbox_settings(database="", keys=Path(), port=8460, sandbox="http://127.0.0.1:8461")
    with pytest.raises(SettingsError):
        replace(usual, **changes)  # type: ignore[arg-type]
