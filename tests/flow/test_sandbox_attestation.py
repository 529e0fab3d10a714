"""The attestation on its way: from the EHR's request to the claims of the token, and to the service's own reading of them."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from helsekort.access.attestation import Attested, check_attestation, read_attestation
from helsekort.basics import strict_json
from helsekort.sandbox.attestation import Reason, parameters
from helsekort.sandbox.process import sandbox_app
from helsekort.sandbox.token_client import TokenClient, TokenRefused, organisation_details
from tests.flow.provider_caller import BASE, HELSEID, PEOPLE, SERVICE, SOLVIK, Caller, error_of, verified

GP, PATIENT = PEOPLE.practitioner("gp"), PEOPLE.women[3].nin
TOLD = parameters(SOLVIK, role="LE", patient=PATIENT, reason=Reason("BTG", "b-1", "Blødning", by_hand=True))


@pytest.fixture(scope="module")
async def http(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    app = sandbox_app(base=BASE, service=SERVICE, data=tmp_path_factory.mktemp("sandbox"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield client


@pytest.fixture
def tokens(http: httpx.AsyncClient) -> TokenClient:
    return TokenClient(http=http, sandbox=BASE, client=PEOPLE.client("gp"), organisation=SOLVIK)


async def attested(http: httpx.AsyncClient, token: str) -> Any:  # noqa: ANN401 - None is a failure
    """The claim as the service's own reader sees it."""
    claims = await verified(http, HELSEID, token)
    return read_attestation(strict_json.parse(json.dumps(claims).encode()))


async def test_an_attestation_of_the_login_is_in_every_token_of_it(
    http: httpx.AsyncClient, tokens: TokenClient
) -> None:
    first = await tokens.by_login("gp", attestation=TOLD)
    again = await tokens.by_refresh(first.refresh_token)
    told = await attested(http, again.access_token)
    assert told == await attested(http, first.access_token)
    assert (told.practitioner, told.hpr_number, told.patient) == (GP.nin, GP.hpr_number, PATIENT)
    assert (told.purpose, told.decision_text, told.opened_by_hand) == ("BTG", "Blødning", True)
    known = Attested(
        pid=GP.nin,
        hpr_number=GP.hpr_number,
        authorisations=frozenset(GP.authorisations),
        parent_number=SOLVIK.parent_number,
        child_number=SOLVIK.number,
        patient=PATIENT,
        now=time.time(),
    )
    assert check_attestation(told, known, demanded=True) is None
    with pytest.raises(TokenRefused, match="HID-DOUBLE-STRUCTURE"):
        await tokens.by_refresh(again.refresh_token, attestation=TOLD)


async def test_an_attestation_in_the_assertion_is_for_one_token(
    http: httpx.AsyncClient, tokens: TokenClient
) -> None:
    plain = await tokens.by_login("gp")
    assert await attested(http, plain.access_token) is None
    one = await tokens.by_refresh(plain.refresh_token, attestation=TOLD)
    assert (await attested(http, one.access_token)).patient == PATIENT
    after = await tokens.by_refresh(one.refresh_token)
    assert await attested(http, after.access_token) is None


async def test_a_machine_attests_for_nobody_it_does_not_name(
    http: httpx.AsyncClient, tokens: TokenClient
) -> None:
    token = await tokens.by_client(attestation=parameters(SOLVIK, role=""))
    told = await attested(http, token.access_token)
    assert (told.practitioner, told.hpr_number, told.patient) == ("", "", "")
    assert told.point_of_care == SOLVIK.number


async def test_the_token_says_it_in_helseids_words(http: httpx.AsyncClient, tokens: TokenClient) -> None:
    claims = await verified(http, HELSEID, (await tokens.by_login("gp", attestation=TOLD)).access_token)
    (detail,) = claims["authorization_details"]
    assert set(detail) == {"type", "practitioner", "care_relationship", "patients", "attestation"}
    assert abs(detail["attestation"]["toa"] - time.time()) < 5
    assert detail["care_relationship"] == TOLD["care_relationship"]


WRONG: list[tuple[str, object, str]] = [
    ("two", [TOLD, TOLD], "access_denied"),
    ("another member", [{**TOLD, "extra": 1}], "invalid_request"),
    ("the specification's older names", [{**TOLD, "patient": TOLD["patients"]}], "invalid_request"),
    ("no purpose", [{**TOLD, "care_relationship": {}}], "invalid_request"),
    ("patients that are none", [{**TOLD, "patients": "x"}], "invalid_request"),
]


@pytest.mark.parametrize(("name", "stated", "error"), WRONG)
async def test_a_wrong_attestation_is_refused(
    http: httpx.AsyncClient, name: str, stated: list[Any], error: str
) -> None:
    gp = await Caller(http, "gp").register()
    details = json.dumps([*organisation_details(SOLVIK), *stated])
    form = gp.request(authorization_details=details)
    form["client_assertion"] = gp.assertion(authorization_details=None)
    assert error_of(await gp.post("par", form)) == error


async def test_an_attestation_alone_may_be_an_object(http: httpx.AsyncClient) -> None:
    hospital = await Caller(http, "hospital").register()
    unit = PEOPLE.organisation("fjordby-sykehus")
    form = hospital.request(authorization_details=json.dumps(parameters(unit, role="JO")))
    assert (await hospital.post("par", form)).status_code == 201
    form["client_assertion"] = hospital.assertion(authorization_details=parameters(unit, role="JO"))
    assert error_of(await hospital.post("par", form)) == "access_denied"
