"""Every fictional woman's record goes through FHIR into another woman's new record, and is the same there, in both contracts."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from helsekort.basics import strict_json
from helsekort.fhir.validation import Validator
from helsekort.ledger.embedded import EmbeddedServer
from helsekort.maternity.identity import short
from helsekort.maternity.uris import PROFILE
from helsekort.sandbox.address import loopback_client
from helsekort.sandbox.cli import token_for
from helsekort.sandbox.load import Loader
from helsekort.sandbox.people import Woman, fictional_people
from helsekort.sandbox.woman_browser import WomanBrowser
from tests.conftest import new_database
from tests.flow.fhir_bodies import Json, bundle, entry, urn
from tests.flow.fhir_service import DEFINITIONS
from tests.flow.together import sandboxed
from tests.interop.clinic import STARTED, Clinic

PEOPLE = fictional_people()
MADE = frozenset(
    {"Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization", "Provenance"}
)
"""What the service makes of what is stored; nobody writes it."""
ACTORS = frozenset({"Practitioner", "PractitionerRole", "Organization"})
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T.+")
WITH_RECORD = [
    woman for woman in PEOPLE.women if woman.consents and woman.plan not in {"nothing", "withdrawn"}
]


@dataclass(frozen=True)
class Side:
    """A service, and its doctor."""

    clinic: Clinic
    http: httpx.AsyncClient

    async def call(self, method: str, url: str, body: object = None, **headers: str) -> Any:  # noqa: ANN401 - JSON
        """The JSON of an accepted call, decimals as they were written."""
        own = self.clinic.headers(method, url) | headers
        content = None
        if body is not None:
            own["content-type"] = "application/fhir+json"
            content = strict_json.dump(body)
        answer = await self.http.request(method, url, headers=own, content=content)
        assert answer.is_success, answer.text
        return json.loads(answer.content, parse_float=Decimal)

    async def fhir(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """A call of the FHIR API."""
        return await self.call(method, f"{self.clinic.base}/{path}", body)

    async def v1(self, path: str, woman: Woman) -> Any:  # noqa: ANN401 - JSON
        """What the JSON contract answers."""
        return await self.call("GET", self.clinic.address.api + path, None, **{"nhn-patient-nin": woman.nin})


@dataclass(frozen=True)
class Record:
    """A woman's record as the FHIR API returns it: what is stored of it, by references."""

    record: str
    person: str
    resources: dict[str, Json]

    @property
    def episode(self) -> Json:
        """The pregnancy itself."""
        return self.resources[f"EpisodeOfCare/{self.record}"]

    def moved(self, references: dict[str, str]) -> dict[str, Json]:
        """Each resource without id and meta, with other references."""
        return {
            references.get(at, at): changed(
                {k: v for k, v in one.items() if k not in {"id", "meta"}}, references
            )
            for at, one in self.resources.items()
        }


def changed(value: Any, references: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
    """The same with other references. Who did something is told by number and name: how a record refers to them is its own."""
    if isinstance(value, list):
        return [changed(one, references) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: changed(one, references) for name, one in value.items()}
    if isinstance(at := value.get("reference"), str):
        if at.partition("/")[0] in ACTORS:
            del found["reference"]
        else:
            found["reference"] = references.get(at, at)
    return found


async def read(side: Side, record: str) -> Record:
    """Everything there is in the record, in the order it is told."""
    found = await side.fhir("GET", f"EpisodeOfCare/{record}/$everything")
    resources = [one["resource"] for one in found["entry"]]
    [of] = [one for one in resources if one["resourceType"] == "EpisodeOfCare"]
    person = str(of["patient"]["reference"]).removeprefix("Patient/")
    stored = [one for one in resources if one["resourceType"] not in MADE]
    return Record(record, person, {f"{one['resourceType']}/{one['id']}": one for one in stored})


def fetuses(record: str, other: str) -> dict[str, str]:
    """How the fetuses of a record are called in another."""
    names = (f"RelatedPerson/{short(UUID(one))}.fetus" for one in (record, other))
    return {f"{mine}{n}": f"{theirs}{n}" for mine, theirs in [tuple(names)] for n in range(1, 9)}


async def written(side: Side, there: Record, to: str) -> tuple[str, dict[str, str]]:
    """The record's content in a new record of another woman; its id, and where each resource is now."""
    own = f"EpisodeOfCare/{there.record}"
    known = {f"Patient/{there.person}": f"Patient/{to}"}
    begun = changed(there.episode, known) | {
        "status": "active",
        "period": {"start": there.episode["period"]["start"]},
    }
    made = await side.fhir("POST", "EpisodeOfCare", without(begun, "id", "meta", "extension"))
    record = str(made["id"])
    known |= {own: f"EpisodeOfCare/{record}"} | fetuses(there.record, record)
    rest = [at for at in there.resources if at != own]
    names = {at: urn(n) for n, at in enumerate(rest, 1)}
    moved = there.moved(known | names)
    sent = [entry("POST", at.partition("/")[0], moved[name], fullUrl=name) for at, name in names.items()]
    now = moved[f"EpisodeOfCare/{record}"] | {"id": record, "meta": {"versionId": "1"}}
    answer = await side.fhir("POST", "", bundle(*sent, entry("PUT", f"EpisodeOfCare/{record}", now)))
    stored = [one["resource"] for one in answer["entry"][:-1]]
    known |= dict(zip(rest, (f"{one['resourceType']}/{one['id']}" for one in stored), strict=True))
    return record, known


def without(value: Json, *names: str) -> Json:
    """An object without some of its members."""
    return {name: one for name, one in value.items() if name not in names}


async def begun(http: httpx.AsyncClient, clinic: Clinic, woman: Woman) -> str:
    """A woman who has consented and has no record yet; her opaque id."""
    async with WomanBrowser(service=clinic.address.service) as browser:
        await browser.log_in(woman)
        await browser.consent()
    url = f"{clinic.base}/Patient/_search"
    form = {"identifier": woman.nin}
    found = (await http.post(url, data=form, headers=clinic.headers("POST", url))).raise_for_status().json()
    return str(found["entry"][0]["resource"]["id"])


def said(value: Any) -> Any:  # noqa: ANN401 - JSON
    """What a card says: without metadata and what says nothing, and moments in one spelling."""
    if isinstance(value, list):
        return [said(one) for one in value]
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return datetime.fromisoformat(value)
    if not isinstance(value, dict):
        return value
    found = {name: said(one) for name, one in value.items() if name != "metadata"}
    return {name: one for name, one in found.items() if one not in (None, [], {})}


@dataclass(frozen=True)
class Two:
    """The service where the women are, and another where they have consented and have nothing yet."""

    here: Side
    there: Side


@pytest.fixture(scope="module")
async def two(
    postgres: EmbeddedServer, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Two]:
    folder = tmp_path_factory.mktemp("two")
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(loopback_client())
        http.timeout = httpx.Timeout(60)
        sides = []
        for name in ("here", "there"):
            url = await stack.enter_async_context(new_database(postgres, migrated))
            address = await stack.enter_async_context(sandboxed(url, folder / name))
            sides.append(Side(Clinic(address, await token_for(http, address.sandbox, "gp"), "", ""), http))
        await asyncio.sleep(STARTED)
        loader = Loader(http=http, address=sides[0].clinic.address, people=PEOPLE, today=date.today())  # noqa: DTZ011
        await loader.load()
        yield Two(*sides)


@pytest.mark.parametrize("place", range(len(WITH_RECORD)), ids=[woman.key for woman in WITH_RECORD])
async def test_her_record_is_the_same_as_another_womans(two: Two, place: int) -> None:
    her, other = WITH_RECORD[place], WITH_RECORD[place - 1]
    status = await two.here.v1("/status", her)
    mine = await read(two.here, status["latestRecordId"])
    person = await begun(two.there.http, two.there.clinic, other)
    record, now = await written(two.there, mine, person)
    theirs = await read(two.there, record)
    assert len(mine.resources) > 10
    assert theirs.moved({}) == mine.moved(now)
    cards = [
        await two.here.v1(f"/record/{mine.record}", her),
        await two.there.v1(f"/record/{record}", other),
    ]
    assert said(cards[1]) == said(cards[0])


@pytest.mark.parametrize("woman", WITH_RECORD, ids=lambda woman: str(woman.key))
async def test_her_summary_is_an_international_one(two: Two, woman: Woman) -> None:
    """By the profiles that state what is asked of one, which it claims (ips_requirements.toml)."""
    status = await two.here.v1("/status", woman)
    episode = await two.here.fhir("GET", f"EpisodeOfCare/{status['latestRecordId']}")
    summary = await two.here.fhir("GET", f"{episode['patient']['reference']}/$summary")
    assert f"{PROFILE}/patient-summary" in summary["meta"]["profile"]
    assert [str(one) for one in Validator(DEFINITIONS).validate(summary)] == []
