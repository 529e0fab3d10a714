"""One woman's card in a service and a sandbox of their own, and a doctor who is logged in: what FHIR clients are tried on."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from helsekort.api.fhir.work import PREFIX
from helsekort.sandbox.address import Address, loopback_client
from helsekort.sandbox.cli import token_for
from helsekort.sandbox.ehr import ROLE_SYSTEM, Ehr
from helsekort.sandbox.people import Woman, fictional_people
from helsekort.sandbox.signing import private_jwk
from helsekort.sandbox.stories import Pregnancy, first_sections, later_steps
from helsekort.sandbox.token_client import BoundToken, sign_proof
from helsekort.sandbox.woman_browser import WomanBrowser
from tests.flow.together import sandboxed

PEOPLE = fictional_people()
STARTED = 1.1
"""A service that has just started refuses proofs that are older than itself, and proofs state whole seconds."""


@dataclass(frozen=True)
class Clinic:
    """Where the service is, the doctor's token, and whose card is there."""

    address: Address
    token: BoundToken
    record: str
    person: str

    @property
    def base(self) -> str:
        """The FHIR API's address."""
        return self.address.service + PREFIX

    @property
    def told(self) -> dict[str, str]:
        """The headers that are the same in every call."""
        role = quote(json.dumps({"system": ROLE_SYSTEM, "code": "LE"}))
        return {"nhn-source-system": "FHIR client 1.0", "nhn-user-role": role}

    def headers(self, method: str, url: str) -> dict[str, str]:
        """What a call of the API needs besides what a FHIR client sends by itself: the token, and a proof of this one call."""
        token = self.token.access_token
        proof = sign_proof(
            self.token.key, method=method, url=url.partition("?")[0], now=time.time(), access_token=token
        )
        return {**self.told, "Authorization": f"DPoP {token}", "DPoP": proof}

    def given(self) -> dict[str, Any]:
        """The same for a client in another process."""
        return {
            "base": self.base,
            "token": self.token.access_token,
            "key": private_jwk(self.token.key),
            "headers": self.told,
            "record": self.record,
            "person": self.person,
            "patient": f"Patient/{self.person}",
        }


@asynccontextmanager
async def clinic(database_url: str, folder: Path, *, woman: str) -> AsyncIterator[Clinic]:
    """The service with one woman's card as far as her story goes."""
    who = PEOPLE.woman(woman)
    assert who is not None
    async with sandboxed(database_url, folder) as address, loopback_client() as http:
        await asyncio.sleep(STARTED)
        record = await _card(who, address)
        token = await token_for(http, address.sandbox, "gp")
        here = Clinic(address, token, record, "")
        url = f"{here.base}/EpisodeOfCare/{record}"
        episode = (await http.get(url, headers=here.headers("GET", url))).raise_for_status().json()
        person = str(episode["patient"]["reference"]).removeprefix("Patient/")
        yield Clinic(address, token, record, person)


async def _card(woman: Woman, address: Address) -> str:
    """Her consent, and her story through three EHRs; the record's id."""
    async with loopback_client() as http, WomanBrowser(service=address.service) as browser:
        await browser.log_in(woman)
        await browser.consent()
        ehrs = {key: Ehr(key, http=http, address=address) for key in ("gp", "midwife", "hospital")}
        pregnancy = Pregnancy.of(woman, date.today())  # noqa: DTZ011 - the day the stories are told from
        created = (await ehrs["gp"].create(woman.nin, first_sections(pregnancy, PEOPLE))).must()
        record = str(created["metadata"]["recordId"])
        for step in later_steps(pregnancy):
            if not step.replaces:
                (await ehrs[step.ehr].add(woman.nin, record, step.section, step.content)).must()
        return record
