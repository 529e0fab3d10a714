"""Abuse 22, through FHIR: a patch or a bundle that would cost more than it says. Refused for the price of a normal one."""

from __future__ import annotations

import json
from functools import partial
from urllib.parse import urlencode

import pytest

from helsekort.access.wishes import WishKind
from helsekort.api.fhir import bundles
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.maternity import drafts
from tests.contract.door_acts import wish
from tests.flow.fhir_bodies import bundle, condition, entry, ferritin, urn
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import fhir_on
from tests.timing import quickly

MOST = 100  # references of processor time, client included


@pytest.fixture
async def her(ledger: Ledger) -> Her:
    return await her_on(fhir_on(ledger))


async def test_a_patch_that_doubles_what_it_has_copied(her: Her) -> None:
    made = await her.made(ferritin(her.person))
    doubling = [{"op": "copy", "from": "", "path": f"/x{n}"} for n in range(17)]
    sent = partial(
        her.gp.send,
        "PATCH",
        f"/Observation/{made['id']}",
        content=json.dumps(doubling).encode(),
        headers={"content-type": "application/json-patch+json", "if-match": 'W/"1"'},
    )
    answer = await quickly(sent, MOST)
    assert answer.status_code == 422
    assert await her.gp.ok("GET", f"/Observation/{made['id']}") == made


async def test_a_patch_of_more_operations_than_anybody_needs(her: Her) -> None:
    made = await her.made(ferritin(her.person))
    await her.gp.refused(
        Kind.TOO_LARGE,
        "PATCH",
        f"/Observation/{made['id']}",
        content=json.dumps([{"op": "test", "path": "/status", "value": "final"}] * 201).encode(),
        headers={"content-type": "application/json-patch+json", "if-match": 'W/"1"'},
    )


async def test_entries_that_all_refer_to_all_the_others(her: Her) -> None:
    links = [{"reference": urn(n)} for n in range(200)]
    sent = [
        entry("POST", "Condition", condition(her.person, evidence=[{"detail": links}]), fullUrl=urn(n))
        for n in range(200)
    ]
    answer = await quickly(lambda: her.gp.send("POST", "", bundle(*sent)), MOST)
    assert answer.status_code in {200, 400, 413, 422}, answer.text[:500]


@pytest.mark.parametrize("depth", [50, 63, 500])
async def test_extensions_in_extensions(her: Her, depth: int) -> None:
    opened, closed = b'{"url":"https://example.org/x","extension":[' * depth, b"]}" * depth
    nested = opened + b'{"url":"https://example.org/x","valueBoolean":true}' + closed
    sent = json.dumps(ferritin(her.person)).encode()[:-1] + b',"extension":[%s]}' % nested
    answer = await quickly(lambda: her.gp.send("POST", "/Observation", content=sent), MOST)
    assert answer.status_code in {201, 400, 422}, answer.text


async def test_a_batch_that_reads_everything_again_and_again(
    her: Her, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MOST_ANSWERED", 20_000)
    asked = [entry("GET", f"Patient/{her.person}/$everything") for _ in range(100)]
    refused = 0
    for kind in ("batch", "transaction"):
        answer = await her.gp.ok("POST", "", bundle(*asked, kind=kind))
        statuses = [one["response"]["status"] for one in answer["entry"]]
        assert statuses[0] == "200 OK"
        assert statuses[-1].startswith("413 ")
        refused += sum(one.startswith("413") for one in statuses)
        read = sum(len(json.dumps(one.get("resource", {}))) for one in answer["entry"])
        assert read < 30_000
    rows = await her.fhir.v1.log_of()
    assert rows.count(("read-resources", "too-large")) == refused


@pytest.mark.parametrize(
    "form",
    [
        {"_sort": ",".join(["date", "-code"] * 3000)},
        {"_elements": ",".join(["status", "code"] * 30000)},
        [("_has:Observation:derived-from:_has:Observation:derived-from:code", "x")] * 60,
        [("encounter.episode-of-care.status", ",".join("x" * 190))] * 60,
    ],
)
async def test_a_search_that_asks_a_thousand_things(
    her: Her, form: dict[str, str] | list[tuple[str, str]]
) -> None:
    client = her.fhir.client(patient=her.patient)
    search = partial(
        client.refused,
        Kind.INVALID_PARAMETER,
        "POST",
        "/Observation/_search",
        content=urlencode(form).encode(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    await quickly(search, MOST)


async def test_references_that_nothing_is_called_by(her: Her) -> None:
    linked = [{"reference": urn(n)} for n in range(10_000)]
    sent = bundle(entry("POST", "Condition", condition(her.person, evidence=[{"detail": linked}])))
    await quickly(lambda: her.gp.refused(Kind.INVALID, "POST", "", sent), MOST)


async def test_references_that_are_a_thousand_searches(her: Her) -> None:
    linked = [{"reference": f"Condition?code=x{n}"} for n in range(20_000)]
    sent = bundle(entry("POST", "Condition", condition(her.person, evidence=[{"detail": linked}])))
    outcome = await quickly(lambda: her.gp.refused(Kind.INVALID, "POST", "", sent), MOST)
    assert any("more than 100" in one["details"]["text"] for one in outcome["issue"])


async def test_a_system_that_sends_the_same_again_and_again(
    her: Her, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "MOST_IN_PART", 3)
    monkeypatch.setattr(drafts, "MOST_FREE", 2)
    for most, resource in ((3, ferritin(her.person)), (2, condition(her.person))):
        path = f"/{resource['resourceType']}"
        for _ in range(most):
            await her.gp.ok("POST", path, resource, status=201)
        await her.gp.refused(Kind.TOO_LARGE, "POST", path, resource)
    assert await her.commits() == 6


@pytest.fixture(scope="module")
async def entangled(module_ledger: Ledger) -> Her:
    """A record in which two hundred results each refer to a hundred others."""
    her = await her_on(fhir_on(module_ledger))
    results = [
        entry(
            "POST",
            "Observation",
            ferritin(her.person, hasMember=[{"reference": urn(m)} for m in range(1, 101) if m != n]),
            fullUrl=urn(n),
        )
        for n in range(1, 201)
    ]
    await her.gp.ok("POST", "", bundle(*results))
    return her


@pytest.mark.parametrize(
    "path",
    [
        "/Patient/{person}/$summary",
        "/Patient/{person}/$everything",
        "/EpisodeOfCare/{record}/$card",
        "/EpisodeOfCare/{record}/$history",
        "/Observation?patient={person}&_include=Observation:has-member&_include:iterate=Observation:has-member",
        "/Observation?patient={person}&_revinclude:iterate=Provenance:target&_count=1000",
        "/Observation?patient={person}&_revinclude=Observation:has-member&_count=1000",
        "/Observation?patient={person}&_include=*&_include:iterate=*&_count=1000",
        "/Observation?patient={person}&_revinclude=*&_revinclude:iterate=*&_count=1000",
        "/Patient?_id={person}&_revinclude=*&_revinclude:iterate=*&_include:iterate=*",
        "/Observation?patient={person}&has-member.code=2276-4&_count=1000",
        "/Observation?patient={person}&has-member.has-member.code=x",
        "/Observation?patient={person}&has-member.has-member.has-member.has-member.code=2276-4",
        "/Observation?patient={person}&_has:Observation:has-member:code=2276-4",
        "/Observation?patient={person}&_has:Observation:has-member:_has:Observation:has-member:code=2276-4",
        "/Observation?patient={person}&_sort=has-member",
    ],
)
async def test_what_is_entangled_is_read_as_fast(entangled: Her, path: str) -> None:
    asked = path.format(person=entangled.person, record=entangled.record)
    await quickly(lambda: entangled.gp.ok("GET", asked), MOST)


async def test_ten_thousand_references_to_what_is_there(entangled: Her) -> None:
    found = await entangled.gp.ok("GET", f"/Observation?patient={entangled.person}&_elements=id&_count=1000")
    links = [{"reference": f"Observation/{one['resource']['id']}"} for one in found["entry"]] * 50
    sent = ferritin(entangled.person, hasMember=links)
    answer = await quickly(lambda: entangled.gp.send("POST", "/Observation", sent), MOST)
    assert answer.status_code in {201, 422}


async def test_much_behind_a_block_hides_as_fast(her: Her) -> None:
    results = [entry("POST", "Observation", ferritin(her.person, note=[{"text": "x" * 400}]))] * 400
    hidden = [entry("POST", "Condition", condition(her.person, f"x{n}")) for n in range(500)]
    for entries in (results, results, hidden, hidden, hidden):
        await her.gp.ok("POST", "", bundle(*entries))
    made = await her.made(ferritin(her.person))
    await wish(her.fhir.v1, WishKind.BLOCK_SECTION, "antenatalAppointments")
    await quickly(lambda: her.gp.ok("GET", f"/Observation/{made['id']}"), MOST)
    found = await quickly(lambda: her.gp.ok("GET", f"/Condition?patient={her.person}"), MOST)
    assert found["total"] == 0
