"""The registers' stand-ins: their shapes, their events, and that a sandbox is on loopback or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from helsekort.cli import parser
from helsekort.sandbox.people import fictional_people, organisation_number_valid
from helsekort.sandbox.process import sandbox_app, serve
from helsekort.settings import Settings, SettingsError, sandbox_settings

BASE, SERVICE = "http://127.0.0.1:1", "http://127.0.0.1:1"  # in process; nothing ever listens on port 1
PEOPLE = fictional_people()
SEARCH, EVENTS = f"{BASE}/folkeregisteret/personer/_search", f"{BASE}/folkeregisteret/hendelser"


def nin(key: str) -> str:
    woman = PEOPLE.woman(key)
    assert woman is not None
    return woman.nin


def client(data: Path, **headers: str) -> httpx.AsyncClient:
    app = sandbox_app(base=BASE, service=SERVICE, data=data)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), headers=headers)


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client(tmp_path) as opened:
        yield opened


async def test_a_person_is_found_by_a_number_in_the_body(http: httpx.AsyncClient) -> None:
    anne = (await http.post(SEARCH, json={"identifikator": nin("anne")})).json()
    assert anne == {"navn": "Anne Eksempel", "status": "bosatt", "adressegradering": "ugradert"}
    liv = (await http.post(SEARCH, json={"identifikator": nin("liv")})).json()
    assert liv["adressegradering"] == "strengtFortrolig"
    assert (await http.post(SEARCH, json={"identifikator": "14839692422"})).status_code == 404
    wrong: list[object] = [{}, [], {"identifikator": 1}, "x"]
    for body in wrong:
        assert (await http.post(SEARCH, json=body)).status_code == 400
    assert (await http.post(SEARCH, content=b"{")).status_code == 400


async def test_practitioners_are_found_too(http: httpx.AsyncClient) -> None:
    gp = PEOPLE.practitioner("gp")
    assert (await http.post(SEARCH, json={"identifikator": gp.nin})).json()["navn"] == gp.name
    found = (await http.get(f"{BASE}/hpr/helsepersonell/{gp.hpr_number}")).json()
    assert (found["navn"], found["autorisasjoner"]) == (gp.name, ["LE"])
    assert (await http.get(f"{BASE}/hpr/helsepersonell/1")).status_code == 404


async def test_a_point_of_care_names_its_parent(http: httpx.AsyncClient) -> None:
    register = f"{BASE}/enhetsregisteret/api"
    unit = PEOPLE.organisation("solvik")
    found = (await http.get(f"{register}/underenheter/{unit.number}")).json()
    assert (found["navn"], found["overordnetEnhet"]) == (unit.name, unit.parent_number)
    assert (await http.get(f"{register}/enheter/{unit.parent_number}")).json()["navn"] == unit.parent_name
    for missing in (f"underenheter/{unit.parent_number}", f"enheter/{unit.number}", "enheter/x"):
        assert (await http.get(f"{register}/{missing}")).status_code == 404


async def test_a_death_is_told_and_remembered(http: httpx.AsyncClient, tmp_path: Path) -> None:
    form = {"woman": "elin", "hendelse": "doedsfall"}
    for _ in range(2):  # twice is once
        assert (await http.post(EVENTS, data=form)).status_code == 303
    await http.post(EVENTS, data={"woman": "ida", "hendelse": "adressebeskyttelse"})
    told = (await http.get(EVENTS)).json()
    assert told["siste"] == 2
    assert [(e["sekvensnummer"], e["hendelse"], e["identifikator"]) for e in told["hendelser"]] == [
        (1, "doedsfall", nin("elin")),
        (2, "adressebeskyttelse", nin("ida")),
    ]
    assert [e["identifikator"] for e in (await http.get(f"{EVENTS}?after=1")).json()["hendelser"]] == [
        nin("ida")
    ]
    async with client(tmp_path) as after_restart:
        assert (await after_restart.get(EVENTS)).json() == told
        elin = (await after_restart.post(SEARCH, json={"identifikator": nin("elin")})).json()
        ida = (await after_restart.post(SEARCH, json={"identifikator": nin("ida")})).json()
    assert (elin["status"], ida["adressegradering"]) == ("doed", "fortrolig")


async def test_protection_can_be_lifted(http: httpx.AsyncClient) -> None:
    form = {"woman": "Ida Keiserud", "hendelse": "adressebeskyttelse", "adressegradering": "fortrolig"}
    await http.post(EVENTS, data=form)
    await http.post(EVENTS, data={**form, "adressegradering": "ugradert"})
    ida = (await http.post(SEARCH, json={"identifikator": nin("ida")})).json()
    assert ida["adressegradering"] == "ugradert"


async def test_an_event_that_cannot_be_is_refused(http: httpx.AsyncClient) -> None:
    for form in (
        {"woman": "nobody", "hendelse": "doedsfall"},
        {"woman": "elin", "hendelse": "bryllup"},
        {"woman": "elin", "hendelse": "adressebeskyttelse", "adressegradering": "hemmelig"},
        {"woman": "elin"},
    ):
        assert (await http.post(EVENTS, data=form)).status_code == 400
    form = {"woman": "elin", "hendelse": "doedsfall"}
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (await http.post(EVENTS, data=form, headers=elsewhere)).status_code == 403
    for after in ("x", "-1", "9" * 20):
        assert (await http.get(f"{EVENTS}?after={after}")).status_code == 400
    assert (await http.get(EVENTS)).json() == {"hendelser": [], "siste": 0}


async def test_every_page_says_that_nobody_is_real(http: httpx.AsyncClient) -> None:
    front = await http.get(f"{BASE}/")
    assert "Fiktiv sandkasse" in front.text
    for woman in PEOPLE.women:
        assert woman.name in front.text
    assert (await http.get(f"{BASE}/.well-known/sandbox")).json()["fictional"] is True
    assert "default-src 'none'" in front.headers["content-security-policy"]


async def test_the_simulators_page_says_when_there_is_nothing_to_show(http: httpx.AsyncClient) -> None:
    for path in ("nurse/anne", "gp/nobody"):
        assert (await http.get(f"{BASE}/epj/{path}")).status_code == 404
    down = await http.get(f"{BASE}/epj/gp/anne")
    assert down.status_code == 502
    assert "Tjenesten svarer ikke" in down.text
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (await http.post(f"{BASE}/epj/gp/anne", data={"do": "x"}, headers=elsewhere)).status_code == 403


async def test_a_name_pointed_at_loopback_is_turned_away(tmp_path: Path) -> None:
    async with client(tmp_path, Host="rebound.example") as http:
        assert (await http.get(f"{BASE}/")).status_code == 400


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "sandbox.example", ""])  # noqa: S104 - refused
def test_the_sandbox_refuses_every_other_host(host: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="loopback only"):
        serve(host=host, port=0, service=SERVICE, data=tmp_path)
    arguments = parser().parse_args(["sandbox", "serve", "--host", host, "--data", str(tmp_path)])
    with pytest.raises(SettingsError, match="loopback only"):
        arguments.run(arguments)


def test_the_service_refuses_the_sandboxs_issuer_unless_it_is_one() -> None:
    helseid, idporten = f"{BASE}/helseid", f"{BASE}/idporten"
    with pytest.raises(SettingsError, match="sandbox"):
        Settings(database="", keys=Path(), helseid_issuer=helseid, idporten_issuer=idporten)
    with pytest.raises(SettingsError, match="loopback"):
        Settings(database="", keys=Path(), sandbox=BASE, host="192.0.2.7", helseid_issuer=helseid)
    assert sandbox_settings(database="", keys=Path(), port=8460, sandbox=BASE).helseid_issuer == helseid


def test_everybody_can_only_be_fictional() -> None:
    assert len(PEOPLE.women) >= 12
    assert all("fiktiv" in o.name for o in PEOPLE.organisations)
    assert any(w.consents and w.plan == "nothing" for w in PEOPLE.women)
    assert organisation_number_valid("314001273")
    for number in ("314001274", "31400127", "31400127x", "3140012733"):
        assert not organisation_number_valid(number)


async def test_a_new_number_takes_the_place_of_the_old(http: httpx.AsyncClient, tmp_path: Path) -> None:
    olena = PEOPLE.woman("olena")
    assert olena is not None
    form = {"woman": "olena", "hendelse": "nyttNummer"}
    assert (await http.post(SEARCH, json={"identifikator": olena.next_nin})).status_code == 404
    assert (await http.post(EVENTS, data=form)).status_code == 303
    assert (await http.post(EVENTS, data=form)).status_code == 400  # she has it already
    (event,) = (await http.get(EVENTS)).json()["hendelser"]
    assert (event["identifikator"], event["tidligereIdentifikator"]) == (olena.next_nin, olena.nin)
    await http.post(EVENTS, data={"woman": "olena", "hendelse": "adressebeskyttelse"})
    async with client(tmp_path) as after_restart:
        for number in (olena.nin, olena.next_nin):
            found = (await after_restart.post(SEARCH, json={"identifikator": number})).json()
            assert (found["navn"], found["adressegradering"]) == (olena.name, "fortrolig")
    events = (await http.get(EVENTS)).json()["hendelser"]
    assert [e["identifikator"] for e in events] == [olena.next_nin] * 2
    assert olena.next_nin in (await http.get(f"{BASE}/")).text


async def test_two_registrations_are_merged_into_one(http: httpx.AsyncClient) -> None:
    wenche = PEOPLE.woman("wenche")
    assert wenche is not None
    assert (await http.post(SEARCH, json={"identifikator": wenche.other_nin})).json()["navn"] == wenche.name
    assert (await http.post(EVENTS, data={"woman": "wenche", "hendelse": "sammenslaaing"})).status_code == 303
    (event,) = (await http.get(EVENTS)).json()["hendelser"]
    assert (event["hendelse"], event["identifikator"], event["tidligereIdentifikator"]) == (
        "sammenslaaing",
        wenche.nin,
        wenche.other_nin,
    )
    await http.post(EVENTS, data={"woman": "wenche", "hendelse": "doedsfall"})
    for number in (wenche.nin, wenche.other_nin):
        assert (await http.post(SEARCH, json={"identifikator": number})).json()["status"] == "doed"
    for form in ({"woman": "anne", "hendelse": "sammenslaaing"}, {"woman": "anne", "hendelse": "nyttNummer"}):
        assert (await http.post(EVENTS, data=form)).status_code == 400


async def test_who_may_act_for_whom(http: httpx.AsyncClient) -> None:
    search = f"{BASE}/representasjon/v1/representasjoner/_search"
    expected = {
        "per": [("elin", "innsyn")],
        "sara": [("frida", "digitale-helsetjenester")],
        "leif": [("liv", "innsyn")],
        "mona": [("tuva", "foreldre")],
        "tor": [("tuva", "foreldre")],
    }
    for relative in PEOPLE.relatives:
        found = (await http.post(search, json={"representant": relative.nin})).json()["representasjoner"]
        told = [(each["identifikator"], each["grunnlag"]) for each in found]
        assert told == [(nin(key), ground) for key, ground in expected[relative.key]]
    assert (await http.post(search, json={"representant": nin("anne")})).json() == {"representasjoner": []}
    wrong: list[object] = [{}, [], {"representant": 1}]
    for body in wrong:
        assert (await http.post(search, json=body)).status_code == 400


async def test_a_message_reaches_her_inbox(http: httpx.AsyncClient) -> None:
    messages, inbox = f"{BASE}/varsel/v1/meldinger", f"{BASE}/innboks/elin"
    as_json = {"Accept": "application/json"}
    assert (await http.get(inbox, headers=as_json)).json() == []
    assert (await http.post(messages, json={"to": nin("elin"), "text": "Hei <b>"})).status_code == 201
    (message,) = (await http.get(inbox, headers=as_json)).json()
    assert message["text"] == "Hei <b>"
    assert "Hei &lt;b&gt;" in (await http.get(inbox)).text
    assert (await http.get(f"{BASE}/innboks/ida", headers=as_json)).json() == []
    assert (await http.get(f"{BASE}/innboks/nobody")).status_code == 404
    assert (await http.post(messages, json={"to": "14839692422", "text": "x"})).status_code == 404
    wrong: list[object] = [{}, [], {"to": nin("elin")}, {"to": nin("elin"), "text": "x" * 301}]
    for body in wrong:
        assert (await http.post(messages, json=body)).status_code == 400
