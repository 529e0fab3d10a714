"""`helsekort sandbox`: what scripts get on stdout, and one line with exit code 2 where it cannot be had."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from joserfc.jwk import import_key

from helsekort.ledger.embedded import EmbeddedServer
from helsekort.sandbox.address import Address, loopback_client
from helsekort.sandbox.people import fictional_people
from helsekort.sandbox.signing import unverified
from helsekort.sandbox.token_client import sign_proof
from tests.conftest import new_database
from tests.flow.together import sandboxed

PEOPLE = fictional_people()
HELSEKORT = Path(sys.executable).with_name("helsekort")


@pytest.fixture(scope="module")
async def address(
    postgres: EmbeddedServer, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Address]:
    async with (
        new_database(postgres, migrated) as url,
        sandboxed(url, tmp_path_factory.mktemp("together")) as found,
    ):
        yield found


async def run(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        HELSEKORT, "sandbox", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await asyncio.wait_for(process.communicate(), timeout=60)
    assert process.returncode is not None
    return process.returncode, out.decode(), errors.decode()


async def status_with(token: dict[str, Any], address: Address, nin: str, role: str) -> httpx.Response:
    """A call of /status as a script makes it from what `sandbox token` printed."""
    url = f"{address.api}/status"
    key = import_key(token["dpop_private_jwk"])
    headers = {
        "Authorization": f"DPoP {token['access_token']}",
        "DPoP": sign_proof(key, method="GET", url=url, now=time.time(), access_token=token["access_token"]),
        "nhn-patient-nin": nin,
        "nhn-source-system": "a script",
    }
    if role:
        stated = {"system": "urn:oid:2.16.578.1.12.4.1.1.9060", "code": role}
        headers["nhn-user-role"] = quote(json.dumps(stated))
    async with loopback_client() as http:
        return await http.get(url, headers=headers)


@pytest.mark.parametrize(
    ("who", "role", "patient"),
    [
        ("gp", "LE", "berit"),
        ("midwife", "JO", "berit"),
        ("hospital", "JO", "berit"),
        ("machine", "", "berit"),
        ("woman:Anne", "", "anne"),
        ("woman:anne eksempel", "", "anne"),
    ],
)
async def test_a_token_opens_the_api(address: Address, who: str, role: str, patient: str) -> None:
    port = address.service.rpartition(":")[2]
    code, out, errors = await run("token", "--as", who, "--port", port)
    assert (code, errors) == (0, "")
    token = json.loads(out)
    assert token.keys() == {"access_token", "token_type", "dpop_private_jwk", "expires_in"}
    assert (token["token_type"], token["expires_in"]) == ("DPoP", 600)
    assert unverified(token["access_token"]).header["typ"] == "at+jwt"
    assert {"kty", "crv", "x", "y", "d"} <= token["dpop_private_jwk"].keys()
    woman = PEOPLE.woman(patient)
    assert woman is not None
    answer = await status_with(token, address, woman.nin, role)
    assert answer.status_code == 200, answer.text
    assert answer.json()["hasGivenConsent"] is False


async def test_an_attested_token_is_for_its_patient(address: Address) -> None:
    port = address.service.rpartition(":")[2]
    berit, dina = PEOPLE.woman("berit"), PEOPLE.woman("dina")
    assert berit is not None
    assert dina is not None
    code, out, errors = await run(
        "token", "--as", "gp", "--attest", "--patient", berit.nin, "--purpose", "BTG", "--port", port
    )
    assert (code, errors) == (0, "")
    token = json.loads(out)
    (told,) = unverified(token["access_token"]).claims["authorization_details"]
    assert told["care_relationship"]["purpose_of_use"]["code"] == "BTG"
    assert (await status_with(token, address, berit.nin, "LE")).status_code == 200
    assert (await status_with(token, address, dina.nin, "LE")).status_code == 403


async def test_the_women_are_asked_for_live(address: Address) -> None:
    port = address.service.rpartition(":")[2]
    code, out, errors = await run("women", "--json", "--port", port)
    assert (code, errors) == (0, "")
    women = json.loads(out)
    assert len(women) == len(PEOPLE.women)
    for row, woman in zip(women, PEOPLE.women, strict=True):
        assert row.keys() == {"name", "nin", "story", "consented", "has_active_record"}
        assert (row["name"], row["nin"], row["story"]) == (woman.name, woman.nin, woman.story.en)
        assert (row["consented"], row["has_active_record"]) == (False, False)  # nothing is loaded here
    assert "no consent" in (await run("women", "--port", port))[1]


async def test_a_mistake_is_one_line(address: Address) -> None:
    port = address.service.rpartition(":")[2]
    for arguments in (
        ("token", "--as", "nurse", "--port", port),
        ("token", "--as", "woman:Nobody", "--port", port),
        ("token", "--as", "woman:Anne", "--attest", "--port", port),
        ("token", "--as", "gp", "--port", "1"),
        ("women", "--port", "1"),
        ("load", "--port", "1"),
    ):
        code, out, errors = await run(*arguments)
        assert (code, out, errors.count("\n")) == (2, "", 1), errors
        assert "Traceback" not in errors
