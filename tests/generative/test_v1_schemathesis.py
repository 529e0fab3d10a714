"""Schemathesis on the served OpenAPI description: the whole service, real tokens, a fresh proof for each request.

Each operation is called with what its schema allows and with what it forbids; no answer may be a 5xx, and each must have a
status, a content type, headers and a body that the description promises.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from helsekort.sandbox.address import Address, loopback_client
from helsekort.sandbox.ehr import ROLE_SYSTEM, Ehr
from helsekort.sandbox.people import fictional_people
from helsekort.sandbox.token_client import BoundToken, sign_proof
from helsekort.sandbox.woman_browser import WomanBrowser
from tests.flow.together import sandboxed

AnyCase = Case[Any]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
EXAMPLES = {GenerationMode.POSITIVE: 5, GenerationMode.NEGATIVE: 4}
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ENDED = {"status": "TERMINATED", "terminationDate": "2026-05-01"}


@dataclass
class Clinic:
    """A GP's EHR with its token, and the woman whose record it works on. Used from a thread of its own."""

    api: str
    token: BoundToken
    patient: str
    http: httpx.Client
    answers: dict[int, int]

    def send(self, method: str, url: str, headers: dict[str, str], **more: Any) -> httpx.Response:  # noqa: ANN401
        """One request with its own proof, made for the path as it is sent."""
        request = self.http.build_request(method, url, headers=headers, **more)
        address = f"{request.url.scheme}://{request.url.netloc.decode()}{request.url.raw_path.decode().partition('?')[0]}"
        request.headers["DPoP"] = sign_proof(
            self.token.key, method=method, url=address, now=time.time(), access_token=self.token.access_token
        )
        answer = self.http.send(request)
        self.answers[answer.status_code] = self.answers.get(answer.status_code, 0) + 1
        return answer

    def headers(self) -> dict[str, str]:
        """What every request of this EHR has."""
        role = httpx.QueryParams({"r": f'{{"system":"{ROLE_SYSTEM}","code":"LE"}}'})
        return {
            "Authorization": f"DPoP {self.token.access_token}",
            "nhn-patient-nin": self.patient,
            "nhn-source-system": "schemathesis",
            "nhn-user-role": str(role)[2:].replace("+", "%20"),
        }

    def card(self) -> dict[str, Any]:
        """Her active record with a visit and a height in it, made where there is none."""
        status = self.send("GET", f"{self.api}/status", self.headers()).json()
        if not status["hasActiveMaternityRecord"]:
            body = {
                "antenatalAppointments": [{"appointmentDate": "2026-03-02"}],
                "symphysisFundalHeights": [{}],
            }
            return dict(self.send("POST", f"{self.api}/record", self.headers(), json=body).json())
        return dict(self.send("GET", f"{self.api}/record/{status['latestRecordId']}", self.headers()).json())

    def end(self, record: str) -> None:
        """Ends the record, so that another can be created."""
        self.send("POST", f"{self.api}/record/{record}/updateStatus", self.headers(), json=ENDED)


def aimed(case: AnyCase, clinic: Clinic, dice: int) -> AnyCase:
    """The case about a record, an item and a version that exist, where its own are well-formed: more than 404 is to be tried."""
    parameters = dict(case.path_parameters)
    if dice == 0 or not all(UUID.fullmatch(str(each)) for each in parameters.values()):
        return case
    section = (case.operation.path.split("/") + [""] * 3)[3]
    card = clinic.card()
    if case.method == "POST" and isinstance(card.get(section), dict) and dice > 1:
        clinic.end(card["metadata"]["recordId"])  # a section is created once in a record
        card = clinic.card()
    if case.method == "PUT" and section in card and not card[section]:
        clinic.send(
            "POST", f"{clinic.api}/record/{card['metadata']['recordId']}/{section}", clinic.headers(), json={}
        )
        card = clinic.card()
    case.path_parameters = dict.fromkeys(parameters, card["metadata"]["recordId"])
    seen = card.get(section)
    if "itemId" in parameters and seen:
        seen = next((each for each in seen if not each["metadata"]["enteredInError"]), seen[0])
        case.path_parameters["itemId"] = seen["metadata"]["id"]
    metadata = case.body.get("metadata") if isinstance(case.body, dict) else None
    if (
        isinstance(metadata, dict)
        and isinstance(metadata.get("version"), int)
        and isinstance(seen, dict)
        and dice > 1
    ):
        metadata["version"] = seen["metadata"]["version"]
    return case


def sent(case: AnyCase, clinic: Clinic) -> httpx.Response:
    """The answer to a case, over real HTTP."""
    given_ = case.as_transport_kwargs(base_url=clinic.api)
    body = {name: given_[name] for name in ("json", "params") if given_.get(name) is not None}
    if given_.get("data") is not None:
        body["content"] = given_["data"]
    return clinic.send(given_["method"], given_["url"], dict(given_["headers"] or {}), **body)


def try_operation(operation: Any, mode: GenerationMode, clinic: Clinic) -> None:  # noqa: ANN401
    """Draws cases of one operation and checks each answer. What is wrong with a write is in its body or its address."""
    fixed = clinic.headers()
    if mode is GenerationMode.NEGATIVE and len(operation.body):
        fixed |= {"nhn-event-id": "schemathesis", "nhn-treatment-facility-name": "Poli"}

    @settings(
        max_examples=EXAMPLES[mode],
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, headers=fixed), dice=st.integers(0, 3))
    def tried(case: AnyCase, dice: int) -> None:
        positive = mode is GenerationMode.POSITIVE
        answer = sent(aimed(case, clinic, dice) if case.path_parameters else case, clinic)
        checks = [check for check in CHECKS if not positive or check is not negative_data_rejection]
        case.validate_response(answer, checks=checks)
        if answer.status_code == 201 and operation.path == "/record":
            clinic.end(answer.json()["metadata"]["recordId"])

    tried()


def operations(description: dict[str, Any]) -> Iterator[Any]:
    """Every operation of the description."""
    for found in schemathesis.openapi.from_dict(description).get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


def try_all(clinic: Clinic) -> list[Exception]:
    """What is wrong with any operation, in either mode."""
    load_all_checks()
    description = clinic.http.get(f"{clinic.api}/openapi.json").json()
    return [
        failure
        for operation in operations(description)
        for mode in EXAMPLES
        for failure in failures_of(operation, mode, clinic)
    ]


def failures_of(operation: Any, mode: GenerationMode, clinic: Clinic) -> list[Exception]:  # noqa: ANN401
    """The failures of one operation."""
    try:
        try_operation(operation, mode, clinic)
    except FailureGroup as group:
        for failure in group.exceptions:
            failure.add_note(f"{mode.value} {operation.label}")
        return list(group.exceptions)
    return []


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path) -> Any:  # noqa: ANN401
    """A clinic at a service of its own, about a woman who has consented."""
    async with sandboxed(database_url, tmp_path) as address, loopback_client() as http:
        woman = next(each for each in fictional_people().women if each.plan not in {"deceased", "protected"})
        async with WomanBrowser(service=address.service) as browser:
            await browser.log_in(woman)
            await browser.consent()
        yield await logged_in(address, http, woman.nin)


async def logged_in(address: Address, http: httpx.AsyncClient, nin: str) -> Clinic:
    """The GP's EHR with a token of its own."""
    ehr = Ehr("gp", http=http, address=address)
    assert (await ehr.status(nin)).accepted
    token = ehr._token
    assert token is not None
    return Clinic(address.api, token, nin, httpx.Client(timeout=30), {})


async def test_the_description_is_kept(clinic: Clinic) -> None:
    failures = await asyncio.to_thread(try_all, clinic)
    if failures:
        raise ExceptionGroup("The service and its description differ", failures)
    assert clinic.answers.keys() >= {200, 201, 400, 404, 409, 422}
