"""Who may see what, told as it happens: three EHRs, her decisions, the registers' feeds, all through the real service."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import httpx
import pytest

from helsekort.access.act import Action
from helsekort.access.wishes import WishKind
from helsekort.audit.entry import AuditEntry
from helsekort.basics import strict_json
from helsekort.basics.refusal import OUTCOMES, Kind, Refused
from helsekort.ledger.embedded import EmbeddedServer
from helsekort.sandbox.address import Address, loopback_client
from helsekort.sandbox.attestation import Reason
from helsekort.sandbox.ehr import Answer, Ehr, WomanStatus
from helsekort.sandbox.people import Relative, Woman, fictional_people
from helsekort.sandbox.stories import Pregnancy, first_sections
from helsekort.sandbox.woman_browser import WomanBrowser
from tests.conftest import new_database
from tests.flow.her_decisions import Beside, beside
from tests.flow.together import sandboxed

PEOPLE = fictional_people()
TODAY = date.today()  # noqa: DTZ011 - the day the stories are told from
WITHIN = 15.0
HOSPITAL = PEOPLE.organisation("fjordby-sykehus")
EMERGENCY = ("AKUTT", "Kraftig blødning, får ikke snakket med henne")


@pytest.fixture(scope="module")
async def together(
    postgres: EmbeddedServer, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Address, Beside]]:
    """A running service with its sandbox, and a door beside it."""
    folder = tmp_path_factory.mktemp("trust")
    async with (
        new_database(postgres, migrated) as url,
        sandboxed(url, folder) as found,
        beside(url, folder, found.sandbox) as door,
    ):
        yield found, door


@pytest.fixture
def address(together: tuple[Address, Beside]) -> Address:
    return together[0]


@pytest.fixture
def her(together: tuple[Address, Beside]) -> Beside:
    return together[1]


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with loopback_client() as client:
        yield client


def woman(key: str) -> Woman:
    found = PEOPLE.woman(key)
    assert found is not None
    return found


def relative(key: str) -> Relative:
    return next(each for each in PEOPLE.relatives if each.key == key)


async def consents(address: Address, who: Woman) -> None:
    """She logs in and consents on the pages."""
    async with WomanBrowser(service=address.service) as browser:
        await browser.log_in(who)
        await browser.consent()


async def with_card(address: Address, http: httpx.AsyncClient, key: str) -> tuple[Woman, str]:
    """A woman who has consented, and her record as her GP began it."""
    who = woman(key)
    await consents(address, who)
    sections = first_sections(Pregnancy.of(who, TODAY), PEOPLE)
    created = (await Ehr("gp", http=http, address=address).create(who.nin, sections)).must()
    return who, created["metadata"]["recordId"]


def refused_as(answer: Answer, kind: Kind) -> bool:
    """Whether the answer is the contract's for that refusal."""
    told = OUTCOMES[kind]
    return answer.error is not None and (answer.status, answer.error.code) == (
        told.status,
        told.contract_code,
    )


async def latest(her: Beside, who: Woman, name: str) -> AuditEntry:
    """The newest line of her log about somebody."""
    return next(entry for entry in await her.log(who) if entry.detail.name == name)


async def until(holds: object, what: str) -> None:
    """Waits until a question is answered with yes."""
    assert callable(holds)
    deadline = time.monotonic() + WITHIN
    while not await holds():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.2)


async def happens(http: httpx.AsyncClient, address: Address, who: Woman, kind: str) -> None:
    """Something is registered in Folkeregisteret."""
    form = {"woman": who.key, "hendelse": kind, "adressegradering": "strengtFortrolig"}
    answer = await http.post(f"{address.sandbox}/folkeregisteret/hendelser", data=form)
    assert answer.status_code == 303, answer.text


async def test_a_named_professional_stays_blocked_in_an_emergency(
    address: Address, her: Beside, http: httpx.AsyncClient
) -> None:
    elin, record = await with_card(address, http, "elin")
    midwife, gp = (Ehr(key, http=http, address=address) for key in ("midwife", "gp"))
    assert (await midwife.record(elin.nin, record)).accepted
    await her.decides(elin, WishKind.BLOCK_PRACTITIONER, midwife.user.hpr_number)
    attested = Ehr("midwife", http=http, address=address, reason=Reason("BTG", description="Blødning"))
    for basis in (("", ""), ("SAMTYKKE", "Hun ba om det"), EMERGENCY):
        midwife.basis = basis
        assert refused_as(await midwife.record(elin.nin, record), Kind.BLOCKED), basis
        assert refused_as(await midwife.add(elin.nin, record, "medication", {}), Kind.BLOCKED), basis
        line = await latest(her, elin, midwife.user.name)
        assert (line.permitted, line.detail.refusal) == (False, Kind.BLOCKED.value)
    assert refused_as(await attested.record(elin.nin, record), Kind.BLOCKED)
    assert (await gp.record(elin.nin, record)).accepted
    await her.decides(elin, WishKind.BLOCK_PRACTITIONER, midwife.user.hpr_number, on=False)
    midwife.basis = ("", "")
    assert (await midwife.record(elin.nin, record)).accepted


async def test_a_blocked_organisation_passes_with_her_consent_or_in_an_emergency(
    address: Address, her: Beside, http: httpx.AsyncClient
) -> None:
    ida, record = await with_card(address, http, "ida")
    hospital = Ehr("hospital", http=http, address=address)
    await her.decides(ida, WishKind.BLOCK_ORGANISATION, HOSPITAL.number)
    assert refused_as(await hospital.record(ida.nin, record), Kind.BLOCKED)
    hospital.basis = ("AKUTT", "")
    assert refused_as(await hospital.record(ida.nin, record), Kind.INVALID_HEADER)
    expected: list[tuple[str, UUID]] = []
    for basis, kind in ((("SAMTYKKE", "Hun sier ja"), "lifted-block"), (EMERGENCY, "emergency")):
        hospital.basis = basis
        assert (await hospital.record(ida.nin, record)).accepted, basis
        line = await latest(her, ida, hospital.user.name)
        assert (line.permitted, line.detail.basis, line.detail.why) == (True, *basis)
        expected.insert(0, (kind, line.id))
    desk = f"{address.sandbox}/epj/hospital/{ida.key}"
    assert f"403 {OUTCOMES[Kind.BLOCKED].contract_code}" in (await http.get(desk)).text
    by_hand = await http.post(desk, data={"do": "open", "basis": "AKUTT", "reason": "Kramper"})
    assert "Åpnet med grunnlag: Nødrett" in by_hand.text
    assert "Avvist" not in by_hand.text
    line = await latest(her, ida, hospital.user.name)
    assert line.detail.why == "Kramper"
    reviews = await her.ledger.reviews(HOSPITAL.parent_number)
    told = [(each.kind, each.entry.id) for each in reviews]
    assert told[0] == ("emergency", line.id)
    assert told[-2:] == expected
    assert await her.ledger.reviews(PEOPLE.organisation("solvik").parent_number) == []


async def test_an_attested_emergency_counts_and_keeps_the_ehrs_own_decision(
    address: Address, her: Beside, http: httpx.AsyncClient
) -> None:
    guro, record = await with_card(address, http, "guro")
    await her.decides(guro, WishKind.BLOCK_ORGANISATION, HOSPITAL.parent_number)
    reason = Reason("BTG", "beslutning-77", "Bevisstløs", by_hand=True)
    hospital = Ehr("hospital", http=http, address=address, reason=reason)
    assert (await hospital.record(guro.nin, record)).accepted
    line = await latest(her, guro, hospital.user.name)
    told = (line.detail.basis, line.detail.why, line.detail.decision_reference, line.detail.opened_by_hand)
    assert told == ("AKUTT", "Bevisstløs", "beslutning-77", True)
    ordinary = Ehr("hospital", http=http, address=address, reason=Reason("TREAT"))
    assert refused_as(await ordinary.record(guro.nin, record), Kind.BLOCKED)


async def test_a_blocked_part_is_said_to_be_hidden_and_not_shown(
    address: Address, her: Beside, http: httpx.AsyncClient
) -> None:
    frida, record = await with_card(address, http, "frida")
    hospital = Ehr("hospital", http=http, address=address)
    before = await hospital.record(frida.nin, record)
    assert before.body["lifestyleFactors"]
    assert "somethingHidden" not in before.body["metadata"]
    assert "helsekort-something-hidden" not in before.headers
    await her.decides(frida, WishKind.BLOCK_SECTION, "lifestyleFactors")
    blocked = await hospital.record(frida.nin, record)
    assert blocked.body["lifestyleFactors"] is None
    assert blocked.body["metadata"]["somethingHidden"] is True
    assert blocked.headers["helsekort-something-hidden"] == "true"
    assert "stimuli" not in strict_json.dump(blocked.body).decode()
    assert {name for name, content in blocked.body.items() if content} == {
        name for name, content in before.body.items() if content and name != "lifestyleFactors"
    }
    desk = f"{address.sandbox}/epj/hospital/{frida.key}"
    assert "Noe er skjult" in (await http.get(desk)).text
    hospital.basis = EMERGENCY
    opened = await hospital.record(frida.nin, record)
    assert opened.body["lifestyleFactors"] == before.body["lifestyleFactors"]


async def test_who_has_opted_out_has_no_card_for_anybody(
    address: Address, her: Beside, http: httpx.AsyncClient
) -> None:
    maryam, record = await with_card(address, http, "maryam")
    gp = Ehr("gp", http=http, address=address)
    await her.decides(maryam, WishKind.OPT_OUT)
    gp.basis = EMERGENCY
    for answer in (await gp.record(maryam.nin, record), await gp.history(maryam.nin)):
        assert refused_as(answer, Kind.OPTED_OUT)
    gp.basis = ("", "")
    status = WomanStatus.of((await gp.status(maryam.nin)).must())
    seen = (status.consented, status.has_active_record, status.last_changed, status.latest_record)
    assert seen == (
        False,
        False,
        None,
        None,
    )  # as for one who has not consented: that she opted out is hers to tell
    await her.decides(maryam, WishKind.OPT_OUT, on=False)
    assert (await gp.record(maryam.nin, record)).accepted


async def test_proxies_see_what_their_power_covers_and_parents_nothing(
    address: Address, her: Beside, http: httpx.AsyncClient
) -> None:
    cards = {key: (await with_card(address, http, key))[1] for key in ("tuva", "dina")}
    per, sara = relative("per"), relative("sara")
    elins = (await her.as_proxy(per, Action.READ_STATUS)).person.latest_record
    assert elins is not None
    assert (await her.as_proxy(per, Action.READ_RECORD, elins)).card
    line = await latest(her, woman("elin"), per.name)
    assert (line.permitted, line.detail.representation) == (True, "innsyn")
    fridas = (await her.as_proxy(sara, Action.READ_STATUS)).person.latest_record
    assert fridas is not None
    await refused(her, sara, Action.READ_RECORD, fridas, Kind.INVALID_USER)
    for parent in (relative("mona"), relative("tor")):
        await refused(her, parent, Action.READ_STATUS, None, Kind.INVALID_USER)
        await refused(her, parent, Action.READ_RECORD, UUID(cards["tuva"]), Kind.INVALID_USER)
        assert not (await latest(her, woman("tuva"), parent.name)).permitted
    await refused(her, relative("leif"), Action.READ_STATUS, None, Kind.INVALID_USER)


async def refused(her: Beside, who: Relative, action: Action, record: UUID | None, kind: Kind) -> None:
    """The relative is refused."""
    with pytest.raises(Refused) as told:
        await her.as_proxy(who, action, record)
    assert told.value.kind is kind


async def test_a_power_of_attorney_on_the_pages(address: Address, http: httpx.AsyncClient) -> None:
    elin, liv = woman("elin"), woman("liv")
    async with WomanBrowser(service=address.service) as browser:
        await browser.log_in(relative("per"))
        card = await browser.fill_in(
            "/fullmakt", {"hvem": chosen(await browser.read("/fullmakt"), elin.name)}
        )
        assert elin.name in card
        assert "Uke 24" in card or "uke 24" in card
    async with WomanBrowser(service=address.service) as browser:
        await browser.log_in(relative("leif"))
        none = await browser.fill_in("/fullmakt", {"hvem": chosen(await browser.read("/fullmakt"), liv.name)})
        assert "Det er ikke noe helsekort å vise" in none
    for nobody_to_see in ("sara", "mona", "tor"):
        async with WomanBrowser(service=address.service) as browser:
            await browser.log_in(relative(nobody_to_see))
            assert "På vegne av" not in main_of(await browser.read("/fullmakt"))


async def test_her_own_hands_on_the_pages(address: Address, her: Beside, http: httpx.AsyncClient) -> None:
    """Blocks, what they look like in her log, and a report, each chosen by name on her phone."""
    berit, record = await with_card(address, http, "berit")
    gp, hospital = (Ehr(key, http=http, address=address) for key in ("gp", "hospital"))
    assert (await hospital.record(berit.nin, record)).accepted
    async with WomanBrowser(service=address.service) as browser:
        await browser.log_in(berit)
        for choice, name in (("behandler", hospital.user.name), ("virksomhet", gp.organisation.name)):
            path = f"/personvern/{choice}"
            assert name in await browser.fill_in(path, {"hva": chosen(await browser.read(path), name)})
        hospital.basis = EMERGENCY
        assert refused_as(await hospital.record(berit.nin, record), Kind.BLOCKED)
        assert refused_as(await gp.record(berit.nin, record), Kind.BLOCKED)
        gp.basis = EMERGENCY
        assert (await gp.record(berit.nin, record)).accepted
        log = main_of(await browser.read("/logg"))
        first = log.index("Nødrett og åpnede sperrer")
        assert first < log.index(EMERGENCY[1]) < log.lower().index("du har sperret for denne personen")
        for number in (gp.user.nin, hospital.user.nin, berit.nin):
            assert number not in log
        line = await latest(her, berit, gp.user.name)
        await browser.fill_in(f"/logg/{line.id}/meld-fra", {"tekst": "Det var ingen nødsituasjon."})
        (report,) = await her.ledger.reports(gp.organisation.parent_number)
        assert (report.entry.id, report.text) == (line.id, "Det var ingen nødsituasjon.")
        lifted = await browser.read("/personvern")
        await browser.fill_in("/personvern", {"hva": chosen(lifted, f"Sperret for {gp.organisation.name}")})
    gp.basis = ("", "")
    assert (await gp.record(berit.nin, record)).accepted


def chosen(page: str, name: str) -> str:
    """The value of the choice or button of that name; each stands on a line of its own."""
    values = [re.search(r'value="([0-9a-f]{64})"', line) for line in page.splitlines() if name in line]
    return next(str(found[1]) for found in values if found)


def main_of(page: str) -> str:
    """What stands between the page's head and foot."""
    return page[page.index("<main") : page.index("</main")]


async def test_protection_in_the_middle_of_a_pregnancy_freezes_the_card_for_all(
    address: Address, her: Beside, http: httpx.AsyncClient
) -> None:
    elin, gp = woman("elin"), Ehr("gp", http=http, address=address)
    record = WomanStatus.of((await gp.status(elin.nin)).must()).latest_record
    assert record is not None
    await happens(http, address, elin, "adressebeskyttelse")

    async def frozen() -> bool:
        return refused_as(await gp.record(elin.nin, record), Kind.CONFIDENTIAL_ADDRESS)

    await until(frozen, "the card is still open")
    gp.basis = EMERGENCY
    assert refused_as(await gp.record(elin.nin, record), Kind.CONFIDENTIAL_ADDRESS)
    gp.basis = ("", "")
    status = WomanStatus.of((await gp.status(elin.nin)).must())
    assert (status.consented, status.has_active_record, status.latest_record) == (False, False, None)
    await refused(her, relative("per"), Action.READ_STATUS, None, Kind.INVALID_USER)
    assert len(await her.log(elin)) > 3  # her own log stays hers


async def test_two_registrations_merged_keep_one_card_and_one_log(
    address: Address, her: Beside, http: httpx.AsyncClient
) -> None:
    wenche, record = await with_card(address, http, "wenche")
    gp, hospital = (Ehr(key, http=http, address=address) for key in ("gp", "hospital"))
    assert not WomanStatus.of((await hospital.status(wenche.other_nin)).must()).consented
    assert not refused_as(await gp.record(wenche.other_nin, record), Kind.BLOCKED)
    assert not (await gp.record(wenche.other_nin, record)).accepted
    await her.decides(wenche, WishKind.BLOCK_PRACTITIONER, hospital.user.hpr_number)
    await happens(http, address, wenche, "sammenslaaing")

    async def one() -> bool:
        return (await gp.record(wenche.other_nin, record)).accepted

    await until(one, "the two are not one")
    for number in (wenche.nin, wenche.other_nin):
        assert refused_as(await hospital.record(number, record), Kind.BLOCKED)
    before = [entry for entry in await her.log(wenche) if entry.detail.name == hospital.user.name]
    assert [entry.action for entry in before if entry.permitted] == ["read-status"]  # from before the merge


async def test_a_new_number_is_the_same_woman(address: Address, her: Beside, http: httpx.AsyncClient) -> None:
    olena, record = await with_card(address, http, "olena")
    gp = Ehr("gp", http=http, address=address)
    await happens(http, address, olena, "nyttNummer")

    async def known() -> bool:
        return (await gp.record(olena.next_nin, record)).accepted

    await until(known, "the new number is nobody's")
    assert (await gp.record(olena.nin, record)).accepted
    async with WomanBrowser(service=address.service) as browser:
        await browser.log_in(olena)  # with the new number
        assert (await latest(her, olena, olena.name)).permitted


async def test_what_she_reports_reaches_the_organisations_queue(
    address: Address, her: Beside, http: httpx.AsyncClient
) -> None:
    cecilie, record = await with_card(address, http, "cecilie")
    hospital = Ehr("hospital", http=http, address=address)
    assert (await hospital.record(cecilie.nin, record)).accepted
    line = await latest(her, cecilie, hospital.user.name)
    await her.report(cecilie, line.id, "Jeg har aldri vært på sykehuset.")
    (report,) = (await hospital.queue("GET", "/reports")).must()["reports"]
    assert report["text"] == "Jeg har aldri vært på sykehuset."
    assert cecilie.name not in strict_json.dump(report).decode()
    assert cecilie.nin not in strict_json.dump(report).decode()
    others = Ehr("midwife", http=http, address=address)
    assert (await others.queue("GET", "/reports")).must()["reports"] == []
    words = {"answer": "Vakthavende så etter blodtype. Beklager at du ikke ble spurt."}
    (await hospital.queue("POST", f"/reports/{report['id']}/answer", words)).must()
    (answered,) = (await hospital.queue("GET", "/reports")).must()["reports"]
    assert (answered["state"], answered["answer"]) == ("answered", words["answer"])


async def test_she_is_told_within_seconds_where_she_asked_for_it(
    address: Address, her: Beside, http: httpx.AsyncClient
) -> None:
    dina = woman("dina")
    gp = Ehr("gp", http=http, address=address)
    record = WomanStatus.of((await gp.status(dina.nin)).must()).latest_record
    assert record is not None
    await her.decides(dina, WishKind.NOTICE)
    assert (await gp.record(dina.nin, record)).accepted

    async def inbox() -> list[dict[str, str]]:
        answer = await http.get(
            f"{address.sandbox}/innboks/{dina.key}", headers={"Accept": "application/json"}
        )
        return list(answer.json())

    await until(inbox, "no message came")
    (message,) = await inbox()
    assert message["text"] == "Du har fått en ny melding. Logg inn for å lese den."
    for telling in (gp.user.name, gp.organisation.name, dina.name, dina.nin, record):
        assert telling not in message["text"]
